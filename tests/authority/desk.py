"""A small pack and short ways to ask, grant, request and approve, for examples that read like the sentences they hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from triage.authority.approvals import Outcome, approve, grant, request
from triage.authority.history import MemoryHistory
from triage.authority.staff import Delegation, Person, Staff
from triage.authority.verdict import authorize
from triage.authority.working_time import WorkingWeek
from triage.diagnostics import render_text
from triage.domain.facts import Unknown
from triage.domain.grants import Answer, Approver, Ask, Grant, Pending, Rate
from triage.domain.pack import Pack
from triage.domain.values import parse_instant
from triage.packs.load import Loaded, load_pack
from triage.testing import write_pack

FACTS = """\
facts:
  customer.tier: {type: choice, values: [normal, vip, svip], ordered: true}
  customer.refund_rate: decimal
  customer.monthly_fee: money
  order.paid: money
  order.id: text
  handler.department: text
  complaint.about_employee: text
taxonomy: {categories: {假货: {cues: [假货]}, 资费争议: {cues: [乱扣费]}, 资费争议/误扣费: {cues: [重复扣款]}}}
people: {finance: 财务}
"""
RANKS = "  ranks: [agent, senior, supervisor, manager, director]\n"
REFUND = "  remedies: {refund: {agent: 100, senior: 300, supervisor: 1000, manager: 5000, director: unlimited}}\n"
NOW = "2026-03-16T09:00:00+08:00"


def load(folder: Path, authority: str, facts: str = FACTS) -> Loaded:
    """A pack with this `authority:` (its content, indented by two)."""
    return load_pack(write_pack(folder / "pack", others={"authority.yaml": "authority:\n" + authority, "facts.yaml": facts}))


class Desk:
    """One pack, one history, one clock."""

    def __init__(self, folder: Path, authority: str, staff: Staff | None = None, links: Mapping[str, str] | None = None) -> None:
        loaded = load(folder, authority)
        assert loaded.pack is not None, render_text(loaded.findings, loaded.sources)
        self.pack: Pack = loaded.pack
        assert self.pack.authority is not None
        self.history = MemoryHistory(links=links or {}, ladder=self.pack.authority.ladder)
        self.staff = staff
        self.now = parse_instant(NOW)
        self.facts: dict[str, Any] = {}
        self.seq = 0

    def at(self, instant: str) -> Desk:
        """The clock is put to an instant; `+2h` and `-3d` move it."""
        if instant[0] in "+-":
            step = {"h": timedelta(hours=1), "d": timedelta(days=1), "m": timedelta(minutes=1)}[instant[-1]] * int(instant[1:-1])
            self.now = self.now + step if instant[0] == "+" else self.now - step
        else:
            self.now = parse_instant(instant)
        return self

    def ask(self, rank: str, amount: Decimal | int | str | None = None, remedy: str = "refund", **who: Any) -> Answer:
        """An answer. Case, customer, order and handler are k1, c1, o1 and u1 unless said; other names are facts (`__` for the dot)."""
        given = {key: who.pop(key, default) for key, default in (("case", "k1"), ("customer", "c1"), ("order", "o1"), ("handler", "u1"))}
        rates: tuple[Rate, ...] = who.pop("rates", ())
        facts = {**self.facts, **{name.replace("__", "."): value for name, value in who.items()}}
        ask = Ask(remedy, amount, given["handler"], rank, given["case"], given["customer"], given["order"], rates)
        return authorize(self.pack, ask, facts, self.history, self.now, self.staff)

    def granted(self, amount: int | str, remedy: str = "refund", rank: str = "agent", by: str = "", ago: str = "", **keys: str) -> Grant:
        """Something granted earlier; `by` a rank that approved another person's request."""
        self.seq += 1
        handler, approver = keys.pop("handler", "u1"), keys.pop("approver", f"({by})")
        when = Desk.at(self._copy(), ago).now if ago else self.now
        whole = {"case": "k1", "customer": "c1", "order": "o1", **keys}
        given = Grant(f"g{self.seq}", remedy, Decimal(amount), when, handler, rank, whole, (Approver(approver, by),) if by else (), self.seq)
        self.history.grants.append(given)
        return given

    def _copy(self) -> Desk:
        other = object.__new__(Desk)
        other.now = self.now
        return other

    def grant(self, answer: Answer) -> Grant:
        """What an answer allows, granted."""
        self.seq += 1
        given = grant(answer, f"g{self.seq}", self.seq)
        self.history.grants.append(given)
        return given

    def request(self, answer: Answer) -> Pending:
        """What an answer wants approved, requested."""
        self.seq += 1
        pending = request(self.pack, answer, f"q{self.seq}", WorkingWeek(), self.seq)
        self.history.pending.append(pending)
        return pending

    def approve(self, pending: Pending, person: str, **facts: Any) -> Outcome:
        """Somebody approves; what comes of it is written to the history."""
        assert self.staff is not None
        self.seq += 1
        known = {**self.facts, **{name.replace("__", "."): value for name, value in facts.items()}}
        outcome = approve(self.pack, pending, person, known, self.history, self.now, self.staff, WorkingWeek(), f"g{self.seq}", self.seq)
        place = next(i for i, p in enumerate(self.history.pending) if p.id == pending.id)
        if outcome.grant is not None:
            self.history.grants.append(outcome.grant)
            del self.history.pending[place]
        elif outcome.result in ("second", "moved"):
            self.history.pending[place] = outcome.pending
        return outcome


def verdict(answer: Answer) -> tuple[str, str]:
    return answer.verdict, answer.by


def codes(found: Answer | Outcome) -> list[str]:
    return [why.code for why in found.why]


UNTOLD = Unknown("invalid")


def staff(*persons: str, delegations: tuple[Delegation, ...] = ()) -> Staff:
    """`staff("u1:agent", "m1:manager")`"""
    return Staff([Person(*p.split(":")) for p in persons], delegations)
