"""`decide` takes any text and any values: what is wrong with them stands in the decision, and nothing is raised but UsageError."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.corpus import BUILT_IN, GARBAGE, LONG, engine, pack, phrases
from triage.domain.complaint import Complaint
from triage.domain.facts import Unknown
from triage.errors import UsageError
from triage.rendering import decision_dict, decision_text, row_cells

EXAMPLES = 1500 if LONG else 120
quick = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=not LONG)

any_text = st.text(st.characters(codec=None), max_size=400) | st.lists(
    st.sampled_from([*phrases("telecom-cn")[:200], "\ud83d", "\udc00", "\x00", "<b>", "</script>", "&nbsp;", "👨‍👩‍👧‍👦", "\u202e", "\ufeff", "e\u0301", "ﷺ", "１２３元"]), max_size=40
).map("".join)  # fmt: skip
plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=12) | st.decimals() | st.dates() | st.datetimes() | st.timedeltas() | st.binary(max_size=4)
any_value: st.SearchStrategy[Any] = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(st.text(max_size=5), inner, max_size=2) | st.frozensets(st.text(max_size=3), max_size=2), max_leaves=4)
paths = st.sampled_from(sorted(pack("telecom-cn").facts)) | st.text(max_size=8)

ODD = {
    "empty": "", "space": " \n\t\u3000", "nul": "\x00" * 50, "high surrogates": "\ud83d" * 80, "low surrogates": "\udc4d\ud83d" * 40,
    "emoji": "👍🏻😡🤬👨‍👩‍👧‍👦" * 30, "html": "<html><body onload='x()'><p>我要<b>投诉</b>&lt;记者&gt;</p><!-- 曝光 --></body></html>" * 5,
    "right to left": "\u202e诉投要我" * 20, "joiners": "记\u200b者\u200d曝\ufeff光" * 20, "combining": "a" + "\u0301" * 500, "ligature": "ﷺ" * 300,
    "json": '{"a": [1, {"b": null}]}' * 20, "digits": "1" * 5000, "dots": "1.2.3,4," * 500, "one word": "投诉" * 2000,
}  # fmt: skip


@quick
@given(any_text)
def test_any_text(text: str) -> None:
    for name in ("telecom-cn", "government-cn"):
        decision = engine(name).decide(text)
        assert decision.text == text and decision.queue in pack(name).queues


@quick
@given(any_text, st.dictionaries(paths, any_value, max_size=6))
def test_any_facts(text: str, facts: dict[str, Any]) -> None:
    decision = engine("telecom-cn").decide(Complaint(text, facts=facts))
    declared = pack("telecom-cn").facts
    faulty = {fault.where for fault in decision.errors}
    for path, value in facts.items():
        if not isinstance(value, dict) and value is not None and value != "" and path not in declared:
            assert path in faulty, path
    for path, value in decision.facts.items():
        if isinstance(value, Unknown) and value.reason == "invalid":
            assert path in faulty


@pytest.mark.parametrize("value", GARBAGE, ids=lambda v: repr(v)[:12])
def test_each_fact_takes_garbage(value: Any) -> None:
    for name in BUILT_IN:
        for path in pack(name).facts:
            decision = engine(name).decide(Complaint("没网三天了", facts={path: value}))
            for fault in decision.errors:
                assert fault.where and fault.message.zh and fault.message.en


@pytest.mark.parametrize("odd", ODD)
def test_odd_texts_and_their_renderings(odd: str) -> None:
    for name in BUILT_IN:
        decision = engine(name).decide(Complaint(ODD[odd], id=ODD[odd][:20]))
        assert decision.text == ODD[odd]
        assert decision_dict(decision)["severity"] == decision.severity
        assert decision_text(decision, "zh", False) and decision_text(decision, "en", True)
        assert all(isinstance(cell, str) for cell in row_cells(decision).values())


@pytest.mark.parametrize("piece", ["找记者曝光", "我不想", "扣了500元，", "没网", "1", "壹", "二〇二六年", "。", "👍", "不", "不是没有", "3天", "-", "13800001234", "a@b.c", "\ud800"])
def test_a_hundred_thousand_characters_take_time_in_proportion(piece: str) -> None:
    triage = engine("telecom-cn")

    def seconds(size: int) -> float:
        text = (piece * (size // len(piece) + 1))[:size]
        best = 1e9
        for _ in range(3):
            start = time.process_time()
            assert triage.decide(Complaint(text, received_at=datetime(2026, 3, 1, tzinfo=UTC))).text == text
            best = min(best, time.process_time() - start)
        return best

    small, large = seconds(12_500), seconds(100_000)
    assert large < 0.05 or large < small * 8 * 3, (small, large)  # 64 times if it were quadratic


@pytest.mark.parametrize(
    "tags",
    [{"category": "没有的"}, {"category": 3}, {"risks": ["没有"]}, {"risks": 5}, {"intent": "没有"}, {"other": 1}, {"emotion": 1.5}, {"confidence": "x"},
     {"confidence": []}, {"confidence": "nan"}, {"confidence": 2}, {"category": ["a"]}, {"abstained": "maybe"}, {"risks": {"media": 1}}],
    ids=str,
)  # fmt: skip
def test_wrong_tags_are_a_usage_error_or_read(tags: dict[str, Any]) -> None:
    try:
        engine("telecom-cn").decide(Complaint("我", tags=tags))
    except UsageError as error:
        assert error.message.zh and error.message.en


@pytest.mark.parametrize("by_hand", [{"severity": "紧急"}, {"severity": 3}, {"other": "x"}, {"severity": []}])
def test_wrong_settings_by_hand_are_a_usage_error(by_hand: Any) -> None:
    with pytest.raises(UsageError):
        engine("telecom-cn").decide(Complaint("我", by_hand=by_hand))


def test_a_naive_time_is_refused_and_extremes_are_taken() -> None:
    with pytest.raises(UsageError):
        engine("telecom-cn").decide("我", now=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="aware"):
        Complaint("我", received_at=datetime(2026, 1, 1))  # noqa: DTZ001
    facts = {"contract.ends_on": date.max, "repair.appointment": datetime.min, "customer.monthly_fee": Decimal("1E+30")}
    for now in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC) - timedelta(hours=1)):
        for name in BUILT_IN:
            known = {path: value for path, value in facts.items() if path in pack(name).facts}
            assert engine(name).decide(Complaint("昨天没网，三天了，2月30日扣了99元", received_at=now, facts=known)).queue in pack(name).queues
