"""The merge laws: independent of order; a slot is incomplete exactly where the rules that can't be told could change it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

from tests.core import generate
from triage.decide import Decider, Settled
from triage.domain.pack import SEVERITIES, Pack

SLOTS = ("severity", "queue", "owner", "green_channel", "notify", "tag", "template")


def slot(settled: Settled, name: str) -> Any:
    if name in ("severity", "queue", "owner", "green_channel"):
        return getattr(settled, name)
    return settled.actions.get(name, ())


def case(seed: int) -> tuple[Pack, list[int], list[int]]:
    rng = Random(seed)
    pack = generate.pack(rng, generate.rules(rng, rng.randint(1, 9)))
    held, maybe = [], []
    for i in range(len(pack.rules)):
        draw = rng.random()
        if draw < 0.35:
            held.append(i)
        elif draw < 0.65:
            maybe.append(i)
    return pack, held, maybe[:7]


def test_incomplete_is_exactly_what_unknown_rules_could_change() -> None:
    seen = {name: [0, 0] for name in SLOTS}
    for seed in range(4000):
        pack, held, maybe = case(seed)
        decider = Decider(pack)
        told = decider.settle(held, maybe, {}, {})
        worlds = [
            decider.settle(sorted([*held, *(i for i, on in zip(maybe, choice, strict=True) if on)]), (), {}, {})
            for choice in product((False, True), repeat=len(maybe))
        ]
        for name in SLOTS:
            values = {slot(world, name) for world in worlds}
            assert (name in told.loose) == (len(values) > 1), (seed, name, values, told)
            seen[name][len(values) > 1] += 1
            if len(values) == 1:
                assert slot(told, name) == values.pop(), (seed, name)
        if "severity" in told.loose:  # unknown rules never lower
            known = decider.settle(held, (), {}, {}).severity
            assert SEVERITIES.index(told.severity) >= SEVERITIES.index(known)
        if "queue" in told.loose:
            assert told.queue == pack.default_queue
    assert all(min(counts) > 20 for counts in seen.values()), seen


def test_the_order_of_rules_and_files_does_not_count() -> None:
    for seed in range(400):
        pack, held, maybe = case(seed)
        order = list(range(len(pack.rules)))
        Random(seed).shuffle(order)
        other = replace(pack, rules=tuple(pack.rules[i] for i in order))
        where = {old: new for new, old in enumerate(order)}
        one = Decider(pack).settle(held, maybe, {}, {})
        two = Decider(other).settle(sorted(where[i] for i in held), sorted(where[i] for i in maybe), {}, {})

        def named(settled: Settled, of: Pack) -> Any:
            return (
                replace(settled, counted=(), loose={}),
                [of.rules[i].id for i in settled.counted],
                {name: sorted(of.rules[i].id for i in loose) for name, loose in settled.loose.items()},
            )

        assert named(one, pack) == named(two, other), seed


def test_what_a_person_set_by_hand_stays() -> None:
    for seed in range(300):
        pack, held, maybe = case(seed)
        settled = Decider(pack).settle(held, maybe, {}, {"queue": "person", "severity": "medium", "owner": "王五"})
        assert (settled.queue, settled.severity, settled.owner) == ("person", "medium", "王五")
        assert not {"queue", "severity", "owner"} & set(settled.loose)


def test_override_may_raise_above_a_person() -> None:
    pack, _, _ = case(3)
    rule = replace(pack.rules[0], layer="rules", table="", override=True, status="active", actions=(generate.Action("severity", "critical"),))
    settled = Decider(replace(pack, rules=(rule,))).settle((0,), (), {}, {"severity": "medium"})
    assert settled.severity == "critical"
    weaker = replace(rule, actions=(generate.Action("severity", "low"),))
    assert Decider(replace(pack, rules=(weaker,))).settle((0,), (), {}, {"severity": "medium"}).severity == "medium"
