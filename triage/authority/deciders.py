"""Whose turn it is: the lowest rank that may and that somebody free to decide holds; above the ranks, `above_top`; else nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from triage.authority.avoidance import barred, named
from triage.authority.scope import Scope
from triage.authority.staff import Staff
from triage.domain.grants import Approver, Verdict

if TYPE_CHECKING:
    from triage.authority.verdict import Findings


@dataclass(frozen=True, slots=True)
class Choice:
    """A verdict, whose approval is needed, and how many besides the asker's own."""

    verdict: Verdict
    by: str = ""
    approvers: int = 0


class Free:
    """Who is free to decide on somebody's request at all, whatever the rank."""

    def __init__(self, scope: Scope, staff: Staff | None, asker: str) -> None:
        self.scope, self.staff, self.asker = scope, staff, asker
        self.names = named(scope)

    def at(self, height: int) -> list[str]:
        """The persons who can act at a height and are free."""
        assert self.staff is not None
        rank = self.scope.authority.ladder[height]
        return sorted({actor.person for actor in self.staff.actors(rank, self.scope.now) if self.is_free(actor)})

    def is_free(self, actor: Approver) -> bool:
        """Not the asker nor one who counts as the same person, nor any who must keep out. Who lends a rank must be free too."""
        return not any(self.is_asker(person) or self.is_barred(person) for person in actor.persons)

    def is_asker(self, person: str) -> bool:
        """Whether a person is the asker, or counts as one person with him."""
        return person == self.asker or (self.staff is not None and self.staff.same(person, self.asker, self.scope.now))

    def is_barred(self, person: str) -> bool:
        """Whether a person must keep out."""
        return barred(person, self.names, self.staff, self.scope.now)


class Deciders:
    """Who may decide on one request. Without a staff list every rank counts as held by enough people."""

    def __init__(self, scope: Scope, found: Findings, staff: Staff | None, asker: str) -> None:
        self.scope, self.found, self.staff = scope, found, staff
        self.ranks = scope.authority.ranks
        self.free = Free(scope, staff, asker)

    def choose(self, height: int, lowest: int | None = None) -> Choice:
        """Who decides on what somebody at a height of the ladder asks; with `lowest`, who from that place on approves it."""
        four_eyes = self.found.four_eyes
        alone = self.found.may(height, self.scope)
        if alone and not four_eyes and lowest is None:
            return Choice("allowed")
        needed = 2 if four_eyes and not alone else 1
        rank = self.lowest(max(height if alone else height + 1, lowest or 0), needed)
        if rank is not None:
            return Choice("needs_approval", rank, needed)
        if self.scope.authority.above_top and not self.found.passed and not self.found.why:
            return Choice("needs_approval", self.scope.authority.above_top, 1)
        return Choice("refused")

    def lowest(self, start: int, needed: int) -> str | None:
        """The lowest rank from a place on that may, and whose approvers can be found."""
        for height in range(start, len(self.ranks)):
            if self.found.may(height, self.scope) and self.staffed(height, needed):
                return self.ranks[height]
        return None

    def staffed(self, height: int, needed: int) -> bool:
        """Whether somebody at a height can approve, and for two approvers a second one, ranking at least as high, besides."""
        if self.staff is None:
            return True
        firsts = self.free.at(height)
        if needed == 1:
            return bool(firsts)
        seconds = [person for h in range(height, len(self.ranks)) for person in self.free.at(h)]
        return any(not self.staff.same(a, b, self.scope.now) for a in firsts for b in seconds)
