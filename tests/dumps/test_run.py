"""Running dumps end to end: equal rows give equal output, whatever the format, the encoding or the number of processes."""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.dumps.fake import PACK, FakeSource
from tests.dumps.samples import HEADER, csv_text, rows, write_csv, write_jsonl, write_parquet, write_xlsx
from triage.dumps.columns import ColumnOptions
from triage.dumps.output import COLUMNS
from triage.dumps.run import RunOptions, Status, run_dump
from triage.dumps.summary import Summary
from triage.errors import DumpError, UsageError


def run(dump: Path, output: Path, **options: object) -> Summary:
    fake = options.pop("source", None) or FakeSource()
    options.setdefault("workers", 1)
    return run_dump(RunOptions((dump,), output, **options), source=fake)  # type: ignore[arg-type]


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def test_every_row_comes_out_in_order_with_all_columns(tmp_path: Path) -> None:
    summary = run(write_csv(tmp_path / "in.csv", 700), tmp_path / "out.csv")
    out = table(tmp_path / "out.csv")
    assert [r["row"] for r in out] == [str(n) for n in range(1, 701)]
    assert [r["id"] for r in out] == [row[0] for row in rows(700)]
    assert tuple(out[0]) == COLUMNS
    assert (summary.rows_in, summary.rows_out, summary.rejected) == (700, 700, {})
    assert sum(summary.counts["categories"].values()) == 700
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["in.csv", "out.csv"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_give_equal_output(tmp_path: Path, encoding: str) -> None:
    run(write_csv(tmp_path / "plain.csv"), tmp_path / "plain.out.csv")
    run(write_csv(tmp_path / "in.csv", encoding=encoding), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "plain.out.csv").read_bytes()


@pytest.mark.parametrize("how", [{"delimiter": "\t"}, {"delimiter": ";"}, {"delimiter": "|"}, {"quoting": csv.QUOTE_ALL}, {"lineterminator": "\n"}])
def test_dialects_give_equal_output(tmp_path: Path, how: dict[str, Any]) -> None:
    run(write_csv(tmp_path / "plain.csv"), tmp_path / "plain.out.csv")
    run(write_csv(tmp_path / "in.csv", **how), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "plain.out.csv").read_bytes()


@pytest.mark.parametrize("write", [write_jsonl, write_xlsx, write_parquet])
def test_formats_give_equal_output(tmp_path: Path, write: object) -> None:
    ending = {write_jsonl: "jsonl", write_xlsx: "xlsx", write_parquet: "parquet"}[write]  # type: ignore[index]
    run(write_csv(tmp_path / "plain.csv"), tmp_path / "plain.out.csv", keep=True)
    run(write(tmp_path / f"in.{ending}"), tmp_path / "out.csv", keep=True)  # type: ignore[operator]
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "plain.out.csv").read_bytes()


def test_big5_gives_equal_output(tmp_path: Path) -> None:
    data = [[f"A{n}", "2026-03-16 09:00", f"我們家的網路斷線了{n}，客服說三天內處理，請退費"] for n in range(30)]
    text = csv_text(["編號", "時間", "內容"], data)
    (tmp_path / "u.csv").write_bytes(text.encode("utf-8"))
    (tmp_path / "b.csv").write_bytes(text.encode("big5"))
    columns = ColumnOptions(text=("內容",), id="編號", time="時間")
    run(tmp_path / "u.csv", tmp_path / "u.out.csv", columns=columns)
    run(tmp_path / "b.csv", tmp_path / "b.out.csv", columns=columns)
    assert (tmp_path / "u.out.csv").read_bytes() == (tmp_path / "b.out.csv").read_bytes()


def test_number_of_processes_changes_nothing(tmp_path: Path) -> None:
    write_csv(tmp_path / "in.csv", 3000)
    run(tmp_path / "in.csv", tmp_path / "one.csv", workers=1)
    summary = run(tmp_path / "in.csv", tmp_path / "three.csv", workers=3)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "three.csv").read_bytes()
    assert summary.workers > 1
    assert not multiprocessing.active_children()


def test_jsonl_output_is_typed(tmp_path: Path) -> None:
    run(write_csv(tmp_path / "in.csv"), tmp_path / "out.jsonl", keep=True)
    first, *_ = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert tuple(first)[: len(COLUMNS)] == COLUMNS
    assert first["row"] == 1
    assert isinstance(first["confidence"], float)
    assert isinstance(first["abstained"], bool)
    assert isinstance(first["reasons"], list)
    assert isinstance(first["actions"], dict)
    assert first["intent"] is None
    assert first["投诉内容"].startswith("充值")


def test_parquet_output_equals_jsonl_output(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    write_csv(tmp_path / "in.csv", 300)
    run(tmp_path / "in.csv", tmp_path / "out.jsonl")
    run(tmp_path / "in.csv", tmp_path / "out.parquet")
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    found = pq.read_table(tmp_path / "out.parquet").to_pylist()
    for row in found:
        for name in ("actions", "reasons", "conflicts", "incomplete", "errors"):
            row[name] = json.loads(row[name])
    assert found == lines
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.csv", "out.jsonl", "out.parquet"]


def test_kept_columns_that_clash_are_renamed(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text,queue\n1,断网了,老队列\n", "utf-8")
    run(tmp_path / "in.csv", tmp_path / "out.csv", keep=True)
    (row,) = table(tmp_path / "out.csv")
    assert (row["in.queue"], row["in.id"], row["text"]) == ("老队列", "1", "断网了")


def test_cells_that_look_like_formulas_are_disarmed(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text('id,text,备注\n=1+1,断网了,"@SUM(A1)"\n-5,断网了,-3.5\n', "utf-8")
    run(tmp_path / "in.csv", tmp_path / "out.csv", keep=True)
    run(tmp_path / "in.csv", tmp_path / "raw.csv", keep=True, raw_cells=True)
    assert [(r["id"], r["备注"]) for r in table(tmp_path / "out.csv")] == [("'=1+1", "'@SUM(A1)"), ("-5", "-3.5")]
    assert [(r["id"], r["备注"]) for r in table(tmp_path / "raw.csv")] == [("=1+1", "@SUM(A1)"), ("-5", "-3.5")]


def test_now_is_the_rows_time_else_the_option(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text,时间\n断网,2026-03-16 09:00:00\n断网,\n断网,昨天下午吧\n", "utf-8")
    run(tmp_path / "in.csv", tmp_path / "out.csv", now=datetime(2026, 5, 1, tzinfo=UTC))
    first, second, third = table(tmp_path / "out.csv")
    assert "2026-03-16 09:00:00+08:00" in first["reasons"]
    assert "2026-05-01 00:00:00+00:00" in second["reasons"]
    assert "看不懂时间“昨天下午吧”" in third["errors"]
    assert third["row"] == "3"


def test_several_inputs_are_numbered_through(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", 5)
    write_jsonl(tmp_path / "b.jsonl", 7)
    summary = run_dump(RunOptions((tmp_path / "a.csv", tmp_path / "b.jsonl"), tmp_path / "out.csv", workers=1, keep=True), source=FakeSource())
    out = table(tmp_path / "out.csv")
    assert [r["row"] for r in out] == [str(n) for n in range(1, 13)]
    assert out[0]["投诉内容"] == out[5]["投诉内容"]
    assert summary.rows_in == 12
    assert summary.duplicate_ids == 5


def test_a_row_that_the_engine_fails_on_is_a_reject(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\n断网\n程序出错\n断网\n", "utf-8")
    summary = run(tmp_path / "in.csv", tmp_path / "out.csv")
    assert [r["row"] for r in table(tmp_path / "out.csv")] == ["1", "3"]
    assert summary.rejected == {"failed": 1}
    (reject,) = table(tmp_path / "out.rejects.csv")
    assert (reject["row"], reject["code"]) == ("2", "failed")


@pytest.mark.parametrize("workers", [2])
def test_a_process_that_dies_once_is_replaced(tmp_path: Path, workers: int) -> None:
    data = rows(1500)
    data[700][3] = "进程暴毙"
    (tmp_path / "in.csv").write_text(csv_text(HEADER, data), "utf-8")
    (tmp_path / "died").touch()
    run(tmp_path / "in.csv", tmp_path / "calm.csv", source=FakeSource(once=tmp_path / "died"))
    (tmp_path / "died").unlink()
    run(tmp_path / "in.csv", tmp_path / "out.csv", workers=workers, source=FakeSource(once=tmp_path / "died"))
    assert (tmp_path / "died").exists()
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "calm.csv").read_bytes()


def test_a_process_that_dies_twice_ends_the_run_and_leaves_the_old_output(tmp_path: Path) -> None:
    data = rows(600)
    data[300][3] = "进程暴毙"
    (tmp_path / "in.csv").write_text(csv_text(HEADER, data), "utf-8")
    (tmp_path / "out.csv").write_text("old")
    with pytest.raises(DumpError, match="died twice"):
        run(tmp_path / "in.csv", tmp_path / "out.csv", workers=2)
    assert (tmp_path / "out.csv").read_text() == "old"
    assert not multiprocessing.active_children()


def test_summary_says_which_rules_could_not_fire(tmp_path: Path) -> None:
    summary = run(write_csv(tmp_path / "in.csv"), tmp_path / "out.csv", summary=tmp_path / "s.json")
    assert summary.starved == {"by-region": ("complaint.region",)}
    data = json.loads((tmp_path / "s.json").read_bytes())
    assert data["rows"] == {"in": 50, "out": 50, "rejected": 0, "blank": 0, "duplicate_ids": 0}
    assert data["starved_rules"] == {"by-region": ["complaint.region"]}
    assert "50" in summary.as_text("zh")
    assert "50 rows in" in summary.as_text("en")


def test_progress_is_told(tmp_path: Path) -> None:
    write_csv(tmp_path / "in.csv", 1000)
    seen: list[Status] = []
    run_dump(RunOptions((tmp_path / "in.csv",), tmp_path / "out.csv", workers=1), seen.append, FakeSource())
    assert seen[-1] == Status(1000, 0, 1.0)
    assert [s.rows for s in seen] == sorted(s.rows for s in seen)


def test_output_may_not_be_an_input(tmp_path: Path) -> None:
    write_csv(tmp_path / "in.csv")
    with pytest.raises(UsageError, match="different files"):
        run(tmp_path / "in.csv", tmp_path / "in.csv")


def test_a_column_of_the_pack_is_found_by_its_names_and_by_map(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text,等级\n断网,vip\n", "utf-8")
    run(tmp_path / "in.csv", tmp_path / "out.csv", columns=ColumnOptions(facts=(("customer.tier", "等级"),)))
    assert table(tmp_path / "out.csv")[0]["green_channel"] == "vip"
    with pytest.raises(UsageError, match="declares no fact"):
        run(tmp_path / "in.csv", tmp_path / "out.csv", columns=ColumnOptions(facts=(("customer.teir", "等级"),)))
    assert PACK.facts["customer.tier"].names == ("客户等级", "tier")
