"""What stands behind an answer, in words: rules with their places, sums with whose they are and over which window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from triage.authority.amounts import name
from triage.authority.limits import Limits
from triage.authority.scope import Scope
from triage.domain.authority import CASE_LIMIT, Adjust, Cap, FourEyes, Remedy, Window
from triage.domain.condition import FactOperand
from triage.domain.grants import RuleRef, Sum
from triage.domain.numerals import plain
from triage.message import Message

NOBODY = Message("没有哪一级能批，也没有更高的决定者", "no rank may approve it, and nobody decides above them")
_PER = {
    "case": Message("本单", "this case"), "customer": Message("同一客户", "the customer"), "handler": Message("同一经办人", "the handler"),
    "order": Message("同一订单", "the order"),
}  # fmt: skip
_WINDOWS = {
    "always": Message("累计", "ever"), "calendar_day": Message("当日", "that day"), "calendar_week": Message("当周", "that week"),
    "calendar_month": Message("当月", "that month"), "calendar_quarter": Message("当季", "that quarter"), "calendar_year": Message("当年", "that year"),
}  # fmt: skip


def number(value: Decimal | None, unit: str = "", currency: str = "CNY") -> Message:
    """An amount as people read it: 200元, 5GB, without a limit."""
    if value is None:
        return Message("无", "none")
    if not value.is_finite():
        return Message("不限", "unlimited")
    shown = f"{plain(value):,}" if abs(value) >= 10000 else f"{plain(value)}"
    if unit:
        return Message(shown + unit, f"{shown} {unit}")
    return Message(shown + "元" if currency == "CNY" else f"{shown} {currency}", f"{shown} {currency}")


def per(scope: Scope, key: str) -> Message:
    """Whose sum: the customer, the order, or a fact by its title."""
    fact = scope.pack.facts.get(key)
    return _PER.get(key) or Message(f"同一{fact.title if fact is not None and fact.title else key}", f"one {key}")


def window(item: Window) -> Message:
    """Over which stretch of time."""
    if item.kind != "rolling" or item.length is None:
        return _WINDOWS[item.kind]
    days, rest = item.length.days, item.length.seconds
    if not rest:
        return Message(f"{days} 天内", f"within {days} days" if days != 1 else "within a day")
    hours = Decimal(item.length.total_seconds()) / 3600
    return Message(f"{plain(hours)} 小时内", f"within {plain(hours)} hours")


def remedies(scope: Scope, ids: Iterable[str]) -> Message:
    """Remedies joined: 退费+赔偿."""
    titles = [name(scope.authority.remedies[i]) for i in ids if i in scope.authority.remedies]
    return Message("+".join(t.zh for t in titles), " + ".join(t.en for t in titles))


def cap(scope: Scope, item: Cap | FourEyes) -> Message:
    """A cap or four eyes, by its own title or as what it says."""
    if item.title.zh and item.title.zh != item.id:
        return item.title
    who, when, what = per(scope, item.per), window(item.window), remedies(scope, item.of)
    unit = scope.authority.remedies[item.of[0]].unit
    if isinstance(item, FourEyes):
        least = number(item.start, unit, scope.pack.currency)
        return Message(f"{who.zh} {when.zh} {what.zh} 合计满 {least.zh} 须双人", f"{who.en}, {when.en}: {what.en} of {least.en} or more needs two approvers")
    kind = Message("次数", "number of") if item.counting == "grants" else Message("合计", "sum of")
    limit = _limit(scope, item, unit)
    return Message(f"{who.zh} {when.zh} {what.zh} {kind.zh}{limit.zh}", f"{who.en}, {when.en}: {kind.en} {what.en} {limit.en}")


def _limit(scope: Scope, item: Cap, unit: str) -> Message:
    value = item.limit
    if value == CASE_LIMIT:
        return Message("不超过本级单次额度", "within the rank's limit for one case")
    if isinstance(value, Mapping):
        shown = [(scope.authority.title(rank), number(v, unit, scope.pack.currency)) for rank, v in value.items()]
        return Message("：" + "、".join(f"{t.zh} {n.zh}" for t, n in shown), "up to " + ", ".join(f"{t.en} {n.en}" for t, n in shown))
    if isinstance(value, FactOperand):
        fact = scope.pack.facts.get(value.path)
        title = fact.title if fact is not None and fact.title else value.path
        times = "" if value.times == 1 else f"{plain(value.times)} × "
        return Message(f"不超过 {times}{title}", f"up to {times}{value.path}")
    assert isinstance(value, Decimal)
    shown_limit = number(value, unit, scope.pack.currency) if item.counting == "amount" else Message(f"{plain(value)} 次", f"{plain(value)}")
    return Message(f"不超过 {shown_limit.zh}", f"up to {shown_limit.en}")


def adjust(scope: Scope, item: Adjust) -> Message:
    """An adjustment."""
    if item.title.zh and item.title.zh != item.id:
        return item.title
    ranks = [scope.authority.title(rank) for rank in item.ranks]
    return Message(f"{'、'.join(t.zh for t in ranks)}的额度 × {plain(item.times)}", f"limits of {', '.join(t.en for t in ranks)} × {plain(item.times)}")


def cap_passed(scope: Scope, item: Sum) -> Message:
    """A cap that would be passed, with its room."""
    rule = next(c for c in scope.authority.caps if c.id == item.rule)
    unit = "" if item.counting == "grants" else scope.authority.remedies[rule.of[0]].unit
    if item.counting == "grants":
        room = Message(f"{plain(item.room)} 次", f"{plain(item.room)}")
    else:
        room = number(item.room, unit, scope.pack.currency)
    text = cap(scope, rule)
    return Message(f"超过封顶：{text.zh}；还剩 {room.zh}", f"it would pass a cap: {text.en}; {room.en} left")


def rules_behind(scope: Scope, remedy: Remedy, limits: Limits, caps: Sequence[Cap], sums: Sequence[Sum]) -> tuple[RuleRef, ...]:
    """The rules behind an answer: the rows of limits, adjustments that hold, caps in force, four eyes, avoidance, by their order."""
    found = []
    for row in limits.rows:
        shown = [(scope.authority.title(rank), Message("可以", "yes") if remedy.yes else number(v, remedy.unit, scope.pack.currency)) for rank, v in row.limits.items()]
        title = name(remedy)
        text = Message(f"{title.zh}：" + "、".join(f"{t.zh} {n.zh}" for t, n in shown), f"{title.en}: " + ", ".join(f"{t.en} {n.en}" for t, n in shown))
        found.append(RuleRef(remedy.id, text, row.place))
    found += [RuleRef(a.id, adjust(scope, a), a.place) for a in limits.adjusts]
    found += [RuleRef(c.id, cap(scope, c), c.place) for c in caps]
    used = {s.rule for s in sums if s.kind == "four_eyes"}
    found += [RuleRef(f.id, cap(scope, f), f.place) for f in scope.authority.four_eyes if f.id in used]
    return tuple(found)
