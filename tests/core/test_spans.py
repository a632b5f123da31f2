"""Quotes: in order, without repeats, none inside another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from triage.domain.tags import Span, outermost

spans = st.builds(lambda a, n: Span(a, a + n), st.integers(0, 12), st.integers(1, 8))


@given(st.lists(spans, max_size=12))
def test_outermost_is_what_lies_in_no_other(some: list[Span]) -> None:
    wanted = {s for s in some if not any(o != s and o.start <= s.start and s.end <= o.end for o in some)}
    assert outermost(some) == tuple(sorted(wanted))
