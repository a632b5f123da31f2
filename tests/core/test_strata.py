"""Chained rules: what rules set and other rules read, against a plain reading that settles one level after the other by the reference."""

from __future__ import annotations

import os
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from tests.core import generate
from triage.conditions.evaluate import Truth, evaluate
from triage.decide import Decider, Settled
from triage.diagnostics import Place
from triage.domain.complaint import Complaint
from triage.domain.condition import All, AnyOf, Check, Condition, FactOperand, Not, Test
from triage.domain.facts import Fact, FactType, Unknown
from triage.domain.pack import SEVERITIES, Action, Pack, Rule, Taxonomy
from triage.match import durable_available
from triage.message import Message
from triage.pipeline import Triage

PACKS = 400 if os.environ.get("TRIAGE_LONG") else 60
LEVELS = 3
MERGES: dict[str, tuple[FactType, Any]] = {
    "max": (FactType("integer"), "max"), "min": (FactType("integer"), "min"), "union": (FactType("text", many=True), "union"), "unique": (FactType("choice", domain=("a", "b", "c"), ordered=True), "unique"),
}  # fmt: skip


def declared() -> dict[str, Fact]:
    facts = {
        "complaint.text": Fact("complaint.text", FactType("text"), "text"), "customer.age": Fact("customer.age", FactType("integer")),
        "complaint.vip": Fact("complaint.vip", FactType("bool")), "tags.category": Fact("tags.category", FactType("category"), "tags"),
        "decision.severity": Fact("decision.severity", FactType("choice", domain=SEVERITIES, ordered=True), "decision"),
        "decision.tags": Fact("decision.tags", FactType("text", many=True), "decision"),
        "decision.queue": Fact("decision.queue", FactType("text"), "decision"), "decision.owner": Fact("decision.owner", FactType("text"), "decision"),
        "tags.abstained": Fact("tags.abstained", FactType("bool"), "tags"),
    }  # fmt: skip
    for level in range(LEVELS):
        for name, (kind, merge) in MERGES.items():
            path = f"derived.{name}{level}"
            facts[path] = Fact(path, kind, "derived", merge=merge)
    return facts


def value(rng: Random, merge: str) -> Any:
    return {"max": rng.randint(0, 4), "min": rng.randint(0, 4), "unique": rng.choice("abc"), "union": (rng.choice(["甲", "乙", "丙"]),)}[merge]


def atom(rng: Random, level: int) -> Condition:
    if level and rng.random() < 0.7:
        merge, below = rng.choice(list(MERGES)), rng.randrange(level)
        path = f"derived.{merge}{below}"
        if rng.random() < 0.15:
            return Test(path, (Check("exists", rng.random() < 0.5),))
        if merge == "union":
            return Test(path, (Check("contains", rng.choice(["甲", "乙"])),))
        if rng.random() < 0.25 and merge != "unique":
            if rng.random() < 0.5:
                return Test("customer.age", (Check("lte", FactOperand(path, Decimal(1))),))
            return Test(path, (Check("gte", FactOperand("customer.age", Decimal(1))),))
        return Test(path, (Check(rng.choice(["gte", "lt", "eq", "ne"]), value(rng, merge)),))  # type: ignore[arg-type]
    return rng.choice(
        [
            Test("complaint.text", (Check("contains", rng.choice(["记者", "退款", "停电"])),)), Test("complaint.vip", (Check("eq", True),)),
            Test("customer.age", (Check("gte", rng.randint(0, 4)),)), Test("tags.category", (Check("under", rng.choice(["网络", "资费"])),)),
        ]
    )  # fmt: skip


def condition(rng: Random, level: int, depth: int = 2) -> Condition:
    draw = rng.random()
    if depth == 0 or draw < 0.5:
        return atom(rng, level)
    if draw < 0.65:
        return Not(condition(rng, level, depth - 1))
    parts = tuple(condition(rng, level, depth - 1) for _ in range(2))
    return All(parts) if draw < 0.82 else AnyOf(parts)


def make(seed: int) -> tuple[Pack, dict[str, int]]:
    """A pack and the level of each of its rules: a rule of level n sets facts that rules of level n + 1 and more read."""
    rng = Random(seed)
    rules, levels = [], {}
    for level in range(LEVELS):
        for n in range(rng.randint(2, 6)):
            name = f"r{level}{n}"
            then = []
            for merge in rng.sample(list(MERGES), rng.randint(1, 2)):
                then.append(Action("set", value(rng, merge), f"derived.{merge}{level}"))
            if level == LEVELS - 1:  # read by the last level only
                then.append(Action(*rng.choice([("severity", rng.choice(SEVERITIES)), ("queue", rng.choice(generate.QUEUES)), ("tag", rng.choice("xyz")), ("owner", "王")])))
            before = [r.id for r in rules if levels[r.id] == level]
            replaces = (rng.choice(before),) if before and rng.random() < 0.2 else ()
            rules.append(Rule(name, Message.same(name), Place("f", n), condition(rng, level), tuple(then), replaces=replaces))
            levels[name] = level
    for n in range(3):
        name = f"z{n}"
        read = [
            Test("decision.severity", (Check("gte", "high"),)), Test("decision.tags", (Check("contains", "x"),)),
            Test("decision.queue", (Check("eq", "crisis"),)), Test("decision.owner", (Check("exists", rng.random() < 0.5),)),
        ]  # fmt: skip
        rules.append(Rule(name, Message.same(name), Place("f"), AnyOf((rng.choice(read), All((rng.choice(read), atom(rng, LEVELS))))), (Action("notify", name),)))
        levels[name] = LEVELS
    rng.shuffle(rules)
    return Pack("chained", "1", "f" * 64, tuple(rules), declared(), Taxonomy(), queues=generate.QUEUES), levels


def plainly(pack: Pack, levels: dict[str, int], facts: dict[str, Any], triage: Triage) -> tuple[Settled, list[int], list[int]]:
    """Level after level: ask the rules of the level, settle all so far, and let the next level read it. No strata are computed."""
    decider, context = Decider(pack), triage._engine.context
    truths: dict[int, Truth] = {}
    for level in range(LEVELS + 1):
        truths |= {i: evaluate(rule.when, facts, context) for i, rule in enumerate(pack.rules) if levels[rule.id] == level}
        held = sorted(i for i, truth in truths.items() if truth)
        maybe = sorted(i for i, truth in truths.items() if truth is None)
        settled = decider.settle(held, maybe, facts, {})
        facts = {p: v for p, v in facts.items() if not p.startswith(("decision.", "derived."))} | dict(settled.derived)
        for path, slot, found in (
            ("decision.severity", "severity", settled.severity), ("decision.queue", "queue", settled.queue),
            ("decision.owner", "owner", settled.owner), ("decision.tags", "tag", settled.actions.get("tag", ())),
        ):  # fmt: skip
            if slot in settled.loose:
                facts[path] = Unknown("incomplete")
            elif found is not None:
                facts[path] = found
    return settled, held, maybe


@pytest.mark.parametrize("matcher", ["builtin", *(["durable"] if durable_available() else [])])
def test_chained_rules_are_settled_level_by_level(matcher: str) -> None:
    deep = loose = chained = 0
    for seed in range(PACKS):
        pack, levels = make(seed)
        triage = Triage.load(pack, model=None, matcher=matcher)
        rng = Random(seed + 10**6)
        for _ in range(25):
            facts: dict[str, Any] = {}
            if rng.random() < 0.8:
                facts["customer.age"] = rng.choice([rng.randint(0, 4), Unknown("invalid")])
            if rng.random() < 0.7:
                facts["complaint.vip"] = rng.choice([True, False, Unknown("failed")])
            category = rng.choice([{}, {"abstained": True}])
            complaint = Complaint(generate.text(rng), facts=facts, tags=category)
            decision = triage.decide(complaint)
            known = {**facts, "complaint.text": complaint.text, "tags.category": Unknown("abstained"), "tags.abstained": True}
            settled, held, maybe = plainly(pack, levels, known, triage)
            ids = [rule.id for rule in pack.rules]
            assert [r.rule for r in decision.reasons] == [ids[i] for i in settled.counted], (seed, complaint)
            assert (decision.severity, decision.queue, decision.owner) == (settled.severity, settled.queue, settled.owner), seed
            assert decision.actions == settled.actions and decision.conflicts == settled.conflicts and decision.replaced == settled.replaced, seed
            assert set(decision.incomplete) == set(settled.loose), seed
            assert {m.rule for m in decision.unknown} == {ids[i] for rules in settled.loose.values() for i in rules}
            for path, found in settled.derived.items():
                if path in decision.facts:
                    assert decision.facts[path] == found
            deep += any(levels[ids[i]] == LEVELS for i in held)
            chained += len({levels[ids[i]] for i in held}) >= 3
            loose += bool(maybe)
    assert min(deep, loose, chained) > PACKS, (deep, loose, chained)


def test_the_order_of_chained_rules_does_not_count() -> None:
    for seed in range(PACKS // 3):
        pack, _ = make(seed)
        turned = replace(pack, rules=pack.rules[::-1])
        one, two = Triage.load(pack, model=None, matcher="builtin"), Triage.load(turned, model=None, matcher="builtin")
        rng = Random(seed)
        given = [Complaint(generate.text(rng), facts={"customer.age": rng.randint(0, 4), "complaint.vip": rng.random() < 0.5}) for _ in range(20)]
        assert list(one.decide_many(given)) == list(two.decide_many(given))
