"""Runs that are interrupted, killed, or started twice: no half output, no process left, and a resumed run gives the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
ROWS = 6000


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    words = ["路灯坏了", "两周没人修", "物业", "乱收费", "噪音", "公交不来", "请尽快处理"]
    lines = [f"{n},{''.join(words[(n * k + k) % 7] for k in range(1, 40))}" for n in range(ROWS)]
    path = tmp_path / "in.csv"
    path.write_text("id,text\n" + "\n".join(lines) + "\n", "utf-8")
    return path


class Running(subprocess.Popen[str]):
    """A run in a process group of its own, and what it said."""

    said = ""

    def ended(self) -> int:
        _, self.said = self.communicate(timeout=120)
        return self.returncode


def start(dump: Path, out: str, *more: str) -> Running:
    """A run with two workers."""
    command = [sys.executable, str(ROOT / "cli.py"), "run", str(dump), "-o", out, "--model", "none", "--workers", "2", "-q", "--no-progress", "--lang", "en"]
    return Running([*command, *more], cwd=dump.parent, stderr=subprocess.PIPE, text=True, start_new_session=True)


def begun(folder: Path, out: str) -> None:
    """Wait until rows are in the part."""
    for _ in range(600):
        part = folder / f"{out}.part"
        if part.exists() and part.stat().st_size > 10_000:
            return
        time.sleep(0.02)
    raise AssertionError("the run never got going")


def group_is_gone(group: int) -> bool:
    for _ in range(250):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_and_resumed(dump: Path, signal_number: signal.Signals) -> None:
    whole = start(dump, "whole.csv")
    assert whole.ended() == 0
    run = start(dump, "out.csv")
    begun(dump.parent, "out.csv")
    run.send_signal(signal_number)
    assert run.ended() == (130 if signal_number == signal.SIGINT else -signal_number)
    assert "Traceback" not in run.said
    assert not (dump.parent / "out.csv").exists()
    assert group_is_gone(run.pid), "a worker outlived its run"
    again = start(dump, "out.csv", "--resume")
    assert again.ended() == 0
    assert (dump.parent / "out.csv").read_bytes() == (dump.parent / "whole.csv").read_bytes()
    assert sorted(p.name for p in dump.parent.iterdir()) == ["in.csv", "out.csv", "whole.csv"]


def test_two_runs_on_one_output(dump: Path) -> None:
    first = start(dump, "out.csv")
    begun(dump.parent, "out.csv")
    os.killpg(first.pid, signal.SIGSTOP)  # so that it can't be over before the others have tried
    for other in (start(dump, "out.csv"), start(dump, "other.csv", "--rejects", "out.rejects.csv")):
        assert other.ended() == 2
        assert "another run is writing it" in other.said
    os.killpg(first.pid, signal.SIGCONT)
    assert first.ended() == 0
    assert len((dump.parent / "out.csv").read_text("utf-8-sig").splitlines()) == ROWS + 1
    assert sorted(p.name for p in dump.parent.iterdir()) == ["in.csv", "out.csv"]
