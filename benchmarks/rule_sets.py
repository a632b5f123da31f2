"""Rules and facts for the comparison of matchers, in one neutral form, and the same rules as conditions, zen and closures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

REGIONS = tuple(f"{a}{b}" for a in "东西南北中新" for b in ("城区", "湖区", "山县", "江县", "港区"))
PRODUCTS = tuple(f"{a}{b}" for a in ("宽带", "手机", "电视", "固话", "云盘", "安防") for b in ("套餐", "安装", "维修", "退订", "账单", "积分", "换机", "携号", "赠品", "押金"))
TIERS = ("normal", "silver", "gold", "vip", "svip")
SOURCES = ("hotline", "app", "web", "wechat", "letter", "visit")
MARKS = ("media", "legal", "safety", "elderly", "repeat", "group", "minor", "staff")
PHRASES = tuple(f"{a}{b}" for a in ("乱扣", "多收", "不退", "拖延", "推诿", "断网", "掉线", "欺骗", "泄露", "骚扰") for b in ("费用", "押金", "话费", "半个月", "三天", "不处理", "信息", "客户"))
FILLER = ("我上周打过电话", "工作人员说要等通知", "到现在没有人联系我", "请给一个明确的答复", "家里每天都要用", "以前从来没有这样", "营业厅让我找客服", "客服又让我找营业厅")

Atom = tuple[str, str, Any]
"""Fact, operator (eq in gte lt has says), operand."""


@dataclass(frozen=True)
class RuleSet:
    """Rules as alternatives of conjunctions, and complaints as nested facts."""

    name: str
    rules: tuple[tuple[tuple[Atom, ...], ...], ...]
    facts: tuple[dict[str, dict[str, Any]], ...]


def make(name: str, count: int, complaints: int, *, phrases: bool, seed: int = 5) -> RuleSet:
    """`count` rules of two to four tests, every fifth with a second alternative; with `phrases`, three in five test the text too."""
    rng = Random(seed)
    rules = tuple(
        tuple(_conjunction(rng, phrases) for _ in range(2 if rng.random() < 0.2 else 1)) for _ in range(count)
    )  # fmt: skip
    return RuleSet(name, rules, tuple(_facts(rng) for _ in range(complaints)))


def _conjunction(rng: Random, phrases: bool) -> tuple[Atom, ...]:
    draws: tuple[Callable[[], Atom], ...] = (
        lambda: ("order.product", "eq", rng.choice(PRODUCTS)),
        lambda: ("order.product", "in", tuple(sorted(rng.sample(PRODUCTS, 4)))),
        lambda: ("customer.region", "eq", rng.choice(REGIONS)),
        lambda: ("customer.region", "in", tuple(sorted(rng.sample(REGIONS, 3)))),
        lambda: ("customer.tier", "in", tuple(sorted(rng.sample(TIERS, 2)))),
        lambda: ("complaint.source", "eq", rng.choice(SOURCES)),
        lambda: ("complaint.amount", "gte", rng.choice((50, 100, 200, 500, 800, 1000, 2000, 3000, 5000, 10000))),
        lambda: ("complaint.amount", "lt", rng.choice((20, 50, 100, 200, 500, 1000))),
        lambda: ("counts.repeats", "gte", rng.randint(1, 5)),
        lambda: ("order.marks", "has", rng.choice(MARKS)),
    )
    first = draws[0]() if rng.random() < 0.5 else draws[rng.randrange(1, 4)]()
    chosen = {first[0]: first}
    if phrases and rng.random() < 0.6:
        chosen["complaint.text"] = ("complaint.text", "says", rng.choice(PHRASES))
    wanted = rng.randint(max(2, len(chosen)), 4)
    while len(chosen) < wanted:
        atom = rng.choice(draws)()
        chosen.setdefault(atom[0], atom)
    return tuple(chosen.values())


def _facts(rng: Random) -> dict[str, dict[str, Any]]:
    text = "，".join(rng.sample(FILLER, 3) + rng.sample(PHRASES, rng.randint(1, 3)))
    return {
        "complaint": {"text": text, "source": rng.choice(SOURCES), "amount": round(rng.lognormvariate(5.5, 1.5), 2)},
        "order": {"product": rng.choice(PRODUCTS), "marks": rng.sample(MARKS, rng.choice((0, 0, 1, 1, 2, 3)))},
        "customer": {"region": rng.choice(REGIONS), "tier": rng.choice(TIERS)},
        "counts": {"repeats": rng.choice((0, 0, 0, 1, 1, 2, 3, 6))},
    }


# as closures over a flat dictionary


def flat(facts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Facts by dotted path."""
    return {f"{group}.{name}": value for group, values in facts.items() for name, value in values.items()}


Test = Callable[[dict[str, Any]], bool]


def _closure(atom: Atom) -> Test:
    fact, op, operand = atom
    match op:
        case "eq":
            return lambda f: f[fact] == operand
        case "in":
            members = frozenset(operand)
            return lambda f: f[fact] in members
        case "gte":
            return lambda f: f[fact] >= operand
        case "lt":
            return lambda f: f[fact] < operand
    return lambda f: operand in f[fact]  # has, says


def _both(tests: tuple[Test, ...]) -> Test:
    match tests:
        case (a, b):
            return lambda f: a(f) and b(f)
        case (a, b, c):
            return lambda f: a(f) and b(f) and c(f)
        case (a, b, c, d):
            return lambda f: a(f) and b(f) and c(f) and d(f)
    return tests[0]


def closures(rules: RuleSet) -> Callable[[dict[str, Any]], list[int]]:
    """Every rule a closure, asked one after the other."""
    made: list[Test] = []
    for alternatives in rules.rules:
        parts = [_both(tuple(_closure(atom) for atom in atoms)) for atoms in alternatives]
        made.append(parts[0] if len(parts) == 1 else (lambda f, a=parts[0], b=parts[1]: a(f) or b(f)))  # type: ignore[misc]
    numbered = tuple(enumerate(made))
    return lambda facts: [i for i, test in numbered if test(facts)]


# as zen expressions and as a zen decision table


def _quoted(value: str) -> str:
    return f"'{value}'"


def zen_condition(alternatives: tuple[tuple[Atom, ...], ...]) -> str:
    """A rule as an expression of zen."""
    forms = {"eq": "{f} == {v}", "in": "{f} in [{v}]", "gte": "{f} >= {v}", "lt": "{f} < {v}", "has": "{v} in {f}", "says": "contains({f}, {v})"}

    def one(atom: Atom) -> str:
        fact, op, operand = atom
        value = ", ".join(map(_quoted, operand)) if op == "in" else _quoted(operand) if isinstance(operand, str) else str(operand)
        return forms[op].format(f=fact, v=value)

    return " or ".join("(" + " and ".join(map(one, atoms)) + ")" for atoms in alternatives)


def zen_table(rules: RuleSet) -> str:
    """The rules as one decision table with hit policy `collect`: a column for each fact and operator, a row for each alternative."""
    unary = {"eq": "{v}", "in": "{v}", "gte": ">= {v}", "lt": "< {v}"}
    columns = list(dict.fromkeys((f, "lt" if op == "lt" else "") for r in rules.rules for atoms in r for f, op, _ in atoms))
    place = {column: f"c{i}" for i, column in enumerate(columns)}
    # a column without a field takes whole expressions, which testing inside a list or a text needs
    inputs = [{"id": place[f, op], "name": f, "field": "" if f in ("order.marks", "complaint.text") else f} for f, op in columns]
    rows: list[dict[str, str]] = []
    for i, alternatives in enumerate(rules.rules):
        for atoms in alternatives:
            row = {"_id": f"r{len(rows)}", "out": str(i), **{place[c]: "" for c in columns}}
            for fact, op, operand in atoms:
                at = place[fact, "lt" if op == "lt" else ""]
                if op in unary:
                    value = ", ".join(map(_quoted, operand)) if op == "in" else _quoted(operand) if isinstance(operand, str) else str(operand)
                    row[at] = unary[op].format(v=value)
                else:
                    row[at] = zen_condition((((fact, op, operand),),))
            rows.append(row)
    content = {"hitPolicy": "collect", "inputs": inputs, "outputs": [{"id": "out", "name": "rule", "field": "rule"}], "rules": rows}
    return _graph("decisionTableNode", content)


def zen_nodes(rules: RuleSet) -> str:
    """The rules as one expression node whose only expression is the list of all answers."""
    answers = "[" + ", ".join(map(zen_condition, rules.rules)) + "]"
    return _graph("expressionNode", {"expressions": [{"id": "e", "key": "answers", "value": answers}]})


def _graph(kind: str, content: dict[str, Any]) -> str:
    nowhere = {"x": 0, "y": 0}
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in", "position": nowhere},
        {"id": "do", "type": kind, "name": "do", "position": nowhere, "content": content},
        {"id": "out", "type": "outputNode", "name": "out", "position": nowhere},
    ]
    edges = [{"id": f"{a}-{b}", "sourceId": a, "targetId": b, "type": "edge"} for a, b in (("in", "do"), ("do", "out"))]
    return json.dumps({"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges}, ensure_ascii=False)


# as a pack of this engine


def pack(rules: RuleSet) -> Any:
    """The rules as a loaded pack: facts declared with their domains, a tag for each rule."""
    from triage.diagnostics import Place
    from triage.domain.condition import All, AnyOf
    from triage.domain.facts import Fact, FactType
    from triage.domain.pack import Action, Pack, Rule, Taxonomy
    from triage.message import Message

    types = {
        "complaint.text": FactType("text"), "complaint.source": FactType("choice", domain=SOURCES), "complaint.amount": FactType("money"),
        "order.product": FactType("choice", domain=PRODUCTS), "order.marks": FactType("choice", many=True, domain=MARKS),
        "customer.region": FactType("choice", domain=REGIONS), "customer.tier": FactType("choice", domain=TIERS, ordered=True),
        "counts.repeats": FactType("integer"),
    }  # fmt: skip

    def when(alternatives: tuple[tuple[Atom, ...], ...]) -> Any:
        parts = tuple(All(tuple(map(_test, atoms))) for atoms in alternatives)
        return parts[0] if len(parts) == 1 else AnyOf(parts)

    made = tuple(
        Rule(f"r{i:04d}", Message.same(f"r{i:04d}"), Place("rules.yaml", i + 1, 1), when(alternatives), (Action("tag", f"t{i}"),))
        for i, alternatives in enumerate(rules.rules)
    )
    facts = {path: Fact(path, kind, "host") for path, kind in types.items()}
    return Pack("bench", "1", "0" * 64, made, facts, Taxonomy())


def _test(atom: Atom) -> Any:
    from triage.domain.condition import Check, Test

    fact, op, operand = atom
    operator: Any = {"has": "contains", "says": "contains"}.get(op, op)
    return Test(fact, (Check(operator, Decimal(operand) if fact == "complaint.amount" else operand),))


def typed(facts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Facts as matchers get them: exact amounts, lists as tuples."""
    return {
        path: Decimal(str(value)) if path == "complaint.amount" else tuple(value) if isinstance(value, list) else value
        for path, value in flat(facts).items()
    }  # fmt: skip
