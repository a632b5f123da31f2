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
    texts = pa.list_(pa.string())
    types: dict[str, Any] = {name: pa.string() for name in (*COLUMNS, *kept)}
    types |= {"row": pa.int64(), "confidence": pa.float64(), "abstained": pa.bool_(), "requests": texts, "risks": texts}
    schema = pa.schema([(name, kind) for name, kind in types.items()])
    with pq.ParquetWriter(target, schema, compression="zstd") as writer, jsonl.open("rb") as lines:
        group: list[dict[str, object]] = []
        for line in lines:
            group.append(_flat(orjson.loads(line)))
            if len(group) >= GROUP:
                writer.write_table(pa.Table.from_pylist(group, schema))
                group = []
        if group:
            writer.write_table(pa.Table.from_pylist(group, schema))


def _flat(row: dict[str, object]) -> dict[str, object]:
    for name, value in row.items():
        if name in ("requests", "risks"):
            continue
        if isinstance(value, dict | list):
            row[name] = orjson.dumps(value).decode()
        elif name in JSON_CELLS and value is None:
            row[name] = JSON_CELLS[name]
    return row
