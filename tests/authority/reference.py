"""Authority once more, as naively as it can be said: whole lists gone through for every question, nothing shared with the program.

A policy is plain data: ranks, above_top, remedies {id: {rank: number or "unlimited" or "yes"}}, adjust [{tier, remedies, times, ranks}],
caps [{of, count, per, window, limit}], four_eyes [{of, from, per, window}]. A world is the list of everything that happened.
Amounts are Fractions, times are whole minutes since the first of January 2026 in China.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

INFINITE = Fraction(10) ** 30
DAY = 24 * 60


@dataclass
class Item:
    """A grant (at is set), or a request that waits (at is None)."""

    id: str
    remedy: str
    amount: Fraction
    handler: str
    keys: dict[str, str]
    seq: int
    at: int | None = None
    approvals: list[tuple[str, str, str]] = field(default_factory=list)  # (person, rank, acting for)
    waits_for: str = ""
    expires: int | None = None
    answer_by: int | None = None
    gone: bool = False


@dataclass
class World:
    policy: dict
    people: dict[str, str]  # person -> rank
    delegations: list[tuple[str, str, int, int]]  # by, to, from, until
    links: dict[str, str]  # account -> person
    items: list[Item] = field(default_factory=list)

    # -- ranks and limits

    @property
    def ladder(self) -> list[str]:
        return self.policy["ranks"] + ([self.policy["above_top"]] if self.policy["above_top"] else [])

    def own(self, rank: str, remedy: str) -> Fraction | None:
        value = self.policy["remedies"][remedy].get(rank)
        return None if value is None else INFINITE if value in ("unlimited", "yes") else Fraction(value)

    def unadjusted(self, rank: str, remedy: str) -> Fraction | None:
        """The largest own limit of the rank and all below it."""
        ranks = self.policy["ranks"]
        found = [self.own(r, remedy) for r in ranks[: ranks.index(rank) + 1]]
        return max((f for f in found if f is not None), default=None)

    def adjusted_own(self, rank: str, remedy: str, tier: str | None) -> Fraction | None:
        limit = self.own(rank, remedy)
        if limit is None or limit == INFINITE:
            return limit
        # an adjustment that is unknown (tier "?") or whose fact is missing (None) counts as absent
        rows = [row for row in self.policy["adjust"] if row["tier"] == tier and remedy in row["remedies"]]
        factors = [Fraction(row["times"]) for row in rows if rank in row["ranks"]]
        if not factors or max(factors) == 1:
            return limit
        raised = limit * max(factors)
        ranks = self.policy["ranks"]
        for above in ranks[ranks.index(rank) + 1 :]:
            if self.own(above, remedy) is not None and not any(above in row["ranks"] for row in rows):
                ceiling = self.unadjusted(above, remedy)
                assert ceiling is not None
                return min(raised, ceiling)
        return raised

    def limit(self, rank: str, remedy: str, tier: str | None) -> Fraction | None:
        """L(r, R)."""
        if rank == self.policy["above_top"]:
            return INFINITE
        ranks = self.policy["ranks"]
        found = [self.adjusted_own(r, remedy, tier) for r in ranks[: ranks.index(rank) + 1]]
        return max((f for f in found if f is not None), default=None)

    # -- persons

    def delegators(self, person: str, now: int) -> set[str]:
        return {by for by, to, start, end in self.delegations if to == person and by != to and start <= now < end}

    def one_person(self, a: str, b: str, now: int) -> bool:
        return bool(({a} | self.delegators(a, now)) & ({b} | self.delegators(b, now)))

    def hats(self, person: str, now: int) -> list[tuple[str, str, str]]:
        """The ways in which a person can act: (person, rank, acting for)."""
        return [(person, self.people[person], "")] + [(person, self.people[by], by) for by in sorted(self.delegators(person, now))]

    def free(self, hat: tuple[str, str, str], asker: str, about: str | None, now: int) -> bool:
        involved = [p for p in (hat[0], hat[2]) if p]
        return not any(self.one_person(p, asker, now) or (about is not None and self.one_person(p, about, now)) for p in involved)

    def free_people(self, rank: str, asker: str, about: str | None, now: int) -> list[str]:
        return [p for p in self.people if any(h[1] == rank and self.free(h, asker, about, now) for h in self.hats(p, now))]

    # -- sums

    def inside(self, item: Item, window: str, now: int) -> bool:
        if item.at is None:
            return True
        if window == "always":
            return True
        if window == "calendar_day":
            return item.at // DAY == now // DAY
        assert window.endswith("d")
        return item.at >= now - int(window[:-1]) * DAY

    def whose(self, item: Item, per: str, key: str) -> bool:
        if per == "handler":
            return item.handler == key or any(key in (p, by) for p, _, by in item.approvals)
        mine = item.keys.get(per)
        if per == "customer" and mine is not None:
            return self.links.get(mine, mine) == self.links.get(key, key)
        return mine == key

    def sum(self, of: list[str], count: bool, per: str, key: str, window: str, now: int, before: int | None, rank: str | None) -> Fraction:
        """What was granted and is reserved; against a rank's own limit without what ranks above it did or are to do."""
        total = Fraction(0)
        for item in self.items:
            if item.gone or item.remedy not in of or not self.whose(item, per, key) or not self.inside(item, window, now):
                continue
            if item.at is None:
                if item.expires is not None and now >= item.expires:
                    continue
                if before is not None and item.seq >= before:
                    continue
                if rank is not None and self.ladder.index(item.waits_for) > self.ladder.index(rank):
                    continue
            elif rank is not None and any(p != item.handler and self.ladder.index(r) > self.ladder.index(rank) for p, r, _ in item.approvals):
                continue
            total += 1 if count else item.amount
        return total

    # -- the question

    def cap_holds(self, cap: dict, remedy: str, amount: Fraction, per_key: str, rank: str | None, tier: str | None, now: int, before: int | None) -> bool:
        """A cap for one rank; rank None for an absolute one."""
        limit = cap["limit"]
        if isinstance(limit, dict):
            named = [r for r in self.policy["ranks"] if r in limit]
            ranks = self.policy["ranks"]
            assert rank is not None
            if ranks.index(rank) > ranks.index(named[-1]):
                return True
            below = [r for r in named if ranks.index(r) <= ranks.index(rank)]
            bound = Fraction(limit[below[-1]]) if below else Fraction(0)
        elif limit == "case_limit":
            assert rank is not None
            bound = self.limit(rank, remedy, tier) or Fraction(0)
        else:
            bound = Fraction(limit)
        asked = Fraction(1) if cap["count"] else amount
        return self.sum(cap["of"], cap["count"], cap["per"], per_key, cap["window"], now, before, rank) + asked <= bound

    def absolute_hold(self, remedy: str, amount: Fraction, keys: dict[str, str], handler: str, now: int, before: int | None) -> bool:
        caps = [c for c in self.policy["caps"] if remedy in c["of"] and not isinstance(c["limit"], dict) and c["limit"] != "case_limit"]
        return all(self.cap_holds(c, remedy, amount, handler if c["per"] == "handler" else keys[c["per"]], None, None, now, before) for c in caps)

    def may(self, rank: str, remedy: str, amount: Fraction, keys: dict[str, str], handler: str, tier: str | None, now: int, before: int | None) -> bool:
        if not self.absolute_hold(remedy, amount, keys, handler, now, before):
            return False
        limit = self.limit(rank, remedy, tier)
        if limit is None or self.sum([remedy], False, "case", keys["case"], "always", now, before, None) + amount > limit:
            return False
        for cap in self.policy["caps"]:
            if remedy in cap["of"] and (isinstance(cap["limit"], dict) or cap["limit"] == "case_limit"):
                for other in self.policy["ranks"]:
                    if self.ladder.index(other) >= self.ladder.index(rank):
                        key = handler if cap["per"] == "handler" else keys[cap["per"]]
                        if not self.cap_holds(cap, remedy, amount, key, other, tier, now, before):
                            return False
        return True

    def own_caps_hold(self, hat: tuple[str, str, str], remedy: str, amount: Fraction, tier: str | None, now: int, before: int) -> bool:
        for cap in self.policy["caps"]:
            if remedy in cap["of"] and cap["per"] == "handler":
                for person in (hat[0], hat[2]):
                    if not person:
                        continue
                    if isinstance(cap["limit"], dict) or cap["limit"] == "case_limit":
                        above = [r for r in self.policy["ranks"] if self.ladder.index(r) >= self.ladder.index(hat[1])]
                        if not all(self.cap_holds(cap, remedy, amount, person, r, tier, now, before) for r in above):
                            return False
                    elif not self.cap_holds(cap, remedy, amount, person, None, tier, now, before):
                        return False
        return True

    def two_needed(self, remedy: str, amount: Fraction, keys: dict[str, str], handler: str, now: int, before: int | None) -> bool:
        for rule in self.policy["four_eyes"]:
            if remedy in rule["of"]:
                key = handler if rule["per"] == "handler" else keys[rule["per"]]
                if self.sum(rule["of"], False, rule["per"], key, rule["window"], now, before, None) + amount >= Fraction(rule["from"]):
                    return True
        return False

    def next_decider(self, above: int, needed: int, remedy: str, amount: Fraction, keys: dict[str, str], handler: str, tier: str | None,
                     about: str | None, now: int, before: int | None) -> str | None:  # fmt: skip
        """The lowest rank from a place on that may and whose approvers are there; else whoever is above all; else nobody."""
        ranks = self.policy["ranks"]
        for place in range(above, len(ranks)):
            if not self.may(ranks[place], remedy, amount, keys, handler, tier, now, before):
                continue
            firsts = self.free_people(ranks[place], handler, about, now)
            if needed == 1 and firsts:
                return ranks[place]
            seconds = [p for r in ranks[place:] for p in self.free_people(r, handler, about, now)]
            if needed == 2 and any(not self.one_person(a, b, now) for a in firsts for b in seconds):
                return ranks[place]
        return self.policy["above_top"] or None

    def authorize(self, remedy: str, amount: Fraction, keys: dict[str, str], handler: str, tier: str | None, about: str | None, now: int) -> tuple[str, str, int]:
        """(verdict, by, approvers)."""
        rank = self.people[handler]
        if about is not None and self.one_person(handler, about, now):
            return "refused", "", 0
        if not self.absolute_hold(remedy, amount, keys, handler, now, None):
            return "refused", "", 0
        two = self.two_needed(remedy, amount, keys, handler, now, None)
        alone = self.may(rank, remedy, amount, keys, handler, tier, now, None)
        if alone and not two:
            return "allowed", "", 0
        needed = 2 if two and not alone else 1
        place = self.ladder.index(rank) + (0 if alone else 1)
        by = self.next_decider(place, needed, remedy, amount, keys, handler, tier, about, now, None)
        if by is None:
            return "refused", "", 0
        return "needs_approval", by, 1 if by == self.policy["above_top"] else needed

    # -- requests

    def wait_on(self, item: Item, about: str | None, now: int) -> None:
        """Unanswered requests go up, rank by rank."""
        while item.answer_by is not None and now >= item.answer_by:
            above = self.policy["ranks"][self.ladder.index(item.waits_for) + 1 :] if item.waits_for in self.policy["ranks"] else []
            staffed = [r for r in above if self.free_people(r, item.handler, about, now)]
            if staffed:
                item.waits_for, item.answer_by = staffed[0], item.answer_by + self.policy["answer_in"]
            elif self.policy["above_top"] and item.waits_for != self.policy["above_top"]:
                item.waits_for, item.answer_by = self.policy["above_top"], None
            else:
                item.answer_by = None

    def approve(self, item: Item, person: str, tier: str | None, about: str | None, now: int, seq: int) -> str:
        """granted, second, moved or refused; the item is changed accordingly."""
        if item.expires is not None and now >= item.expires:
            return "refused"
        trial = Item(**{**item.__dict__, "approvals": list(item.approvals)})
        self.wait_on(trial, about, now)
        if about is not None and self.one_person(item.handler, about, now):
            return "refused"
        question = (item.remedy, item.amount, item.keys, item.handler)
        if not self.absolute_hold(*question, now, item.seq):
            return "refused"
        outcomes = [self.with_hat(trial, hat, tier, about, now) for hat in self.hats(person, now)]
        for result in ("granted", "second", "moved"):
            for outcome in outcomes:
                if outcome[0] == result:
                    item.waits_for, item.approvals = outcome[1], outcome[2]
                    item.answer_by = None
                    if result == "granted":
                        item.at, item.expires, item.seq = now, None, seq
                    elif item.waits_for != self.policy["above_top"] and self.policy["answer_in"] is not None:
                        item.answer_by = now + self.policy["answer_in"]
                    return result
        return "refused"

    def with_hat(self, item: Item, hat: tuple[str, str, str], tier: str | None, about: str | None, now: int) -> tuple[str, str, list]:
        refused = ("refused", "", [])
        place = self.ladder.index
        question = (item.remedy, item.amount, item.keys, item.handler, tier, now, item.seq)
        if not self.free(hat, item.handler, about, now) or place(hat[1]) < place(item.waits_for):
            return refused
        first = item.approvals[0] if item.approvals else None
        if first is not None and any(self.one_person(a, b, now) for a in (first[0], first[2]) if a for b in (hat[0], hat[2]) if b):
            return refused
        rank = self.people[item.handler]
        alone = self.may(rank, *question)
        if alone and place(hat[1]) < place(rank):
            return refused
        two = self.two_needed(item.remedy, item.amount, item.keys, item.handler, now, item.seq)
        if not self.may(hat[1], *question):
            needed = 2 if two and not alone else 1
            start = max(place(hat[1]) + 1, place(rank) + (0 if alone else 1))
            by = self.next_decider(start, needed, item.remedy, item.amount, item.keys, item.handler, tier, about, now, item.seq)
            return refused if by is None or place(by) <= place(hat[1]) else ("moved", by, [])
        if not self.own_caps_hold(hat, item.remedy, item.amount, tier, now, item.seq):
            return refused
        if first is not None:
            stands = self.free(first, item.handler, about, now) and self.may(first[1], *question)
            if not stands or not self.own_caps_hold(first, item.remedy, item.amount, tier, now, item.seq):
                first = None
        if two and not alone and hat[1] != self.policy["above_top"]:
            if first is None:
                return "second", hat[1], [hat]
            if place(hat[1]) < place(first[1]):
                return refused
        return "granted", item.waits_for, [h for h in (first, hat) if h is not None]
