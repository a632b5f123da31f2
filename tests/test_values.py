"""Reading values: what is told for sure is read, anything else is refused with a message in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.domain.durations import Duration
from triage.domain.facts import KINDS, FactType
from triage.domain.values import parse_date, parse_duration, parse_instant, parse_money, read_value
from triage.message import Message

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500", "500"), ("500元", "500"), ("2万", "20000"), ("1.5万", "15000"), ("￥99.00", "99.00"), ("¥1,200", "1200"), ("1千", "1000"),
        ("三百块", "300"), ("5元5角", "5.5"), ("二十块五", "20.5"), ("两千五", "2500"), ("三万五", "35000"), ("两千零五", "2005"), ("-5元", "-5"),
        ("人民币100元整", "100"), ("１，２００．５０元", "1200.50"), ("3万亿", "3000000000000"), ("一百零五元", "105"), ("RMB 88", "88"), ("5块钱", "5"),
        ("壹佰贰拾元整", "120"), ("二〇", "20"), ("十五", "15"), ("1万2", "12000"),
    ],
)  # fmt: skip
def test_money(text: str, value: str) -> None:
    assert parse_money(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "元", "万", "1,20", "1.5.2", "$5", "5美元", "1e5", "nan", "abc", "十百", "5元5元", "9" * 41, "--5", "1,2345"])
def test_money_refused(text: str) -> None:
    with pytest.raises(ValueError) as error:
        parse_money(text)
    assert isinstance(error.value.args[0], str)
    assert isinstance(error.value.args[1], Message)


def test_money_keeps_to_decimals() -> None:
    assert read_value(0.1, FactType("money")) == Decimal("0.1")
    assert read_value(19.9, FactType("money")) == Decimal("19.9")
    assert str(read_value("2万", FactType("money"))) == "20000"
    for bad in (float("nan"), float("inf"), Decimal("NaN"), Decimal("Infinity"), 1e300, True, None):
        with pytest.raises(ValueError):
            read_value(bad, FactType("money"))


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_money_as_written_is_money_as_read(value: Decimal) -> None:
    assert parse_money(f"{value}元") == value
    assert parse_money(f"¥{value:,}") == value


def test_arithmetic_does_not_depend_on_the_hosts_context() -> None:
    with localcontext() as context:
        context.prec = 3
        assert parse_money("12345.67万") == Decimal("123456700")
        assert read_value("12.345%", FactType("decimal")) == Decimal("0.12345")


@pytest.mark.parametrize(
    ("text", "amount", "unit", "elapsed"),
    [
        ("30min", 30, "minute", timedelta(minutes=30)), ("8h", 8, "hour", timedelta(hours=8)), ("3d", 3, "day", timedelta(days=3)),
        ("15日", 15, "day", timedelta(days=15)), ("三天", 3, "day", timedelta(days=3)), ("30 days", 30, "day", timedelta(days=30)),
        ("24小时", 24, "hour", timedelta(hours=24)), ("半小时", Decimal("0.5"), "hour", timedelta(minutes=30)),
        ("1.5h", Decimal("1.5"), "hour", timedelta(minutes=90)), ("2 working_hours", 2, "working_hour", None),
        ("3 working_days", 3, "working_day", None), ("3个工作日", 3, "working_day", None), ("2工作小时", 2, "working_hour", None),
        ("当日", 0, "same_day", None), ("same_day", 0, "same_day", None), ("次日", 1, "next_day", None), ("next day", 1, "next_day", None),
    ],
)  # fmt: skip
def test_durations(text: str, amount: int | Decimal, unit: str, elapsed: timedelta | None) -> None:
    read = parse_duration(text)
    assert (read.amount, read.unit, read.elapsed) == (amount, unit, elapsed)
    assert isinstance(read, Duration)
    assert type(read.amount) is type(amount)


@pytest.mark.parametrize("text", ["", "3", "d", "-3d", "2个月", "1年", "3dd", "3 d d", "9999999d", "天"])
def test_durations_refused(text: str) -> None:
    with pytest.raises(ValueError) as error:
        parse_duration(text)
    assert isinstance(error.value.args[1], Message)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2020-01-04T11:17:46Z", datetime(2020, 1, 4, 11, 17, 46, tzinfo=UTC)),
        ("2020-01-04T11:17:46.123456789+0800", datetime(2020, 1, 4, 11, 17, 46, 123456, tzinfo=SHANGHAI)),
        ("2020-01-04 11:17:46", datetime(2020, 1, 4, 11, 17, 46, tzinfo=SHANGHAI)),
        ("2020/1/4 11:17", datetime(2020, 1, 4, 11, 17, tzinfo=SHANGHAI)),
        ("2020年1月4日 11:17", datetime(2020, 1, 4, 11, 17, tzinfo=SHANGHAI)),
        ("２０２０年1月4日下午3点20分", datetime(2020, 1, 4, 15, 20, tzinfo=SHANGHAI)),
        ("2020-01-04", datetime(2020, 1, 4, tzinfo=SHANGHAI)),
    ],
)
def test_instants(text: str, value: datetime) -> None:
    read = parse_instant(text)
    assert read == value
    assert read.utcoffset() is not None


@pytest.mark.parametrize("text", ["", "1578107866", "1/4/2020", "2020-13-01", "2020-02-30", "2020-01-04 25:00", "2020-1/4", "昨天"])
def test_instants_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_instant(text)


def test_dates() -> None:
    for text in ("2020-01-05", "20200105", "2020年1月5号", "2020/1/5", "2020.1.5", "2020-01-04T23:00:00Z"):
        assert parse_date(text) == date(2020, 1, 5)
    assert parse_date("2020-01-04T23:00:00Z", timezone="UTC") == date(2020, 1, 4)
    assert read_value(datetime(2020, 1, 4, 23, tzinfo=UTC), FactType("date")) == date(2020, 1, 5)
    assert read_value(datetime(2020, 1, 4, 23), FactType("instant"), timezone="UTC") == datetime(2020, 1, 4, 23, tzinfo=UTC)
    with pytest.raises(ValueError):
        read_value(1578107866, FactType("instant"))


def test_scalars() -> None:
    assert read_value("1,234", FactType("integer")) == 1234
    assert read_value("１２", FactType("integer")) == 12
    assert type(read_value(3.0, FactType("integer"))) is int
    assert read_value("20%", FactType("decimal")) == Decimal("0.2")
    assert [read_value(x, FactType("bool")) for x in ("是", "YES", 1, True, "０", "否", 0)] == [True, True, True, True, False, False, False]
    assert read_value(" VIP ", FactType("choice", domain=("vip", "svip"))) == "vip"
    assert read_value(123456.0, FactType("text")) == "123456"
    assert read_value(" a ", FactType("text")) == " a "
    assert read_value("8h", FactType("duration")) == timedelta(hours=8)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [(3.5, "integer"), ("3.5", "integer"), (True, "integer"), ("1,23", "integer"), ("也许", "bool"), (2, "bool"), ("1e3", "decimal"),
     ("3个工作日", "duration"), (5, "duration"), ({}, "text"), (None, "text"), ("  ", "person"), (b"x", "money"), (object(), "date")],
)  # fmt: skip
def test_scalars_refused(raw: object, kind: str) -> None:
    with pytest.raises(ValueError) as error:
        read_value(raw, FactType(kind))  # type: ignore[arg-type]
    assert isinstance(error.value.args[1], Message)


def test_lists() -> None:
    assert read_value("a,b，c、d;e；f|g", FactType("text", many=True)) == tuple("abcdefg")
    assert read_value('["a", "b,c"]', FactType("text", many=True)) == ("a", "b,c")
    assert read_value("[1.10, 2]", FactType("money", many=True)) == (Decimal("1.10"), Decimal("2"))
    assert read_value("1,200、300", FactType("money", many=True)) == (Decimal("1200"), Decimal("300"))
    assert read_value("1,2,3", FactType("integer", many=True)) == (1, 2, 3)
    assert read_value(["1", 2], FactType("integer", many=True)) == (1, 2)
    assert read_value("", FactType("text", many=True)) == ()
    assert read_value("[not json]", FactType("text", many=True)) == ("[not json]",)


@given(st.text(max_size=60) | st.floats() | st.integers() | st.booleans() | st.none() | st.binary(max_size=3), st.sampled_from(KINDS), st.booleans())
def test_anything_else_is_a_value_error(raw: object, kind: str, many: bool) -> None:
    try:
        read_value(raw, FactType(kind, many=many))  # type: ignore[arg-type]
    except ValueError as error:
        assert isinstance(error.args[1], Message)  # noqa: PT017  # most raw values may be either
