"""What a process that decides does with a batch of rows: complaints, decisions, output bytes, counts."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from triage.domain.complaint import EMPTY, Complaint
from triage.domain.decision import Decision, Fault
from triage.domain.times import parse_instant
from triage.dumps.columns import ColumnPlan
from triage.dumps.output import OutputFormat, csv_bytes, csv_row, json_row
from triage.dumps.port import Engine, EngineSource
from triage.dumps.record import Reject, Row, as_text, clean
from triage.message import Message

log = logging.getLogger("triage")

Numbered: TypeAlias = "tuple[int, Row]"


@dataclass(frozen=True, slots=True)
class Job:
    """How to decide and write: the same for all batches. `plans` has one plan for each input, for rows as they are sent."""

    plans: tuple[ColumnPlan, ...]
    timezone: str
    now: datetime | None
    output: OutputFormat
    kept: tuple[str, ...]
    kept_at: tuple[tuple[int, ...], ...]
    """For each input and kept column, its position in the rows sent; -1 where that input lacks it."""
    raw_cells: bool


@dataclass(slots=True)
class Batch:
    """Rows of one input, numbered. `rejects` are those that the reader refused between them."""

    number: int
    input: int
    rows: list[Numbered]
    rejects: list[tuple[int, Reject]] = field(default_factory=list)
    done: float = 0.0


@dataclass(slots=True)
class Result:
    """A batch decided: output bytes, how many rows they hold, rows that the engine failed on, and counts for the summary."""

    number: int
    data: bytes
    rows: int
    failed: list[tuple[int, Reject]]
    counts: dict[str, Counter[str]]
    timings: dict[str, float]
    fingerprints: Mapping[str, str] = field(default_factory=dict)


class Worker:
    """Decides batches with one engine."""

    def __init__(self, source: EngineSource, job: Job) -> None:
        self._source = source
        self._engine: Engine = source.engine()
        self._job = job
        self._writing = 0.0
        self.matcher = self._engine.matcher_name
        self.fingerprints = dict(self._engine.fingerprints)

    def decide(self, batch: Batch) -> Result:
        """Decide and encode a batch; a row that the engine raises on becomes a reject, never the end of the run."""
        plan = self._job.plans[batch.input]
        complaints: list[Complaint] = []
        faults: list[tuple[Fault, ...]] = []
        for _, row in batch.rows:
            complaint, found = complaint_of(row, plan, self._job.timezone)
            complaints.append(complaint)
            faults.append(found)
        failed: list[tuple[int, Reject]] = []
        decisions = [
            replace(d, errors=(*found, *d.errors)) if found and d is not None else d
            for d, found in zip(self._decisions(batch, complaints, failed), faults, strict=True)
        ]
        started = time.process_time()
        data = self._encode(batch, decisions)
        counts = count(d for d in decisions if d is not None)
        self._writing += time.process_time() - started
        timings = {**self._engine.timings, "write": self._writing}
        return Result(batch.number, data, len(batch.rows) - len(failed), failed, counts, timings)

    def _decisions(self, batch: Batch, complaints: Sequence[Complaint], failed: list[tuple[int, Reject]]) -> list[Decision | None]:
        now = self._job.now
        try:
            return list(self._each(complaints, now))
        except Exception:
            log.debug("a batch failed; its rows are decided one by one", exc_info=True)
        out: list[Decision | None] = []
        for (row, _), complaint in zip(batch.rows, complaints, strict=True):
            try:
                out.extend(self._each([complaint], now))
            except Exception as error:
                why = f"{type(error).__name__}: {error}"
                message = Message(f"程序处理这一行时出错（请报告）：{why}", f"the program failed on this row (please report it): {why}")
                failed.append((row, Reject("failed", message)))
                out.append(None)
        return out

    def _each(self, complaints: Sequence[Complaint], now: datetime | None) -> Iterator[Decision]:
        if now is not None:
            complaints = [c if c.received_at is not None else replace(c, received_at=now) for c in complaints]
        found = 0
        for decision in self._engine.decide_many(complaints):
            found += 1
            yield decision
        if found != len(complaints):
            raise RuntimeError(f"the engine gave {found} decisions for {len(complaints)} complaints")

    def _encode(self, batch: Batch, decisions: Sequence[Decision | None]) -> bytes:
        job = self._job
        kept_at = job.kept_at[batch.input]
        lines: list[bytes] = []
        rows: list[list[object]] = []
        for (number, row), decision in zip(batch.rows, decisions, strict=True):
            if decision is None:
                continue
            cells = self._source.cells(decision)
            kept: Row = [row[n] if n >= 0 else "" for n in kept_at]
            if job.output == "csv":
                rows.append(csv_row(number, cells, kept, job.raw_cells))
            else:
                lines.append(json_row(number, cells, job.kept, kept))
        return csv_bytes(rows) if job.output == "csv" else b"".join(lines)


def complaint_of(row: Row, plan: ColumnPlan, timezone: str) -> tuple[Complaint, tuple[Fault, ...]]:
    """The complaint that a row holds, and what was wrong with its text or time; neither stops it from being decided."""
    parts = [as_text(row[n]) for n in plan.text]
    text, notes = clean("\n".join([p for p in parts if p and not p.isspace()]) if len(parts) > 1 else parts[0])
    faults = [Fault("complaint.text", note) for note in notes] if notes else []
    received = None
    if plan.time is not None and (written := as_text(row[plan.time]).strip()):
        try:
            received = parse_instant(written, timezone=timezone)
        except ValueError:
            shown = clean(written[:40])[0]
            faults.append(
                Fault("complaint.received_at", Message(f"看不懂时间“{shown}”，按没有时间处理", f"can't read the time {shown!r}; decided without it"))
            )
    facts: dict[str, object] = {}
    for n, path in plan.facts:
        cell = row[n]
        if isinstance(cell, str):
            if cell and not cell.isspace():
                facts[path] = clean(cell.strip())[0]
        elif cell:
            facts[path] = tuple(clean(c)[0] for c in cell)
    ident = "" if plan.id is None else clean(as_text(row[plan.id]).strip())[0]
    return Complaint(text, ident, received, facts or EMPTY), tuple(faults)


def count(decisions: Iterator[Decision]) -> dict[str, Counter[str]]:
    """What the summary says about decisions, ready to be added up."""
    names = ("conflicts", "incomplete", "errors", "abstained", "unknown_facts")
    out: dict[str, Counter[str]] = {name: Counter() for name in names}
    # gathered in lists first: a Counter counts a list several times as fast as it takes single additions
    categories: list[str] = []
    severities: list[str] = []
    queues: list[str] = []
    channels: list[str] = []
    rules: list[str] = []
    for d in decisions:
        categories.append(d.tags.category or "")
        severities.append(d.severity)
        queues.append(d.queue)
        if d.green_channel:
            channels.append(d.green_channel)
        if d.tags.abstained:
            out["abstained"]["rows"] += 1
        rules += [reason.rule for reason in d.reasons]
        if not (d.conflicts or d.incomplete or d.errors):
            continue
        for name, slots in (("conflicts", {c.slot for c in d.conflicts}), ("incomplete", set(d.incomplete))):
            if slots:
                out[name]["rows"] += 1
                out[name].update(f"slot:{slot}" for slot in slots)
        if d.errors:
            out["errors"]["rows"] += 1
            out["errors"].update({f"where:{fault.where}" for fault in d.errors})
    counted = {"categories": categories, "severities": severities, "queues": queues, "channels": channels, "rules": rules}
    return {**{name: Counter(found) for name, found in counted.items()}, **out}
