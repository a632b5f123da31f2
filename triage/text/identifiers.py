"""Finds what identifies persons and orders in folded text: phones, identity numbers, bank cards, order numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

Found = Iterator[tuple[int, int, str]]

# Guards of Latin letters and digits on both sides keep the digits inside longer identifiers from being taken for phones.
_MOBILE = r"(?:(?:\+ ?|00)?86[ -]{0,2})?(1[3-9][0-9])(?:[ -]?([0-9]{4})[ -]?([0-9]{4})|[ -]?([0-9]{3})[ -]([0-9]{5}))"
_LANDLINE = r"\(?(0(?:10|2[0-9]|[3-9][0-9]{2}))[)-]?[ -]?([2-9][0-9]{2,3})[ -]?([0-9]{4})(?:(?:转|-| ?ext ?)([0-9]{1,5}))?"
_SERVICE = r"([48]00)[ -]?([0-9]{3,4})[ -]?([0-9]{3,4})"
_PHONE: Final = re.compile(
    rf"(?:(?<![0-9a-z.])|(?<=tel)|(?<=vx)|(?<=wx)|(?<=phone)|(?<=mobile))(?:{_MOBILE}|{_LANDLINE}|{_SERVICE})(?![0-9a-z])"
)
_DIALLED: Final = re.compile(r"[+(0-9][0-9() +-]{6,}")
_EXTENSION: Final = 10
_ID: Final = re.compile(r"(?<![0-9a-z])[1-9][0-9]{16}[0-9x](?![0-9a-z])")
_ID_OLD: Final = re.compile(r"(?<![0-9a-z])[1-9][0-9]{5}[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}(?![0-9a-z])")
_ID_NAMED: Final = re.compile(r"(?:身份证|证件)(?:号码?)?[ :是为]{0,4}([0-9]{14,17}[0-9x])(?![0-9a-z])")
_CARD: Final = re.compile(
    r"(?<![0-9a-z])(?<![0-9][ -])[1-9][0-9]{3}(?:[ -]?[0-9]{4}){3}(?:[ -]?[0-9]{1,3})?(?![0-9a-z])(?![ -][0-9])"
)
_CARD_NAMED: Final = re.compile(
    r"(?:卡号|银行卡|储蓄卡|信用卡|账号|账户|帐号)(?:号码?)?[ :是为]{0,4}([0-9]{4}(?:[ -]?[0-9]{4}){2,3}(?:[ -]?[0-9]{1,3})?)(?![0-9a-z])"
)
_ORDER: Final = re.compile(
    r"(?:(?:订单|工单|运单|快递|物流|受理|交易|流水|投诉|案件|合同|保单|退款|售后|单据)(?:单)?(?:编号|号码?|id)"
    r"|订单|单号|工单|编号|流水号|order(?: ?(?:no\.?|id|number))?)"
    r"[ :#是为(【\[]{0,5}([a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){4,39})(?![a-z0-9])"
)
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def find_phones(folded: str) -> Found:
    """(start, end, number) of mobile phones (as 11 digits), landlines (0755-88881234, with -extension) and 400/800 numbers."""
    for run in _DIALLED.finditer(folded):
        # the pattern is slow to fail, so it is tried only where there are digits enough
        for found in _PHONE.finditer(folded, run.start(), run.end() + _EXTENSION):
            groups = found.groups()
            mobile = [g for g in groups[:5] if g]
            if mobile:
                yield found.start(), found.end(), "".join(mobile)
            elif groups[5]:
                extension = f"-{groups[8]}" if groups[8] else ""
                yield found.start(), found.end(), f"{groups[5]}-{groups[6]}{groups[7]}{extension}"
            elif len(groups[10]) + len(groups[11]) == 7:
                yield found.start(), found.end(), "".join(groups[9:12])


def is_id_number(number: str) -> bool:
    """Whether an 18-character identity number has the check character of GB 11643 (upper or lower case x)."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return number[17].upper() == "10X98765432"[total % 11]


def find_id_numbers(folded: str) -> Found:
    """(start, end, number) of identity numbers of 18 characters whose check character is right; x is given as X."""
    for found in _ID.finditer(folded):
        if is_id_number(found[0]):
            yield found.start(), found.end(), found[0].upper()


def find_possible_id_numbers(folded: str) -> Found:
    """As `find_id_numbers`, those of the old 15 digits, and whatever is called an identity number and is as long: for masking."""
    yield from find_id_numbers(folded)
    for found in _ID_OLD.finditer(folded):
        yield found.start(), found.end(), found[0]
    for found in _ID_NAMED.finditer(folded):
        yield found.start(1), found.end(1), found[1].upper()


def passes_luhn(digits: str) -> bool:
    """Whether the digits have the check digit of ISO/IEC 7812 (Luhn)."""
    doubled = (sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])
    return (sum(int(d) for d in digits[-1::-2]) + sum(doubled)) % 10 == 0


def find_bank_cards(folded: str) -> Found:
    """(start, end, digits) of bank cards: 16 to 19 digits with a right check digit, 12 to 19 where called a card or account."""
    taken = set()
    for found in _CARD_NAMED.finditer(folded):
        taken.add(found.start(1))
        yield found.start(1), found.end(1), re.sub("[ -]", "", found[1])
    for found in _CARD.finditer(folded):
        digits = re.sub("[ -]", "", found[0])
        if found.start() not in taken and passes_luhn(digits) and not (len(digits) == 18 and is_id_number(digits)):
            yield found.start(), found.end(), digits


def find_orders(folded: str) -> Found:
    """(start, end, text) of order, parcel, ticket and contract numbers: 5 to 40 letters, digits and hyphens, with at least 4
    digits, after a word that announces them. Letters are given in upper case."""
    for found in _ORDER.finditer(folded):
        if sum(c.isdecimal() for c in found[1]) >= 4:
            yield found.start(1), found.end(1), found[1].upper()
