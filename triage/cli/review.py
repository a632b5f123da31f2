"""`triage review`: the texts whose label would teach most, as a CSV and in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from triage.cli.command import command as bilingual
from triage.cli.command import option
from triage.cli.console import say, tell
from triage.cli.options import TRAIN_ROWS, dump_options, max_rows_option
from triage.errors import UsageError
from triage.message import Message

if TYPE_CHECKING:
    from triage.cli.review_file import Entry


@bilingual(
    "review",
    Message(
        "挑出 DUMP 里最值得人工标注的投诉：模型没把握、彼此不同、判错代价大的。写成 CSV（Excel 可直接打开，填 label 列），"
        "在终端里还可以逐条按键标注。\n\n"
        "清单已存在时接着标；全部标完后再挑一批。标好后：triage train DUMP --cold -p PACK --reviewed review.csv。需要可选组件 train。",
        "Pick the complaints of DUMP whose label would teach most: in doubt, unlike each other, costly to get wrong. They are written as a CSV "
        "(spreadsheets open it; fill the column label), and in a terminal you can label them one by one with single keys.\n\n"
        "Where the list exists already it is gone on with; when all of it is labelled, more are picked. Then: "
        "triage train DUMP --cold -p PACK --reviewed review.csv. Needs the extra `train`.",
    ),
)
@click.argument("dump")
@option(
    "-p",
    "--pack",
    default="government-cn",
    show_default=True,
    metavar="PACK",
    help=Message("规则包：类别取自它。", "Pack whose categories are used."),
)
@option(
    "--model",
    default="auto",
    show_default=True,
    metavar="DIR|auto|none",
    help=Message(
        "以哪个模型的把握为准；auto 用规则包自带的，none 只看线索词。",
        "Model whose doubts count; auto takes the pack's own, none goes by cues alone.",
    ),
)
@option(
    "-n",
    "wanted",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    metavar="N",
    help=Message("挑多少条。", "How many to pick."),
)
@option("-o", "--output", default="review.csv", show_default=True, metavar="FILE.csv", help=Message("清单。", "The list."))
@option(
    "--ask/--no-ask",
    default=None,
    help=Message(
        "在终端里逐条标注（终端里默认如此；否则从标准输入逐行读）。",
        "Label one by one here (the default on a terminal; else lines are read from standard input).",
    ),
)
@option(
    "--unmasked",
    is_flag=True,
    help=Message("清单里不遮盖电话、证件号等个人信息。", "Leave phones, identity numbers and the like readable in the list."),
)
@option("--seed", type=int, default=0, show_default=True, help=Message("随机种子。", "Seed."))
@max_rows_option(TRAIN_ROWS)
@dump_options
def command(
    dump: str, pack: str, model: str, wanted: int, output: str, ask: bool | None, unmasked: bool, seed: int, max_rows: int, **reading: Any
) -> int:  # fmt: skip
    from triage.cli.engine import pack_of
    from triage.cli.review_ask import ask_all
    from triage.cli.review_file import read_review, resolved, write_review

    path = Path(output)
    if path.suffix.lower() != ".csv":
        raise UsageError(Message(f"清单应以 .csv 结尾：{output}", f"the list must end in .csv: {output}"))
    found = pack_of(pack)
    entries: list[Entry] = read_review(path) if path.exists() else []
    resolved(path, entries, found)  # says now what would be wrong later
    left = sum(1 for e in entries if not e.label)
    if left:
        tell(
            Message(
                f"接着标 {path}：共 {len(entries)} 条，还有 {left} 条。",
                f"going on with {path}: {len(entries)} texts, {left} left.",
            )
        )
    else:
        from triage.cli.review_pick import picked

        more = picked(dump, found, pack, model, wanted, entries, not unmasked, seed, max_rows, reading)
        if not more:
            tell(Message("没有更多可挑的文本。", "there is nothing more to pick."))
            return 0
        entries += more
        write_review(path, entries)
        say(
            Message(
                f"{len(more)} 条写入 {path}，请填 label 列。", f"{len(more)} texts written to {path}: fill its column `label`."
            )
        )
    if ask is None:
        ask = sys.stdin.isatty() and sys.stdout.isatty()
    if ask:
        ask_all(path, entries, categories_of(found))
    done = sum(1 for e in entries if e.label)
    say(Message(f"已标 {done} / {len(entries)} 条。", f"{done} of {len(entries)} labelled."))
    if done:
        again = f"triage train {dump} --cold -p {pack} --reviewed {path}"
        say(Message(f"用起来（--text 等同本次）：{again}", f"use them (with --text and the like as here): {again}"))
    return 0


def categories_of(pack: Any) -> Sequence[str]:
    """The first-level categories, in the pack's order: what a person chooses from."""
    return tuple(dict.fromkeys(c.path.split("/", 1)[0] for c in pack.taxonomy.categories))
