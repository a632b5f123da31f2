"""Which column holds what: the text, the id, the time, and the facts that the pack declares."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from triage.domain.facts import Fact
from triage.dumps.record import Row, as_text
from triage.errors import UsageError
from triage.message import Message

TEXT = ("text", "content", "complaint", "complaint_text", "body", "message", "description", "details", "内容", "投诉内容", "诉求内容", "反映内容",
        "问题内容", "问题描述", "留言内容", "留言详情", "工单内容", "来信内容", "来电内容", "事件描述", "投诉描述", "描述", "详情", "正文", "文本", "留言", "诉求")  # fmt: skip
TITLE = ("title", "subject", "topic", "summary", "主题", "标题", "留言主题", "投诉标题", "诉求标题", "工单标题", "来信标题", "问题标题")
ID = ("row_id", "id", "complaint_id", "complaint.id", "ticket_id", "case_id", "编号", "工单号", "工单编号", "投诉单号", "投诉编号", "留言编号", "诉求编号", "受理编号",
      "单号", "流水号", "序号")  # fmt: skip
TIME = ("time", "received_at", "complaint.received_at", "created_at", "created", "datetime", "timestamp", "date", "时间", "留言时间", "投诉时间", "受理时间",
        "来电时间", "诉求时间", "创建时间", "提交时间", "反映时间", "登记时间", "日期")  # fmt: skip

HOST = ("complaint.source", "complaint.amount")
_BUILT_IN_NAMES: Mapping[str, tuple[str, ...]] = {
    "complaint.source": ("source", "channel", "来源", "渠道", "投诉渠道", "来源渠道", "受理渠道"),
    "complaint.amount": ("amount", "金额", "涉诉金额", "涉及金额", "投诉金额"),
}
"""Columns of the built-in facts that hosts give, beside those that the pack names."""

SHOWN = 30
"""Columns that are listed in an error."""


@dataclass(frozen=True, slots=True)
class ColumnOptions:
    """What the user says about columns; empty is "find by name". `facts` maps paths of facts to columns."""

    text: tuple[str, ...] = ()
    id: str | None = None
    time: str | None = None
    facts: tuple[tuple[str, str], ...] = ()
    text_option: str = "--text"
    """How the user named the text columns, for messages."""


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """Positions of columns in a row. The text of a complaint is its text columns that aren't empty, joined by line feeds."""

    text: tuple[int, ...]
    id: int | None
    time: int | None
    facts: tuple[tuple[int, str], ...]

    def positions(self) -> tuple[int, ...]:
        """All columns that deciding needs, in order, each once."""
        wanted = {*self.text, *(n for n, _ in self.facts)} | {n for n in (self.id, self.time) if n is not None}
        return tuple(sorted(wanted))

    def moved(self, positions: Sequence[int]) -> ColumnPlan:
        """The same plan for rows that hold only the columns at `positions`."""
        to = {old: new for new, old in enumerate(positions)}
        return ColumnPlan(
            tuple(to[n] for n in self.text),
            None if self.id is None else to[self.id],
            None if self.time is None else to[self.time],
            tuple((to[n], path) for n, path in self.facts),
        )


def plain(name: str) -> str:
    """A column name for comparing: width, case, spaces, `_` and `-` don't count."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in folded if not c.isspace() and c not in "_-:：\ufeff")


def plan_columns(
    path: Path, columns: Sequence[str], sample: Sequence[Row], facts: Mapping[str, Fact], options: ColumnOptions, header: bool = True
) -> ColumnPlan:
    """Find the columns of a dump. Raises UsageError where a named one isn't there, or none holds a text."""
    at: dict[str, int] = {}
    for n, name in enumerate(columns):
        at.setdefault(plain(name), n)

    def named(name: str, option: str) -> int:
        if name in columns:
            return columns.index(name)
        if plain(name) in at:
            return at[plain(name)]
        close = difflib.get_close_matches(plain(name), list(at), 1, 0.5)
        guess = f"“{columns[at[close[0]]]}”" if close else ""
        raise UsageError(
            Message(f"{path}：没有列“{name}”（{option}）。现有列：{_list(columns, '、')}", f"{path}: no column {name!r} ({option}); it has: {_list(columns, ', ')}"),
            Message(f"是不是 {guess}？", f"did you mean {columns[at[close[0]]]!r}?") if close else None,
        )

    def first(names: Sequence[str]) -> int | None:
        return next((at[plain(name)] for name in names if plain(name) in at), None)

    ident = named(options.id, "--id") if options.id else first(ID)
    time = named(options.time, "--time") if options.time else first(TIME)
    mapped: dict[str, int] = {}
    for fact, column in options.facts:
        if fact not in facts and fact not in HOST:
            close = difflib.get_close_matches(fact, [*facts, *HOST], 1, 0.5)
            raise UsageError(
                Message(f"规则包没有声明事实“{fact}”（--map）", f"the pack declares no fact {fact!r} (--map)"),
                Message(f"是不是“{close[0]}”？", f"did you mean {close[0]!r}?") if close else None,
            )
        mapped[fact] = named(column, f"--map {fact}")
    taken = {n for n in (ident, time) if n is not None} | set(mapped.values())
    if options.text:
        text = tuple(dict.fromkeys(named(name, options.text_option) for name in options.text))
    else:
        body = next((at[plain(name)] for name in TEXT if plain(name) in at and at[plain(name)] not in taken), None)
        title = next((at[plain(name)] for name in TITLE if plain(name) in at and at[plain(name)] not in taken), None)
        if body is None and title is None and len(columns) == 1 and not header:
            body = 0
        if body is None and title is None:
            raise no_text(path, columns, sample, header)
        text = tuple(n for n in (title, body) if n is not None)
    taken.update(text)
    for fact, declared in facts.items():
        if fact in mapped or declared.origin not in ("host", "counts", "case"):
            continue
        column_at = first((fact, *declared.names, *_BUILT_IN_NAMES.get(fact, ())))
        if column_at is not None and (column_at not in taken or column_at not in text):
            mapped[fact] = column_at
    for fact in HOST:
        if fact not in facts and fact not in mapped:
            column_at = first((fact, *_BUILT_IN_NAMES[fact]))
            if column_at is not None and column_at not in text:
                mapped[fact] = column_at
    return ColumnPlan(text, ident, time, tuple(sorted((n, fact) for fact, n in mapped.items())))


def no_text(path: Path, columns: Sequence[str], sample: Sequence[Row], header: bool = True) -> UsageError:
    """The error where no column holds the text: what was seen, and which is likeliest."""
    likely = likeliest(columns, sample)
    option = f"--text {likely}" if likely else "--text 列名"
    hint = Message(f"用 {option} 指明投诉正文在哪一列", f"say which column holds the complaint: {option if likely else '--text COLUMN'}")
    if header and max((len(name) for name in columns), default=0) > 40:
        hint = Message(hint.zh + "；第一行像是数据，没有表头时请加 --no-header", hint.en + "; the first row looks like data: without a header, add --no-header")
    elif header and len(columns) == 1 and (comma := next((c for c in "，；" if c in columns[0]), "")):
        hint = Message(f"列像是用“{comma}”分隔的：加 --delimiter {comma}", f"columns seem to be separated by {comma}: add --delimiter {comma}")
    elif header and len(columns) == 1:
        hint = Message(
            hint.zh + "；只有一列，如果第一行是标题而不是列名，请删去列名以上的行",
            hint.en + "; there is only one: if the first row is a caption, delete the rows above the column names",
        )
    return UsageError(
        Message(
            f"{path}：没有找到投诉正文的列。看到的列：{_list(columns, '、')}",
            f"{path}: found no column with the complaint's text; columns seen: {_list(columns, ', ')}",
        ),
        hint,
    )


def likeliest(columns: Sequence[str], sample: Sequence[Row]) -> str | None:
    """The column whose cells are longest on average, Chinese characters counting double."""
    best: tuple[float, int] = (0.0, 0)
    for n in range(len(columns)):
        cells = [as_text(row[n]) for row in sample if n < len(row)]
        size = sum(len(c) + sum(ch > "\u2e80" for ch in c[:500]) for c in cells) / max(len(cells), 1)
        if size > best[0]:
            best = (size, n)
    return columns[best[1]] if best[0] > 0 else None


def _list(columns: Sequence[str], comma: str) -> str:
    shown = comma.join(name if len(name) <= 40 else name[:40] + "…" for name in columns[:SHOWN])
    return shown if len(columns) <= SHOWN else f"{shown}{comma}…（{len(columns)}）"
