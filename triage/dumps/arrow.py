"""A batch of complaints in, a batch of decisions out, as Arrow record batches: what a distributed engine calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage.dumps.columns import ColumnOptions, plan_columns
from triage.dumps.output import COLUMNS
from triage.dumps.read_parquet import need_pyarrow
from triage.dumps.record import Cell
from triage.dumps.work import complaint_of
from triage.dumps.write_parquet import flat, schema_of
from triage.rendering import row_values

if TYPE_CHECKING:
    import pyarrow as pa

    from triage.pipeline import Triage


def decide_arrow(
    triage: Triage, batch: pa.RecordBatch, *, text: Sequence[str] = (), id: str | None = None, time: str | None = None,
    facts: Mapping[str, str] | None = None, now: datetime | None = None,
) -> pa.RecordBatch:  # fmt: skip
    """Decide the rows of a record batch. The result has as many rows, in order, and the output columns without `row`.

    text    the columns that hold the text; by default they, and the others, are found by name as `triage run` finds them
    id, time, facts   columns of the id, of the time of receipt (naive times are in the pack's time zone), and of facts by path
    now     stands in for rows without a time; aware

    No state is kept between calls and rows don't affect each other, so an engine may split, repeat and reorder batches.
    Raises UsageError where a column isn't there, DumpError where pyarrow isn't installed.
    """
    pa, _ = need_pyarrow()
    columns = list(batch.schema.names)
    options = ColumnOptions(tuple(text), id, time, tuple((facts or {}).items()))
    plan = plan_columns(Path("RecordBatch"), columns, (), triage.pack.facts, options)
    wanted = plan.positions()
    plan = plan.moved(wanted)
    rows = zip(*([_cell(value) for value in batch.column(n).to_pylist()] for n in wanted), strict=True)
    found = [complaint_of(list(row), plan, triage.pack.timezone) for row in rows]
    complaints = [c if c.received_at is not None or now is None else replace(c, received_at=now) for c, _ in found]
    out = []
    for decision, (_, faults) in zip(triage.decide_many(complaints), found, strict=True):
        whole = replace(decision, errors=(*faults, *decision.errors)) if faults else decision
        out.append(flat(row_values(whole)))
    return pa.RecordBatch.from_pylist(out, schema=schema_of(COLUMNS[1:]))


def _cell(value: Any) -> Cell:
    """A value of a column as dumps know it: text, or a list of texts."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return [str(item) for item in value if item is not None]
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)
