"""What is done for a batch at once is what would be done text by text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.text.fold import END, fold, fold_many
from triage.text.phrases import Phrases
from triage.text.segment import Name, segmenter

# characters that stay, that change, that vanish, that become several, that no folding table speaks of; marks that part words
LETTERS = "退款不给我，。 aB1.-_ßﷺ㍿\u200b\U0001f600\U00020000繁體Ａ９\n"
texts = st.lists(st.text(st.one_of(st.sampled_from(LETTERS), st.characters()), max_size=40), min_size=1, max_size=8)


@given(texts)
def test_folded_at_once_as_one_by_one(some: list[str]) -> None:
    batch = fold_many(some)
    assert list(batch.texts) == [fold(text) for text in some]
    for text, start, end in zip(batch.texts, batch.starts.tolist(), [*batch.starts.tolist()[1:], len(batch.codes)], strict=True):
        assert batch.codes[start:end].tolist() == [*map(ord, text.folded), END]


@pytest.mark.parametrize("name", ["rjieba", "jieba"])
def test_cut_at_once_as_one_by_one(name: Name) -> None:
    ready = segmenter(name, ("退款通道",))

    @given(texts)
    def held(some: list[str]) -> None:
        batch = fold_many(some)
        assert ready.cut_many(batch) == [ready.cut(text.folded) for text in batch.texts]

    held()
    spoken = ["订单A-12.5元，版本v1.2.3_b", "2019.5.1 到-2019-05-03", "没有标点", "3.5", "-", ".", "a.b", "A_", "_1"]
    assert ready.cut_many(fold_many(spoken)) == [ready.cut(fold(text).folded) for text in spoken]


few = st.text("退款不给1a，", min_size=1, max_size=9)


@given(st.lists(few, unique=True, max_size=30), st.lists(st.text("退款不给1a，", max_size=60), min_size=1, max_size=6))
def test_phrases_are_found_where_plain_search_finds_them(phrases: list[str], some: list[str]) -> None:
    batch = fold_many(some)
    found = sorted(zip(*(column.tolist() for column in Phrases(phrases).find(batch.codes, batch.starts)), strict=True))
    wanted = sorted(
        (n, p, a, a + len(phrase))
        for n, text in enumerate(batch.texts)
        for p, phrase in enumerate(phrases)
        for a in range(len(text.folded) - len(phrase) + 1)
        if text.folded.startswith(phrase, a)
    )
    assert found == wanted
    ready = Phrases(phrases)
    assert sorted((n, *hit) for n, text in enumerate(batch.texts) for hit in ready.find_one(text.folded)) == wanted


def test_phrases_of_every_length_and_none() -> None:
    whole = "一二三四五六七八九十甲乙丙丁戊己庚辛壬癸"
    phrases = [whole[:n] for n in range(1, 21)] + [whole[:6] + "错" + whole[7:], whole[-7:]]
    batch = fold_many([whole, whole[:-1], "无", "", whole * 3])
    found = Phrases(phrases).find(batch.codes, batch.starts)
    assert [found.text.tolist().count(n) for n in range(5)] == [21, 19, 0, 0, 63]
    assert len(Phrases([]).find(batch.codes, batch.starts).text) == 0
    with pytest.raises(ValueError, match="distinct"):
        Phrases(["退", "退"])
