"""What the classifier and the cue phrases read out of a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple


class Span(NamedTuple):
    """Characters [start, end) of what the customer wrote (code points of the original text, before folding)."""

    start: int
    end: int


def outermost(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order, without repeats or any lying inside another."""
    kept: list[Span] = []
    start = end = -1
    for span in sorted(set(spans)):
        if span[1] <= end:
            continue
        if kept and span[0] == start:  # the same beginning, and longer
            kept[-1] = span
        else:
            kept.append(span)
        start, end = span
    return tuple(kept)


NO_PLACES: Mapping[str, tuple[Span, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of one complaint.

    category      path in the pack's tree, "网络质量/断网"; None where abstained
    confidence    probability that `category` (or, where abstained, the best guess in `alternatives`) is right, 0 to 1, 4 decimals
    abstained     True where the classifier doesn't commit itself; rules that ask for the category then read *unknown*
    alternatives  (category, probability), best first
    intent        complaint, enquiry, ... ; None where nothing speaks for one
    requests, risks   sorted
    emotion       calm, annoyed, angry; None where nothing speaks for one
    spans         for each tag that was read from a phrase, where: {"risks:media": (Span(3, 6),), "category": (...)}
    """

    category: str | None
    confidence: float = 0.0
    abstained: bool = False
    alternatives: tuple[tuple[str, float], ...] = ()
    intent: str | None = None
    requests: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    emotion: str | None = None
    spans: Mapping[str, tuple[Span, ...]] = field(default_factory=lambda: NO_PLACES)
