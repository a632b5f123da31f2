"""Segmentation: both implementations give the same words, quietly, and keep a lexicon's words whole."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.errors import UsageError
from triage.text.fold import fold
from triage.text.segment import keepable, segmenter

pytest.importorskip("rjieba")
LEXICON = ("装维师傅", "5g套餐", "乱扣费", "费用", "23x", "处理结果", "果真的", "多扣", "a座")
ATOMS = ["我们", "投诉", "装维师傅", "乱扣费", "费用", "处理", "结果", "的", "多", "扣", "一个", "套餐", "客服", "5g", "4S店", "4s店", "c++", "A座", "1", "23", "x9", "a", "X", ",", ".", "-", "_", "%", "+", "#", "&", "=", "。", "，", "！", "〇", "々", "γ射线", "٣", "é", "😀", "❤️", "かな", "カナ", "한국", "鿖", "㐀", "豈", "仂", "喆", "龘"]
MIXED = st.lists(
    st.sampled_from([*ATOMS, " ", "\n", "\r\n", "\t", "\x1c", "\x85", "\u2028", "\u3000", "\U00020000", "\U0001f1e8", "\ud800"])
    | st.text(max_size=3)
    | st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=6)
    | st.text("ab19.-_%+#& ", max_size=8)
).map("".join)


@settings(max_examples=600, deadline=None)
@given(MIXED)
def test_both_cut_the_same_words_that_join_to_the_text(text: str) -> None:
    words = segmenter("rjieba").cut(text)
    assert "".join(words) == text
    assert words == segmenter("jieba").cut(text)


@settings(max_examples=600, deadline=None)
@given(MIXED)
def test_both_cut_the_same_words_with_a_lexicon(text: str) -> None:
    assert segmenter("rjieba", LEXICON).cut(text) == segmenter("jieba", LEXICON).cut(text)


def test_both_cut_real_texts_alike() -> None:
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "gov2020"
    files = [folder / "stream.csv"] if (folder / "stream.csv").is_file() else []
    if not files:
        pytest.skip("the sample texts aren't here")
    lines = files[0].read_text("utf-8", errors="replace").splitlines()[1:400]
    for line in lines:
        text = fold(line).folded
        assert segmenter("rjieba", LEXICON).cut(text) == segmenter("jieba", LEXICON).cut(text)


@pytest.mark.parametrize("name", ["jieba", "rjieba"])
def test_a_lexicon_keeps_its_words_whole(name: str) -> None:
    text = "请装维师傅退5g套餐乱扣费"
    assert "装维师傅" not in segmenter(name).cut(text)  # type: ignore[arg-type]
    words = segmenter(name, LEXICON).cut(text)  # type: ignore[arg-type]
    assert {"装维师傅", "5g套餐", "乱扣费"} <= set(words)


def test_the_fingerprint_is_of_the_words_and_not_of_the_implementation() -> None:
    assert segmenter("jieba").fingerprint == segmenter("rjieba").fingerprint
    assert segmenter("jieba", LEXICON).fingerprint == segmenter("rjieba", LEXICON[::-1]).fingerprint
    assert segmenter("jieba").fingerprint != segmenter("jieba", LEXICON).fingerprint
    assert segmenter("auto").name == "rjieba"
    assert segmenter("jieba") is segmenter("jieba")


def test_what_can_be_kept_whole() -> None:
    assert keepable("装维师傅")
    assert keepable("5g套餐")
    assert not any(keepable(word) for word in ("a-b", "好 坏", "好", "", "３", "㐀㐀"))


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(UsageError):
        segmenter("thulac")  # type: ignore[arg-type]


def test_loading_prints_nothing_and_writes_no_cache(tmp_path: Path) -> None:
    code = "from triage.text.segment import segmenter; segmenter('jieba').cut('我们投诉'); import jieba; assert not jieba.dt.initialized"
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", code], capture_output=True, text=True, check=False,
        env={"TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["jieba", "rjieba"])
def test_threads_may_share_a_segmenter(name: str) -> None:
    texts = [f"我的宽带第{i}次断网，客服不处理，要求退还费用{i}元" for i in range(200)]
    ready = segmenter(name)  # type: ignore[arg-type]
    alone = [ready.cut(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ready.cut, texts)) == alone
