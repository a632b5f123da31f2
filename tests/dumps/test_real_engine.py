"""The shipped engine behind the port: equal decisions from every format, by one process or several."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dumps.samples import write_csv, write_jsonl, write_parquet, write_xlsx
from tests.dumps.test_run import table
from triage.dumps.output import COLUMNS
from triage.dumps.run import RunOptions, run_dump
from triage.errors import PackError


def test_formats_and_processes_give_equal_decisions(tmp_path: Path) -> None:
    dumps = [
        (write_csv(tmp_path / "a.csv", 300), 1), (write_csv(tmp_path / "b.csv", 300, "gb18030"), 2), (write_jsonl(tmp_path / "c.jsonl", 300), 1),
        (write_xlsx(tmp_path / "d.xlsx", 300), 1), (write_parquet(tmp_path / "e.parquet", 300), 1),
    ]  # fmt: skip
    found = []
    for dump, workers in dumps:
        summary = run_dump(RunOptions((dump,), tmp_path / "out.csv", workers=workers))
        assert (summary.rows_in, summary.rows_out) == (300, 300)
        assert summary.fingerprints["pack"]
        found.append((tmp_path / "out.csv").read_bytes())
    assert tuple(table(tmp_path / "out.csv")[0]) == COLUMNS
    assert len(set(found)) == 1


def test_the_gathered_dump_is_decided_whole(tmp_path: Path) -> None:
    dump = Path(__file__).parents[3] / "shared/data/gov2020/stream.csv"
    if not dump.exists():
        pytest.skip("the data isn't here")
    assert run_dump(RunOptions((dump,), tmp_path / "out.csv")).rows_out == 4285


def test_a_pack_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PackError):
        run_dump(RunOptions((write_csv(tmp_path / "a.csv", 3),), tmp_path / "out.csv", pack="no-such-pack"))
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]
