"""Cuts folded text into words with jieba's dictionary and rules, by either of two implementations that give the same words."""

from __future__ import annotations

import hashlib
import re
import threading
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from triage.errors import UsageError
from triage.message import Message
from triage.text.fold import END, Batch

Name = Literal["auto", "jieba", "rjieba"]

DICTIONARY: Final = "jieba-0.42.1"
PRE_SPLIT_VERSION: Final = "1"
"""The dictionary (rjieba carries the same), and the version of what this module adds to it; part of every fingerprint."""
_TOTAL: Final = 60101967
"""Sum of the frequencies of that dictionary: jieba of another make is noticed by it."""
LEXICON_FREQUENCY: Final = 5000
"""Frequency of a lexicon word. The most frequent word (的) has 318,825 of 60 million, so a word with more than about 1,700 is
likelier than any split of it into two or more; where it overlaps other words, those of greater frequency still win."""

_KEEPABLE = re.compile(r"[\u4e00-\u9fd5a-zA-Z0-9+#&%]{2,}")
# Where rjieba would cut otherwise than jieba, found by experiment (tests/text/test_segment.py): `-`, `_` and `.` between Latin
# letters or digits, which it keeps inside a word where jieba allows only one decimal part; and ideographs outside of
# U+4E00-9FD5, each of which is a word of its own for jieba. So is a lone surrogate, which can't be given to rjieba at all.
_SPOT = re.compile(r"[._\-\u3400-\u4dbf\u9fd6-\u9fff\uf900-\ufaff\ud800-\udfff\U00020000-\U0003ffff]")
_DIGITS = re.compile("[0-9]+")


@cache
def _spots() -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """By character code: whether it is one of `_SPOT`; one that is a word of its own; a Latin letter or a digit."""

    def table(*ranges: tuple[int, int]) -> NDArray[np.bool_]:
        out = np.zeros(END + 1, dtype=bool)
        for first, last in ranges:
            out[first : last + 1] = True
        return out

    alone = table((0x3400, 0x4DBF), (0x9FD6, 0x9FFF), (0xF900, 0xFAFF), (0xD800, 0xDFFF), (0x20000, 0x3FFFF))
    return alone | table((0x2D, 0x2E), (0x5F, 0x5F)), alone, table((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A))


# The same, where pieces really come of it: most texts with such characters have only decimals and marks between ideographs.
_CUT = re.compile(
    _SPOT.pattern
    + r"(?:(?<=[a-zA-Z0-9][_\-])(?=[a-zA-Z0-9])|(?<=[a-zA-Z0-9]\.)(?=[a-zA-Z]|[0-9]+(?:[a-zA-Z]|\.[a-zA-Z0-9]))|(?<![._\-]))"
)


class Segmenter:
    """A ready segmenter. It may be used by several threads at once.

    name         "jieba" or "rjieba"
    fingerprint  hash of all that the words depend on; equal for both implementations
    cut          folded text -> words, in order; "".join(words) == text
    cut_many     the words of some texts, folded at once
    """

    __slots__ = ("_plain", "cut", "fingerprint", "name")

    def __init__(self, name: str, fingerprint: str, plain: Callable[[str], list[str]]) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self._plain = plain
        self.cut = _pre_split(plain)

    def cut_many(self, batch: Batch) -> list[list[str]]:
        """The words of each text of the batch: equal to `cut` of each folded text."""
        marks, alone, alnum = _spots()
        codes = batch.codes
        at = np.flatnonzero(marks[codes])
        # a mark matters between Latin letters or digits; before the first character, index -1 is the last, which is END
        spots = at[alone[codes[at]] | (alnum[codes[at - 1]] & alnum[codes[(at + 1) % len(codes)]])]
        spotted = set((np.searchsorted(batch.starts, spots, side="right") - 1).tolist())
        return [(self.cut if n in spotted else self._plain)(text.folded) for n, text in enumerate(batch.texts)]

    def __repr__(self) -> str:
        return f"<Segmenter {self.name} {self.fingerprint}>"


def keepable(word: str) -> bool:
    """Whether a lexicon word can be kept whole: two or more of the characters that jieba's words are made of (ideographs
    U+4E00-9FD5, Latin letters, digits, + # & %). Words with spaces, `-`, `_`, `.` or other marks can't."""
    return _KEEPABLE.fullmatch(word) is not None


def _alnum(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at].isascii() and text[at].isalnum()


def _pieces(text: str) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is already one word; the others are cut alike by both implementations."""
    pieces = []
    last = 0
    decimal_end = -1
    for hit in _SPOT.finditer(text):
        at = hit.start()
        if text[at] in "._-":
            if not (_alnum(text, at - 1) and _alnum(text, at + 1)):
                continue
            if text[at] == "." and at != decimal_end and (decimal := _DIGITS.match(text, at + 1)):
                # a decimal part: jieba keeps it with what stands before it, and ends the word there
                decimal_end = decimal.end()
                if _alnum(text, decimal_end):
                    pieces.append((text[last:decimal_end], False))
                    last = decimal_end
                continue
        if at > last:
            pieces.append((text[last:at], False))
        pieces.append((text[at], True))
        last = at + 1
    if last < len(text):
        pieces.append((text[last:], False))
    return pieces


def _pre_split(cut: Callable[[str], list[str]]) -> Callable[[str], list[str]]:
    """`cut`, given only pieces that both implementations cut alike."""
    search = _CUT.search

    def pre_split(text: str) -> list[str]:
        if search(text) is None:
            return cut(text)
        words: list[str] = []
        for piece, whole in _pieces(text):
            if whole:
                words.append(piece)
            else:
                words.extend(cut(piece))
        return words

    return pre_split


def _load_rjieba(lexicon: Sequence[str]) -> tuple[Callable[[str], list[str]], str]:
    import rjieba

    tokenizer = rjieba.Jieba()
    for word in lexicon:
        tokenizer.add_word(word, LEXICON_FREQUENCY, None)
    return tokenizer.cut, DICTIONARY


def _load_jieba(lexicon: Sequence[str]) -> tuple[Callable[[str], list[str]], str]:
    with warnings.catch_warnings():
        # its escapes and its way of finding its data warn on newer Pythons; the host shouldn't see that
        warnings.simplefilter("ignore")
        import jieba
    tokenizer = jieba.Tokenizer()
    # Its own initialisation logs to the standard error and loads a cache from the shared temporary folder, which anybody
    # may have written: the dictionary is read from the package instead.
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    identity = DICTIONARY if tokenizer.total == _TOTAL else f"jieba-{jieba.__version__}-{tokenizer.total}"
    for word in lexicon:
        # as rjieba does it: the total takes only the difference, or ties between equally likely cuts would fall differently
        tokenizer.total += LEXICON_FREQUENCY - tokenizer.FREQ.get(word, 0)
        tokenizer.FREQ[word] = LEXICON_FREQUENCY
        for end in range(1, len(word)):
            tokenizer.FREQ.setdefault(word[:end], 0)
    return tokenizer.lcut, identity


_LOADING = threading.Lock()


@cache
def _load(name: str, lexicon: tuple[str, ...]) -> Segmenter:
    cut, identity = (_load_rjieba if name == "rjieba" else _load_jieba)(lexicon)
    parts = [identity, "hmm", f"pre-split {PRE_SPLIT_VERSION}", f"frequency {LEXICON_FREQUENCY}", *lexicon]
    fingerprint = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Segmenter(name, fingerprint, cut)


@cache
def _available() -> str:
    """rjieba where it can be imported, else jieba."""
    try:
        import rjieba  # noqa: F401
    except ImportError:
        return "jieba"
    return "rjieba"


def segmenter(name: Name = "auto", lexicon: tuple[str, ...] = ()) -> Segmenter:
    """The segmenter `name` with the words of `lexicon` (folded) kept whole. "auto" takes rjieba where installed, else jieba,
    which gives the same words some 10 times slower. Loaded once per name and lexicon. Raises UsageError for a name that
    can't be had.

    Words of the lexicon that aren't `keepable` have no effect.
    """
    if name not in ("auto", "jieba", "rjieba"):
        raise UsageError(
            Message(f"没有名为「{name}」的分词器", f"there is no segmenter named {name!r}"),
            Message("可用的有 auto、jieba、rjieba", "choose auto, jieba or rjieba"),
        )
    chosen = _available() if name == "auto" else name
    words = tuple(sorted({word for word in lexicon if keepable(word)}))
    with _LOADING:
        try:
            return _load(chosen, words)
        except ImportError as error:
            raise UsageError(
                Message(f"分词器 {chosen} 没有安装", f"the segmenter {chosen} isn't installed"),
                Message("请安装它，或改用 auto", "install it, or choose auto"),
            ) from error
