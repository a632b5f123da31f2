"""Replaces what identifies persons in a text by fixed placeholders, for logs, exports and texts to learn from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from triage.text.fold import fold
from triage.text.identifiers import find_bank_cards, find_orders, find_phones, find_possible_id_numbers

PLACEHOLDERS: Final = ("<id>", "<card>", "<phone>", "<email>", "<account>", "<name>", "<order>")
"""What stands in a masked text. They stay the same from version to version."""

_BARE_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}(?<![0-9].{11})(?![0-9])")
_DOMAIN: Final = re.compile(r"@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}")
_LOCAL: Final = "abcdefghijklmnopqrstuvwxyz0123456789._%+-"
_LONGEST_LOCAL: Final = 64
_ACCOUNT: Final = re.compile(r"(?:微信|qq|vx|wx|wechat)(?:号码?|账号)?[ :是为]{0,4}([a-z0-9][a-z0-9_-]{4,19})(?![a-z0-9_-])")
_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱江尹薛闫段"
    "雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季成霍涂裴"
)
_NAME_END: Final = r"(?=[^\u4e00-\u9fff]|$|先生|女士|小姐|同志|电话|手机|联系|身份证|住址|地址|本人)"
_NAMED: Final = re.compile(
    r"(?:联系人|收件人|收货人|投诉人|举报人|经办人|当事人|负责人|户主|户名|姓名|法人|机主|我叫|本人叫)"
    rf"(?:[ :是为]{{1,3}}([\u4e00-\u9fff·]{{2,5}}?)|([{_SURNAMES}][\u4e00-\u9fff]{{1,3}}?)){_NAME_END}"
)
_TITLED: Final = re.compile(rf"[{_SURNAMES}][\u4e00-\u9fff]{{0,2}}?(?=先生|女士|小姐)")

_Found = tuple[int, int, str]


def mask(text: str, *, names: bool = True, orders: bool = False) -> str:
    """`text` with placeholders for personal data; everything else stays as it was written.

    <id>       identity numbers: 18 characters with a right check character, the old 15 digits, or as long after 身份证
    <card>     bank cards: 16 to 19 digits with a right check digit, or after 卡号, 账号 ...
    <phone>    mobile phones, landlines with area code, 400/800 numbers
    <email>    e-mail addresses
    <account>  WeChat and QQ accounts after 微信, QQ, vx ...
    <name>     2 to 5 Chinese characters after 联系人, 姓名, 我叫 ... and a colon or space (without one, if they begin with a common
               surname), and names with a common surname before 先生, 女士, 小姐; if `names`
    <order>    order, parcel and ticket numbers after a word that announces them; if `orders`

    Not covered: names without such a word beside them, postal addresses, plates, passports, local phone numbers without area
    code, numbers spelled with Chinese or circled digits. Where two kinds overlap, the one further up wins. Linear time.
    """
    folded = fold(text)
    taken: list[tuple[int, int, str]] = []
    covered = bytearray(len(text))
    for start, end, placeholder in _found(folded.folded, names, orders):
        span = folded.span(start, end)
        if span is None or any(covered[span.start : span.end]):
            continue
        covered[span.start : span.end] = b"\1" * (span.end - span.start)
        taken.append((span.start, span.end, placeholder))
    if not taken:
        return text
    parts, last = [], 0
    for start, end, placeholder in sorted(taken):
        parts += [text[last:start], placeholder]
        last = end
    parts.append(text[last:])
    return "".join(parts)


def _found(folded: str, names: bool, orders: bool) -> Iterator[_Found]:
    """What to mask, the kinds that win first."""
    for start, end, _ in find_possible_id_numbers(folded):
        yield start, end, "<id>"
    for start, end, _ in find_bank_cards(folded):
        yield start, end, "<card>"
    for start, end, _ in find_phones(folded):
        yield start, end, "<phone>"
    for found in _BARE_MOBILE.finditer(folded):
        yield found.start(), found.end(), "<phone>"
    for start, end in _emails(folded):
        yield start, end, "<email>"
    for found in _ACCOUNT.finditer(folded):
        yield found.start(1), found.end(1), "<account>"
    if names:
        for found in _NAMED.finditer(folded):
            group = 1 if found[1] else 2
            yield found.start(group), found.end(group), "<name>"
        for found in _TITLED.finditer(folded):
            yield found.start(), found.end(), "<name>"
    if orders:
        for start, end, _ in find_orders(folded):
            yield start, end, "<order>"


def _emails(folded: str) -> Iterator[tuple[int, int]]:
    for found in _DOMAIN.finditer(folded):
        before = folded[max(0, found.start() - _LONGEST_LOCAL) : found.start()]
        local = len(before) - len(before.rstrip(_LOCAL))
        if local:
            yield found.start() - local, found.end()
