"""Rules alone: facts in, rules that hold out, one complaint at a time; beside zen-engine and plain closures with the same answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks import rule_sets
from benchmarks.measure import Cost, Ratio, in_turn, middle, ratio
from benchmarks.rule_sets import RuleSet

OURS, ZEN = "triage", "zen"
Side = tuple[Callable[[Any], Sequence[int]], Sequence[Any]]
"""How one complaint is answered, and the complaints in the form that this side takes natively."""


@dataclass
class RulesAlone:
    """Microseconds of CPU and on the clock for one complaint; ratios to the fastest form of zen."""

    name: str
    rules: int
    complaints: int
    held: float
    micros: dict[str, Cost] = field(default_factory=dict)
    fastest_zen: str = ""
    ratios: dict[str, Ratio] = field(default_factory=dict)


def measure(rules: RuleSet, rounds: int) -> RulesAlone:
    """The complaints are shared out over the rounds, so that no side meets one twice and none can answer from memory.

    Raises AssertionError unless all sides give the same rules for every complaint.
    """
    sides: dict[str, Side] = {"plain closures": (rule_sets.closures(rules), [rule_sets.flat(f) for f in rules.facts])}
    sides |= ours(rules) | zen(rules)
    share = len(rules.facts) // (rounds + 1)
    costs = in_turn({name: _next(side, share) for name, side in sides.items()}, rounds)
    truth, facts = sides["plain closures"]
    expected = [sorted(truth(f)) for f in facts]
    for name, (answer, complaints) in sides.items():
        for n, complaint in enumerate(complaints):
            got = sorted(answer(complaint))
            assert got == expected[n], f"{name} answers otherwise than plain closures on complaint {n}: {got} != {expected[n]}"
    found = RulesAlone(rules.name, len(rules.rules), len(facts), sum(map(len, expected)) / len(facts))
    for name, c in costs.items():
        m = middle(c)
        found.micros[name] = Cost(m.cpu / share * 1e6, m.wall / share * 1e6)
    forms = [name for name in sides if name.startswith(ZEN)]
    if forms:
        found.fastest_zen = min(forms, key=lambda name: found.micros[name].cpu)
        found.ratios = {name: ratio(costs, name, found.fastest_zen) for name in sides if name != found.fastest_zen}
    return found


def _next(side: Side, share: int) -> Callable[[], object]:
    answer, complaints = side
    at = 0

    def run() -> None:
        nonlocal at
        part, at = complaints[at : at + share], at + share
        for complaint in part:
            answer(complaint)

    return run


def ours(rules: RuleSet) -> dict[str, Side]:
    """This engine: the stages from typed facts to rules with each matcher, then from raw facts, then the whole decision with reasons."""
    from triage.domain.complaint import Complaint
    from triage.domain.tags import Tags
    from triage.match import durable_available
    from triage.pipeline import Triage
    from triage.text.fold import fold
    from triage.text.reading import Reading

    built = rule_sets.pack(rules)
    typed = [rule_sets.typed(f) for f in rules.facts]
    complaints = [Complaint(f["complaint"]["text"], facts={p: v for p, v in rule_sets.flat(f).items() if p != "complaint.text"}) for f in rules.facts]
    sides: dict[str, Side] = {}
    for matcher in ("builtin", *(("durable",) if durable_available() else ())):
        triage = Triage.load(built, model=None, matcher=matcher)
        engine = triage._engine
        match, table, scan, cut = engine.matcher.match, engine.table, engine.scanner.scan, engine.segmenter.cut
        reads_text, test_of = bool(table.text_checks), engine._test_of

        def hold(facts: Any, match: Any = match, table: Any = table, scan: Any = scan, cut: Any = cut, test_of: Any = test_of, reads_text: bool = reads_text) -> Sequence[int]:
            hits = {test_of[i]: places for i, places in scan(Reading(fold(facts["complaint.text"]), cut)).items()} if reads_text else {}
            return match(0, table.complete(table.early(facts, hits), facts))  # type: ignore[no-any-return]

        sides[f"{OURS}, {matcher}"] = (hold, typed)
        if matcher == "builtin":
            gather, tags = engine.gatherer.gather, Tags(None)

            def read(complaint: Complaint, hold: Any = hold, gather: Any = gather, tags: Tags = tags) -> Sequence[int]:
                return hold(gather(complaint, None, tags, None).facts)  # type: ignore[no-any-return]

            sides[f"{OURS}, {matcher}, from raw facts"] = (read, complaints)

            def whole(complaint: Complaint, decide: Any = triage.decide) -> Sequence[int]:
                return [int(reason.rule[1:]) for reason in decide(complaint).reasons]

            sides[f"{OURS}, {matcher}, whole decision with reasons"] = (whole, complaints)
    return sides


def zen(rules: RuleSet) -> dict[str, Side]:
    """zen-engine in each form that it offers for many rules; nothing where it isn't installed."""
    try:
        import zen as library
    except ImportError:
        return {}
    engine = library.ZenEngine()
    table = engine.create_decision(library.ZenDecisionContent(rule_sets.zen_table(rules)))
    nodes = engine.create_decision(library.ZenDecisionContent(rule_sets.zen_nodes(rules)))
    compiled = library.compile_expression("[" + ", ".join(map(rule_sets.zen_condition, rules.rules)) + "]")
    encoded = [json.dumps(f, ensure_ascii=False).encode() for f in rules.facts]
    return {
        f"{ZEN}, decision table": (lambda f: list({int(row["rule"]) for row in table.evaluate(f)["result"]}), rules.facts),
        f"{ZEN}, expression node": (lambda f: [i for i, held in enumerate(nodes.evaluate(f)["result"]["answers"]) if held], rules.facts),
        f"{ZEN}, one compiled expression": (lambda f: [i for i, held in enumerate(compiled.evaluate(f)) if held], rules.facts),
        f"{ZEN}, one compiled expression, facts as JSON": (lambda f: [i for i, held in enumerate(compiled.evaluate(f)) if held], encoded),
    }
