"""A hit is negated if a negator stands, as a whole word, before it in its clause: told quickly, and the same as told word by word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.text.fold import fold
from triage.text.negation import CLAUSE_ENDS, CLAUSE_WORDS, NEGATOR_CHARACTERS, NEGATORS
from triage.text.reading import Reading
from triage.text.segment import segmenter

CUT = segmenter().cut


def word_by_word(tokens: list[str], position: int) -> bool:
    """The definition."""
    before, end = [], 0
    for token in tokens:
        end += len(token)
        if end > position:
            break
        before.append(token)
    for token in reversed(before):
        if token in NEGATORS:
            return True
        if token in CLAUSE_WORDS or not CLAUSE_ENDS.isdisjoint(token):
            return False
    return False


@given(st.text(st.sampled_from("不没未就才便，。,.;:'\"-_ab1n 退款我们给会要…、！\n()"), max_size=80), st.lists(st.integers(0, 80), max_size=9))
def test_told_as_word_by_word(text: str, positions: list[int]) -> None:
    folded = fold(text)
    reading = Reading(folded, CUT)
    for position in positions:
        if position <= len(folded.folded):
            assert reading.is_negated(position) == word_by_word(CUT(folded.folded), position)


@pytest.mark.parametrize(
    ("text", "negated"),
    [("我不想曝光你们", True), ("我不想忍了，要曝光你们", False), ("再不处理我就曝光", False), ("这么多年来在你们这里从来都没有要求过曝光", True),
     ("never 曝光", True), ("不但要曝光", False)],
)  # fmt: skip
def test_examples(text: str, negated: bool) -> None:
    folded = fold(text)
    assert Reading(folded, CUT).is_negated(folded.folded.index("曝光")) is negated


def test_every_negator_has_one_of_the_characters() -> None:
    assert not [word for word in NEGATORS if NEGATOR_CHARACTERS.isdisjoint(word)]
