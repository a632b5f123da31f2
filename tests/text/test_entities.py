"""Entities and masking: values, places, what is left alone, and linear time."""

from __future__ import annotations

import time
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.text.entities import KINDS, entities
from triage.text.fold import fold
from triage.text.identifiers import is_id_number, passes_luhn
from triage.text.masking import mask

TODAY = date(2026, 3, 16)  # a Monday


def found(text: str, kind: str, today: date | None = TODAY) -> list[tuple[str, object]]:
    return [(entity.quote, entity.value) for entity in entities(fold(text), [kind], today)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("退我200元", [("200元", "200")]), ("花了1.5万", [("1.5万", "15000")]), ("要三百块", [("三百块", "300")]), ("￥99.00", [("￥99.00", "99")]),
        ("收费两千五,不退", [("两千五", "2500")]), ("扣了5千多", [("5千多", "5000")]), ("1,200.50元", [("1,200.50元", "1200.5")]),
        ("二十块五", [("二十块五", "20.5")]), ("500-1000元", [("500", "500"), ("1000元", "1000")]), ("3-5万元", [("3", "30000"), ("5万元", "50000")]),
        ("收了100，200元发票", [("200元", "200")]), ("￥１，２００元", [("￥１，２００元", "1200")]), ("①200元", [("200元", "200")]),
        ("先交80元又交5块5", [("80元", "80"), ("5块5", "5.5")]), ("5毛钱", [("5毛钱", "0.5")]), ("十几万元", [("十几万元", "100000")]),
        ("月租元年费200元年费", [("200元", "200")]), ("周三200元", [("200元", "200")]), ("退款3k", [("3k", "3000")]), ("人民币300", [("人民币300", "300")]),
    ],
)  # fmt: skip
def test_money(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text, "money") == [(quote, Decimal(value)) for quote, value in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("定金500，尾款2080", ["500", "2080"]), ("报名交了380的考务费", ["380"]), ("就剩0.03怎么也不动", ["0.03"]), ("还差两分的时候", ["0.02"]), ("只差一毛五，", ["0.15"]),
        ("满三百减四十的券", ["300", "40"]), ("给了张400-30优惠券", ["400", "30"]), ("月工资4200到5500", ["4200", "5500"]), ("运费才12，", ["12"]), ("600押金不退", ["600"]),
        ("培训费高达12800一期", ["12800"]), ("请柬两块钱一张", ["2"]), ("物业费每平1.98", ["1.98"]), ("差一分钱就是不给", ["0.01"]), ("还了六千多，", ["6000"]),
        ("不买12万的车位就不卖房", ["120000"]), ("总投资2亿多，", ["200000000"]), ("赔了我们一万五", ["15000"]), ("车位12万一个", ["120000"]), ("公共收入500到800万", ["5000000", "8000000"]),
        ("骗走三百多万血汗钱", ["3000000"]), ("精装报价2538/平", ["2538"]), ("材料费700—900元", ["700", "900"]), ("先交80元，押金200", ["80", "200"]),
    ],
)  # fmt: skip
def test_money_without_its_unit(text: str, expected: list[str]) -> None:
    assert found(text, "money") and [value for _, value in found(text, "money")] == [Decimal(value) for value in expected]


@pytest.mark.parametrize(
    "text",
    [
        "扣款3次", "退款15个工作日", "交2019年的费用", "罚款12分", "充值打10086", "费用在12:30到账", "价格9折", "缴费3号线", "只剩0.02%", "退款订单388291", "违约金第12条",
        "沿线有12万居民", "架了22万伏的高压线", "收费站每天过3万辆车", "千万别交", "万一扣错", "开业三万人来买", "建筑面积15万平方米", "卖了2019/7/30那批", "诈骗8万多名出借人",
        "乘坐公交233路过", "公交139停运", "合同约定千分之0.1", "费用有：1、材料", "5毛线", "欠薪70多名工人", "没给过一分钱", "一毛钱都没退", "一毛不拔", "定金500-600-700号",
    ],
)  # fmt: skip
def test_no_money_beside_a_word_of_money(text: str) -> None:
    assert found(text, "money") == []


@given(text=st.text(alphabet="0123456789.一二两十百千万亿元块毛分满减差剩费押金-到多, 。", max_size=30))
def test_no_text_of_numerals_is_too_odd(text: str) -> None:
    places = [entity.span for entity in entities(fold(text), ["money"], TODAY)]
    assert all(a.end <= b.start for a, b in pairwise(places))


def test_amounts_come_by_place_once_each_and_in_linear_time() -> None:
    text = "定金500，退我200元，还差0.05，" * 4
    assert [value for _, value in found(text, "money")] == [Decimal(value) for value in ("500", "200", "0.05")] * 4
    long = "定金500退我200元差0.05" * 4000
    assert len(found(long, "money")) == 12000


@pytest.mark.parametrize(
    "text", ["2019年的房子", "120平方米", "13812345678", "一块去", "三块砖", "5块电池", "2019年元月", "两千五百户", "5千多人", "12345热线", "", "元", "万元"]
)
def test_not_money(text: str) -> None:
    assert found(text, "money") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019年7月2日", date(2019, 7, 2)), ("2019-07-02", date(2019, 7, 2)), ("2019.7.2", date(2019, 7, 2)), ("二〇一九年七月二日", date(2019, 7, 2)),
        ("7月2日", date(2025, 7, 2)), ("3月20号", date(2026, 3, 20)), ("去年12月1日", date(2025, 12, 1)), ("上个月5号", date(2026, 2, 5)),
        ("昨天", date(2026, 3, 15)), ("前天", date(2026, 3, 14)), ("上周三", date(2026, 3, 11)), ("19年3月2日", date(2019, 3, 2)),
    ],
)  # fmt: skip
def test_dates(text: str, expected: date) -> None:
    assert found(f"我{text}报修", "date") == [(text, expected)]


def test_dates_that_need_today_are_not_guessed() -> None:
    assert found("昨天、7月2日、去年5月1日、上周三", "date", None) == []
    assert found("2019年7月2日", "date", None) == [("2019年7月2日", date(2019, 7, 2))]
    assert found("2月30日、13月1日、2019-13-01、1.2.3.4", "date") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("三天", timedelta(3)), ("20个工作日", timedelta(20)), ("2小时", timedelta(hours=2)), ("半年", timedelta(182.5)), ("两个半小时", timedelta(hours=2.5)),
        ("一个半月", timedelta(45)), ("十分钟", timedelta(minutes=10)), ("七个月", timedelta(210)), ("两年", timedelta(730)), ("24小时", timedelta(1)),
    ],
)  # fmt: skip
def test_durations(text: str, expected: timedelta) -> None:
    assert found(f"等了{text}。", "duration") == [(text, expected)]


def test_durations_after_punctuation() -> None:
    assert found("没人来，3天了。两周", "duration") == [("3天", timedelta(3)), ("两周", timedelta(14))]
    assert found("版本1.2.3天书", "duration") == []


def test_not_durations() -> None:
    assert found("第三天、三天两头、2019年、19年、二〇一九年、周三、一年级、七月", "duration") == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13812345678", "13812345678"), ("+86 138-1234-5678", "13812345678"), ("１３８１２３４５６７８", "13812345678"), ("0755-88881234", "0755-88881234"),
        ("(010)88881234", "010-88881234"), ("400-800-1234", "4008001234"), ("0755-88881234转123", "0755-88881234-123"),
    ],
)  # fmt: skip
def test_phones(text: str, number: str) -> None:
    assert found(f"电话{text}，请回电", "phone") == [(text, number)]


def test_numbers_inside_longer_ones_are_not_phones() -> None:
    assert found("订单DD13812345678，单号138123456789，11010519491231002X", "phone") == []


def test_identity_numbers_need_the_check_character() -> None:
    assert found("证号11010519491231002x。", "id_number") == [("11010519491231002x", "11010519491231002X")]
    assert found("证号110105194912310021。", "id_number") == []
    assert is_id_number("11010519491231002X")


def test_bank_cards_need_the_check_digit_or_the_word() -> None:
    assert passes_luhn("4111111111111111")
    assert found("4111 1111 1111 1111", "bank_card") == [("4111 1111 1111 1111", "4111111111111111")]
    assert found("4111111111111112", "bank_card") == []
    assert found("卡号：4111111111111112", "bank_card") == [("4111111111111112", "4111111111111112")]


def test_orders_need_the_word() -> None:
    assert found("订单号：20260316001234，快递单号SF1234567890，工单TS-2026-0012", "order") == [
        ("20260316001234", "20260316001234"), ("SF1234567890", "SF1234567890"), ("TS-2026-0012", "TS-2026-0012"),
    ]  # fmt: skip
    assert found("20260316001234，订单是多少", "order") == []


@given(st.text(st.sampled_from("0123456789一二三十百千万元块钱￥￥，,.-~ 年月日号天周个半小时昨订单卡身份证ＡxX①ß\u200b：1386"), max_size=60))
def test_every_entity_quotes_its_place(text: str) -> None:
    for entity in entities(fold(text), today=TODAY):
        assert text[entity.span.start : entity.span.end] == entity.quote
        assert entity.quote
    mask(text, orders=True)


def test_only_the_kinds_asked_for_and_no_others() -> None:
    text = fold("昨天13812345678扣了我200元，3天没处理")
    assert {entity.kind for entity in entities(text, today=TODAY)} == {"money", "date", "duration", "phone"}
    assert {entity.kind for entity in entities(text, {"money"}, TODAY)} == {"money"}
    assert entities(text, ()) == []
    with pytest.raises(ValueError):
        entities(text, ["colour"])


HOSTILE = [
    "1" * 10**6, "一二三" * 333_333, "1.1," * 250_000, "1-" * 500_000, "半" * 10**6, "1,000" * 200_000, "(010)" * 200_000,
    "订单号" * 300_000, "月1日" * 300_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:6])
def test_hostile_texts_take_linear_time(text: str) -> None:
    folded = fold(text)
    for kind in KINDS:
        start = time.process_time()
        entities(folded, [kind], TODAY)
        assert time.process_time() - start < 6, kind  # a machine's worst; quadratic time would take hours
    start = time.process_time()
    mask(text, orders=True)
    assert time.process_time() - start < 6


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("联系人：张三，电话13812345678，邮箱 zhang.san@example.com", "联系人：<name>，电话<phone>，邮箱 <email>"),
        ("我叫李四身份证号110105491231002", "我叫<name>身份证号<id>"), ("身份证11010519491231002X", "身份证<id>"),
        ("微信号abc12345，QQ:12345678", "微信号<account>，QQ:<account>"), ("王先生来电", "<name>先生来电"), ("DD13812345678", "DD<phone>"),
        ("１３８ １２３４ ５６７８", "<phone>"), ("宽带断网，联系人不接电话", "宽带断网，联系人不接电话"), ("退我200元", "退我200元"),
        ("138\u200b12345678", "<phone>"), ("", ""),
    ],
)  # fmt: skip
def test_masking(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert mask(masked) == masked


def test_masking_names_and_orders_is_a_choice() -> None:
    assert mask("王先生，订单号20260316001234", orders=True) == "<name>先生，订单号<order>"
    assert mask("王先生，订单号20260316001234", names=False) == "王先生，订单号20260316001234"
