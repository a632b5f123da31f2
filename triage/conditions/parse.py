"""`when:` as an author wrote it -> the typed syntax tree, with findings at the exact key or value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import get_args

from triage.conditions.operands import Operands
from triage.conditions.suggest import did_you_mean, nearest
from triage.conditions.types import NUMERIC, OPERATORS, Vocabulary, operators
from triage.diagnostics import Place
from triage.domain.condition import All, AnyOf, Check, Condition, FactOperand, Not, Op, Operand, Test
from triage.domain.facts import Fact, FactType, Scalar
from triage.source import Findings, Items, Map, Node, Text, as_bool

_RANGE = re.compile(r"^\s*([^~～]+?)\s*[~～]\s*([^~～]+?)\s*$")
_FROM = re.compile(r"^\s*(\S.*?)\s*起\s*$")
_UNIT = re.compile(r"[万千百亿wWkK]")
_ALONE = frozenset(("ne", "not_in", "contains", "contains_any", "contains_all", "exists"))
"""Operators that look at a list as a whole."""
_NEGATABLE = frozenset(("words", "contains", "contains_any", "contains_all"))
_OPS = frozenset(get_args(Op))
_LOGIC = ("all", "any", "not")


def parse_condition(node: Node, vocabulary: Vocabulary, findings: Findings) -> Condition | None:
    """The condition that a `when:` says, or None if it has errors (all of them are in `findings`)."""
    return _Parser(vocabulary, findings).condition(node)


def parse_check(fact: Fact, node: Map, vocabulary: Vocabulary, findings: Findings) -> tuple[Check, ...] | None:
    """The checks of a map of operators on one fact, as cues use it."""
    return _Parser(vocabulary, findings).checks(fact, node)


class _Parser:
    def __init__(self, vocabulary: Vocabulary, findings: Findings) -> None:
        self.vocabulary, self.findings = vocabulary, findings
        self.operands = Operands(vocabulary, findings)

    # -- logic

    def condition(self, node: Node) -> Condition | None:
        if isinstance(node, Items):
            self.findings.add("TR202", node.place, "条件应是“事实: 值”，不是列表", "a condition is `fact: value`, not a list",
                              ("全部成立写 all: [...]，任一成立写 any: [...]", "write all: [...] or any: [...]"))  # fmt: skip
            return None
        if isinstance(node, Text):
            self.findings.add("TR202", node.place, "条件应是“事实: 值”", "a condition is `fact: value`",
                              ("例如 tags.category: 资费争议", "such as tags.category: 资费争议"))  # fmt: skip
            return None
        if not node.entries:
            self.empty(node.place, "条件", "condition")
            return None
        parts: list[Condition] = []
        bad = False
        for entry in node.entries:
            part = self.entry(entry.key, entry.value)
            if part is None:
                bad = True
            elif isinstance(part, list):
                parts.extend(part)
            else:
                parts.append(part)
        if bad:
            return None
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def empty(self, place: Place, zh: str, en: str) -> None:
        self.findings.add("TR201", place, f"{zh}是空的", f"this {en} is empty", ("写上条件；若总是成立，删去这个键", "write a test, or remove the key if it always holds"))

    def entry(self, key: Text, value: Node) -> Condition | list[Condition] | None:
        match key.text:
            case "all" | "any":
                if not isinstance(value, Items):
                    self.findings.add("TR202", value.place, f"{key.text} 后面应是条件的列表", f"`{key.text}` wants a list of conditions",
                                      (f"写成 {key.text}: [{{...}}, {{...}}]", f"write {key.text}: [{{...}}, {{...}}]"))  # fmt: skip
                    return None
                if not value.items:
                    self.empty(value.place, f"{key.text} ", f"`{key.text}`")
                    return None
                parts = [self.condition(item) for item in value.items]
                known = tuple(p for p in parts if p is not None)
                if len(known) < len(parts):
                    return None
                return All(known) if key.text == "all" else AnyOf(known)
            case "not":
                if isinstance(value, Items):
                    self.findings.add("TR202", value.place, "not 后面是一个条件，不是列表", "`not` wants one condition, not a list",
                                      ("都不成立写 not: {any: [...]}，不全成立写 not: {all: [...]}", "none of them: not: {any: [...]}; not all of them: not: {all: [...]}"))  # fmt: skip
                    return None
                part = self.condition(value)
                return None if part is None else Not(part)
        fact = self.vocabulary.facts.get(key.text)
        if fact is None:
            hint = did_you_mean(key.text, [*self.vocabulary.facts, *_LOGIC])
            self.findings.add("TR110", key.place, f"没有事实“{key.text}”", f"unknown fact {key.text!r}", hint)
            return None
        tests = self.tests(fact, value)
        if tests is None:
            return None
        return tests[0] if len(tests) == 1 else list(tests)

    # -- tests of one fact

    def tests(self, fact: Fact, value: Node) -> list[Condition] | None:
        checks = self.checks(fact, value) if isinstance(value, Map) else self.shorthand(fact, value)
        if checks is None:
            return None
        if not fact.type.many:
            return [Test(fact.path, checks)]
        alone: list[Condition] = [Test(fact.path, (c,)) for c in checks if c.op in _ALONE]
        element = tuple(c for c in checks if c.op not in _ALONE)
        return [*alone, Test(fact.path, element)] if element else alone

    def shorthand(self, fact: Fact, value: Node) -> tuple[Check, ...] | None:
        """`fact: value` is eq, `fact: [a, b]` is in; money also takes 500元~5000元 and 500元起."""
        type_ = fact.type
        if isinstance(value, Items):
            if type_.kind == "bool":
                self.findings.add("TR202", value.place, "true/false 不必写成列表", "no list is needed for true or false")
                return None
            values = self.operands.many(value, type_)
            return None if values is None else (Check("in", values),)
        assert isinstance(value, Text)
        if type_.kind in ("money", "integer", "decimal") and not value.is_null:
            if found := _RANGE.match(value.text):
                return self.between(value, found.group(1), found.group(2), type_)
            if found := _FROM.match(value.text):
                low = self.operands.typed(Text(found.group(1), value.plain, value.place), type_)
                return None if low is None else (Check("gte", low),)
        if fact.path == "complaint.text":
            self.findings.add("TR206", value.place, "这样写要求全文恰好等于这几个字", "this asks for the whole text to be exactly these words",
                              ("要问文中有没有，写 {contains: ...} 或 {words: [...]}；真要全文相等写 {eq: ...}", "write {contains: ...} or {words: [...]} to look inside; {eq: ...} if it is meant"))  # fmt: skip
            return None
        operand = self.one(value, type_, ordered=False)
        return None if operand is None else (Check(self.equal(type_, operand), operand),)

    @staticmethod
    def equal(type_: FactType, operand: Operand) -> Op:
        return "under" if type_.kind == "category" and not isinstance(operand, FactOperand) else "eq"

    def between(self, node: Text, low: str, high: str, type_: FactType) -> tuple[Check, ...] | None:
        """Both ends belong. `1~2万` has two readings and is refused."""
        if _UNIT.search(high) and not _UNIT.search(low):
            self.findings.add("TR203", node.place, f"“{node.text}”有两种读法", f"{node.text!r} has two readings",
                              (f"两头都写单位，如 {low}{(_UNIT.search(high) or [''])[0]}~{high}", "write the unit at both ends, such as 1万~2万"))  # fmt: skip
            return None
        a = self.operands.typed(Text(low, node.plain, node.place), type_)
        b = self.operands.typed(Text(high, node.plain, node.place), type_)
        return self.ends(a, b, node.place)

    def ends(self, a: Operand | None, b: Operand | None, place: Place) -> tuple[Check, ...] | None:
        if a is None or b is None:
            return None
        try:
            backwards = not isinstance(a, FactOperand | str) and not isinstance(b, FactOperand | str) and a > b  # type: ignore[operator]
        except TypeError:
            backwards = False
        if backwards:
            self.findings.add("TR203", place, "范围写反了：左边大于右边", "the range is the wrong way round", ("把两头对调", "swap its ends"))
            return None
        return (Check("gte", a), Check("lte", b))

    def one(self, node: Node, type_: FactType, ordered: bool) -> Scalar | FactOperand | None:
        """One operand: another fact, or a value."""
        operand = self.operands.fact(node, type_, ordered)
        if operand is False:
            return None
        return operand if isinstance(operand, FactOperand) else self.operands.scalar(node, type_)

    def checks(self, fact: Fact, node: Map) -> tuple[Check, ...] | None:
        """A map of operators."""
        if not node.entries:
            self.empty(node.place, "条件", "test")
            return None
        allowed = operators(fact.type)
        out: list[Check] = []
        bad = False
        negated = self.unless_negated(node)
        for entry in node.entries:
            op = entry.key.text
            if op == "unless_negated":
                continue
            if op not in allowed:
                self.unfit(entry.key, fact, allowed)
                bad = True
                continue
            found = self.check(op, entry.value, fact.type)
            if found is None:
                bad = True
            else:
                out.extend(Check(c.op, c.operand, negated is True and c.op in _NEGATABLE and fact.type.kind == "text") for c in found)
        if node.key("unless_negated") is not None and not any(c.unless_negated for c in out) and negated and not bad:
            place = node.key("unless_negated").place  # type: ignore[union-attr]  # it is there
            self.findings.add("TR206", place, "unless_negated 只配 words 和 contains 一类", "unless_negated goes with words and contains only",
                              ("改用 words，或删去它", "use words, or remove it"))  # fmt: skip
            return None
        if bad or negated is None:
            return None
        if not out:
            self.empty(node.place, "条件", "test")
            return None
        return tuple(out)

    def unless_negated(self, node: Map) -> bool | None:
        value = node.get("unless_negated")
        if value is None:
            return False
        flag = as_bool(value)
        if flag is None:
            self.findings.add("TR203", value.place, "unless_negated 应是 true 或 false", "unless_negated is true or false")
        return flag

    def unfit(self, key: Text, fact: Fact, allowed: frozenset[str]) -> None:
        op, type_ = key.text, fact.type
        if op not in OPERATORS:
            near = nearest(op, [*allowed, "unless_negated"])
            hint = (f"是不是“{near}”？", f"did you mean {near!r}?") if near else did_you_mean(op, allowed)
            self.findings.add("TR208", key.place, f"没有运算“{op}”", f"unknown operator {op!r}", hint)
        elif type_.kind == "choice" and op in ("gt", "gte", "lt", "lte", "between"):
            self.findings.add("TR207", key.place, f"“{fact.path}”的选项没有高低之分，不能用 {op}", f"the values of {fact.path!r} have no order, so no {op}",
                              ("列出要的值 [甲, 乙]；或在 facts 里写 ordered: true", "list the values; or declare `ordered: true` in facts"))  # fmt: skip
        else:
            kind = ("列表" if type_.many else "") + type_.kind
            self.findings.add("TR202", key.place, f"{op} 不能用于“{fact.path}”（{kind}）", f"{op} doesn't go with {fact.path!r} ({type_.kind}{' list' if type_.many else ''})",
                              (f"可用：{'、'.join(o for o in OPERATORS if o in allowed)}", f"use one of: {', '.join(o for o in OPERATORS if o in allowed)}"))  # fmt: skip

    def check(self, op: str, value: Node, type_: FactType) -> Sequence[Check] | None:
        """One operator; `between` gives two checks."""
        operand: Operand | None
        match op:
            case "exists":
                operand = as_bool(value)
                if operand is None:
                    self.findings.add("TR203", value.place, "exists 后面应是 true 或 false", "`exists` wants true or false")
            case "in" | "not_in" | "contains_any" | "contains_all":
                operand = self.operands.many(value, type_)
            case "words":
                operand = self.operands.many(value if isinstance(value, Items) else Items((value,), value.place), type_)
            case "matches":
                operand = self.operands.regex(value)
            case "between":
                return self.check_between(value, type_)
            case "within":
                operand = self.operands.elapsed(value)
            case "during":
                return self.check_during(value)
            case "exactly" | "contains" | "starts_with" | "ends_with":
                if isinstance(value, Items) and op == "contains":
                    self.findings.add("TR203", value.place, "contains 后面是一个值", "`contains` wants one value",
                                      ("任一即可用 contains_any，都要有用 contains_all", "use contains_any or contains_all"))  # fmt: skip
                    return None
                operand = self.operands.scalar(value, type_)
            case _:
                ordered = op not in ("eq", "ne")
                operand = self.one(value, type_, ordered)
                if operand is not None and type_.kind == "category" and not isinstance(operand, FactOperand):
                    return [Check("under", operand)] if op == "eq" else [Check("not_in", (operand,))]
        if operand is None:
            return None
        assert op in _OPS
        return [Check(op, operand)]  # type: ignore[arg-type]  # op is one of Op

    def check_between(self, value: Node, type_: FactType) -> Sequence[Check] | None:
        if isinstance(value, Text) and (found := _RANGE.match(value.text)) and type_.kind in NUMERIC:
            return self.between(value, found.group(1), found.group(2), type_)
        if not isinstance(value, Items) or len(value.items) != 2:
            self.findings.add("TR203", value.place, "between 后面是两个值 [低, 高]", "`between` wants two values, [low, high]")
            return None
        a, b = (self.one(item, type_, ordered=True) for item in value.items)
        if isinstance(a, str) and isinstance(b, str) and type_.domain and type_.domain.index(a) > type_.domain.index(b):
            self.findings.add("TR203", value.place, "范围写反了：左边高于右边", "the range is the wrong way round", ("把两头对调", "swap its ends"))
            return None
        return self.ends(a, b, value.place)

    def check_during(self, value: Node) -> Sequence[Check] | None:
        if not isinstance(value, Text):
            self.findings.add("TR203", value.place, "during 后面是期间的名字", "`during` wants the name of a period")
            return None
        period = self.vocabulary.periods.get(value.text)
        if period is None:
            self.findings.add("TR116", value.place, f"没有期间“{value.text}”", f"unknown period {value.text!r}", did_you_mean(value.text, self.vocabulary.periods))
            return None
        return [Check("during", period)]
