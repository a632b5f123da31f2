"""The finished JSONL part as a Parquet file, in bounded memory, through pyarrow (an extra)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from triage.dumps.output import COLUMNS, JSON_CELLS
from triage.dumps.read_parquet import need_pyarrow

GROUP = 10_000
"""Rows of a row group."""


def convert(jsonl: Path, target: Path, kept: Sequence[str]) -> None:
    """Write `target` from the lines of `jsonl`. Lists of texts are lists; reasons, actions and the like are JSON texts."""
    pa, pq = need_pyarrow()
    schema = schema_of((*COLUMNS, *kept))
    with pq.ParquetWriter(target, schema, compression="zstd") as writer, jsonl.open("rb") as lines:
        group: list[dict[str, object]] = []
        for line in lines:
            group.append(flat(orjson.loads(line)))
            if len(group) >= GROUP:
                writer.write_table(pa.Table.from_pylist(group, schema))
                group = []
        if group:
            writer.write_table(pa.Table.from_pylist(group, schema))


def schema_of(names: Sequence[str]) -> Any:
    """The Arrow schema of output columns and kept ones."""
    pa, _ = need_pyarrow()
    texts = pa.list_(pa.string())
    known = {"row": pa.int64(), "confidence": pa.float64(), "abstained": pa.bool_(), "requests": texts, "risks": texts}
    return pa.schema([(name, known.get(name, pa.string())) for name in names])


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row with lists and mappings as JSON text, but for `requests` and `risks`, which stay lists."""
    for name, value in row.items():
        if name in ("requests", "risks"):
            continue
        if isinstance(value, dict | list):
            row[name] = orjson.dumps(value).decode()
        elif name in JSON_CELLS and value is None:
            row[name] = JSON_CELLS[name]
    return row
