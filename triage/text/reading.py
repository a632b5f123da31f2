"""A text as rules see it: folded, cut into words, with the word boundaries and the negated stretches found on demand."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from triage.domain.tags import Span, outermost
from triage.text.fold import Text
from triage.text.negation import CLAUSE_ENDS, CLAUSE_WORDS, NEGATOR_CHARACTERS, NEGATORS, SURE_ENDS

_BREAKS = CLAUSE_ENDS | CLAUSE_WORDS
_MAY_NEGATE = re.compile("[" + re.escape("".join(sorted(NEGATOR_CHARACTERS))) + "]").search
_ENDS_CLAUSE = re.compile("[" + re.escape("".join(sorted(SURE_ENDS))) + "]").search
_FEW = 6
"""After so many questions about one text all ends are found, so that any number of questions takes linear time."""
_CLOSE = 30
"""Within so many characters words are counted on from the place asked about before."""


class Reading:
    """One text, folded, with its words. Positions are of the folded text; `spans` gives them back in the original.

    Words are cut when first needed, so a reading of a field that no rule asks about costs a fold.
    """

    __slots__ = ("_asked", "_cut", "_ends", "_known", "_negated", "_tokens", "text")

    def __init__(self, text: Text, cut: Callable[[str], Sequence[str]], tokens: Sequence[str] | None = None) -> None:
        self.text = text
        self._cut = cut
        self._tokens = tokens
        self._ends: list[int] | None = None
        self._asked = 0
        self._known = (0, 0)
        self._negated: dict[int, bool] = {}

    @property
    def tokens(self) -> Sequence[str]:
        """The words; joined they are the folded text."""
        if self._tokens is None:
            self._tokens = self._cut(self.text.folded)
        return self._tokens

    @property
    def ends(self) -> list[int]:
        """Where each word ends."""
        if self._ends is None:
            self._ends = list(accumulate(map(len, self.tokens)))
        return self._ends

    def is_boundary(self, position: int) -> bool:
        """Whether a word begins or ends at `position`."""
        if position == 0:
            return True
        return self._before(position)[1] == position

    def _before(self, position: int) -> tuple[int, int]:
        """How many words end at or before `position`, and where the last of these ends."""
        if self._ends is None and self._asked < _FEW:
            # most texts are asked about one or two places: to find these is cheaper than to find where each word ends
            self._asked += 1
            tokens = self.tokens
            index, end = self._known
            if not end <= position < end + _CLOSE:
                index = min(len(tokens), position * len(tokens) // (len(self.text.folded) or 1))
                end = len("".join(tokens[:index]))
            while end > position:
                index -= 1
                end -= len(tokens[index])
            while index < len(tokens) and (further := end + len(tokens[index])) <= position:
                end = further
                index += 1
            self._known = index, end
            return index, end
        ends = self.ends
        index = bisect_right(ends, position)
        return index, ends[index - 1] if index else 0

    def is_negated(self, position: int) -> bool:
        """Whether a negator stands, as a whole word, before `position` in the same clause."""
        near = max(0, position - _CLOSE)
        if not _MAY_NEGATE(self.text.folded, near, position) and _ENDS_CLAUSE(self.text.folded, near, position):
            return False  # as most are: the words needn't be looked at
        tokens, known = self.tokens, self._negated
        last = index = self._before(position)[0]
        found = False
        while index > 0:
            if index in known:  # what was walked before isn't walked again, so that all questions together are linear
                found = known[index]
                break
            index -= 1
            token = tokens[index]
            if token in NEGATORS:
                found = True
                break
            if token in _BREAKS or (len(token) > 1 and not CLAUSE_ENDS.isdisjoint(token)):  # "。。" may be cut as one piece
                break
        known[last] = found
        return found

    def spans(self, hits: Sequence[tuple[int, int]]) -> tuple[Span, ...]:
        """Folded [a, b) pairs as spans of the original, in order, without repeats or any lying inside another."""
        if self.text.offsets is None:
            if len(hits) == 1:
                return (Span(*hits[0]),)
            found = {Span(a, b) for a, b in hits}
        else:
            found = {span for a, b in hits if (span := self.text.span(a, b)) is not None}
        return outermost(found) if len(found) > 1 else tuple(found)
