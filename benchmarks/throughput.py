"""Texts decided per CPU second, stage by stage, beside segmentation alone and the plain recipe on the same texts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import Cost, Ratio, in_turn, middle, percentile, ratio
from benchmarks.plain import Predict

STAGES = ("read", "fold", "segment", "scan", "tag", "gather", "match", "decide", "write")
BATCH = 256


@dataclass
class Loaded:
    """Where runs get an engine that is loaded already: loading is measured apart. Its stage clocks begin at 0 for each run."""

    triage: Any

    def pack(self) -> Any:
        """The pack."""
        return self.triage.pack

    def engine(self) -> Any:
        """The engine."""
        self.triage.timings.update(dict.fromkeys(self.triage.timings, 0.0))
        return self.triage

    def cells(self, decision: Any) -> Mapping[str, str]:
        """Output cells, as the product makes them."""
        from triage.rendering import row_cells

        return row_cells(decision)


@dataclass
class Throughput:
    """What deciding some texts cost. CPU and wall seconds are medians of the rounds; `stages` are CPU seconds of the run in the middle."""

    name: str
    texts: int
    characters: float
    costs: dict[str, Cost] = field(default_factory=dict)
    ratios: dict[str, dict[str, Ratio]] = field(default_factory=dict)
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    parallel: dict[str, Any] = field(default_factory=dict)


def load(pack: str, matcher: str) -> tuple[Any, float]:
    """An engine, and the CPU seconds that loading it took."""
    from triage.pipeline import Triage

    started = time.process_time()
    return Triage.load(pack, matcher=matcher), time.process_time() - started


def texts_of(path: Path, columns: Sequence[str], pack: Any) -> list[str]:
    """The texts of a dump, as a run of it sees them."""
    from triage.dumps.columns import ColumnOptions, plan_columns
    from triage.dumps.open import open_dump
    from triage.dumps.reading import ReadOptions
    from triage.dumps.record import Reject
    from triage.dumps.work import complaint_of

    dump = open_dump(path, ReadOptions())
    plan = plan_columns(dump.path, dump.columns, dump.sample, pack.facts, ColumnOptions(text=tuple(columns)))
    return [complaint_of(row, plan, pack.timezone)[0].text for row in dump.records() if not isinstance(row, Reject)]


def measure(
    name: str, dump: Path, columns: Sequence[str], triages: Mapping[str, Any], predict: Predict | None, rounds: int, out: Path, workers: int
) -> Throughput:
    """Run the dump from file to file in this process, in turn with the others; then once over several processes."""
    import rjieba

    from triage.dumps.columns import ColumnOptions
    from triage.dumps.run import RunOptions, run_dump

    texts = texts_of(dump, columns, next(iter(triages.values())).pack)
    found = Throughput(name, len(texts), sum(map(len, texts)) / max(1, len(texts)))
    rjieba.cut("")
    runs: dict[str, list[dict[str, float]]] = {}

    def whole(matcher: str) -> Callable[[], object]:
        source = Loaded(triages[matcher])
        options = RunOptions((dump,), out / "out.csv", columns=ColumnOptions(text=tuple(columns)), workers=1, matcher=matcher)

        def run() -> None:
            summary = run_dump(options, source=source)
            assert summary.rows_out == len(texts), (summary.rows_out, len(texts))
            runs.setdefault(matcher, []).append(dict(summary.times))

        return run

    def library(matcher: str) -> Callable[[], object]:
        return lambda: drain(triages[matcher].decide_many(texts))

    def segment() -> None:
        cut = rjieba.cut
        for text in texts:
            cut(text)

    sides: dict[str, Callable[[], object]] = {"segmentation alone": segment}
    for matcher in triages:
        sides[f"whole run, {matcher}"] = whole(matcher)
    first = next(iter(triages))
    sides[f"decide_many, {first}"] = library(first)
    if predict is not None:
        sides["plain recipe"] = lambda: [predict(texts[i : i + BATCH]) for i in range(0, len(texts), BATCH)]
    # what an engine remembers of the rounds before would flatter it: each turn gets one that has decided nothing yet
    fresh = {side: triages[side.rpartition(", ")[2]].reload for side in sides if side.rpartition(", ")[2] in triages}
    costs = in_turn(sides, rounds, fresh)
    found.costs = {side: middle(c) for side, c in costs.items()}
    for side in sides:
        against = ["segmentation alone"] + (["plain recipe"] if predict is not None else [])
        found.ratios[side] = {other: ratio(costs, side, other) for other in against if other != side}
    for matcher, times in runs.items():
        measured = times[1:] or times
        found.stages[matcher] = {stage: median(t.get(stage, 0.0) for t in measured) for stage in STAGES}
        total = found.costs[f"whole run, {matcher}"].cpu
        found.stages[matcher]["rest"] = max(0.0, total - sum(found.stages[matcher].values()))
    if workers > 1:
        found.parallel = parallel(dump, columns, next(iter(triages)), workers, out)
    return found


def drain(items: Iterator[object]) -> None:
    """Look at all and keep none."""
    for _ in items:
        pass


def parallel(dump: Path, columns: Sequence[str], matcher: str, workers: int, out: Path) -> dict[str, Any]:
    """One run over several processes, as `triage run` does it, starting of processes and loading included."""
    from triage.dumps.columns import ColumnOptions
    from triage.dumps.run import RunOptions, run_dump

    before, started = os.times(), time.perf_counter()
    summary = run_dump(RunOptions((dump,), out / "out.csv", columns=ColumnOptions(text=tuple(columns)), workers=workers, matcher=matcher))
    wall, after = time.perf_counter() - started, os.times()
    return {
        "matcher": matcher, "workers": summary.workers, "rows": summary.rows_in, "wall": wall,
        "cpu": sum(after[:4]) - sum(before[:4]), "stages": {k: v for k, v in summary.times.items() if k != "wall"},
    }  # fmt: skip


def latency(texts: Sequence[str], triages: Mapping[str, Any], predict: Predict | None) -> dict[str, dict[str, float]]:
    """Microseconds on the clock of one call at a time: p50, p99, greatest. The sides take turns text by text."""
    import rjieba

    sides: dict[str, Callable[[str], object]] = {f"decide, {name}": triage.decide for name, triage in triages.items()}
    sides["segmentation alone"] = rjieba.cut
    if predict is not None:
        sides["plain recipe"] = lambda text: predict([text])
    times: dict[str, list[float]] = {name: [] for name in sides}
    clock = time.perf_counter
    for n, text in enumerate(texts):
        for name, call in sides.items():
            started = clock()
            call(text)
            if n >= len(texts) // 10:  # the first tenth warms up
                times[name].append((clock() - started) * 1e6)
    return {name: {"p50": percentile(t, 0.5), "p99": percentile(t, 0.99), "most": max(t)} for name, t in times.items()}
