"""The Arrow function gives what `decide` gives; the helpers for tests of embedding code work."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from triage import Triage, UsageError, decide_arrow
from triage.ports import Matcher
from triage.testing import a_complaint, a_triage

RULES = """
rules:
  - id: outage
    title: 断网
    when: {complaint.text: {contains: 断了}, complaint.amount: {gte: 100}}
    then: {severity: high, queue: urgent}
"""


def test_a_small_pack_decides(tmp_path: Path) -> None:
    triage = a_triage(tmp_path / "p", RULES)
    decision = triage.decide(a_complaint(complaint__amount="200元"))
    assert (decision.severity, decision.queue, [r.rule for r in decision.reasons]) == ("high", "urgent", ["outage"])
    assert triage.decide(a_complaint()).queue == "manual-triage"


def test_record_batches_get_the_same_decisions(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    triage = a_triage(tmp_path / "p", RULES)
    table = {
        "编号": ["a", "b", "c", "d"],
        "投诉内容": ["网断了", "网断了", None, "网断了"],
        "金额": ["200元", "50", "300", "很多"],
        "时间": [datetime(2026, 3, 16, 1, tzinfo=UTC)] * 4,
    }
    out = decide_arrow(triage, pa.RecordBatch.from_pydict(table), id="编号", text=["投诉内容"], time="时间", facts={"complaint.amount": "金额"})
    rows = out.to_pylist()
    assert [row["id"] for row in rows] == ["a", "b", "c", "d"]
    assert [row["queue"] for row in rows] == ["urgent", "manual-triage", "manual-triage", "manual-triage"]
    assert json.loads(rows[0]["reasons"])[0]["rule"] == "outage"
    assert "complaint.amount" in rows[3]["errors"]
    parts = [decide_arrow(triage, pa.RecordBatch.from_pydict({k: v[i : i + 1] for k, v in table.items()}), id="编号", text=["投诉内容"], time="时间",
                          facts={"complaint.amount": "金额"}).to_pylist()[0] for i in range(4)]  # fmt: skip
    assert parts == rows
    assert decide_arrow(triage, pa.RecordBatch.from_pydict({"text": pa.array([], pa.string())})).num_rows == 0


def test_a_column_that_is_not_there_is_said(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    triage = a_triage(tmp_path / "p")
    with pytest.raises(UsageError, match="内容x"):
        decide_arrow(triage, pa.RecordBatch.from_pydict({"内容": ["x"]}), text=["内容x"])


def test_the_shipped_engine_is_behind_the_ports() -> None:
    triage = Triage.load("base-cn", model=None, matcher="builtin")
    matcher: Matcher = triage._engine.matcher
    assert matcher.name == "builtin"
