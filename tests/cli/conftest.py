"""The command, run in this process, and what it printed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from triage.cli.main import run


class Ran(NamedTuple):
    """What one call of the command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def triage(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Ran]:
    """`triage("check", "telecom-cn")`, in an empty folder, in English unless told otherwise."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRIAGE_LANG", "en")
    monkeypatch.setenv("NO_COLOR", "1")

    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(list(arguments))
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return Ran(code, printed.out, printed.err)

    return call


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """A small dump in GB18030."""
    from triage.cli.demo_samples import sample_csv

    path = tmp_path / "complaints.csv"
    path.write_bytes(sample_csv(120).encode("gb18030"))
    return path
