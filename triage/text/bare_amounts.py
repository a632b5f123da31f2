"""Finds money that is written without its unit: 定金500, 只差0.05, 900考务费, 满五百减五十, 500-50优惠券, 还差两分."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from triage.domain.numerals import EXACT, parse_numeral, plain

_HAN: Final = "零〇一二两三四五六七八九十百千万"
_COUNTED: Final = (
    "个只张人天年月日次条台级号小位件套部楼栋室秒周季米斤公平度分%‰折岁户家名页份箱包袋瓶双颗盒盏口桌杯本种项路站届期班节门科房轴"
    "倍兆字点时刻钟升吨亩克寸尺里层间排列队组轮遍趟回场股单笔集篇章款色代世届米毫厘立方后前内余来字万千百亿元块角毛圆"
)
"""What makes the number before it a count of something else, or an amount that is found by its unit."""

_ONE: Final = r"(?:0|[1-9][0-9]{0,6})(?:\.[0-9]{1,2})?"
_NUMBER: Final = re.compile(
    rf"(?<![0-9a-z_第号#/@*+=-])(?<![0-9][.,])({_ONE})(?:[-~到至]({_ONE}))?(?![0-9]|[.,][0-9]|多?(?:[:*@#a-z{_COUNTED}-]|/[0-9a-z]))(?:多|左右)?"
)
_PAID: Final = (
    r"(?:定金|订金|押金|尾款|首付|全款|房款|货款|罚款|贷款|借款|欠款|扣款|退款|付款|下款|放款|存款|款项|本金|利息|奖金|现金|礼金|租金|违约金|佣金|金额|资金"
    r"|费用|(?<!免)费|单价|价格|价值|总价|售价|原价|报价|估价|房价|价钱|售卖价|均价"
    r"|工资|薪水|月薪|年薪|收入|余额|额度|成本|损失|支付|实付|充值|预存|缴纳|交纳|收取|领取|返现|提现|到账|扣除|欠我|欠了|赔付|赔偿|补偿|补贴|补助)"
)
_NEAR: Final = re.compile(rf"{_PAID}[^,。!?;、\n0-9]{{0,4}}\Z")
"""A word of money up to four characters before; enough for three digits or a decimal."""
_FILLED: Final = r"(?:了|的|我|给|掉|走|共|约|是|为|出|要|需|得|才|只|就|仅|又|高达|大概|差不多|:|一共|总共|将近|近|值|至少|最低|预估|预计|显示|到){0,3}\Z"
_JUST: Final = re.compile(rf"(?:{_PAID}|(?:(?:[收付花退赔扣罚欠借充缴领返]|(?<![公外社提递上成])交)[了满]?|一共|总共|共计|合计|转账|实收|只卖|卖|满)){_FILLED}")
"""A word of money just before; enough for any number."""
_LEFT: Final = re.compile(r"(?:只差|还差|差|还剩|只剩|剩余|剩下|剩|最后|卡在|砍到)(?:了|的|下|到|只|最后|仅|就){0,2}\Z")
"""What is left to pay or to win; enough for a decimal with two places, as only money has."""
_NOUN: Final = re.compile(
    r"的?(?:现金|红包|[押定订本奖]金|尾款|首付|话费|优惠券|代金券|消费券|购物卡|储值卡|会员|利息|本金|贷款|罚款|包邮|开通|考务费|学费|手续费|服务费|会员费|会费|报名费|邮费|运费|餐费|电费|水费|押金)"
)
_NOT_MONEY: Final = re.compile(r"(?:单号|编号|订单|号码|电话(?!费)|热线|工号|尾号|卡号|拨打|致电|客服|代码|合同|邮编|型号|第)[^,。!?;\n]{0,3}\Z|分之\Z")
_SERVICE: Final = re.compile(r"(?:100|101|123|95|96)[0-9]{2,3}")
_YEAR: Final = re.compile("(?:19|20)[0-9]{2}")

_LARGE: Final = re.compile(
    rf"(?<![0-9.,a-z第几数上{_HAN}])(?:(?P<low>[0-9]{{1,5}}(?:\.[0-9]{{1,2}})?)(?:[-~到至]|—{{1,2}}))?"
    r"(?P<number>[0-9]{1,5}(?:\.[0-9]{1,2})?|[一二两三四五六七八九十百]{1,5})[多余]?(?P<times>[百千]?[万亿])(?P<more>[一二三四五六七八九](?![个年月张套户位起次万千百]))?[多余]?"
    r"(?!元|块|人民币|[0-9.a-z]|[多余来]?[人户名平方伏居教辆亩字次师学群株棵吨公里只头粉条家册民群件份张天年月股票]|市民|业主|农民|个(?:家庭|人|用户|客户|业主|贷款))"
)
_DEAL: Final = re.compile(
    "[交收付花买卖售价款费贷借欠赔罚扣赚骗债]|资金|出资|投资|工资|收入|金额|合同|预算|成本|[奖定押本佣租现]金|首付|车位|年薪|利息|经费|补[贴偿助]|损失|划拨|装修"
)
"""Of money within a few characters on either side: enough for tens of thousands and more (买车位12万), which are seldom counts."""

_COINS: Final = re.compile(
    r"(?:差|剩|剩下|最后|还有)(?:了|的|下|就|最后){0,2}(?P<cents>[0-9]|[一二两三四五六七八九])分(?![钟之数制析店公])"
    r"|(?P<jiao>[0-9]|[一二两三四五六七八九])毛(?P<rest>[一二三四五六七八九])?(?=[,。!?;、)\s的了吧呢啊呀一多左]|\Z)"
)
_COUPON: Final = re.compile(
    rf"满(?P<full>[0-9]{{1,5}}|[{_HAN}]{{1,5}})元?(?:立?减|送|返)(?P<off>[0-9]{{1,5}}|[{_HAN}]{{1,5}})"
    r"|(?<![0-9-])(?P<above>[0-9]{2,5})-(?P<less>[0-9]{1,4})元?的?(?=优惠券|代金券|券|红包)"
)

_Found = tuple[int, int, Decimal]


def find_bare(folded: str) -> Iterator[_Found]:
    """(start, end, yuan) of each amount that has no unit, in no order; linear in the text's length.

    A number counts only beside a word of money, and not before a word of what is counted, nor as a year, a hotline or an order's number.
    """
    for found in _NUMBER.finditer(folded):
        number, start, end = found[1], found.start(), found.end()
        if len(number) < 3 and folded[end : end + 1] in ("、", ".", ")", "】"):
            continue  # the number of an item in a list
        if folded[start - 2 : start][1:] == ":" and folded[start - 2].isdigit():
            continue
        before = folded[max(0, start - 14) : start]
        if _NOT_MONEY.search(before) is not None or _SERVICE.fullmatch(number) is not None:
            continue
        decimal = "." in number
        if (
            (len(number) > 1 and _JUST.search(before) is not None)
            or ((decimal or len(number) > 2) and not _YEAR.fullmatch(number) and _NEAR.search(before) is not None)
            or (decimal and number[-3] == "." and _LEFT.search(before) is not None)
            or _NOUN.match(folded, end) is not None
        ):
            yield start, found.end(1), Decimal(number)
            if found[2]:
                yield found.start(2), end, Decimal(found[2])
    yield from _large(folded)
    for found in _COINS.finditer(folded):
        if found["cents"]:
            yield found.start("cents"), found.end(), _times(found["cents"], "0.01")
        else:
            value = _times(found["jiao"], "0.1")
            yield found.start(), found.end(), EXACT.add(value, _times(found["rest"], "0.01")) if found["rest"] else value
    for found in _COUPON.finditer(folded):
        for name in ("full", "off", "above", "less"):
            number = _number(found[name] or "")
            if number is not None:
                yield *found.span(name), plain(number)


def _large(folded: str) -> Iterator[_Found]:
    for found in _LARGE.finditer(folded):
        start, end = found.span()
        if _DEAL.search(folded, max(0, start - 10), start) is None and _DEAL.search(folded, end, end + 8) is None:
            continue
        unit, number = parse_numeral("一" + found["times"]), _number(found["number"])
        if number is None:
            continue
        value = EXACT.multiply(number, unit)
        if found["low"]:
            yield start, found.end("low"), plain(EXACT.multiply(Decimal(found["low"]), unit))
            start = found.start("number")
        if found["more"]:
            value = EXACT.add(value, EXACT.multiply(EXACT.multiply(parse_numeral(found["more"]), unit), Decimal("0.1")))
        yield start, end, plain(value)


def _number(text: str) -> Decimal | None:
    """None for numerals that are no number (百, 万万)."""
    try:
        return parse_numeral(text)
    except ValueError:
        return None


def _times(digit: str, unit: str) -> Decimal:
    return EXACT.multiply(parse_numeral(digit), Decimal(unit))
