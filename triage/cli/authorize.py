"""`triage authorize`: may somebody of this rank grant this, and if not, who may?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from triage.cli.command import command as bilingual
from triage.cli.command import option
from triage.cli.console import language, safe, say
from triage.cli.options import now_option, read_now, read_pairs
from triage.domain.times import parse_instant
from triage.errors import UsageError
from triage.message import Message

if TYPE_CHECKING:
    from triage.domain.grants import Rate
    from triage.domain.pack import Pack

_RATE = re.compile(r"^\s*([A-Za-z]{3})\s*=\s*([0-9.]{1,20})\s*@\s*(\d{4}-\d{2}-\d{2})\s*$")
SOME_INSTANT = datetime(2026, 1, 1, tzinfo=UTC)
"""Stands in where no instant is given: windows need one, and rules that read `now` count as unknown."""
MOST = 64 * 1024 * 1024
"""Largest history file that is read, in bytes."""


@bilingual("authorize", Message(
    "某一级能不能授权：能、须谁批、还是谁也不能；各级额度、累计、余额和依据。",
    "May somebody of this rank grant this remedy: yes, with whose approval, or not at all; with limits, sums, room and rules.",
))  # fmt: skip
@option("-p", "--pack", default="telecom-cn", show_default=True, metavar="PACK", help=Message("规则包：内置包名或文件夹。", "Pack: the name of a built-in one, or a folder."))
@option("--rank", required=True, metavar="RANK", help=Message("经办人的级别，如 agent。", "The rank of who asks, e.g. agent."))
@option("--remedy", required=True, metavar="REMEDY", help=Message("授权项目，如 refund。", "What is to be granted, e.g. refund."))
@option("--amount", metavar="AMOUNT", help=Message("数额，如 200元、2万、5GB；没有金额的项目不写。", "The amount, e.g. 200元, 2万, 5GB; left out where there is none."))
@option("--handler", default="", metavar="ID", help=Message("经办人，用于回避和按人累计。", "The person who asks, for avoidance and sums per person."))
@option("--case", default="", metavar="ID", help=Message("工单号。", "The case."))
@option("--customer", default="", metavar="ID", help=Message("客户号。", "The customer."))
@option("--order", default="", metavar="ID", help=Message("订单号。", "The order."))
@option("--fact", "facts", multiple=True, metavar="FACT=VALUE", help=Message("事实，如 customer.tier=svip；可多次。", "A fact, e.g. customer.tier=svip; repeatable."))
@option("--history", metavar="FILE", help=Message("此前的授权和待批申请（JSON 或 JSONL）。", "Earlier grants and requests that wait (JSON or JSONL)."))
@option("--rate", "rates", multiple=True, metavar="CUR=RATE@DATE", help=Message("汇率，如 USD=7.12@2026-11-20；可多次。", "An exchange rate, e.g. USD=7.12@2026-11-20; repeatable."))
@option("--json", "as_json", is_flag=True, help=Message("输出 JSON。", "Print JSON."))
@now_option
def command(
    pack: str, rank: str, remedy: str, amount: str | None, handler: str, case: str, customer: str, order: str, facts: tuple[str, ...],
    history: str | None, rates: tuple[str, ...], as_json: bool, now: str | None,
) -> int:  # fmt: skip
    from triage.asking import ask_by_hand, typed_facts
    from triage.authority.report import answer_dict, answer_text
    from triage.authority.scope import authority_of
    from triage.cli.engine import pack_of
    from triage.domain.grants import Ask

    loaded = pack_of(pack)
    authority_of(loaded)
    entries, links = read_history(history)
    moment = read_now(now) or _latest(entries, loaded)
    given = typed_facts(loaded, read_pairs(facts, "--fact"), moment)
    if moment is None:
        moment = SOME_INSTANT
    ask = Ask(remedy, amount, handler, rank, case, customer, order, tuple(_rate(r) for r in rates))
    answer = ask_by_hand(loaded, ask, given, entries, moment, links)
    if answer.why and answer.why[0].code in ("amount_unreadable", "amount_missing", "no_amount"):
        raise UsageError(answer.why[0].text)
    if as_json:
        say(orjson.dumps(answer_dict(answer), option=orjson.OPT_INDENT_2).decode())
    else:
        say(safe(answer_text(loaded, answer, given, language())))
    return 0


def _latest(entries: list[Any], pack: Pack) -> datetime | None:
    """Where --now isn't given: the latest instant that the history names, if any. The machine's clock never counts."""
    found = []
    for entry in entries:
        at = entry.get("at") if isinstance(entry, dict) else None
        if isinstance(at, str) and at[:1] not in ("+", "-"):
            try:
                found.append(parse_instant(at, timezone=pack.timezone))
            except ValueError:
                continue  # it is reported with its entry
    return max(found, default=None)


def read_history(path: str | None) -> tuple[list[Any], dict[str, str]]:
    """Entries and links of accounts from a file: a JSON list, an object with `entries` and `links`, or an entry on each line."""
    if path is None:
        return [], {}
    data = Path(path).read_bytes()
    if len(data) > MOST:
        raise UsageError(Message(f"{path} 超过 {MOST >> 20} MB", f"{path} is larger than {MOST >> 20} MB"))
    try:
        try:
            found = orjson.loads(data)
        except orjson.JSONDecodeError:
            found = [orjson.loads(line) for line in data.splitlines() if line.strip()]
    except orjson.JSONDecodeError as error:
        raise UsageError(Message(f"{path} 不是 JSON 或 JSONL：{error}", f"{path} is neither JSON nor JSONL: {error}")) from None
    if isinstance(found, dict) and "remedy" in found:
        found = [found]
    links: object = {}
    if isinstance(found, dict):
        found, links = found.get("entries", []), found.get("links", {})
    if not isinstance(found, list) or not isinstance(links, Mapping) or not all(isinstance(v, str) for v in links.values()):
        raise UsageError(
            Message(f"{path} 应是授权记录的列表", f"{path} should be a list of grants"),
            Message('写成 [{"remedy": "refund", "amount": "50元", "at": "-3d"}]', 'write [{"remedy": "refund", "amount": "50元", "at": "-3d"}]'),
        )
    return found, dict(links)


def _rate(text: str) -> Rate:
    from triage.domain.grants import Rate

    shape = _RATE.match(text)
    try:
        if shape is not None:
            return Rate(shape.group(1).upper(), Decimal(shape.group(2)), date.fromisoformat(shape.group(3)))
    except (InvalidOperation, ValueError):
        pass
    raise UsageError(Message(f"--rate 读不懂：{text}", f"--rate can't be read: {text}"), Message("写成 USD=7.12@2026-11-20", "write USD=7.12@2026-11-20"))
