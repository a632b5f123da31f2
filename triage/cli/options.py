"""Options that several commands share, and how their values are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

import click

from triage.cli.command import option
from triage.errors import UsageError
from triage.message import Message

MATCHERS = ("auto", "builtin", "durable")
TRAIN_ROWS = 1_000_000
"""Rows that training keeps of a longer dump."""
EVALUATE_ROWS = 200_000
"""Rows that measuring keeps: intervals are then a fifth of a percent wide, and more rows wouldn't narrow what matters."""
CHINA = timezone(timedelta(hours=8))
"""Times without an offset are read as China Standard Time, which has had no summer time since 1991."""


def pack_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--pack`, `--model` and `--matcher`: what decides."""
    for decorate in reversed(
        (
            option("-p", "--pack", default="government-cn", show_default=True, metavar="PACK", help=Message("规则包：内置包名或文件夹。", "Pack: the name of a built-in one, or a folder.")),
            option("--model", default="auto", show_default=True, metavar="DIR|auto|none", help=Message("分类模型文件夹；auto 用规则包自带的，none 只用提示词。", "Folder of a model; auto takes the pack's own, none reads cues only.")),
            option("--matcher", type=click.Choice(MATCHERS), default="auto", show_default=True, help=Message("匹配器；结果相同。", "Matcher; they decide the same.")),
        )
    ):  # fmt: skip
        function = decorate(function)
    return function


def dump_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """How a dump is read: its columns, encoding and layout."""
    for decorate in reversed(
        (
            option("--text", metavar="COL[,COL]", help=Message("投诉文本所在的列，可多列（按序连接）。", "Column of the text; several are joined in order.")),
            option("--id", "id_column", metavar="COL", help=Message("编号列。", "Column of the identifier.")),
            option("--time", "time_column", metavar="COL", help=Message("受理时间列。", "Column of the time received.")),
            option("--map", "mapping", multiple=True, metavar="FACT=COL", help=Message("事实取自哪一列，如 customer.tier=客户等级；可多次。", "Column of a fact, e.g. customer.tier=客户等级; repeatable.")),
            option("--format", "input_format", type=click.Choice(("csv", "tsv", "jsonl", "json", "excel", "parquet")), help=Message("数据文件的格式；不写则自动判断。", "Format of the dump; found out if not given.")),
            option("--encoding", metavar="NAME", help=Message("文件编码；不写则自动判断。", "Encoding of the file; guessed if not given.")),
            option("--delimiter", metavar="CHAR", help=Message("分隔符；不写则自动判断。", "Delimiter; guessed if not given.")),
            option("--quote", metavar="CHAR|none", help=Message("引号字符。", "Quote character.")),
            option("--no-header", is_flag=True, help=Message("没有表头；列名为 1、2、3……", "There is no header; columns are named 1, 2, 3...")),
            option("--sheet", metavar="NAME|N", help=Message("Excel 工作表的名称或序号（从 1 起）。", "Excel sheet by name, or by number from 1.")),
        )
    ):  # fmt: skip
        function = decorate(function)
    return function


def now_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--now`: the instant that counts as now; the machine's clock never does."""
    help = Message(
        "视为“现在”的时刻，如 2026-03-16T09:00+08:00；程序从不取本机时钟。",
        "The instant that counts as now, e.g. 2026-03-16T09:00+08:00; the machine's clock never does.",
    )
    decorated: Callable[..., Any] = option("--now", metavar="TIME", help=help)(function)
    return decorated


def training_pack_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --pack as commands that train take it."""
    help = Message("规则包：类别须在其类别树里，其词典用于分词。", "Pack: categories must be in its tree, its lexicon joins the dictionary.")
    decorated: Callable[..., Any] = option("-p", "--pack", metavar="PACK", help=help)(function)
    return decorated


def read_now(value: str | None) -> datetime | None:
    """An instant given on the command line; without an offset it is China Standard Time. Raises UsageError."""
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value.strip())
    except ValueError:
        raise UsageError(
            Message(f"--now 读不懂：{value}", f"--now can't be read: {value}"),
            Message("写成 2026-03-16T09:00+08:00", "write it as 2026-03-16T09:00+08:00"),
        ) from None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=CHINA)


def read_pairs(values: Iterable[str], name: str) -> dict[str, str]:
    """KEY=VALUE arguments of the option `name` as a dict. Raises UsageError for one without `=` or a key given twice."""
    out: dict[str, str] = {}
    for value in values:
        key, equals, rest = value.partition("=")
        key = key.strip()
        if not equals or not key:
            raise UsageError(Message(f"{name} 应写成“名称=值”：{value}", f"{name} takes NAME=VALUE: {value}"))
        if key in out:
            raise UsageError(Message(f"{name} 里 {key} 写了两次", f"{name} gives {key} twice"))
        out[key] = rest.strip()
    return out


def max_rows_option(default: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--max-rows`: what bounds the memory that a dump takes."""
    help = Message("最多使用多少行；更长的文件随机抽取，稀少的标签全部保留。", "Use at most so many rows; a longer dump is sampled, rare labels are kept whole.")
    decorate: Callable[[Callable[..., Any]], Callable[..., Any]] = option(
        "--max-rows", type=click.IntRange(1), default=default, show_default=True, metavar="N", help=help
    )
    return decorate
