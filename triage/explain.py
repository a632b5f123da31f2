"""Why a rule held (evidence) and why one didn't (`why_not`): from the flags and facts that decided, never by another path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from triage.conditions.evaluate import Context, Truth, evaluate
from triage.conditions.evaluate import test as test_value
from triage.conditions.flags import Flags, FlagTable, reads_more
from triage.conditions.terms import Term
from triage.domain.condition import All, AnyOf, Check, Condition, FactOperand, Not, Period, Test
from triage.domain.decision import Evidence
from triage.domain.facts import Facts, Unknown, Value
from triage.domain.pack import Rule
from triage.domain.tags import Span, Tags, outermost
from triage.message import Message
from triage.text.reading import Reading
from triage.text.scan import TEXT_OPS, check_hits

_REMEMBERED = 4096
_Masked: TypeAlias = "tuple[Term, int, int]"
"""A term, with the flags that must be true and those that must be false as bit sets."""


class Witness:
    """What one complaint showed: its facts, flags, readings and where things stand in its text."""

    __slots__ = ("facts", "flags", "hits", "reading", "spans", "tags")

    def __init__(
        self, facts: Facts, flags: Flags, reading: Reading, hits: Mapping[int, Sequence[tuple[int, int]]],
        tags: Tags, spans: Mapping[str, tuple[Span, ...]],
    ) -> None:  # fmt: skip
        self.facts, self.flags, self.reading, self.hits, self.tags, self.spans = facts, flags, reading, hits, tags, spans


class Evidences:
    """Finds the evidence of rules that hold: every test of every alternative that holds."""

    def __init__(self, table: FlagTable) -> None:
        self.table = table
        self._rules = [_masked(terms) for terms in table.terms]
        self._nodes = {node.flag: _masked(node.terms) for node in table.nodes}
        scanned = {bit: i for i, bit in table.scanned.items()}
        self._tests = {
            flag: (
                test, test.fact, scanned.get(flag, -1) if test.fact == table.text_fact else None,
                tuple(c.operand.path for c in test.checks if isinstance(c.operand, FactOperand)),
            )
            for flag, test in table.tests.items()
        }
        """Per flag: its test, its fact, for the text which scanned check it is (-1: none), and other facts that it reads."""
        self._matched: dict[tuple[Test, Value], tuple[Any, ...]] = {}

    def of(self, rule: int, witness: Witness) -> tuple[Evidence, ...]:
        """Evidence of rule `rule` (its index), by fact; spans in the original text."""
        found: dict[str, tuple[Value | None, list[Span]]] = {}
        self._collect(self._rules[rule], witness, found)
        return tuple(
            [
                Evidence(path, found[path][0], outermost(spans) if len(spans := found[path][1]) > 1 else tuple(spans))
                for path in sorted(found)
            ]
        )

    def _collect(self, terms: Sequence[_Masked], witness: Witness, found: dict[str, tuple[Value | None, list[Span]]]) -> None:
        true, false = witness.flags.true, witness.flags.false
        for term, t, f in terms:
            if true & t == t and false & f == f:
                for flag in term.true:
                    if flag in self._nodes:
                        self._collect(self._nodes[flag], witness, found)
                    else:
                        self._add(flag, True, witness, found)
                for flag in term.false:
                    if flag not in self._nodes:
                        self._add(flag, False, witness, found)

    def _add(self, flag: int, held: bool, witness: Witness, found: dict[str, tuple[Value | None, list[Span]]]) -> None:
        test, path, scanned, others = self._tests[flag]
        if scanned is not None:
            entry = found.setdefault(path, (None, []))
            if held and scanned >= 0:
                entry[1].extend(witness.reading.spans(witness.hits[scanned]))
            return
        value = witness.facts.get(path)
        if value is None or isinstance(value, Unknown):
            return
        entry = found.setdefault(path, (value, []))
        if held:
            entry[1].extend(self._spans(test, value, witness))
        for other in others:
            seen = witness.facts.get(other)
            if seen is not None and not isinstance(seen, Unknown):
                found.setdefault(other, (seen, []))

    def _spans(self, test: Test, value: Value, witness: Witness) -> Sequence[Span]:
        path = test.fact
        tags = witness.tags.spans
        if path == "tags.category":
            return tags.get("category", ())
        if path in ("tags.risks", "tags.requests"):
            kind = path[5:]
            return [s for item in self._matching(test, value, witness.facts) for s in tags.get(f"{kind}:{item}", ())]
        if path in ("tags.intent", "tags.emotion"):
            return tags.get(f"{path[5:]}:{value}", ())
        if path in witness.spans:
            places = witness.spans[path]
            if isinstance(value, tuple):
                wanted = self._matching(test, value, witness.facts)
                return [places[i] for i, item in enumerate(value) if item in wanted]
            return places
        return ()

    def _matching(self, test: Test, value: Value, facts: Facts) -> tuple[Any, ...]:
        """The elements of a list value by which a test holds; remembered where they hang on nothing else."""
        if reads_more(test):
            return _matching(test, value, facts, self.table.context)
        found = self._matched.get((test, value))
        if found is None:
            if len(self._matched) >= _REMEMBERED:
                self._matched.clear()
            found = self._matched[test, value] = _matching(test, value, facts, self.table.context)
        return found


def _masked(terms: Sequence[Term]) -> list[_Masked]:
    return [(term, sum(1 << f for f in term.true), sum(1 << f for f in term.false)) for term in terms]


def _matching(test: Test, value: Value, facts: Facts, context: Context) -> tuple[Any, ...]:
    """The elements of a list value by which a test holds."""
    if not isinstance(value, tuple):
        return (value,)
    out = []
    for item in value:
        try:
            if test_value(test, {**facts, test.fact: (item,)}, context):
                out.append(item)
        except (TypeError, ValueError, ArithmeticError):
            continue
    if not out and test.checks[0].op == "contains_all":
        operand = test.checks[0].operand
        wanted = operand if isinstance(operand, tuple) else (operand,)
        return tuple(item for item in value if item in wanted)
    return tuple(out)


@dataclass(frozen=True, slots=True)
class FailedTest:
    """A test that kept a rule from holding: what it asked for, what was seen, and what would mend it."""

    fact: str
    asked: Message
    seen: Message
    truth: Truth
    change: Message


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a rule isn't among the reasons of a decision.

    state    "held" (it counts after all), "replaced", "trial", "outranked" (an earlier row or a stronger channel won),
             "false", "unknown", "not_active" (draft, retired), "no_such_rule"
    failed   the tests that were false or unknown, in the author's order
    nearest  the fewest changes that would make it hold, as tests to mend
    """

    rule: str
    title: Message
    state: str
    by: str = ""
    failed: tuple[FailedTest, ...] = ()
    nearest: tuple[FailedTest, ...] = ()
    place: str = ""


def why_not(rule: Rule, facts: Facts, context: Context) -> tuple[Truth, tuple[FailedTest, ...], tuple[FailedTest, ...]]:
    """The value of a rule's condition, the tests in the way, and the fewest of them to mend for it to hold."""
    truth = evaluate(rule.when, facts, context)
    failed: list[FailedTest] = []
    _walk(rule.when, False, facts, context, failed)
    nearest = _nearest(rule.when, False, facts, context)
    return truth, tuple(dict.fromkeys(failed)), tuple(dict.fromkeys(nearest))


def _walk(condition: Condition, negated: bool, facts: Facts, context: Context, out: list[FailedTest]) -> None:
    truth = evaluate(condition, facts, context)
    if truth is (not negated):
        return
    match condition:
        case Test():
            out.append(_failed(condition, negated, truth, facts, context))
        case All(parts) | AnyOf(parts):
            for part in parts:
                _walk(part, negated, facts, context, out)
        case Not(part):
            _walk(part, not negated, facts, context, out)


def _nearest(condition: Condition, negated: bool, facts: Facts, context: Context) -> list[FailedTest]:
    truth = evaluate(condition, facts, context)
    if truth is (not negated):
        return []
    match condition:
        case Test():
            return [_failed(condition, negated, truth, facts, context)]
        case Not(part):
            return _nearest(part, not negated, facts, context)
        case All(parts) | AnyOf(parts):
            options = [_nearest(part, negated, facts, context) for part in parts]
            if isinstance(condition, All) != negated:
                return [test for option in options for test in option]
            # the shortest; one that is merely unknown before one that is false
            return min(options, key=lambda o: (len(o), sum(t.truth is not None for t in o)), default=[])
    raise TypeError(condition)


_WORDS = {
    "eq": ("等于", "is"), "ne": ("不等于", "is not"), "in": ("属于", "is one of"), "not_in": ("不属于", "is none of"),
    "gt": ("大于", ">"), "gte": ("不小于", ">="), "lt": ("小于", "<"), "lte": ("不大于", "<="), "contains": ("包含", "contains"),
    "contains_any": ("包含其一", "contains any of"), "contains_all": ("全部包含", "contains all of"), "words": ("出现词语", "has a word of"),
    "starts_with": ("开头是", "starts with"), "ends_with": ("结尾是", "ends with"), "matches": ("匹配", "matches"),
    "before": ("早于", "before"), "after": ("晚于", "after"), "within": ("距今不超过", "within"), "during": ("在期间", "during"),
    "under": ("属于类别", "is or lies under"), "exactly": ("正是类别", "is exactly"),
}  # fmt: skip


def show(value: object, lang: str = "zh") -> str:
    """A value as a person writes it."""
    if isinstance(value, bool):
        return ("是" if value else "否") if lang == "zh" else ("yes" if value else "no")
    if isinstance(value, tuple):
        return "、".join(show(v, lang) for v in value) if lang == "zh" else ", ".join(show(v, lang) for v in value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | timedelta):
        return str(value)
    if isinstance(value, FactOperand):
        return value.path if value.times == 1 else f"{show(value.times)} × {value.path}"
    if isinstance(value, Period):
        return value.name
    return str(value)


def ask(check: Check, lang: str) -> str:
    """A check in words."""
    if check.op == "exists":
        return ("有值" if check.operand else "没有值") if lang == "zh" else ("is given" if check.operand else "isn't given")
    zh, en = _WORDS[check.op]
    tail = ""
    if check.unless_negated:
        tail = "（否定句不算）" if lang == "zh" else " (unless negated)"
    return f"{zh if lang == 'zh' else en} {show(check.operand, lang)}{tail}"


def _failed(test: Test, negated: bool, truth: Truth, facts: Facts, context: Context) -> FailedTest:
    value = facts.get(test.fact)
    asked = Message(
        ("不能：" if negated else "") + test.fact + " " + "，且".join(ask(c, "zh") for c in test.checks),
        ("not: " if negated else "") + test.fact + " " + " and ".join(ask(c, "en") for c in test.checks),
    )
    if value is None:
        seen = Message("没有给出", "not given")
    elif isinstance(value, Unknown):
        words = {
            "abstained": ("分类器没有把握", "the classifier abstained"), "invalid": ("值读不出", "its value can't be read"),
            "failed": ("求值失败", "evaluation failed"), "incomplete": ("尚不能定", "it can't be settled"),
        }[value.reason]  # fmt: skip
        seen = Message("未知：" + words[0], "unknown: " + words[1])
    elif test.fact == "complaint.text":
        quotes = []
        if any(c.op in TEXT_OPS for c in test.checks):
            reading = context.read(str(value))
            for check in test.checks:
                loose = Check(check.op if check.op != "words" else "contains_any", check.operand)
                for span in reading.spans(check_hits(reading, loose) if check.op in TEXT_OPS else ()):
                    quotes.append(str(value)[span.start : span.end])
        if quotes and not negated:  # it is there, but not as a word of its own or not un-negated
            shown = "、".join(dict.fromkeys(quotes))
            seen = Message(f"有“{shown}”，但不成词或在否定句里", f'"{shown}" is there, but not as a whole word or it is negated')
        elif quotes:
            shown = "、".join(dict.fromkeys(quotes))
            seen = Message(f"有“{shown}”", f'has "{shown}"')
        else:
            seen = Message("文中没有", "not in the text")
    else:
        seen = Message(show(value, "zh") or "（空）", show(value, "en") or "(empty)")
    return FailedTest(test.fact, asked, seen, truth, _change(test, negated, value))


def _change(test: Test, negated: bool, value: Value | Unknown | None) -> Message:
    """What to change so that the test holds."""
    if isinstance(value, Unknown):
        if value.reason == "abstained":
            return Message(f"由人确定 {test.fact}", f"have a person settle {test.fact}")
        return Message(f"给出可读的 {test.fact}", f"give a readable {test.fact}")
    zh = "，且".join(ask(c, "zh") for c in test.checks)
    en = " and ".join(ask(c, "en") for c in test.checks)
    if value is None and not negated:
        return Message(f"给出 {test.fact}，使其{zh}", f"give {test.fact} such that it {en}")
    if negated:
        return Message(f"使 {test.fact} 不再{zh}", f"make {test.fact} no longer {en}")
    check = test.checks[0]
    if isinstance(value, Decimal | int) and not isinstance(value, bool) and isinstance(check.operand, Decimal | int) and check.op in ("gt", "gte", "lt", "lte"):
        gap = abs(Decimal(check.operand) - Decimal(value))
        up = check.op in ("gt", "gte")
        more = ("再多" if up else "再少", "more" if up else "less")
        edge = ("以上", "over ") if check.op in ("gt", "lt") else ("", "")
        return Message(f"{test.fact} {more[0]} {show(gap)}{edge[0]}", f"{test.fact} {edge[1]}{show(gap)} {more[1]}")
    return Message(f"使 {test.fact} {zh}", f"make {test.fact} such that it {en}")
