"""Authority against the naive reference: random policies, requests, approvals, declines, revocations, expiry and clocks that jump.

Every answer must be the same, and no grant may ever pass an absolute cap in any window.
"""

from __future__ import annotations

import os
import random
import tempfile
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from tests.authority.reference import DAY, Item
from tests.authority.worlds import ACCOUNTS, a_pack, a_policy, a_world, at
from triage.authority.approvals import approve, decline, grant, request, revoke
from triage.authority.history import MemoryHistory
from triage.authority.verdict import authorize
from triage.authority.working_time import WorkingWeek
from triage.domain.facts import Unknown
from triage.domain.grants import Answer, Ask
from triage.domain.pack import Pack

STEPS = 100_000 if os.environ.get("TRIAGE_LONG") else 10_000
PER_RUN = 50
RUNS_ARE = 65
"""Steps that a run comes to on average: more than its rules, since several persons may try to approve one after the other."""
DEADLINES = WorkingWeek()
COUNTED = {"steps": 0, "allowed": 0, "needs_approval": 0, "refused": 0, "granted": 0, "second": 0, "moved": 0, "not approved": 0, "revoked": 0}


class Desk(RuleBasedStateMachine):
    """The program and the reference, side by side."""

    @initialize(seed=st.binary(min_size=8, max_size=8))
    def begin(self, seed: bytes) -> None:
        rng = random.Random(seed)
        self.policy = a_policy(rng)
        with tempfile.TemporaryDirectory() as folder:
            self.pack = a_pack(self.policy, Path(folder) / "pack")
        self.world, self.staff = a_world(rng, self.policy)
        self.packs = {half: scaled(self.pack, half) for half in (False, True)}
        self.policies = {half: halved(self.policy) if half else self.policy for half in (False, True)}
        self.history = MemoryHistory(links=self.world.links, ladder=self.pack.authority.ladder)
        self.now, self.seq = 3000, 0
        self.people = sorted(self.world.people)
        self.remedies = sorted(self.policy["remedies"])

    # -- what a step is asked on

    def facts(self, tier: str | None, about: str | None) -> dict[str, object]:
        facts: dict[str, object] = {}
        if tier == "?":
            facts["customer.tier"] = Unknown("invalid")
        elif tier is not None:
            facts["customer.tier"] = tier
        if about is not None:
            facts["complaint.about_employee"] = about
        return facts

    def next_seq(self) -> int:
        self.seq += 1
        COUNTED["steps"] += 1
        return self.seq

    @rule(
        minutes=st.sampled_from((0, 1, 60, 120, 600, 1440, 3000, -1, -500, -2000)), who=st.integers(0, 9), what=st.integers(0, 9),
        tens=st.sampled_from((1, 1, 2, 2, 3, 4, 6, 9)), odd=st.sampled_from((0, 0, 0, 1, -1)), case=st.sampled_from(("k1", "k1", "k2")), customer=st.sampled_from(ACCOUNTS),
        order=st.sampled_from(("o1", "o2")), tier=st.sampled_from((None, "svip", "svip", "vip", "?")), about=st.integers(0, 20), act=st.sampled_from((0, 1, 2, 2)), half=st.sampled_from((True, True, False)),
    )  # fmt: skip
    def ask(self, minutes: int, who: int, what: int, tens: int, odd: int, case: str, customer: str, order: str, tier: str | None, about: int, act: int, half: bool) -> None:
        """Somebody asks, in most cases does what the answer says, and often others approve at once."""
        self.live(False)
        self.now = max(0, self.now + minutes)
        person, remedy = self.people[who % len(self.people)], self.remedies[what % len(self.remedies)]
        named = self.people[about] if about < len(self.people) and about % 3 == 0 else None
        amount = Fraction(1) if remedy == "sorry" else tens * 10 + Fraction(odd, 100)
        keys = {"case": case, "customer": customer, "order": order}
        given = None if remedy == "sorry" else Decimal(amount.numerator) / Decimal(amount.denominator)
        answer = authorize(self.pack, Ask(remedy, given, person, "", case, customer, order), self.facts(tier, named), self.history, at(self.now), self.staff)
        expected = self.world.authorize(remedy, amount, keys, person, tier, named, self.now)
        assert (answer.verdict, answer.by, answer.approvers) == expected
        self.limits_agree(answer, remedy, tier)
        COUNTED[answer.verdict] += 1
        seq = self.next_seq()
        if not act or answer.verdict == "refused":
            return
        item = Item(f"i{seq}", remedy, amount, person, keys, seq)
        if answer.verdict == "allowed":
            self.history.grants.append(grant(answer, item.id, seq))
            item.at = self.now
        else:
            self.history.pending.append(request(self.pack, answer, item.id, DEADLINES, seq))
            item.waits_for = answer.by
            item.expires = None if self.policy["expire"] is None else self.now + self.policy["expire"]
            item.answer_by = None if self.policy["answer_in"] is None else self.now + self.policy["answer_in"]
        self.world.items.append(item)
        if answer.verdict == "needs_approval" and act == 2:
            self.live(half)  # what was asked under one policy is approved under another
            self.one_after_the_other(len(self.history.pending) - 1, who + 1, len(self.people), tier, named)

    def limits_agree(self, answer: Answer, remedy: str, tier: str | None) -> None:
        found = {item.rank: None if item.limit is None else item.limit for item in answer.limits}
        for rank in self.policy["ranks"]:
            expected = self.world.limit(rank, remedy, tier)
            got = found[rank]
            assert (got is None) == (expected is None)
            assert got is None or (Fraction(got) == expected if got.is_finite() else expected >= 10**30)

    @precondition(lambda self: bool(self.history.pending))
    @rule(
        minutes=st.sampled_from((0, 0, 1, 119, 120, 600, 1440, -300)), which=st.integers(0, 9), who=st.integers(0, 9), several=st.sampled_from((1, 4, 9)),
        tier=st.sampled_from((None, "svip", "?")), about=st.integers(0, 15), half=st.booleans(),
    )  # fmt: skip
    def approve(self, minutes: int, which: int, who: int, several: int, tier: str | None, about: int, half: bool) -> None:
        """One after the other tries to approve a request, rightly or not, until something comes of it."""
        self.live(half)
        self.now = max(0, self.now + minutes)
        named = self.people[about] if about < len(self.people) and about % 3 == 0 else None
        self.one_after_the_other(which % len(self.history.pending), who, min(several, len(self.people)), tier, named)

    def one_after_the_other(self, place: int, who: int, several: int, tier: str | None, named: str | None) -> None:
        for turn in range(several):
            result = self.attempt(place, self.people[(who + turn) % len(self.people)], tier, named)
            if result in ("granted", "moved"):
                return

    def attempt(self, place: int, person: str, tier: str | None, named: str | None) -> str:
        pending, seq = self.history.pending[place], self.next_seq()
        item = next(i for i in self.world.items if i.id == pending.id)
        outcome = approve(self.pack, pending, person, self.facts(tier, named), self.history, at(self.now), self.staff, DEADLINES, pending.id, seq)
        assert outcome.result == self.world.approve(item, person, tier, named, self.now, seq)
        COUNTED["not approved" if outcome.result == "refused" else outcome.result] += 1
        assert (outcome.result == "refused") <= bool(outcome.why)
        if outcome.result == "granted":
            assert outcome.grant is not None
            assert [(a.person, a.rank, a.acting_for) for a in outcome.grant.approvers] == item.approvals
            assert person != outcome.grant.handler
            self.history.grants.append(outcome.grant)
            del self.history.pending[place]
        elif outcome.result in ("second", "moved"):
            assert outcome.pending.waits_for == item.waits_for
            assert outcome.pending.answer_by == (None if item.answer_by is None else at(item.answer_by))
            self.history.pending[place] = outcome.pending
        return outcome.result

    @precondition(lambda self: len(self.history.pending) > 2)
    @rule(which=st.integers(0, 9), who=st.integers(0, 9))
    def decline(self, which: int, who: int) -> None:
        """Somebody declines a request; who may is who might have approved it, and who asked."""
        place = which % len(self.history.pending)
        pending, person = self.history.pending[place], self.people[who % len(self.people)]
        self.next_seq()
        item = next(i for i in self.world.items if i.id == pending.id)
        outcome = decline(self.pack, pending, person, {}, at(self.now), self.staff, DEADLINES)
        trial = Item(**item.__dict__)
        self.world.wait_on(trial, None, self.now)
        high = [h for h in self.world.hats(person, self.now) if self.world.ladder.index(h[1]) >= self.world.ladder.index(trial.waits_for)]
        fit = person == item.handler or any(self.world.free(h, item.handler, None, self.now) for h in high)
        expired = item.expires is not None and self.now >= item.expires
        assert (outcome.result == "declined") == (fit and not expired)
        if outcome.result == "declined":
            del self.history.pending[place]
            self.world.items.remove(item)

    def live(self, half: bool) -> None:
        """Authority is live: from one moment to the next all limits are half of what they were, or whole again."""
        self.pack, self.policy = self.packs[half], self.policies[half]
        self.world.policy = self.policy

    @precondition(lambda self: len(self.history.grants) > 1 and self.seq % 5 == 0)
    @rule(which=st.integers(0, 30), settled=st.booleans())
    def revoke(self, which: int, settled: bool) -> None:
        """A grant is revoked, the money back or not yet."""
        which %= len(self.history.grants)
        self.next_seq()
        given = self.history.grants[which]
        self.history.grants[which] = revoke(given, settled)
        COUNTED["revoked"] += 1
        if settled:
            next(i for i in self.world.items if i.id == given.id).gone = True

    @invariant()
    def no_cap_is_passed(self) -> None:
        """Whatever the order of steps and however the clock jumps: no window holds more grants than an absolute cap lets."""
        if not hasattr(self, "world"):
            return
        grants = [i for i in self.world.items if i.at is not None and not i.gone]
        for cap in self.policy["caps"]:
            if not isinstance(cap["limit"], int):
                continue
            for end in {i.at for i in grants}:
                inside = [i for i in grants if i.remedy in cap["of"] and self.in_window(i.at, end, cap["window"])]
                sums: dict[str, Fraction] = {}
                for item in inside:
                    persons = {item.handler, *(p for h in item.approvals for p in (h[0], h[2]) if p)}
                    keys = persons if cap["per"] == "handler" else {self.world.links.get(item.keys[cap["per"]], item.keys[cap["per"]])}
                    for key in keys:
                        sums[key] = sums.get(key, Fraction(0)) + (1 if cap["count"] else item.amount)
                assert all(total <= cap["limit"] for total in sums.values())

    @staticmethod
    def in_window(moment: int, end: int, window: str) -> bool:
        if window == "always":
            return True
        if window == "calendar_day":
            return moment // DAY == end // DAY
        return end - int(window[:-1]) * DAY <= moment <= end


def halved(policy: dict) -> dict:
    """The policy with all own limits halved."""
    remedies = {r: {k: v // 20 * 10 if isinstance(v, int) else v for k, v in limits.items()} for r, limits in policy["remedies"].items()}
    return {**policy, "remedies": remedies}


def scaled(pack: Pack, half: bool) -> Pack:
    """The same with the loaded pack."""
    authority = pack.authority
    assert authority is not None
    if not half:
        return pack
    remedies = {
        r.id: replace(r, rows=tuple(replace(row, limits={k: v // 20 * 10 if v.is_finite() else v for k, v in row.limits.items()}) for row in r.rows))
        for r in authority.remedies.values()
    }  # fmt: skip
    return replace(pack, authority=replace(authority, remedies=remedies))


def test_the_program_agrees_with_the_reference() -> None:
    before = dict(COUNTED)
    run_state_machine_as_test(
        Desk, settings=settings(max_examples=STEPS // RUNS_ARE, stateful_step_count=PER_RUN, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True),
    )  # fmt: skip
    done = {key: COUNTED[key] - before[key] for key in COUNTED}
    print(done)
    assert done["steps"] >= STEPS
    rare = {"second", "moved"}
    assert all(count > STEPS // (10_000 if key in rare else 1000) for key, count in done.items()), done
