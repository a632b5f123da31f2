"""Damage each built-in pack in one place at a time and tell which damage its own tests don't notice.

    python tools/mutate_packs.py [pack ...] [--survivors]

A mutant changes one rule, so that everything else is kept from one run of the pack's tests: texts read, tags, facts. Only the rule
changed is asked again (by the reference), what waits for the decision is, and the merge laws run only where an answer differs.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from triage.conditions.evaluate import Truth, evaluate
from triage.decide import Decider, Settled
from triage.domain.complaint import Complaint
from triage.domain.decision import Decision, Reason
from triage.domain.pack import Pack, PackTest
from triage.domain.tags import Tags
from triage.message import Message
from triage.packs.mutate import Mutant, mutants
from triage.packs.strata import strata
from triage.packtests import complaint_of, failures
from triage.pipeline import Triage

BUILT_IN = ("base-cn", "ecommerce-cn", "government-cn", "property-cn", "telecom-cn")
NOBODY = Message("", "")


@dataclass
class Known:
    """What of a test doesn't depend on the rules: the complaint, its tags and facts; and how the rules answered."""

    test: PackTest
    complaint: Complaint
    tags: Tags
    facts: dict[str, Any]
    truths: dict[str, Truth] = field(default_factory=dict)
    late: list[dict[str, Any]] = field(default_factory=list)
    """Facts as they stand at each stratum."""


class _Variant:
    """A pack ready to settle."""

    def __init__(self, pack: Pack) -> None:
        self.pack, self.decider = pack, Decider(pack)
        self.index = {rule.id: i for i, rule in enumerate(pack.rules)}


class Bench:
    """The tests of one pack, prepared for many mutants of it."""

    def __init__(self, triage: Triage) -> None:
        engine = triage._engine
        self.engine, self.pack, self.context = engine, triage.pack, engine.context
        self.strata = strata(self.pack.rules, self.pack.facts)
        self.level = {self.pack.rules[i].id: n for n, part in enumerate(self.strata) for i in part}
        self.rules = {rule.id: rule for rule in self.pack.rules}
        self.tests: list[Known] = []
        for test in self.pack.tests:
            if test.kind != "decision":
                continue
            complaint = complaint_of(test, self.pack.timezone)
            decision = triage.decide(complaint)
            found = engine.gatherer.gather(complaint, engine._read(complaint.text).text, decision.tags, complaint.received_at, whole=True)
            known = Known(test, complaint, decision.tags, found.facts)
            self.tests.append(known)
            mine = self.decide(known, _Variant(self.pack), None)
            if failures(mine, test.expect):
                raise SystemExit(f"{test.place}: {test.name}: fails as it stands: {failures(mine, test.expect)[0]}")

    def decide(self, known: Known, variant: _Variant, changed: str | None) -> Decision:
        """The decision of a pack that differs in one rule (None: as it stands, and the answers are remembered)."""
        rules, index, decider = variant.pack.rules, variant.index, variant.decider
        facts = dict(known.facts)
        held: list[int] = []
        maybe: list[int] = []
        settled: Settled | None = None
        for n, part in enumerate(self.strata):
            if n:
                settled = decider.settle(sorted(held), sorted(maybe), facts, known.complaint.by_hand)
                self.engine.resolver.late(settled, facts)
            same = changed is not None and facts == known.late[n]
            if changed is None:
                known.late.append(dict(facts))
            for i in part:
                name = self.pack.rules[i].id
                if name not in index:
                    continue
                if same and name != changed:
                    truth = known.truths[name]
                else:
                    truth = evaluate(rules[index[name]].when, facts, self.context)
                if changed is None:
                    known.truths[name] = truth
                if truth:
                    held.append(index[name])
                elif truth is None:
                    maybe.append(index[name])
        settled = decider.settle(sorted(held), sorted(maybe), facts, known.complaint.by_hand)
        return Decision(
            known.complaint.id, known.complaint.text, known.tags, settled.severity, settled.green_channel, settled.queue, settled.owner,
            settled.actions, tuple(Reason(rules[i].id, NOBODY, ()) for i in settled.counted), settled.conflicts,
            dict.fromkeys(settled.loose, ()), (), settled.replaced, decider.trial(held),
        )  # fmt: skip

    def notices(self, mutant: Mutant) -> bool:
        """Whether a test of the pack fails on a mutant."""
        before = self.rules[mutant.rule_id]
        after = next((rule for rule in mutant.pack.rules if rule.id == mutant.rule_id), None)
        asked = after is not None and after.when != before.when
        variant: _Variant | None = None
        for known in self.tests:
            was = known.truths[mutant.rule_id]
            if after is not None and asked:
                facts = known.late[self.level[mutant.rule_id]]  # what a rule reads is settled without it
                if evaluate(after.when, facts, self.context) == was:
                    continue
            elif not asked and was is False:
                continue  # a rule that doesn't hold isn't missed, whatever it would have done
            variant = variant or _Variant(mutant.pack)
            if failures(self.decide(known, variant, mutant.rule_id), known.test.expect):
                return True
        return False


@dataclass
class Report:
    """How many mutants there were, and those that no test noticed."""

    pack: str
    tests: int
    tried: int
    survivors: list[Mutant]

    @property
    def share(self) -> float:
        """Share of mutants noticed, 0 to 1."""
        return 1 - len(self.survivors) / self.tried if self.tried else 0.0


def measure(pack: str, every: int = 1, offset: int = 0) -> Report:
    """Try each mutant of a built-in pack, or each `every`-th from the `offset`-th on."""
    bench = Bench(Triage.load(pack, matcher="builtin"))
    tried = [m for n, m in enumerate(mutants(bench.pack)) if n % every == offset]
    return Report(pack, len(bench.tests), len(tried), [m for m in tried if not bench.notices(m)])


def kinds(found: Iterable[Mutant]) -> Sequence[tuple[str, int]]:
    """How many mutants there are of each rule, most first."""
    return Counter(m.rule_id for m in found).most_common()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("packs", nargs="*", default=BUILT_IN)
    parser.add_argument("--survivors", action="store_true", help="list what no test noticed")
    options = parser.parse_args()
    for pack in options.packs:
        report = measure(pack)
        print(f"{pack}: {report.tests} tests, {report.tried} mutants, {len(report.survivors)} not noticed: {report.share:.1%} noticed")
        if options.survivors:
            for rule, count in kinds(report.survivors):
                print(f"  {rule} ({count})")
                for mutant in report.survivors:
                    if mutant.rule_id == rule:
                        print(f"      {mutant.name}")


if __name__ == "__main__":
    main()
