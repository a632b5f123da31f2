"""Two rules that can hold together and give one slot different values, with facts under which they do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from triage.diagnostics import Diagnostic
from triage.domain.facts import Lookup
from triage.domain.pack import Pack, Rule
from triage.packs.checks.satisfy import Conjunction, Solver, conjunctions, shown
from triage.source import Findings

MAX_PAIRS = 60_000
"""Pairs of alternatives compared before giving up with a note: a pack with thousands of rules must still be checked in seconds."""
MAX_REPORTED = 200


def _slots(pack: Pack, rule: Rule) -> Iterator[tuple[str, str, object]]:
    """(slot, how it is called, value) for the slots in which two values are a conflict."""
    for action in rule.actions:
        if action.slot in ("queue", "owner"):
            yield action.slot, action.slot, action.value
        elif action.slot == "template":
            yield f"template.{action.key}", f"template {action.key}", action.value
        elif action.slot == "set" and pack.facts[action.key].merge == "unique":
            yield action.key, action.key, action.value


def _settled(pack: Pack, slot: str, value: object) -> bool:
    """Whether the declared order of queues settles conflicts of this value."""
    orders = pack.sections.get("orders")
    declared = orders.get("queues", []) if isinstance(orders, dict) else []
    if slot not in ("queue", "owner"):
        return False
    if isinstance(value, Lookup):
        table = pack.tables.get(value.table)
        values = {*table.rows.values(), *([value.otherwise] if value.otherwise else [])} if table else set()
        return bool(values) and all(v in declared for v in values)
    return value in declared


def check(pack: Pack) -> list[Diagnostic]:
    """Unsettled conflicts inside the layer of rules."""
    findings = Findings()
    solver = Solver(pack.facts, [c.path for c in pack.taxonomy.categories])
    slots: dict[str, list[tuple[Rule, str, object]]] = {}
    for rule in pack.rules:
        if rule.layer == "rules" and rule.status == "active":
            for slot, name, value in _slots(pack, rule):
                slots.setdefault(slot, []).append((rule, name, value))
    memo: dict[str, list[Conjunction] | None] = {}
    compared = 0
    for slot, givers in sorted(slots.items()):
        if len({str(v) for _, _, v in givers}) < 2:
            continue
        for (a, name, x), (b, _, y) in combinations(givers, 2):
            if x == y or a.id in b.replaces or b.id in a.replaces or (_settled(pack, slot, x) and _settled(pack, slot, y)):
                continue
            for rule in (a, b):
                if rule.id not in memo:
                    memo[rule.id] = conjunctions(rule.when)
            compared += len(memo[a.id] or ()) * len(memo[b.id] or ())
            if compared > MAX_PAIRS or len(findings) >= MAX_REPORTED:
                findings.add("TR312", b.place, "规则太多，冲突没有全部比完", "too many rules: not all pairs were compared for conflicts",
                             ("先解决已列出的；或把队列都写进 orders.queues", "mend those listed first; or name all queues in orders.queues"), level="info")  # fmt: skip
                return findings
            example = _together(solver, memo[a.id], memo[b.id])
            if example is not None:
                _report(findings, name, (a, x), (b, y), example)
    return findings


def _together(solver: Solver, a: list[Conjunction] | None, b: list[Conjunction] | None) -> str | None:
    for one in a or ():
        for other in b or ():
            if (found := solver.example((*one, *other))) is not None:
                return shown(found)
    return None


def _report(findings: Findings, name: str, a: tuple[Rule, object], b: tuple[Rule, object], example: str) -> None:
    (first, x), (second, y) = sorted((a, b), key=lambda pair: (pair[0].place, pair[0].id))
    one, two = _value(x), _value(y)
    findings.add(
        "TR301", second.place, f"“{second.id}”给 {name}：{two}，“{first.id}”（{first.place}）给 {one}，两条可以同时成立，例如 {example}",
        f"{second.id!r} gives {name} {two}, {first.id!r} ({first.place}) gives {one}, and both can hold, for example: {example}",
        ("在 orders.queues 里排出先后，或用 replaces 说明谁替换谁，或让条件互斥", "settle it by orders.queues, by `replaces`, or make the conditions exclude each other")
        if name in ("queue", "owner") else ("用 replaces 说明谁替换谁，或让条件互斥", "settle it by `replaces`, or make the conditions exclude each other"),
    )  # fmt: skip


def _value(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) else f"({type(value).__name__})"


