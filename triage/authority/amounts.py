"""What is asked, as an exact amount in the remedy's unit; anything that can't be told for sure is refused with its reason."""

from __future__ import annotations

import re
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Final

from triage.domain.authority import Remedy
from triage.domain.durations import WIDTH
from triage.domain.grants import Ask, Rate, Why
from triage.domain.numerals import EXACT, parse_numeral, plain
from triage.domain.values import parse_money
from triage.message import Message

LARGEST: Final = Decimal(10) ** 12
"""An amount from here on is a slip of the keyboard, not a grant."""
MARKS: Final = {
    "USD": ("us$", "$", "美元", "美金", "美刀"), "HKD": ("hk$", "港元", "港币"), "EUR": ("€", "欧元"), "GBP": ("£", "英镑"), "JPY": ("日元", "日圆"),
    "KRW": ("₩", "韩元", "韩币"), "TWD": ("nt$", "新台币", "台币"), "MOP": ("mop$", "澳门元", "澳门币"), "SGD": ("s$", "新加坡元", "新币"),
    "AUD": ("a$", "澳元"), "CAD": ("c$", "加元"), "CHF": ("瑞士法郎",), "THB": ("泰铢",), "RUB": ("卢布",), "INR": ("₹", "卢比"), "VND": ("₫", "越南盾"),
    "CNY": ("人民币", "rmb", "¥", "元", "块"),
}  # fmt: skip
_CODE: Final = re.compile(r"^([a-z]{3})\s*([0-9.,].*)$|^(.*[0-9万千百亿])\s*([a-z]{3})$")
_MARKS: Final = sorted(((mark, code) for code, marks in MARKS.items() for mark in marks), key=lambda pair: -len(pair[0]))


class Refused(Exception):
    """What is asked can't be granted by anybody. `why` says why."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(code)
        self.why = Why(code, Message(zh, en))


def read_amount(ask: Ask, remedy: Remedy, currency: str, today: date) -> tuple[Decimal, Rate | None]:
    """The amount asked, in the remedy's unit, and the exchange rate used for it. A remedy without amount counts as 1.

    Money in another currency is converted once, with the host's rate of the latest day that isn't after `today`, and rounded
    up to the remedy's decimals. Raises Refused.
    """
    raw = ask.amount
    if isinstance(raw, str) and not raw.strip():
        raw = None
    if remedy.yes:
        if raw is not None:
            raise Refused("no_amount", f"“{name(remedy).zh}”没有金额，不要给金额", f"{name(remedy).en!r} has no amount: leave the amount out")
        return Decimal(1), None
    if raw is None:
        raise Refused("amount_missing", f"“{name(remedy).zh}”要给出数额", f"{name(remedy).en!r} needs an amount")
    rate: Rate | None = None
    if isinstance(raw, str):
        value, rate = _money(raw, ask, currency, today) if not remedy.unit else (_units(raw, remedy), None)
    elif type(raw) in (Decimal, int):  # callers without types may hand in floats and flags
        value = Decimal(raw)
    else:
        raise Refused("amount_unreadable", "数额要写成文字或 Decimal，不能是浮点数", "an amount is text or a Decimal, never a float")
    if not value.is_finite():
        raise _unreadable(str(raw), remedy)
    if value <= 0:
        raise Refused("not_positive", f"数额须大于零，现在是 {plain(value)}", f"an amount must be more than zero, this is {plain(value)}")
    if value >= LARGEST:
        raise Refused("too_large", f"数额大得不像真的（上限 {LARGEST:,}）", f"the amount is beyond belief (the limit is {LARGEST:,})")
    if rate is not None:
        value = EXACT.multiply(value, rate.worth).quantize(Decimal(1).scaleb(-remedy.decimals), ROUND_CEILING, EXACT)
        if value >= LARGEST:
            raise Refused("too_large", f"数额大得不像真的（上限 {LARGEST:,}）", f"the amount is beyond belief (the limit is {LARGEST:,})")
    places = -int(plain(value).as_tuple().exponent)
    if places > remedy.decimals:
        zh = f"小数点后最多 {remedy.decimals} 位" if remedy.decimals else "须是整数"
        en = f"at most {remedy.decimals} digits after the point" if remedy.decimals else "a whole number is wanted"
        raise Refused("too_many_decimals", f"“{plain(value)}”{zh}", f"{plain(value)}: {en}")
    return plain(value), rate


def name(remedy: Remedy) -> Message:
    """How a remedy is called."""
    return remedy.title if remedy.title.zh else Message.same(remedy.id)


def _unreadable(raw: str, remedy: Remedy) -> Refused:
    shown = raw[:40]
    example = "200、200元、2万" if not remedy.unit else f"5、5{remedy.unit}"
    english = "200, 200元, 2万" if not remedy.unit else f"5, 5{remedy.unit}"
    return Refused("amount_unreadable", f"“{shown}”读不出数额，写成 {example}", f"{shown!r} can't be read as an amount; write {english}")


def _units(raw: str, remedy: Remedy) -> Decimal:
    """A number of the trade's own units: 5, 5GB, 5 GB, 三张."""
    bare = raw.translate(WIDTH).strip()
    unit = remedy.unit.translate(WIDTH)
    if bare.casefold().endswith(unit.casefold()):
        bare = bare[: len(bare) - len(unit)].rstrip()
    try:
        value = parse_numeral(bare.removeprefix("-").removeprefix("+"))
    except ValueError:
        raise _unreadable(raw, remedy) from None
    return value.copy_negate() if bare.startswith("-") else value


def _money(raw: str, ask: Ask, currency: str, today: date) -> tuple[Decimal, Rate | None]:
    """Money as written, and the rate to convert it with if it is in another currency."""
    bare = raw.translate(WIDTH).strip().lower()
    negative = bare.startswith("-")
    written, bare = _currency(bare.removeprefix("-").removeprefix("+").strip(), currency)
    try:
        value = parse_money(bare)
    except ValueError:
        shown = raw[:40]
        raise Refused("amount_unreadable", f"“{shown}”读不出金额，写成 200、200元、2万", f"{shown!r} can't be read as an amount; write 200, 200元, 2万") from None
    value = value.copy_negate() if negative else value  # never `-value`: that rounds by the host's decimal context
    if written == currency:
        return value, None
    rates = [rate for rate in ask.rates if rate.currency.upper() == written and rate.on <= today and rate.worth.is_finite() and rate.worth > 0]
    if not rates:
        raise Refused("no_rate", f"{written} 要有当日或之前的汇率才能折成 {currency}", f"{written} needs a dated rate (of today or before) to become {currency}")
    return value, max(rates, key=lambda rate: (rate.on, rate.worth))  # of two rates of one day the dearer: what is granted isn't understated


def _currency(bare: str, currency: str) -> tuple[str, str]:
    """The currency that a text names (the pack's if it names none), and the text without it where it isn't yuan's own grammar."""
    if found := _CODE.match(bare):
        code = (found.group(1) or found.group(4)).upper()
        if code not in ("CNY", "RMB"):
            return code, found.group(2) or found.group(3)
        return "CNY", bare
    for mark, code in _MARKS:
        if mark in bare:
            return code, bare if code == "CNY" else bare.replace(mark, "", 1).strip()
    return currency, bare
