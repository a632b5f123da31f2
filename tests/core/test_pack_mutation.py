"""The built-in packs' own tests notice small damage to their rules; a sample in a quick run, every mutant in the long one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tools.mutate_packs import BUILT_IN, Bench, measure
from triage.domain.complaint import Complaint
from triage.packs.load import load_pack
from triage.packs.mutate import mutants
from triage.packtests import run_test
from triage.pipeline import Triage

LEAST = 0.85
"""Share of mutants that each pack's tests must notice."""


@pytest.mark.parametrize("pack", BUILT_IN)
def test_damage_is_noticed(pack: str) -> None:
    report = measure(pack, every=8, offset=3)
    assert report.tests > 50 and report.tried > 25
    assert report.share >= LEAST, [(m.rule_id, m.name) for m in report.survivors]


@pytest.mark.long
@pytest.mark.parametrize("pack", BUILT_IN)
def test_all_damage_is_noticed(pack: str) -> None:
    report = measure(pack)
    assert report.share >= LEAST, [(m.rule_id, m.name) for m in report.survivors]


def test_mutants_are_many_distinct_and_in_one_order() -> None:
    pack = load_pack("telecom-cn").pack
    assert pack is not None
    found = list(mutants(pack))
    assert [(m.rule_id, m.name) for m in found] == [(m.rule_id, m.name) for m in mutants(pack)]
    assert all(m.pack.rules != pack.rules for m in found)
    assert all(sum(a != b for a, b in zip(m.pack.rules, pack.rules, strict=True)) == 1 for m in found if m.name != "rule removed")
    own = {r.id for r in pack.rules if r.pack == pack.id and r.status == "active"}
    assert {m.rule_id for m in found} == own
    names = " ".join(m.name for m in found)
    for kind in ("removed", "dropped", "negated", "gte -> gt", " without ", "moved", "all -> any", "replaces", "not_in", " x customer"):
        assert kind in names, kind


def test_the_quick_way_is_the_whole_engine() -> None:
    """What the bench says of a mutant is what the engine says, given the mutant as a pack."""
    triage = Triage.load("telecom-cn", matcher="builtin")
    bench = Bench(triage)
    few = [m for n, m in enumerate(mutants(triage.pack)) if n % 60 == 7]
    noticed = []
    for mutant in few:
        engine = Triage.load(mutant.pack, model=triage.model, matcher="builtin")
        slow = any(run_test(engine, test).failures for test in triage.pack.tests)
        assert bench.notices(mutant) is slow, (mutant.rule_id, mutant.name)
        noticed.append(slow)
    # and of a pack in which no test would notice anything
    blind = replace(triage.pack, tests=())
    assert not any(Bench(Triage.load(blind, model=None, matcher="builtin")).notices(m) for m in few)
    assert len(few) > 8 and any(noticed)


def test_the_bench_decides_as_the_engine_does() -> None:
    triage = Triage.load("telecom-cn", matcher="builtin")
    for known in Bench(triage).tests:
        assert isinstance(known.complaint, Complaint)
        decision = triage.decide(known.complaint)
        held = {name for name, truth in known.truths.items() if truth}
        assert {reason.rule for reason in decision.reasons} <= held
        assert {missing.rule for missing in decision.unknown} <= {name for name, truth in known.truths.items() if truth is None}
