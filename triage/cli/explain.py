"""`triage explain`: one complaint, its decision and the reasons; or why a rule isn't among them."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import click
import orjson

from triage.cli.command import command as bilingual
from triage.cli.command import option
from triage.cli.console import coloured, language, say
from triage.cli.options import dump_options, now_option, pack_option, read_now, read_pairs
from triage.domain.complaint import Complaint
from triage.errors import UsageError
from triage.message import Message


@bilingual("explain", Message(
    "解释一条投诉的决定。TEXT 是投诉文本（- 表示从标准输入读）；用 --row 时是数据文件，取其第 N 行（与输出的 row 列相同）。",
    "Explain the decision on one complaint. TEXT is what the customer wrote (- reads standard input); with --row it is a dump, whose row N is taken (as in the output's column row).",
))  # fmt: skip
@click.argument("text_or_dump", metavar="TEXT|DUMP")
@option("--row", type=click.IntRange(min=1), metavar="N", help=Message("解释数据文件的第 N 行。", "Explain row N of the dump."))
@option(
    "--why-not",
    "rule",
    metavar="RULE",
    help=Message(
        "说明这条规则为何没有命中，以及最近的改法。", "Say why this rule didn't fire, and the nearest change that would fire it."
    ),
)
@option(
    "--fact",
    "facts",
    multiple=True,
    metavar="FACT=VALUE",
    help=Message("补充事实，如 customer.tier=vip；可多次。", "A fact, e.g. customer.tier=vip; repeatable."),
)
@option(
    "--tag",
    "tags",
    multiple=True,
    metavar="TAG=VALUE",
    help=Message("指定标签，如 category=网络质量；可多次。", "Pin a tag, e.g. category=网络质量; repeatable."),
)
@option("--json", "as_json", is_flag=True, help=Message("输出 JSON。", "Print JSON."))
@pack_option
@now_option
@dump_options
def command(
    text_or_dump: str, row: int | None, rule: str | None, facts: tuple[str, ...], tags: tuple[str, ...], as_json: bool,
    pack: str, model: str, matcher: str, now: str | None, **reading: Any,
) -> int:  # fmt: skip
    from triage.cli.engine import load
    from triage.rendering import decision_dict, decision_text, why_not_dict, why_not_text

    moment = read_now(now)
    given = read_pairs(facts, "--fact")
    pinned = {
        key: value.split(",") if key in ("requests", "risks") else value for key, value in read_pairs(tags, "--tag").items()
    }
    triage = load(pack, model, matcher)
    if row is None:
        text = sys.stdin.read() if text_or_dump == "-" else text_or_dump
        complaint = Complaint(text, facts=given, tags=pinned)
    else:
        from triage.cli.rows import complaint_at

        found = complaint_at(text_or_dump, row, triage.pack, reading)
        complaint = Complaint(
            found.text, found.id, found.received_at, {**found.facts, **given}, {**found.tags, **pinned}, found.by_hand
        )
    _known(given, set(triage.pack.facts))
    if complaint.received_at is None and moment is not None:  # as `run` does: the row's own time comes first
        complaint = replace(complaint, received_at=moment)
    if rule is not None:
        answer = triage.why_not(complaint, rule)
        say(_json(why_not_dict(answer)) if as_json else why_not_text(answer, language()))
    else:
        decision = triage.decide(complaint)
        say(_json(decision_dict(decision)) if as_json else decision_text(decision, language(), coloured()))
    return 0


def _json(value: dict[str, Any]) -> str:
    return orjson.dumps({"format": 1, **value}, option=orjson.OPT_INDENT_2).decode()


def _known(given: dict[str, str], known: set[str]) -> None:
    from difflib import get_close_matches

    for name in given:
        if name not in known:
            near = get_close_matches(name, sorted(known), 3, 0.5)
            hint = Message("是不是：" + "、".join(near), "did you mean: " + ", ".join(near)) if near else None
            raise UsageError(Message(f"规则包没有声明事实 {name}", f"the pack declares no fact {name}"), hint)
