"""Peak memory of `triage run` over the parent and all its workers, looked at from outside through /proc."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.05
"""Seconds between two looks."""


@dataclass
class Peak:
    """The greatest sums over parent and workers, in MB of 2**20 bytes. PSS counts a page that n processes share as 1/n in each;
    RSS counts it whole in each. The two peaks needn't be at one moment."""

    rows: int
    workers: int
    pss: float
    rss: float
    processes: int
    looks: int
    wall: float


def available() -> bool:
    """Whether this system tells (Linux does)."""
    return Path("/proc/self/smaps_rollup").exists()


def run(dump: Path, rows: int, workers: int, out: Path, root: Path, pack: str) -> Peak:
    """Run the command over a dump in processes of its own and watch them until they end."""
    command = [
        sys.executable, "-m", "triage", "run", str(dump), "--pack", pack, "-o", str(out / "memory.csv"), "--workers", str(workers), "--no-progress", "-q",
    ]  # fmt: skip
    peak = Peak(rows, workers, 0.0, 0.0, 0, 0, 0.0)
    started = time.perf_counter()
    with (out / "memory.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stdout=log, stderr=log)
        while process.poll() is None:
            look(process.pid, peak)
            time.sleep(EVERY)
    peak.wall = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError(f"triage run ended with {process.returncode}: {(out / 'memory.log').read_text('utf-8', 'replace')[-2000:]}")
    return peak


def look(pid: int, peak: Peak) -> None:
    """One look at a process and all that it started."""
    pss = rss = 0
    seen = 0
    for one in family(pid):
        try:
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text("ascii")
        except OSError:
            continue  # ended meanwhile
        fields = {line.split(":")[0]: line.split()[1] for line in rollup.splitlines()[1:]}
        pss += int(fields.get("Pss", 0))
        rss += int(fields.get("Rss", 0))
        seen += 1
    peak.pss, peak.rss = max(peak.pss, pss / 1024), max(peak.rss, rss / 1024)
    peak.processes, peak.looks = max(peak.processes, seen), peak.looks + 1


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                stat = Path(entry.path, "stat").read_text("utf-8", "replace")
            except OSError:
                continue
            parent = int(stat.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    found, at = [pid], 0
    while at < len(found):
        found += children.get(found[at], [])
        at += 1
    return found
