"""Figures as tables for people and as JSON; the documented bounds and whether they hold."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.measure import Ratio
from benchmarks.memory import Peak
from benchmarks.rules_alone import OURS, RulesAlone
from benchmarks.tag_quality import Quality
from benchmarks.tags import MODEL, TOGETHER, TagSpeed, quality_text, shipped_text
from benchmarks.tags import text as tags_text
from benchmarks.throughput import Throughput

FORMAT = 1
RUN_BOUND = 3.0
"""The whole run, in units of what segmentation alone costs in CPU on texts of about 400 characters."""
MEMORY_BOUND = 400.0
"""MB over parent and workers for the larger dump of short rows, with two workers."""
GROWTH_BOUND = 1.15
"""Memory of the larger dump over that of the smaller."""
TAGS_BOUND = 0.6
"""All tags of texts that are cut already, in units of what cutting them costs."""
LIBRARIES = ("complaint-triage", "jieba", "rjieba", "numpy", "google-re2", "scikit-learn", "zen-engine", "durable_rules")


@dataclass
class Check:
    """A documented bound: what it is about, the most that is allowed, what was measured."""

    name: str
    bound: float
    measured: float

    @property
    def holds(self) -> bool:
        return self.measured <= self.bound


@dataclass
class Figures:
    """Everything that one run measured."""

    settings: dict[str, Any]
    loading: dict[str, float] = field(default_factory=dict)
    throughput: list[Throughput] = field(default_factory=list)
    latency: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    memory: list[Peak] = field(default_factory=list)
    rules: list[RulesAlone] = field(default_factory=list)
    tags: list[TagSpeed] = field(default_factory=list)
    quality: list[Quality] = field(default_factory=list)
    shipped: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def checks(self) -> list[Check]:
        """The bounds of which this run measured something."""
        found = []
        for t in self.throughput:
            if not 300 <= t.characters <= 500:
                continue
            for side, ratios in t.ratios.items():
                if side.startswith("whole run"):
                    found.append(Check(f"{t.name}: {side}, CPU over segmentation alone", RUN_BOUND, ratios["segmentation alone"].median))
        if len(self.memory) > 1:
            small, large = self.memory[0], self.memory[-1]
            found.append(Check(f"memory of {large.rows:,} rows, MB (PSS)", MEMORY_BOUND, large.pss))
            found.append(Check(f"memory of {large.rows:,} rows over {small.rows:,} rows (PSS)", GROWTH_BOUND, large.pss / small.pss))
        for r in self.rules:
            for side in r.ratios:
                if side in (f"{OURS}, builtin", f"{OURS}, durable"):
                    found.append(Check(f"{r.name}: {side}, CPU over the fastest zen", 1.0, r.ratios[side].median))
        for speed in self.tags:
            if 300 <= speed.characters <= 500:
                for side in (MODEL, TOGETHER):
                    found.append(Check(f"{speed.name}: {side}, CPU over segmentation alone", TAGS_BOUND, speed.ratios[side].median))
        return found

    def as_dict(self) -> dict[str, Any]:
        """JSON-able; all seconds are seconds, micros are microseconds, memory is MB of 2**20 bytes."""
        return {
            "format": FORMAT,
            "machine": machine(),
            "settings": self.settings,
            "loading_cpu_seconds": self.loading,
            "throughput": [_plain(t) for t in self.throughput],
            "latency_micros": self.latency,
            "memory": [_plain(m) for m in self.memory],
            "rules_alone": [_plain(r) for r in self.rules],
            "tags": [_plain(t) for t in self.tags],
            "tag_quality": [_plain(q) for q in self.quality],
            "tag_quality_shipped": self.shipped,
            "left_out": self.left_out,
            "checks": [{**asdict(c), "holds": c.holds} for c in self.checks()],
        }


def _plain(value: Any) -> Any:
    def turn(x: Any) -> Any:
        if isinstance(x, tuple) and hasattr(x, "_asdict"):
            return {k: turn(v) for k, v in x._asdict().items()}
        if isinstance(x, dict):
            return {k: turn(v) for k, v in x.items()}
        return x

    return {name: turn(getattr(value, name)) for name in value.__dataclass_fields__}


def machine() -> dict[str, Any]:
    """What the figures hang on."""
    model = ""
    info = Path("/proc/cpuinfo")
    if info.exists():
        model = next((line.split(":", 1)[1].strip() for line in info.read_text("utf-8", "replace").splitlines() if line.startswith("model name")), "")
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "date": datetime.now().astimezone().isoformat(timespec="minutes"), "python": sys.version.split()[0], "system": platform.platform(),
        "cpu": model, "cores": os.cpu_count(), "load_1min": load, "libraries": {name: v for name in LIBRARIES if (v := _version(name))},
    }  # fmt: skip


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns lined up: the first to the left, figures to the right."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]

    def one(line: Sequence[str]) -> str:
        return "  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True))).rstrip()

    return "\n".join([one(lines[0]), "  ".join("-" * w for w in widths), *map(one, lines[1:])])


def ratio_text(r: Ratio | None) -> str:
    """Median and range of a ratio; nothing where there is none."""
    return "" if r is None else f"{r.median:.2f} ({r.least:.2f}-{r.most:.2f})"


def text(figures: Figures) -> str:
    """All tables."""
    m = machine()
    out = [f"{m['date']}  Python {m['python']}  {m['cores']} cores  {m['cpu']}  load {m['load_1min']}", "  ".join(f"{k} {v}" for k, v in m["libraries"].items())]
    if figures.loading:
        out += ["", "Loading, CPU seconds: " + "  ".join(f"{k} {v:.2f}" for k, v in figures.loading.items())]
    for t in figures.throughput:
        out += ["", f"{t.name}: {t.texts:,} texts of {t.characters:.0f} characters on average; microseconds for one text; ratios of CPU, median (least-most) of the rounds"]
        out.append(
            table(
                ("", "CPU", "wall", "texts per CPU s", "to segmentation alone", "to the plain recipe"),
                [
                    (side, f"{c.cpu / t.texts * 1e6:.1f}", f"{c.wall / t.texts * 1e6:.1f}", f"{t.texts / c.cpu:,.0f}",
                     ratio_text(t.ratios[side].get("segmentation alone")), ratio_text(t.ratios[side].get("plain recipe")))
                    for side, c in t.costs.items()
                ],
            )
        )  # fmt: skip
        names = list(next(iter(t.stages.values()), {}))
        out += ["  CPU by stage, microseconds for one text:"]
        out.append(table(("", *names), [(f"whole run, {k}", *(f"{v[n] / t.texts * 1e6:.1f}" for n in names)) for k, v in t.stages.items()]))
        if t.parallel:
            p = t.parallel
            out.append(f"  processes that decided: {p['workers']} ({p['matcher']}), loading included: {p['wall']:.2f} s, {p['rows'] / p['wall']:,.0f} rows/s, CPU {p['cpu']:.2f} s")
    for name, sides in figures.latency.items():
        out += ["", f"One decision at a time, {name}; microseconds on the clock"]
        out.append(table(("", "p50", "p99", "most"), [(side, f"{v['p50']:.0f}", f"{v['p99']:.0f}", f"{v['most']:.0f}") for side, v in sides.items()]))
    if figures.memory:
        out += ["", "Peak memory of `triage run` over parent and workers, short rows"]
        out.append(
            table(
                ("rows", "workers", "processes", "PSS MB", "RSS MB", "seconds", "rows/s"),
                [(f"{p.rows:,}", str(p.workers), str(p.processes), f"{p.pss:.0f}", f"{p.rss:.0f}", f"{p.wall:.1f}", f"{p.rows / p.wall:,.0f}") for p in figures.memory],
            )
        )
    for r in figures.rules:
        out += ["", f"{r.name}: {r.rules} rules, one complaint at a time, {r.held:.1f} rules hold on average, equal answers on {r.complaints:,} complaints; microseconds"]
        out.append(table(("", "CPU", "wall", "CPU to the fastest zen"), [(side, f"{c.cpu:.1f}", f"{c.wall:.1f}", ratio_text(r.ratios.get(side)) or ("1" if r.fastest_zen else "")) for side, c in r.micros.items()]))
    for speed in figures.tags:
        out += ["", tags_text(speed)]
    if figures.shipped:
        out += ["", shipped_text(figures.settings["pack"], figures.shipped)]
    if figures.quality:
        out += ["", quality_text(figures.quality)]
    if figures.left_out:
        out += ["", *(f"left out: {why}" for why in figures.left_out)]
    checks = figures.checks()
    if checks:
        out += ["", "Bounds"]
        out.append(table(("", "at most", "measured", ""), [(c.name, f"{c.bound:g}", f"{c.measured:.2f}", "holds" if c.holds else "BROKEN") for c in checks]))
    return "\n".join(out)
