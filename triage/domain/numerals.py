"""Reads numbers as Chinese writes them: 三百, 两千五, 1.5万, 一万零五十, 二〇二六, 壹佰元's 壹佰."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Final

DIGITS: Final = {
    "零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
    "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9,
}  # fmt: skip
SMALL: Final = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
BIG: Final = {"万": 10**4, "亿": 10**8}
LONGEST: Final = 40
"""Longest numeral read, in characters; longer ones are refused."""

EXACT: Final = Context(prec=80)
"""Arithmetic that doesn't round numbers of this length and doesn't depend on the host's decimal context."""


def plain(value: Decimal) -> Decimal:
    """The same number without an exponent and, if it is whole, without decimals: 1.5E+4 -> 15000."""
    whole = value.to_integral_value(context=EXACT)
    return whole.quantize(Decimal(1), context=EXACT) if whole == value else value.normalize(EXACT)


def parse_numeral(text: str) -> Decimal:
    """The number that `text` writes, in Arabic digits (half width, `,` allowed between groups of three), Chinese ones or both.

    A last digit alone counts tenths of the unit before it: 三万五 is 35000, 两千五 is 2500; after 零 it counts ones: 两千零五.
    Raises ValueError for anything else.
    """
    if not text or len(text) > LONGEST:
        raise ValueError(f"not a number: {text[:LONGEST]!r}")
    if all(c in DIGITS for c in text):
        return Decimal("".join(str(DIGITS[c]) for c in text))
    total = section = Decimal(0)
    number: Decimal | None = None
    last, below, written = 0, 10**9, False
    at = 0
    while at < len(text):
        char = text[at]
        if char in "零〇" and written and number is None:
            last = 0
        elif char in SMALL:
            unit = SMALL[char]
            if unit >= below or (number is None and unit != 10):
                raise ValueError(f"not a number: {text!r}")
            section = EXACT.add(section, EXACT.multiply(Decimal(1) if number is None else number, Decimal(unit)))
            number, last, below, written = None, unit, unit, True
        elif char in BIG:
            unit = BIG[char]
            if number is not None:
                section = EXACT.add(section, number)
            if not section and not (total and unit == 10**8):
                raise ValueError(f"not a number: {text!r}")
            if unit == 10**8:
                total = EXACT.multiply(EXACT.add(total, section), Decimal(unit))
            else:
                total = EXACT.add(total, EXACT.multiply(section, Decimal(unit)))
            section, number, last, below, written = Decimal(0), None, unit, 10**9, True
        elif number is not None:
            raise ValueError(f"not a number: {text!r}")
        elif char in DIGITS:
            number, written = Decimal(DIGITS[char]), True
        else:
            number, at = _arabic(text, at)
            written = True
            continue
        at += 1
    if number is not None:
        colloquial = last >= 100 and number < 10 and number == number.to_integral_value()
        section = EXACT.add(section, EXACT.multiply(number, Decimal(last // 10)) if colloquial else number)
    value = EXACT.add(total, section)
    return plain(value) if any(c in SMALL or c in BIG for c in text) else value


def _arabic(text: str, at: int) -> tuple[Decimal, int]:
    """The number in Arabic digits that starts at `at`, and where it ends."""
    end = at
    while end < len(text) and (text[end] in ",." or ("0" <= text[end] <= "9")):
        end += 1
    whole, dot, decimals = text[at:end].partition(".")
    groups = whole.split(",")
    grouped = len(groups) == 1 or (1 <= len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:]))
    if not whole or not grouped or (dot and not decimals) or "." in decimals or "," in decimals:
        raise ValueError(f"not a number: {text!r}")
    return Decimal(whole.replace(",", "") + dot + decimals), end
