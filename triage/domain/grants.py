"""What is asked, granted and waiting, and the answer to "may this person grant this?": frozen values, ready for a journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from triage.diagnostics import Place
from triage.domain.decision import Missing
from triage.domain.numerals import EXACT
from triage.message import Message

ANSWER_FORMAT = 1
"""Version of the JSON form of an answer."""

Verdict: TypeAlias = Literal["allowed", "needs_approval", "refused"]


@dataclass(frozen=True, slots=True)
class Rate:
    """An exchange rate from the host: one unit of `currency` (ISO 4217, such as "USD") is `worth` of the pack's currency on the day `on`."""

    currency: str
    worth: Decimal
    on: date


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody asks whether they may grant a remedy.

    remedy     its id in the pack
    amount     as given: a Decimal or int, or text such as "200元", "2万", "5GB", "3张", "20美元"; None for a remedy without amount
    handler    the person who asks, by the host's id of the person
    rank       that person's rank; where a staff list is at hand, the list's rank counts
    case       the host's id of the case; `customer` and `order` likewise ("" where there is none: the facts customer.id and
               order.id are then looked at)
    rates      exchange rates, for amounts in another currency
    """

    remedy: str
    amount: Decimal | int | str | None = None
    handler: str = ""
    rank: str = ""
    case: str = ""
    customer: str = ""
    order: str = ""
    rates: tuple[Rate, ...] = ()


@dataclass(frozen=True, slots=True)
class Approver:
    """A person who approved, with which rank; `acting_for` names the delegator whose rank was used ("" for one's own)."""

    person: str
    rank: str
    acting_for: str = ""

    @property
    def persons(self) -> tuple[str, ...]:
        """The persons whose own caps this counts against."""
        return (self.person, self.acting_for) if self.acting_for else (self.person,)


@dataclass(frozen=True, slots=True)
class Grant:
    """Something granted. `amount` is in the remedy's unit (1 for a remedy without amount), money in the pack's currency.

    keys      what sums are kept per -> whose this is: case, customer, order, and the facts that caps name ("per: handler.department")
    seq       its position in the journal; grants and requests share one count
    revoked   "" it stands; "open" it is revoked and the money is still out (it counts on); "settled" the money didn't go out,
              or came back: it no longer counts, from its own time on
    rate      the exchange rate with which the amount was converted, once, if it was; `policy` the fingerprint of the authority
    """

    id: str
    remedy: str
    amount: Decimal
    at: datetime
    handler: str
    rank: str
    keys: Mapping[str, str]
    approvers: tuple[Approver, ...] = ()
    seq: int = 0
    revoked: Literal["", "open", "settled"] = ""
    rate: Rate | None = None
    policy: str = ""

    @property
    def persons(self) -> tuple[str, ...]:
        """Whose own caps it counts against: who asked, and who approved."""
        return tuple(dict.fromkeys((self.handler, *(p for a in self.approvers for p in a.persons))))


@dataclass(frozen=True, slots=True)
class Pending:
    """A request that waits for approval. It reserves its amount until it is approved, declined or expires.

    waits_for   the lowest rank (or `above_top`) that may approve it
    since       when it came to that rank; `answer_by` when it goes on to the next (None: it stays)
    expires_at  at or after this instant it can't be approved and reserves nothing (None: never)
    first       the first of two approvers, where four eyes are needed and one has approved
    """

    id: str
    remedy: str
    amount: Decimal
    asked_at: datetime
    handler: str
    rank: str
    keys: Mapping[str, str]
    waits_for: str
    since: datetime
    answer_by: datetime | None = None
    expires_at: datetime | None = None
    first: Approver | None = None
    seq: int = 0
    rate: Rate | None = None
    policy: str = ""

    @property
    def persons(self) -> tuple[str, ...]:
        """Whose own caps it counts against: who asked, and who has approved first."""
        return tuple(dict.fromkeys((self.handler, *(self.first.persons if self.first else ()))))

    def expired(self, now: datetime) -> bool:
        """Whether it can no longer be approved."""
        return self.expires_at is not None and now >= self.expires_at


@dataclass(frozen=True, slots=True)
class RuleRef:
    """A rule behind an answer: its id ("refund", "adjust-1", "cap-2", or as its author called it), in words, and where it stands."""

    id: str
    text: Message
    place: Place = field(default=Place(""), compare=False)


@dataclass(frozen=True, slots=True)
class RankLimit:
    """L(rank, remedy): the most that a rank may grant in one case, None if it may grant none; and the rules that make it."""

    rank: str
    limit: Decimal | None
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sum:
    """One sum held against one limit.

    kind      case: this case's sum for the remedy, against the asker's limit; cap; four_eyes: against where two approvers begin;
              own: the cap of a person who approves
    rank      whose limit it is, "" for one that nobody passes
    total     granted + reserved + asked
    room      what may still be added, what is asked not counted; never below zero; Infinity where there is no limit
    """

    rule: str
    kind: Literal["case", "cap", "four_eyes", "own"]
    per: str
    key: str
    rank: str
    limit: Decimal
    granted: Decimal
    reserved: Decimal
    asked: Decimal
    since: datetime | None = None
    counting: Literal["amount", "grants"] = "amount"

    @property
    def total(self) -> Decimal:
        return EXACT.add(EXACT.add(self.granted, self.reserved), self.asked)

    @property
    def holds(self) -> bool:
        """Whether the sum is within the limit; for four eyes, whether it is below where they begin."""
        return self.total < self.limit if self.kind == "four_eyes" else self.total <= self.limit

    @property
    def room(self) -> Decimal:
        return max(Decimal(0), EXACT.subtract(self.limit, EXACT.add(self.granted, self.reserved)))


@dataclass(frozen=True, slots=True)
class Why:
    """A reason for a verdict, by a stable code, and in words."""

    code: str
    text: Message


@dataclass(frozen=True, slots=True)
class Notice:
    """A cap's sum reaches a share of its limit with this grant: who is to be told."""

    rule: str
    share: Decimal
    notify: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether somebody may grant something now; equal policy, history, facts and instant give an equal answer.

    verdict    allowed; needs_approval: `by` says whose; refused: `why` says why
    by         the lowest rank that may (`above_top` if only that); "" for allowed and refused
    may        all ranks that may, from the lowest
    approvers  how many approvals besides the asker's own are needed: 0, 1 or 2
    amount     in the remedy's unit, money in the pack's currency (rounded up when converted); None if it can't be read
    limits     of every rank for this remedy; `sums` every sum looked at, with its limit and room
    room       what the asker may still grant alone for this remedy in this case, what is asked not counted; None: no limit
    rules      the rules behind the answer; `unknown` rules that couldn't be told, with the facts they lacked
    keys       what sums are kept per -> whose: a grant carries them on
    rate       the exchange rate used, if any; `policy` the fingerprint of the pack's authority
    """

    verdict: Verdict
    remedy: str
    handler: str
    rank: str
    at: datetime
    amount: Decimal | None = None
    unit: str = ""
    by: str = ""
    may: tuple[str, ...] = ()
    approvers: int = 0
    limits: tuple[RankLimit, ...] = ()
    sums: tuple[Sum, ...] = ()
    room: Decimal | None = Decimal(0)
    rules: tuple[RuleRef, ...] = ()
    why: tuple[Why, ...] = ()
    unknown: tuple[Missing, ...] = ()
    notices: tuple[Notice, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    rate: Rate | None = None
    policy: str = ""
