"""`run_dump`: a dump in, decisions for all its rows out, whole or not at all."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from triage.domain.pack import Pack
from triage.dumps.checkpoint import Part, Progress, beside, fingerprint, shown
from triage.dumps.checkpoint import replace as put_in_place
from triage.dumps.columns import ColumnOptions, ColumnPlan, plan_columns
from triage.dumps.ids import Repeats
from triage.dumps.lock import locked
from triage.dumps.open import open_dump
from triage.dumps.output import BOM, COLUMNS, REJECT_COLUMNS, OutputFormat, csv_bytes, kept_names, output_format, safe
from triage.dumps.pool import cores, decided, seldom_collected
from triage.dumps.port import EngineSource, PipelineSource
from triage.dumps.reading import ReadOptions
from triage.dumps.record import Dump, Reject, as_text, clean
from triage.dumps.summary import Summary, starved_rules
from triage.dumps.work import Batch, Job, Result
from triage.errors import DumpError, TriageError, UsageError
from triage.message import Message

log = logging.getLogger("triage")

BATCH_ROWS = 512
BATCH_CHARACTERS = 400_000
"""A batch ends at whichever comes first."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """All options of a run; what is None or empty is found out.

    inputs        dumps; their rows are numbered through, in this order
    output        .csv, .jsonl or .parquet; replaced when (and only when) the run is complete
    pack, model, matcher, segmenter   as for `Triage.load`
    now           aware; the time of rows that have none of their own
    rejects       where rows that can't be read are listed; default OUTPUT with `.rejects.csv` for its ending, if there are any
    summary       where the summary is written as JSON
    workers       processes that decide; None: one for each core; 1: in this process
    keep          original columns are written too, after the decision
    raw_cells     CSV cells that begin like formulas are written as they are
    resume        go on from OUTPUT.progress, if there is one
    checkpoint_seconds   how often progress is saved
    """

    inputs: tuple[Path, ...]
    output: Path
    pack: str = "government-cn"
    model: str = "auto"
    matcher: str = "auto"
    segmenter: str = "auto"
    now: datetime | None = None
    reading: ReadOptions = field(default_factory=ReadOptions)
    columns: ColumnOptions = field(default_factory=ColumnOptions)
    rejects: Path | None = None
    summary: Path | None = None
    workers: int | None = None
    keep: bool = False
    raw_cells: bool = False
    resume: bool = False
    output_format: str | None = None
    checkpoint_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class Status:
    """How far a run is: rows written, rows rejected, and the share of the inputs that has been read, 0 to 1."""

    rows: int
    rejected: int
    done: float


def run_dump(options: RunOptions, progress: Callable[[Status], None] | None = None, source: EngineSource | None = None) -> Summary:
    """Decide all rows of the inputs. Raises UsageError, DumpError, PackError, ModelError; rows that can't be read are rejects.

    `progress` is called after each batch. `source` is where engines come from (tests give another).
    """
    return _Run(options, progress, source or PipelineSource(options.pack, options.model, options.matcher, options.segmenter)).run()


class _Run:
    def __init__(self, options: RunOptions, progress: Callable[[Status], None] | None, source: EngineSource) -> None:
        self.options = options
        self.tell = progress
        self.source = source
        self.kind: OutputFormat = output_format(options.output, options.output_format)
        if self.kind == "parquet":
            from triage.dumps.read_parquet import need_pyarrow

            need_pyarrow()
        self.rejects_path = options.rejects or options.output.with_suffix(".rejects.csv")
        _check_paths(options, self.rejects_path)
        self.pack: Pack = source.pack()
        self.dumps: list[Dump] = [open_dump(path, options.reading) for path in options.inputs]
        self.plans = [
            plan_columns(d.path, d.columns, d.sample, self.pack.facts, options.columns, options.reading.header) for d in self.dumps
        ]
        self.job, self.sent = _job(options, self.kind, self.pack, self.dumps, self.plans)
        self.summary = self._summary()
        self.repeats = Repeats()
        self.read_seconds = 0.0
        self.workers = max(1, options.workers if options.workers is not None else cores())

    def _summary(self) -> Summary:
        given = [{path for _, path in plan.facts} for plan in self.plans]
        for plan, paths in zip(self.plans, given, strict=True):
            paths |= {"complaint.text"} | ({"complaint.id"} if plan.id is not None else set())
            paths |= {"complaint.received_at"} if plan.time is not None or self.options.now is not None else set()
        inputs = [
            {
                "path": shown(d.path), "format": d.format, **d.details,
                "columns": {
                    "text": [d.columns[n] for n in p.text],
                    "id": None if p.id is None else d.columns[p.id],
                    "time": None if p.time is None else d.columns[p.time],
                    "facts": {path: d.columns[n] for n, path in p.facts},
                },
            }
            for d, p in zip(self.dumps, self.plans, strict=True)
        ]  # fmt: skip
        return Summary(
            inputs=inputs, output=shown(self.options.output), rejects=shown(self.rejects_path), pack=self.pack.id,
            starved=starved_rules(self.pack, given),
        )  # fmt: skip

    def run(self) -> Summary:
        with locked(self.options.output), locked(self.rejects_path), seldom_collected():
            return self._run()

    def _run(self) -> Summary:
        started = time.monotonic()
        o = self.options
        writing = 0.0
        progress = Progress(o.output, self._made_of())
        state = progress.load() if o.resume else None
        if state is not None and state.get("finished"):
            self._restore(state)
            self._publish(progress, None, None)
            return self.summary
        if state is None:
            # an old progress file must not outlive the parts that it speaks of
            progress.forget()
        else:
            self._restore(state)
        done = self.summary.rows_in
        out = Part(self._part_target(), state["output"] if state else None)
        rejects = Part(self.rejects_path, state["rejects"] if state else None)
        timings: dict[int, dict[str, float]] = {}
        known: dict[str, str] | None = state["fingerprints"] if state else None
        saved = time.monotonic()
        opened = ExitStack()
        try:
            if state is None:
                self._heads(out, rejects)
            rows = self._batches(done)
            opened.callback(rows.close)  # last opened, first closed: the deciding before the reading
            batches = decided(rows, self.source, self.job, self.workers, timings)
            opened.callback(batches.close)
            for batch, result in batches:
                if known is None:
                    known = dict(result.fingerprints)
                elif known != result.fingerprints:
                    raise _other_engine()
                clock = time.process_time()
                self._write(batch, result, out, rejects)
                if time.monotonic() - saved >= o.checkpoint_seconds:
                    self._save(progress, out, rejects, known)
                    saved = time.monotonic()
                writing += time.process_time() - clock
                if self.tell:
                    self.tell(Status(self.summary.rows_out, sum(self.summary.rejected.values()), batch.done))
            self.summary.fingerprints = known or {}
            self.summary.blank = sum(d.blank for d in self.dumps)
            self.summary.duplicate_ids = self.repeats.count()
            self._times(timings, writing, started)
            self._check_count()
            self._save(progress, out, rejects, known or {}, finished=True)
            self._publish(progress, out, rejects)
        except (DumpError, KeyboardInterrupt):
            # what is written so far is good: keep it for --resume
            with suppress(DumpError):
                self._save(progress, out, rejects, known or {})
            raise
        except TriageError:
            # the engine couldn't be had: nothing was decided, so there is nothing to go on from
            if known is None:
                out.discard()
                rejects.discard()
            raise
        finally:
            opened.close()
            out.close()
            rejects.close()
        return self.summary

    def _part_target(self) -> Path:
        """Parquet can't be appended to after a kill: its part is JSONL, converted at the end."""
        return self.options.output if self.kind != "parquet" else beside(self.options.output, ".jsonl")

    def _heads(self, out: Part, rejects: Part) -> None:
        if self.kind == "csv":
            out.write(BOM + csv_bytes([[*COLUMNS, *(safe(n) for n in self.job.kept)]]))
        rejects.write(BOM + csv_bytes([REJECT_COLUMNS]))

    def _made_of(self) -> dict[str, Any]:
        """All that the bytes of the output depend on."""
        o = self.options
        return {
            "inputs": [{"path": shown(p), **fingerprint(p)} for p in o.inputs],
            "pack": self.pack.fingerprint,
            "model": o.model,
            "columns": [[list(p.text), p.id, p.time, [list(f) for f in p.facts]] for p in self.plans],
            "reading": [d.details for d in self.dumps],
            "options": {
                "now": None if o.now is None else o.now.isoformat(), "keep": o.keep, "raw_cells": o.raw_cells, "format": self.kind,
                "header": o.reading.header, "rejects": shown(self.rejects_path), "segmenter": o.segmenter,
            },
        }  # fmt: skip

    def _restore(self, state: dict[str, Any]) -> None:
        self.summary.restore(state["summary"])
        self.summary.fingerprints = state["fingerprints"]
        if state.get("finished"):
            self.summary.blank, self.summary.duplicate_ids = state["blank"], state["duplicate_ids"]

    def _save(self, progress: Progress, out: Part, rejects: Part, fingerprints: dict[str, str], finished: bool = False) -> None:
        out.sync()
        rejects.sync()
        state = {
            "output": out.length, "rejects": rejects.length, "summary": self.summary.state(), "fingerprints": fingerprints, "finished": finished,
        }  # fmt: skip
        if finished:
            state |= {"blank": self.summary.blank, "duplicate_ids": self.summary.duplicate_ids}
        progress.save(state)

    def _publish(self, progress: Progress, out: Part | None, rejects: Part | None) -> None:
        """Put the finished files in their places, the output last. Called again after a kill, it goes on where it was."""
        if out is not None and rejects is not None:
            out.close()
            rejects.close()
        part = beside(self.rejects_path, ".part")
        if part.exists():
            if self.options.rejects is not None or self.summary.rejected or self.rejects_path.exists():
                put_in_place(part, self.rejects_path)
            else:
                part.unlink()
        if self.options.summary is not None:
            new = Part(self.options.summary)
            new.write(self.summary.as_json())
            new.publish()
        part = beside(self._part_target(), ".part")
        if part.exists():
            if self.kind == "parquet":
                from triage.dumps.write_parquet import convert

                converted = beside(self.options.output, ".part")
                convert(part, converted, self.job.kept)
                put_in_place(converted, self.options.output)
                part.unlink()
            else:
                put_in_place(part, self.options.output)
        progress.forget()

    def _batches(self, done: int) -> Generator[Batch]:
        """Rows of all inputs in batches, those of the first `done` rows left out. Also counts repeated ids."""
        number = row = 0
        clock = time.process_time()
        add = self.repeats.add
        for index, (dump, plan, sent) in enumerate(zip(self.dumps, self.plans, self.sent, strict=True)):
            batch = Batch(number, index, [])
            size = 0
            ident, everything = plan.id, sent == tuple(range(len(dump.columns)))
            for record in dump.records():
                row += 1
                if not isinstance(record, Reject):
                    if ident is not None and (key := record[ident]):
                        add(as_text(key))
                    if row <= done:
                        continue
                    values = record if everything else [record[n] for n in sent]
                    size += sum(map(len, values))
                    batch.rows.append((row, values))
                elif row > done:
                    batch.rejects.append((row, record))
                else:
                    continue
                if len(batch.rows) + len(batch.rejects) >= BATCH_ROWS or size >= BATCH_CHARACTERS:
                    batch.done = (index + dump.done) / len(self.dumps)
                    self.read_seconds += time.process_time() - clock
                    yield batch
                    clock = time.process_time()
                    number += 1
                    batch, size = Batch(number, index, []), 0
            if batch.rows or batch.rejects:
                batch.done = (index + 1) / len(self.dumps)
                self.read_seconds += time.process_time() - clock
                yield batch
                clock = time.process_time()
                number += 1
        self.read_seconds += time.process_time() - clock

    def _write(self, batch: Batch, result: Result, out: Part, rejects: Part) -> None:
        out.write(result.data)
        refused = sorted([*batch.rejects, *result.failed], key=lambda item: item[0])
        if refused:
            path = shown(self.dumps[batch.input].path)
            rows = [
                [safe(path), row, r.line or "", r.code, safe(clean(r.message.zh)[0]), safe(clean(r.message.en)[0]), safe(clean(r.raw)[0])]
                for row, r in refused
            ]
            rejects.write(csv_bytes(rows))
            self.summary.rejected.update(r.code for _, r in refused)
        self.summary.rows_in += len(batch.rows) + len(batch.rejects)
        self.summary.rows_out += result.rows
        self.summary.add(result.counts)

    def _check_count(self) -> None:
        s = self.summary
        if s.rows_in != s.rows_out + sum(s.rejected.values()):
            raise RuntimeError(f"{s.rows_in} rows in, {s.rows_out} out, {sum(s.rejected.values())} rejected: a row was lost")

    def _times(self, timings: dict[int, dict[str, float]], writing: float, started: float) -> None:
        total: dict[str, float] = {"read": self.read_seconds}
        for times in timings.values():
            for name, seconds in times.items():
                total[name] = total.get(name, 0.0) + seconds
        total["write"] = total.pop("write", 0.0) + writing
        total["wall"] = time.monotonic() - started
        self.summary.times = total
        self.summary.workers = max(1, len(timings))


def _job(
    options: RunOptions, kind: OutputFormat, pack: Pack, dumps: Sequence[Dump], plans: Sequence[ColumnPlan]
) -> tuple[Job, list[tuple[int, ...]]]:
    """The job of the deciding processes, and for each input the columns that are sent to them."""
    columns = tuple(dict.fromkeys(name for dump in dumps for name in dump.columns)) if options.keep else ()
    sent, moved, kept_at = [], [], []
    for dump, plan in zip(dumps, plans, strict=True):
        positions = tuple(range(len(dump.columns))) if options.keep else plan.positions()
        sent.append(positions)
        moved.append(plan.moved(positions))
        place = {name: n for n, name in enumerate(dump.columns)}
        kept_at.append(tuple(place.get(name, -1) for name in columns))
    job = Job(tuple(moved), pack.timezone, options.now, kind, kept_names(columns), tuple(kept_at), options.raw_cells)
    return replace(job, output="jsonl" if kind == "parquet" else kind), sent


def _check_paths(options: RunOptions, rejects: Path) -> None:
    if not options.inputs:
        raise UsageError(Message("没有给出输入文件", "no input was given"))
    if options.now is not None and options.now.utcoffset() is None:
        raise UsageError(Message("--now 要带时区，如 2026-03-16T09:00:00+08:00", "--now needs a UTC offset, as in 2026-03-16T09:00:00+08:00"))
    outputs = [options.output, rejects, *([options.summary] if options.summary else [])]
    for path in outputs:
        if path.is_dir() or not path.parent.is_dir():
            raise UsageError(
                Message(f"{path}：不能写在这里", f"{path}: can't be written here"), Message("目标文件夹要先存在", "its folder must exist")
            )
        if path.exists() and not path.is_file():
            # it would be replaced by a file: /dev/stdout, a pipe, a device
            raise UsageError(
                Message(f"{path}：不是普通文件，不能用结果替换它", f"{path}: isn't a plain file, and won't be replaced by one"),
                Message("写到一个文件里，再送往别处", "write to a file, and send that on"),
            )
    resolved = [os.path.realpath(p) for p in outputs]
    if len(set(resolved)) < len(resolved) or set(resolved) & {os.path.realpath(p) for p in options.inputs}:
        raise UsageError(
            Message("输入、输出、拒收、摘要不能是同一个文件", "input, output, rejects and summary must be different files"),
            Message("换一个输出文件名", "choose another name for the output"),
        )


def _other_engine() -> UsageError:
    return UsageError(
        Message("不能接着跑：规则包或模型和上次不同", "can't resume: the pack or the model is another one than before"),
        Message("恢复原样，或去掉 --resume 从头跑", "put it back, or start anew without --resume"),
    )
