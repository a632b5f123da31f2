"""Finds amounts of money in folded text: 200元, 1.5万, 三百块, ¥99.00, 两千五, 二十块五, 500-1000元."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from triage.domain.numerals import BIG, EXACT, SMALL, parse_numeral, plain
from triage.text.bare_amounts import find_bare
from triage.text.fold import Text

HAN: Final = "零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟"
_ARABIC = r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,12})(?:\.[0-9]{1,4})?"
# A number starts where no number runs already: so a long run of digits or numerals is tried once, not at each of its characters.
NUMBER: Final = rf"(?:(?<![0-9])(?<![0-9][.,]){_ARABIC}(?:[kw]|[{HAN}][0-9{HAN}]{{0,10}})?|(?<![{HAN}0-9.,])[{HAN}]{{1,16}})"
_VAGUE = "[多余来几]?[百千万亿]?"
_AMOUNT: Final = re.compile(
    rf"(?:(?P<low>{NUMBER})(?:元|块钱?)? ?(?:[-~到至]|—{{1,2}}) ?(?=[0-9{HAN}]))?"
    rf"(?P<number>{NUMBER})(?P<vague>{_VAGUE})"
    rf"(?: ?(?P<unit>元(?![旦宵素])|圆整|块|rmb|人民币)"
    rf"(?P<money>钱|整)?(?:(?P<jiao>[0-9一二两三四五六七八九])(?:(?P<jiaounit>[角毛])(?:(?P<fen>[0-9一二两三四五六七八九])分?)?"
    rf"|(?![0-9{HAN}.,个只张人天年月日次块条台级元点分小号位件套部楼栋室秒周季米斤节份包瓶支])))?"
    rf"|(?P<coin>[角毛分])钱)?"
)
_RUN: Final = re.compile(rf"[0-9{HAN}]+")
_DIGITS: Final = re.compile("[0-9]+")
_FOLLOWS: Final = frozenset("元圆块角毛分人r多余来几kw-~到至., ")
"""What can stand after a run of digits or numerals that is an amount by its unit; the cheap question, asked first."""
_BIG_IN: Final = re.compile("[百千万亿佰仟]")
_BEFORE: Final = frozenset("¥币bBy ")
_MARKS: Final = ("¥", "人民币", "rmb", "cny")
# Only these make a number without a unit an amount: something paid, owed or charged just before it.
_CONTEXT: Final = re.compile(
    r"(?:[收付交花退赔扣罚欠借转充缴款钱费价损失金还贷]|要价|补偿|赔偿|金额|收入|工资|月薪|年薪)"
    r"(?:了|的|我|给|掉|走|共|约|是|为|出|大概|差不多|:|一共|将近|近|值|有|才|只|到){0,3}$"
)
_END: Final = re.compile(r"(?:左右|上下|以上)?(?:[,。!?;、:)\s了吧呢啊呀]|$)")
_NOT_A_CENT: Final = re.compile("[没不未无][^,。!?;差少欠]{0,3}$")
"""没给一分钱 is a saying, not an amount."""
_NOT_MONEY: Final = frozenset("地砖板表石玻肉田屏电牌布瓷瓦区木手硬")
_YEAR: Final = re.compile("(?:19|20)[0-9]{2}")
_SLANG: Final = {"k": Decimal(1000), "w": Decimal(10000)}
_COIN: Final = {"角": Decimal("0.1"), "毛": Decimal("0.1"), "分": Decimal("0.01")}


def find_amounts(text: Text) -> Iterator[tuple[int, int, Decimal]]:
    """(start, end, yuan) of each amount, by place in text.folded. Vague ones (5千多) count as what they are said to exceed;
    a range gives its two ends. Numbers without a unit count beside a word of money (see bare_amounts)."""
    end = 0
    bare = sorted(find_bare(text.folded), reverse=True)
    for found in _with_units(text):
        while bare and bare[-1][1] <= found[0]:
            if bare[-1][0] >= end:
                yield bare[-1]
                end = bare[-1][1]
            bare.pop()
        while bare and bare[-1][0] < found[1]:
            bare.pop()
        yield found
        end = max(end, found[1])
    for rest in reversed(bare):
        if rest[0] >= end:
            yield rest
            end = rest[1]


def _with_units(text: Text) -> Iterator[tuple[int, int, Decimal]]:
    folded = text.folded
    if not any(sign in folded for sign in "元块¥百千万亿钱wk圆") and "rmb" not in folded and "人民币" not in folded:
        return
    end = 0
    for run in _RUN.finditer(folded):
        # one attempt per run of digits and numerals, and one per run of digits after numerals (周三200元): linear time
        start, stop = run.span()
        if start < end:
            continue
        if folded[stop : stop + 1] not in _FOLLOWS and folded[start - 1 : start] not in _BEFORE and not _BIG_IN.search(run[0]):
            continue
        found = _AMOUNT.match(folded, run.start())
        hits = list(_read(found, text)) if found else []
        if not hits and run[0][0] not in "0123456789":
            for digits in _DIGITS.finditer(folded, run.start(), run.end()):
                found = _AMOUNT.match(folded, digits.start())
                hits += _read(found, text) if found else []
        if hits:
            end = hits[-1][1]
            yield from hits


def _read(found: re.Match[str], text: Text) -> Iterator[tuple[int, int, Decimal]]:
    folded = text.folded
    start, end = found.span()
    number, vague, unit, low = found["number"], found["vague"], found["unit"], found["low"]
    if "," in number:
        # a full-width comma is one of a sentence, unless the digits are of full width as well
        cut = max((-1, *_sentence_commas(text, found.start("number"), number))) + 1
        if cut:
            number, low, start = number[cut:], None, found.start("number") + cut
    try:
        value = _value(number)
    except ValueError:
        return
    before = folded[max(0, start - 5) : start].rstrip()
    mark = next((mark for mark in _MARKS if before.endswith(mark)), "")
    if mark:
        start = folded.rindex(mark, 0, start)
    if vague and vague[-1] in SMALL | BIG:
        value = EXACT.multiply(value, Decimal((SMALL | BIG)[vague[-1]]))
    if found["coin"]:
        if number == "一" and (_NOT_A_CENT.search(before) is not None or folded[end : end + 2] in ("都没", "都不", "也没", "也不")):
            return
        value = EXACT.multiply(value, _COIN[found["coin"]])
    elif unit:
        if not _is_money(found, folded, number, value):
            return
        if found["jiao"] and (found["jiaounit"] or unit == "块"):
            value = EXACT.add(value, EXACT.multiply(parse_numeral(found["jiao"]), Decimal("0.1")))
            if found["fen"]:
                value = EXACT.add(value, EXACT.multiply(parse_numeral(found["fen"]), Decimal("0.01")))
        elif found["jiao"]:
            end = found.start("jiao")
    elif not mark and not _is_spoken(folded, start, end, number, vague):
        return
    if low is not None:
        lower = _lower(low, number, value)
        if lower is not None:
            yield start, found.end("low"), lower
        start = found.start("number")
    yield start, end, plain(value) if vague else value


def _value(number: str) -> Decimal:
    if number[-1] in _SLANG:
        return plain(EXACT.multiply(parse_numeral(number[:-1]), _SLANG[number[-1]]))
    return parse_numeral(number)


def _sentence_commas(text: Text, start: int, number: str) -> Iterator[int]:
    for at, char in enumerate(number):
        span = text.span(start + at, start + at + 1) if char == "," else None
        if span is not None and text.original[span.start] == "，" and text.original[span.start - 1].isascii():
            yield at


def _is_money(found: re.Match[str], folded: str, number: str, value: Decimal) -> bool:
    """Whether 元 or 块 after the number is money: 一块 (together) and 三块砖 aren't, 2020元月 is a month."""
    after = folded[found.end("unit") : found.end("unit") + 1]
    if found["unit"] == "元":
        return not (after in ("月", "年") and _YEAR.fullmatch(number))
    if found["unit"] == "块" and not found["money"] and not found["jiao"]:
        if after in _NOT_MONEY and after:
            return False
        small = value < 10 and not number[0].isdecimal()
        return not small or _CONTEXT.search(folded[max(0, found.start() - 8) : found.start()]) is not None
    return True


def _is_spoken(folded: str, start: int, end: int, number: str, vague: str) -> bool:
    """Whether a number without a unit is an amount: 花了两千五, 退我5千多. It needs 百, 千, 万, k or w, and nothing counted after."""
    if not any(c in "百千万亿kw佰仟" for c in number + vague):
        return False
    return _CONTEXT.search(folded[max(0, start - 10) : start]) is not None and _END.match(folded, end) is not None


def _lower(low: str, number: str, high: Decimal) -> Decimal | None:
    """The lower end of a range; 3-5万 begins at 3万."""
    try:
        value = _value(low)
    except ValueError:
        return None
    unit = BIG.get(number[-1]) or (SMALL.get(number[-1]) if number[-1] != "十" else None)
    if unit and low[-1] not in SMALL | BIG and value < 10 * high / unit:
        value = EXACT.multiply(value, Decimal(unit))
    return value if value <= high else None
