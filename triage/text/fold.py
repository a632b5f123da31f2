"""Folds text character by character with one published table (fold_table.tsv), so that every hit has a place in the original."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from triage.domain.tags import Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TABLE_VERSION: Final = "1"
"""Version of fold_table.tsv. It changes whenever any row does; models and packs' hashes carry it."""

_UNEVEN: Final = 0xFFFFFFFF
"""Marks, in the table, a character whose folding isn't exactly one character. No code point has this value."""
_MARK: Final = b"\xff\xff\xff\xff"


class Text(NamedTuple):
    """A text and its folded form.

    original  what the customer wrote
    folded    the same, folded character by character
    offsets   offsets[i] is the index of the original character that folded[i] came from; None where they are equal one to one
    """

    original: str
    folded: str
    offsets: array[int] | None = None

    def span(self, start: int, end: int) -> Span | None:
        """The original characters of folded[start:end], 0 <= start <= end <= len(folded); None if an end falls inside the
        expansion of one original character ("s" of "ß" -> "ss").

        The smallest span is given: characters folded to nothing count only where they stand between others of the span.
        So fold_pattern(original[a:b]) == folded[start:end] for the span (a, b).
        """
        offsets = self.offsets
        if offsets is None:
            return Span(start, end)
        size = len(offsets)
        if start == end:
            if 0 < start < size and offsets[start] == offsets[start - 1]:
                return None
            place = offsets[start - 1] + 1 if start else 0
            return Span(place, place)
        if start and offsets[start] == offsets[start - 1]:
            return None
        if end < size and offsets[end] == offsets[end - 1]:
            return None
        return Span(offsets[start], offsets[end - 1] + 1)


END: Final = 0x1FFFFF
"""Stands after each text of a batch: no character has this code, so that nothing goes on from one text into the next."""


class Batch(NamedTuple):
    """Some texts, folded at once.

    texts   each with its folded form
    codes   the characters of all folded texts, each text followed by END
    starts  where each text begins among the codes
    """

    texts: Sequence[Text]
    codes: NDArray[np.uint32]
    starts: NDArray[np.int64]


@cache
def table() -> Mapping[str, str]:
    """The published table: each character that changes -> what it folds to (maybe nothing, maybe several characters)."""
    rows: dict[str, str] = {}
    content = (files("triage.text") / "fold_table.tsv").read_text("utf-8")
    if f"# version: {TABLE_VERSION}\n" not in content:
        raise RuntimeError("fold_table.tsv and triage/text/fold.py are of different versions")
    for line in content.splitlines():
        if not line.startswith("#"):
            char, form, _ = line.split("\t")
            rows[chr(int(char, 16))] = "".join(chr(int(x, 16)) for x in form.split(" ")) if form else ""
    # Half a surrogate pair is no character; nothing past this point could encode it.
    rows.update((chr(code), "\ufffd") for code in range(0xD800, 0xE000))
    return rows


class _Folder:
    """The table made ready: an array over code points, with a mark for characters whose folding isn't one character."""

    __slots__ = ("_np", "_rows", "_take")

    def __init__(self) -> None:
        import numpy as np

        rows = table()
        limit = max(ord(char) for char, form in rows.items() if len(form) == 1) + 2
        codes = np.arange(limit, dtype="<u4")
        for char, form in rows.items():
            if ord(char) < limit:
                codes[ord(char)] = ord(form) if len(form) == 1 else _UNEVEN
        codes[-1] = _UNEVEN  # `clip` sends every character above the table here
        self._rows = rows
        self._take: Callable[..., Any] = codes.take
        self._np = np

    def fold(self, text: str) -> Text:
        if text.isascii():
            return Text(text, text.lower())
        codes = self._take(self._np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4"), mode="clip")
        raw: bytes = codes.tobytes()
        if _MARK not in raw:
            return Text(text, raw.decode("utf-32-le", "surrogatepass"))
        return self._uneven(text, codes, raw)

    def fold_many(self, texts: Sequence[str]) -> Batch:
        """The texts folded all at once; those of which a character doesn't fold to exactly one are folded on their own."""
        np = self._np
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1
        ends = np.cumsum(lengths)
        starts = ends - lengths
        joined = "\n".join(texts) + "\n"
        codes = self._take(np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4"), mode="clip")
        uneven = np.flatnonzero(codes == _UNEVEN)
        codes[uneven] = 0x20
        folded = codes.tobytes().decode("utf-32-le", "surrogatepass")
        out = [
            Text(text, folded[start : end - 1])
            for text, start, end in zip(texts, starts.tolist(), ends.tolist(), strict=True)
        ]
        codes[ends - 1] = END
        if len(uneven):
            alone = np.unique(np.searchsorted(ends, uneven, side="right")).tolist()
            pieces = np.split(codes, ends[:-1]) if len(texts) > 1 else [codes]
            for n in alone:
                out[n] = self.fold(texts[n])
                pieces[n] = np.append(np.frombuffer(out[n].folded.encode("utf-32-le", "surrogatepass"), "<u4"), np.uint32(END))
            codes = np.concatenate(pieces)
            lengths = np.array([len(piece) for piece in pieces], dtype=np.int64)
            starts = np.cumsum(lengths) - lengths
        return Batch(out, codes, starts)

    def _uneven(self, text: str, codes: Any, raw: bytes) -> Text:
        """The text where some marks were set: what lies between them is folded already."""
        np, rows = self._np, self._rows
        parts: list[str] = []
        lengths = np.ones(len(text), dtype=np.intp)
        last = 0
        for at in np.flatnonzero(codes == _UNEVEN).tolist():
            parts.append(raw[4 * last : 4 * at].decode("utf-32-le", "surrogatepass"))
            form = rows.get(text[at], text[at])
            parts.append(form)
            lengths[at] = len(form)
            last = at + 1
        parts.append(raw[4 * last :].decode("utf-32-le", "surrogatepass"))
        if lengths.min() == lengths.max() == 1:
            return Text(text, "".join(parts))
        offsets = array("Q")
        offsets.frombytes(np.repeat(np.arange(len(text), dtype=np.uint64), lengths).tobytes())
        return Text(text, "".join(parts), offsets)


@cache
def _folder() -> _Folder:
    return _Folder()


def fold(text: str) -> Text:
    """Fold `text`: full width to half width, traditional to simplified, capital to small, variants to the plain form,
    invisible characters to nothing. Any str is accepted, lone surrogates too. Folding what is folded changes nothing."""
    return _folder().fold(text)


def fold_many(texts: Sequence[str]) -> Batch:
    """Fold some texts at once: the same as folding each, several times as fast."""
    return _folder().fold_many(texts)


def fold_pattern(text: str) -> str:
    """A pattern (a cue, a word of a rule) folded as texts are: it hits original[a:b] iff fold(original[a:b]).folded equals it."""
    return _folder().fold(text).folded
