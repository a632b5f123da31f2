"""Folding: the laws, the table, and that every span quotes what was meant."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.text.fold import Text, fold, fold_pattern, table

# any str at all, lone surrogates too, and texts full of characters that the table changes
ANY = st.text(st.characters(exclude_categories=())) | st.text(
    st.sampled_from("ＡａßßİﬀﬁａＺ　，。①⑩⒈㎡電話費用臺裡裏乾后後\u200b\ufe0f❤😀\U0001d7d8\U0002f800⼀\ud83d\ude00\U000e0101\U000fffff\uffff2元")
)


@given(ANY, ANY)
def test_folding_is_a_homomorphism(a: str, b: str) -> None:
    assert fold(a + b).folded == fold(a).folded + fold(b).folded


@given(ANY)
def test_folding_twice_changes_nothing(a: str) -> None:
    once = fold(a).folded
    assert fold(once).folded == once
    assert fold(a).original == a


def test_every_replacement_of_the_table_is_folded_itself() -> None:
    rows = table()
    for char, form in rows.items():
        assert len(char) == 1
        assert char != form
        assert not any(c in rows for c in form), hex(ord(char))


def test_fast_way_agrees_with_the_table_on_every_character() -> None:
    rows = table()
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        if not char.isascii() or code % 7 == 0:
            continue
        assert fold(char).folded == rows.get(char, char) or char.isascii()
    for code in range(128):
        assert fold(chr(code)).folded == rows.get(chr(code), chr(code)) == fold("好" + chr(code)).folded[1:]


@given(ANY, st.data())
def test_a_span_quotes_exactly_what_was_found(a: str, data: st.DataObject) -> None:
    text = fold(a)
    size = len(text.folded)
    start = data.draw(st.integers(0, size))
    end = data.draw(st.integers(start, size))
    span = text.span(start, end)
    if span is None:
        assert text.offsets is not None
    else:
        assert fold(a[span.start : span.end]).folded == text.folded[start:end]
        if start == end:
            assert span.start == span.end


@given(ANY)
def test_the_whole_folded_text_has_a_span_and_single_ones_nest(a: str) -> None:
    text = fold(a)
    assert text.span(0, len(text.folded)) is not None
    assert (text.offsets is None) <= (len(text.folded) == len(a))


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ＶＩＰ　客户", "vip 客户"), ("電話費用", "电话费用"), ("Straße", "strasse"), ("￥１，２００", "¥1,200"), ("①200元", "(1)200元"),
        ("⒈200元", "(1)200元"), ("退\u200b款", "退款"), ("❤️", "❤"), ("台灣裡面", "台湾里面"), ("么", "么"), ("“好”", '"好"'), ("。", "。"),
        ("⼀⽇", "一日"), ("\uf9d8", "律"), ("𝟏𝟑𝟖", "138"), ("Ａ\ud800", "a\ufffd"), ("", ""),
    ],
)  # fmt: skip
def test_examples(written: str, folded: str) -> None:
    assert fold_pattern(written) == folded


def test_spans_around_what_is_dropped_and_what_grows() -> None:
    text = fold("a\u200bß\u200bb")
    assert text.folded == "assb"
    assert text.span(0, 1) == (0, 1)
    assert text.span(1, 3) == (2, 3)
    assert text.span(1, 2) is None
    assert text.span(2, 3) is None
    assert text.span(2, 2) is None
    assert text.span(0, 4) == (0, 5)
    assert text.span(3, 4) == (4, 5)


def test_one_to_one_texts_carry_no_offsets() -> None:
    assert fold("寬帶斷網😀") == Text("寬帶斷網😀", "宽带断网😀", None)


def test_two_lone_surrogates_are_not_joined() -> None:
    pair = "\ud83d\ude00"
    assert len(fold("好" + pair).folded) == 3
