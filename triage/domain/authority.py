"""A pack's `authority:` after loading: who may grant what, up to which limit, under which caps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from triage.diagnostics import Place
from triage.domain.condition import ALWAYS, Condition, FactOperand
from triage.domain.durations import Duration
from triage.message import Message

UNLIMITED = Decimal("Infinity")
"""The limit that `unlimited` and `yes` write. It isn't multiplied, and no sum passes it."""

WindowKind: TypeAlias = Literal["always", "rolling", "calendar_day", "calendar_week", "calendar_month", "calendar_quarter", "calendar_year"]
WINDOW_KINDS: tuple[WindowKind, ...] = ("calendar_day", "calendar_week", "calendar_month", "calendar_quarter", "calendar_year")
PERS = ("case", "customer", "handler", "order")
"""What sums are kept per, besides the path of any fact. `customer` stands for the person, all linked accounts together;
`handler` for the person who asks, and for each one who approves."""
CASE_LIMIT: Literal["case_limit"] = "case_limit"


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of time that a cap looks at. `length` belongs to a rolling one: [t - length, t], both ends included.
    Calendar ones are those of the pack's time zone; a week begins on Monday. `always` is all that ever was."""

    kind: WindowKind = "always"
    length: timedelta | None = None


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One row of a remedy's limits: what it says for each rank that it names. The first row that holds counts."""

    limits: Mapping[str, Decimal]
    """Rank -> that rank's own limit, in the remedy's unit; UNLIMITED for `unlimited` and `yes`."""
    when: Condition = ALWAYS
    place: Place = Place("")
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where the limit of each rank is written."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """Something that may be granted. `unit` is "" for money; `decimals` how many digits an amount may have after the point;
    `yes` marks a remedy that has no amount: it is granted or not."""

    id: str
    rows: tuple[LimitRow, ...]
    title: Message = Message("", "")
    unit: str = ""
    decimals: int = 2
    yes: bool = False
    place: Place = Place("")


@dataclass(frozen=True, slots=True)
class Adjust:
    """While `when` holds, the own limits of `ranks` for `remedies` are multiplied by `times` (1 or more)."""

    id: str
    times: Decimal
    ranks: tuple[str, ...]
    remedies: tuple[str, ...]
    when: Condition = ALWAYS
    title: Message = Message("", "")
    place: Place = Place("")


@dataclass(frozen=True, slots=True)
class Step:
    """`{at: 80%, notify: [finance]}`: who is told when a cap's sum first reaches a share of its limit."""

    share: Decimal
    notify: tuple[str, ...]


CapLimit: TypeAlias = Decimal | FactOperand | Literal["case_limit"] | Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Cap:
    """A bound on sums over a window.

    of        the remedies summed; all have one unit, unless `counting` is "grants": then each grant counts as one
    per       whose sum: one of PERS, or the path of a fact
    limit     one amount or (a multiple of) a fact: absolute, nobody passes it; "case_limit": for each rank its limit for the
              remedy asked; amounts by rank: between named ranks the lower one's, below the first zero, above the last none
    when      the cap is in force unless this is known not to hold
    unless    ... or this is known to hold
    """

    id: str
    of: tuple[str, ...]
    per: str
    limit: CapLimit
    window: Window = Window()
    counting: Literal["amount", "grants"] = "amount"
    when: Condition = ALWAYS
    unless: Condition | None = None
    steps: tuple[Step, ...] = ()
    title: Message = Message("", "")
    place: Place = Place("")
    pack: str = ""
    locked: bool = False

    @property
    def absolute(self) -> bool:
        """Whether nobody passes it, whoever approves."""
        return isinstance(self.limit, Decimal | FactOperand)


@dataclass(frozen=True, slots=True)
class FourEyes:
    """From a sum of `start` on (what is asked included) two persons besides the asker approve, unless the asker may grant:
    then the asker is the first of the two. The second ranks at least as the first."""

    id: str
    of: tuple[str, ...]
    start: Decimal
    per: str
    window: Window = Window()
    when: Condition = ALWAYS
    unless: Condition | None = None
    title: Message = Message("", "")
    place: Place = Place("")
    pack: str = ""
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Approvals:
    """How long a request waits: `answer_in` at each rank before it goes to the next, `expire` in all. None: for ever."""

    answer_in: Duration | None = None
    expire: Duration | None = None
    place: Place = Place("")


@dataclass(frozen=True, slots=True)
class Authority:
    """Everything a pack says on who may grant what. `ranks` go from the lowest to the highest; `above_top` is who decides
    where no rank may ("" if nobody). `never` are facts that name persons who neither ask nor approve (回避)."""

    ranks: tuple[str, ...]
    remedies: Mapping[str, Remedy]
    above_top: str = ""
    adjust: tuple[Adjust, ...] = ()
    caps: tuple[Cap, ...] = ()
    four_eyes: tuple[FourEyes, ...] = ()
    never: tuple[str, ...] = ()
    approvals: Approvals = Approvals()
    titles: Mapping[str, Message] = field(default_factory=dict)
    """Titles of ranks, where given."""
    place: Place = Place("")
    fingerprint: str = ""
    """Hash of the meaning of this section alone: authority is live, decisions are frozen by the hash of the rest."""

    @property
    def ladder(self) -> tuple[str, ...]:
        """The ranks, and who stands above them."""
        return (*self.ranks, self.above_top) if self.above_top else self.ranks

    def conditions(self) -> Iterator[Condition]:
        """Every condition that the section has."""
        for remedy in self.remedies.values():
            yield from (row.when for row in remedy.rows)
        yield from (item.when for item in self.adjust)
        bounds: list[Cap | FourEyes] = [*self.caps, *self.four_eyes]
        for bound in bounds:
            yield bound.when
            if bound.unless is not None:
                yield bound.unless

    def height(self, rank: str) -> int:
        """The place of a rank on the ladder, the lowest 0. Raises ValueError for a name that isn't on it."""
        return self.ladder.index(rank)

    def title(self, rank: str) -> Message:
        """How a rank is called."""
        return self.titles.get(rank) or Message.same(rank)
