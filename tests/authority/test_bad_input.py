"""Bad input: each gets a clear refusal or error, in both languages, and never an "allowed"."""

from __future__ import annotations

import random
from datetime import date, datetime
from decimal import Decimal, getcontext, localcontext
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from tests.authority.desk import RANKS, REFUND, Desk, codes, staff
from triage.authority.history import MemoryHistory
from triage.authority.verdict import authorize
from triage.domain.grants import Ask, Rate
from triage.errors import UsageError
from triage.packs.load import load_pack
from triage.testing import write_pack

APOLOGY = "  remedies: {refund: {agent: 100, director: unlimited}, sorry: {agent: yes}}\n"


@pytest.mark.parametrize(("amount", "code"), [
    ("0", "not_positive"), ("0元", "not_positive"), ("-5元", "not_positive"), (Decimal("-0.01"), "not_positive"), (0, "not_positive"), ("零元", "not_positive"),
    ("9999999999999", "too_large"), (Decimal("1E+30"), "too_large"), (10**12, "too_large"), ("1000000亿", "too_large"),
    ("0.001", "too_many_decimals"), ("1.234元", "too_many_decimals"), (Decimal("99.999"), "too_many_decimals"), (Decimal("1E-20"), "too_many_decimals"),
    ("abc", "amount_unreadable"), ("5GB", "amount_unreadable"), ("1e3", "amount_unreadable"), ("10-20", "amount_unreadable"), ("五十%", "amount_unreadable"), ("\x00", "amount_unreadable"),
    (Decimal("NaN"), "amount_unreadable"), (Decimal("Infinity"), "amount_unreadable"), (1.5, "amount_unreadable"), (True, "amount_unreadable"), (["5"], "amount_unreadable"),
    ("9" * 10_000, "amount_unreadable"), (None, "amount_missing"), ("", "amount_missing"), ("  ", "amount_missing"),
    ("20美元", "no_rate"), ("$20", "no_rate"), ("USD 20", "no_rate"), ("20 usd", "no_rate"), ("€20", "no_rate"), ("100港币", "no_rate"), ("3000日元", "no_rate"),
])  # fmt: skip
def test_amounts_that_nobody_can_grant(tmp_path: Path, amount: object, code: str) -> None:
    answer = Desk(tmp_path, RANKS + APOLOGY).ask("director", amount)  # type: ignore[arg-type]
    assert (answer.verdict, codes(answer), answer.by, answer.may) == ("refused", [code], "", ())
    assert answer.why[0].text.zh and answer.why[0].text.en
    assert not any("一" <= c <= "鿿" for c in answer.why[0].text.en.replace("元", "").replace("万", "").replace(str(amount), ""))


@pytest.mark.parametrize("amount", ["100", "100元", "￥100.00", "¥100", "一百块", "100.00", "1百", 100, Decimal("1E+2"), "RMB 100", "人民币100元", "１００元"])
def test_ways_to_write_a_hundred(tmp_path: Path, amount: object) -> None:
    answer = Desk(tmp_path, RANKS + APOLOGY).ask("agent", amount)  # type: ignore[arg-type]
    assert (answer.verdict, answer.amount) == ("allowed", 100)


def test_a_remedy_without_amount_takes_none(tmp_path: Path) -> None:
    desk = Desk(tmp_path, RANKS + APOLOGY)
    assert desk.ask("agent", None, "sorry").verdict == "allowed"
    assert codes(desk.ask("agent", "5元", "sorry")) == ["no_amount"]


class TestCurrency:
    def rates(self, *rows: tuple[str, str, str]) -> tuple[Rate, ...]:
        return tuple(Rate(c, Decimal(w), date.fromisoformat(d)) for c, w, d in rows)

    def test_it_is_converted_once_rounded_up_and_kept(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + APOLOGY)
        answer = desk.ask("agent", "13.33美元", rates=self.rates(("USD", "7.1234", "2026-03-15")))
        assert answer.amount == Decimal("94.96")  # 94.954922
        assert answer.rate == Rate("USD", Decimal("7.1234"), date(2026, 3, 15))
        assert desk.grant(answer).amount == Decimal("94.96")

    def test_the_latest_rate_that_isnt_of_the_future(self, tmp_path: Path) -> None:
        rates = self.rates(("USD", "7", "2026-03-01"), ("USD", "8", "2026-03-16"), ("USD", "1", "2026-03-17"), ("EUR", "2", "2026-03-16"))
        assert Desk(tmp_path, RANKS + APOLOGY).ask("agent", "$10", rates=rates).amount == 80
        assert codes(Desk(tmp_path, RANKS + APOLOGY).ask("agent", "$10", rates=rates[2:])) == ["no_rate"]

    @pytest.mark.parametrize("worth", ["0", "-7", "NaN", "Infinity"])
    def test_a_rate_that_is_none_is_no_rate(self, tmp_path: Path, worth: str) -> None:
        assert codes(Desk(tmp_path, RANKS + APOLOGY).ask("agent", "$1", rates=self.rates(("USD", worth, "2026-03-01")))) == ["no_rate"]


class TestNames:
    @pytest.mark.parametrize(("ask", "said"), [
        (Ask("refnud", 1, "u1", "agent", "k1"), "refund"), (Ask("refund", 1, "u1", "agnet", "k1"), "agent"), (Ask("refund", 1, "u1", "", "k1"), "agent"),
    ])  # fmt: skip
    def test_an_unknown_remedy_or_rank_is_an_error_with_the_nearest(self, tmp_path: Path, ask: Ask, said: str) -> None:
        desk = Desk(tmp_path, RANKS + APOLOGY)
        with pytest.raises(UsageError) as caught:
            authorize(desk.pack, ask, {}, desk.history, desk.now)
        assert caught.value.hint is not None
        assert said in caught.value.hint.zh

    def test_an_unknown_person_is_an_error_where_there_is_a_staff_list(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + APOLOGY, staff("u1:agent"))
        with pytest.raises(UsageError, match="u11"):
            desk.ask("agent", 1, handler="u11")

    def test_the_staff_lists_rank_counts(self, tmp_path: Path) -> None:
        assert Desk(tmp_path, RANKS + APOLOGY, staff("u1:agent", "d1:director")).ask("director", 200).rank == "agent"

    def test_a_pack_without_authority(self, tmp_path: Path) -> None:
        pack = load_pack(write_pack(tmp_path / "p")).pack
        assert pack is not None
        with pytest.raises(UsageError, match="authority"):
            authorize(pack, Ask("refund", 1, "u1", "agent", "k1"), {}, MemoryHistory(), datetime(2026, 1, 1).astimezone())

    def test_a_time_without_a_zone(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + APOLOGY)
        with pytest.raises(UsageError, match="now"):
            authorize(desk.pack, Ask("refund", 1, "u1", "agent", "k1"), {}, desk.history, datetime(2026, 1, 1))  # noqa: DTZ001


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.one_of(st.text(max_size=30), st.integers(), st.decimals(allow_nan=True), st.floats(), st.text("0123456789.,万千百元美$-角分 ", max_size=12)))
def test_any_amount_gets_an_answer_and_only_whole_cents_are_allowed(tmp_path_factory: pytest.TempPathFactory, raw: object) -> None:
    answer = shared(tmp_path_factory).ask("director", raw)  # type: ignore[arg-type]
    if answer.verdict == "refused":
        assert answer.why
    else:
        assert answer.amount is not None
        assert answer.amount > 0
        assert answer.amount == answer.amount.quantize(Decimal("0.01"))


_SHARED: list[Desk] = []


def shared(factory: pytest.TempPathFactory) -> Desk:
    if not _SHARED:
        _SHARED.append(Desk(factory.mktemp("shared"), RANKS + APOLOGY))
    return _SHARED[0]


def test_the_hosts_decimal_context_changes_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path, RANKS + REFUND + "  caps: [{sum_of: [refund], per: customer, in: 30d, limit: case_limit}]\n  adjust: [{times: 1.333, ranks: [agent]}]\n")
    rng = random.Random(7)
    for number in range(20):
        desk.granted(str(Decimal(rng.randint(1, 99999)) / 100), case=f"k{number}", rank="director")
    expected = desk.ask("agent", "33.33")
    with localcontext() as context:
        context.prec = 3
        assert desk.ask("agent", "33.33") == expected
        assert [s.total for s in desk.ask("agent", "33.33").sums] == [s.total for s in expected.sums]
    assert getcontext().prec == 28
