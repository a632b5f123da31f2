"""A run that is killed and resumed equals one that never was."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.dumps.fake import FakeSource
from tests.dumps.samples import HEADER, csv_text, rows, write_csv
from tests.dumps.test_run import run
from triage.dumps.checkpoint import Progress
from triage.errors import UsageError

_RUN = """
import sys
from pathlib import Path
from tests.dumps.fake import FakeSource
from triage.dumps.run import RunOptions, run_dump
if __name__ == "__main__":
    source, output, workers, resume, slow = sys.argv[1:]
    run_dump(
        RunOptions((Path(source),), Path(output), workers=int(workers), resume=resume == "1", checkpoint_seconds=0.01,
                   summary=Path(output).with_suffix(".json"), keep=True),
        source=FakeSource(slow=float(slow)),
    )
"""


def start(folder: Path, output: Path, workers: int, resume: bool, slow: float) -> subprocess.Popen[bytes]:
    script = folder / "script.py"
    script.write_text(_RUN)
    root = str(Path(__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, str(script), str(folder / "in.csv"), str(output), str(workers), "1" if resume else "0", str(slow)],
        env={**os.environ, "PYTHONPATH": root},
    )


@pytest.mark.parametrize(("workers", "ending"), [(1, "csv"), (2, "csv"), (2, "jsonl"), (1, "parquet")])
def test_killed_at_random_and_resumed(tmp_path: Path, workers: int, ending: str) -> None:
    data = rows(4000)
    for n in range(50, 4000, 397):
        data[n] = data[n][:2]  # ragged: rejects must survive too
    (tmp_path / "in.csv").write_text(csv_text(HEADER, data), "utf-8")
    calm, output = tmp_path / f"calm.{ending}", tmp_path / f"out.{ending}"
    assert start(tmp_path, calm, workers, False, 0).wait() == 0
    random.seed(workers)
    kills = resumed = 0
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if (tmp_path / f"out.{ending}.progress").exists():
            resumed += 1
        process = start(tmp_path, output, workers, True, 0.0005 * workers if kills < 3 else 0)
        try:
            process.wait(random.uniform(0.4, 1.1) if kills < 3 else 30)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
            assert not output.exists()
            continue
        assert process.returncode == 0
        break
    assert kills
    assert resumed
    assert output.read_bytes() == calm.read_bytes()
    assert (tmp_path / "out.rejects.csv").read_bytes() == (tmp_path / "calm.rejects.csv").read_bytes()
    assert not list(tmp_path.glob("out*.part"))
    assert not list(tmp_path.glob("*.progress"))


class Stop(Exception):
    pass


def interrupted(dump: Path, output: Path, batches: int, **options: object) -> None:
    """Run until some batches are written, then stop as Ctrl-C does."""
    from triage.dumps.run import RunOptions, run_dump

    seen = 0

    def stop(_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == batches:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_dump(RunOptions((dump,), output, workers=1, **options), stop, FakeSource())  # type: ignore[arg-type]


@pytest.mark.parametrize("batches", [1, 2, 5])
def test_ctrl_c_keeps_what_was_done(tmp_path: Path, batches: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage.dumps.run.BATCH_ROWS", 100)
    write_csv(tmp_path / "in.csv", 2000)
    calm = run(tmp_path / "in.csv", tmp_path / "calm.csv")
    interrupted(tmp_path / "in.csv", tmp_path / "out.csv", batches)
    assert (tmp_path / "out.csv.progress").exists()
    resumed = run(tmp_path / "in.csv", tmp_path / "out.csv", resume=True, workers=2)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "calm.csv").read_bytes()
    for summary in (calm, resumed):
        summary.times, summary.workers, summary.output, summary.rejects = {}, 1, "", ""
    assert resumed.as_dict() == calm.as_dict()


def test_what_changed_is_named(tmp_path: Path) -> None:
    write_csv(tmp_path / "in.csv", 2000)
    interrupted(tmp_path / "in.csv", tmp_path / "out.csv", 2)
    for change, options in (("options", {"keep": True}), ("model", {"model": "other"})):
        with pytest.raises(UsageError, match=f"changed since then: .*{change}"):
            run(tmp_path / "in.csv", tmp_path / "out.csv", resume=True, **options)
    with pytest.raises(UsageError, match="another one than before"):
        run(tmp_path / "in.csv", tmp_path / "out.csv", resume=True, source=FakeSource(fingerprint="g" * 8))
    write_csv(tmp_path / "in.csv", 2001)
    with pytest.raises(UsageError, match="inputs"):
        run(tmp_path / "in.csv", tmp_path / "out.csv", resume=True)
    # without --resume it starts anew
    assert run(tmp_path / "in.csv", tmp_path / "out.csv").rows_out == 2001
    assert not (tmp_path / "out.csv.progress").exists()


def test_a_damaged_progress_file_is_an_error(tmp_path: Path) -> None:
    write_csv(tmp_path / "in.csv", 20)
    for data in (b"{", b"[]", b'{"format": 99}'):
        (tmp_path / "out.csv.progress").write_bytes(data)
        with pytest.raises(UsageError, match="progress file"):
            run(tmp_path / "in.csv", tmp_path / "out.csv", resume=True)


def test_resume_with_nothing_to_resume_starts_anew(tmp_path: Path) -> None:
    write_csv(tmp_path / "in.csv", 20)
    assert run(tmp_path / "in.csv", tmp_path / "out.csv", resume=True).rows_out == 20


def test_killed_between_renaming_and_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_csv(tmp_path / "in.csv", 20)
    run(tmp_path / "in.csv", tmp_path / "calm.csv")

    def die(self: Progress) -> None:
        if self.path.exists():
            raise Stop

    monkeypatch.setattr(Progress, "forget", die)
    with pytest.raises(Stop):
        run(tmp_path / "in.csv", tmp_path / "out.csv", summary=tmp_path / "s.json")
    monkeypatch.undo()
    summary = run(tmp_path / "in.csv", tmp_path / "out.csv", summary=tmp_path / "s.json", resume=True)
    assert summary.rows_out == 20
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "calm.csv").read_bytes()
