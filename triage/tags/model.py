"""The trained classifier: loads a model folder without running anything in it and predicts in integers, with numpy alone."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from triage.errors import ModelError
from triage.message import Message
from triage.tags.artefact import MANIFEST, VOCABULARY, WEIGHTS, broken, read_arrays, read_bytes, read_manifest
from triage.tags.features import Found, Words
from triage.tags.heads import SEVERAL, UNIT, Head, Scores, heads_of, limit, points, shares
from triage.tags.manifest import FACTOR, check_arrays, check_manifest

_BATCH_TOKENS = 60_000
"""Words looked up at a time: enough to spread numpy's cost per call, little enough for the processor's cache."""
_PIECE = 256
"""Words whose weights can be added up in 16 bits."""
_BLOCK = 8
"""Weights of a word are read so many at a time."""


class Prediction(NamedTuple):
    """What the classifier says of one text.

    label         best guess of the category, also where abstained
    confidence    probability that `label` is right, 0 to 1, 4 decimals
    abstained     True where the guess shouldn't be used: too unsure, or too few words of the text known
    alternatives  up to three (label, probability), best first, `label` included
    intent, emotion   None where the model isn't sure enough, or wasn't taught
    requests, risks   those that it is sure enough of, sorted
    """

    label: str
    confidence: float
    abstained: bool
    alternatives: tuple[tuple[str, float], ...]
    intent: str | None = None
    requests: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    emotion: str | None = None


class Cutter(Protocol):
    """The part of a segmenter that a model looks at."""

    @property
    def fingerprint(self) -> str: ...
    def cut(self, folded: str) -> list[str]: ...


class Model:
    """A linear classifier over words, in whole numbers: the same text gives the same answer, alone or in any batch.

    heads        tag types it was taught, the category first
    labels       categories it can answer, sorted
    words        the vocabulary, the most frequent word of training first
    fingerprint  hash of the manifest, and so of all files
    manifest     model.json: recipe, metrics, thresholds, versions
    """

    def __init__(
        self, manifest: dict[str, Any], arrays: dict[str, NDArray[Any]], vocabulary: Sequence[str], fingerprint: str
    ) -> None:
        """Raises ValueError for words that no vocabulary can hold."""
        self.manifest = manifest
        self.heads = heads_of(manifest["heads"])
        self.labels = self.heads[0].labels
        self.fingerprint = fingerprint
        self.pack: str | None = manifest["pack"]
        self.threshold = self.heads[0].below[0]
        self.min_known: int = manifest["min_known_words"]
        self.words: tuple[str, ...] = tuple(vocabulary)
        self._finder = Words(vocabulary)
        self._numbers: dict[str, int] | None = None
        columns = arrays["weights"].shape[1]
        # the last column is what a word adds to the length of a text
        table = np.zeros((len(vocabulary), -(-(columns + 1) // _BLOCK) * _BLOCK), dtype=np.int8)
        table[:, :columns], table[:, columns] = arrays["weights"], arrays["lengths_of_words"]
        self._table = table.view(np.int64)
        self._columns = columns
        self._factors = arrays["factors"] / FACTOR
        self._intercepts = arrays["intercepts"] / UNIT
        head_of = np.repeat(np.arange(len(self.heads)), [len(head.labels) for head in self.heads])
        self._steepness = arrays["steepness"].astype(np.float64)[head_of].T.copy()
        self._curves = arrays["curves"].astype(np.int64)
        self._classes = arrays["classes"].astype(np.int64)
        self._limits = {
            head.kind: np.array([limit(b) if head.kind in SEVERAL else round(b * 10000) for b in head.below], dtype=np.int64)
            for head in self.heads[1:]
        }

    @classmethod
    def load(cls, folder: str | Path, segmenter: Cutter | None = None) -> Model:
        """Load a model folder; with `segmenter`, also make sure that it cuts words as the model learnt them.

        Raises ModelError where a file is missing, truncated, altered, of another version or of other tokens.
        """
        folder = Path(folder)
        manifest, raw = read_manifest(folder)
        check_manifest(folder, manifest)
        vocabulary_bytes = read_bytes(folder, VOCABULARY, manifest["files"][VOCABULARY])
        arrays = read_arrays(folder, read_bytes(folder, WEIGHTS, manifest["files"][WEIGHTS]), manifest["arrays"])
        try:
            vocabulary = vocabulary_bytes.decode("utf-8").split("\n")[:-1]
        except UnicodeDecodeError:
            raise broken(folder, VOCABULARY, "不是 UTF-8 文本", "not UTF-8 text") from None
        check_arrays(folder, manifest, arrays, len(vocabulary))
        try:
            model = cls(manifest, arrays, vocabulary, hashlib.sha256(raw).hexdigest()[:16])
        except ValueError:
            raise broken(folder, VOCABULARY, "词有重复或过短", "holds a word twice, or one too short") from None
        if segmenter is not None:
            model.check_segmenter(segmenter, folder)
        return model

    def check_segmenter(self, segmenter: Cutter, folder: Path | None = None) -> None:
        """Raise ModelError unless `segmenter` is the one of training, or cuts the conformance sentences as that one did."""
        tokens = self.manifest["tokens"]
        if segmenter.fingerprint == tokens["fingerprint"]:
            return
        for sentence, expected in tokens["conformance"]:
            if (got := segmenter.cut(sentence)) != expected:
                where = folder / MANIFEST if folder else MANIFEST
                zh, en = f"“{'/'.join(expected)}”，现为“{'/'.join(got)}”", f"'{'/'.join(expected)}', now '{'/'.join(got)}'"
                raise ModelError(
                    Message(f"模型 {where} 与当前分词不符：训练时切为{zh}", f"model {where} was trained on other tokens: {en}"),
                    Message(
                        "用当前的词典和版本重新训练（triage train）",
                        "train it again with this lexicon and version (`triage train`)",
                    ),
                )

    def knows(self, word: str) -> bool:
        """Whether a folded word is in the vocabulary."""
        return word in self._index()

    def slopes(self, words: Sequence[str]) -> NDArray[np.float64]:
        """What each word adds to the score of each category, before length and steepness: words x labels, 0 for words not known."""
        index, columns = self._index(), self.heads[0].columns
        out = np.zeros((len(words), len(self.labels)))
        for row, word in enumerate(words):
            if (number := index.get(word)) is not None:
                out[row] = self._table[number].view(np.int8)[columns]
        return out * self._factors[columns]

    def _index(self) -> dict[str, int]:
        if self._numbers is None:
            self._numbers = {word: number for number, word in enumerate(self.words)}
        return self._numbers

    def predict(self, tokens: Sequence[str]) -> Prediction:
        """Predict one text, given its tokens (folded and segmented). Equal to `predict_many([tokens])[0]`."""
        return self._predict([tokens])[0]

    def predict_many(self, token_lists: Sequence[Sequence[str]]) -> list[Prediction]:
        """Predict many texts; the answers don't depend on how they are batched."""
        out: list[Prediction] = []
        for start, end in _batches(token_lists):
            out += self._predict(token_lists[start:end])
        return out

    def scores(self, token_lists: Sequence[Sequence[str]]) -> tuple[Scores, Scores]:
        """Scores of all categories (texts x labels, in UNITs; softmax of them gives probabilities) and how many words of each text are known."""
        scores, known = self.all_scores(token_lists)
        return scores[:, self.heads[0].columns], known

    def all_scores(self, token_lists: Sequence[Sequence[str]]) -> tuple[Scores, Scores]:
        """As `scores`, with the columns of all heads; a several-valued type's are log-odds, each label for itself."""
        parts = [self._scores(token_lists[start:end]) for start, end in _batches(token_lists)]
        if not parts:
            return np.zeros((0, self._columns), dtype=np.int64), np.zeros(0, dtype=np.int64)
        return np.concatenate([scores for scores, _ in parts]), np.concatenate([known for _, known in parts])

    def chances(self, token_lists: Sequence[Sequence[str]]) -> dict[str, NDArray[np.float64]]:
        """Probabilities by tag type, texts x labels. Those of a single-valued type add up to 1; of the others each stands for itself.

        For measuring; the best label's are those of `predict_many` but for rounding.
        """
        scores, _ = self.all_scores(token_lists)
        out = {}
        for curve, head in zip(self._curves, self.heads, strict=True):
            mine = scores[:, head.columns]
            if head.kind in SEVERAL:
                out[head.kind] = 1 / (1 + np.exp(-np.clip(mine / UNIT, -30, 30)))
                continue
            weights, total = shares(mine, mine.max(axis=1))
            chances = weights / total[:, None]
            best, rows = chances.argmax(axis=1), np.arange(len(chances))
            old = chances[rows, best]
            new = curve.take(points(weights[rows, best], total)) / 10000
            chances *= ((1 - new) / np.maximum(1 - old, 1e-9))[:, None]
            chances[rows, best] = new
            out[head.kind] = chances
        return out

    def reasons(self, tokens: Sequence[str], kind: str, value: str, most: int = 3) -> list[int]:
        """Places in `tokens` of the known words that spoke most for a value, at most `most` different words; in order.

        A word speaks for a value by what it adds to its score beyond what it adds to the other values of that type on average.
        """
        head = next((head for head in self.heads if head.kind == kind and value in head.labels), None)
        if head is None:
            return []
        index, column = self._index(), head.labels.index(value)
        times = Counter(word for word in tokens if word in index)
        rows = self._table.take([index[word] for word in times], axis=0).view(np.int8)[:, head.columns] * self._factors[head.columns]
        gains = (rows[:, column] - (0.0 if kind in SEVERAL else rows.mean(axis=1))) * list(times.values())
        best = [word for gain, word in sorted(zip((-gains).tolist(), times, strict=True)) if gain < 0][:most]
        return [place for place, word in enumerate(tokens) if word in best]

    def _sums(self, found: Found) -> NDArray[np.int32]:
        """Weights of all words of each text, added up: texts x columns, the length of the text in the last one."""
        out = np.zeros((len(found.known), self._columns + 1), dtype=np.int32)
        if not len(found.words):
            return out
        rows = self._table.take(found.words, axis=0).view(np.int8)
        present = np.flatnonzero(found.known)
        firsts, known = found.firsts[present], found.known[present]
        if known.max() <= _PIECE:
            sums = np.add.reduceat(rows, firsts, axis=0, dtype=np.int16)
        else:
            pieces = -(-known // _PIECE)
            first = np.cumsum(pieces) - pieces
            starts = np.repeat(firsts - first * _PIECE, pieces) + np.arange(int(pieces.sum())) * _PIECE
            parts = np.add.reduceat(rows, starts, axis=0, dtype=np.int16)
            sums = np.add.reduceat(parts, first, axis=0, dtype=np.int32)
        out[present] = sums[:, : self._columns + 1]
        return out

    def _scores(self, token_lists: Sequence[Sequence[str]]) -> tuple[Scores, Scores]:
        found = self._finder.find(token_lists)
        sums = self._sums(found)
        # Sums are whole numbers; from here on each step is one correctly rounded operation, and so the same on every machine.
        root = np.sqrt(np.maximum(sums[:, -1], 1).astype(np.float64))
        root *= np.sqrt(root)
        values = sums[:, :-1] / root[:, None]
        values *= self._factors
        values += self._intercepts
        values *= self._steepness.take(np.searchsorted(self._classes, found.known, side="right") - 1, axis=0)
        return np.rint(values, out=values).astype(np.int64), found.known

    def _predict(self, token_lists: Sequence[Sequence[str]]) -> list[Prediction]:
        scores, known = self._scores(token_lists)
        head = self.heads[0]
        mine = scores[:, head.columns]
        order = np.argsort(-mine, axis=1, kind="stable")[:, :3]
        best = np.take_along_axis(mine, order, axis=1)
        weights, total = shares(mine, best[:, 0])
        raw = points(np.take_along_axis(weights, order, axis=1), total[:, None])
        first = self._curves[0].take(raw[:, :1])
        left = np.maximum(10000 - raw[:, :1], 1)
        chances = (raw * (10000 - first) * 2 + left) // (left * 2)
        np.minimum(chances, first, out=chances)
        chances[:, :1] = first
        chances = chances / 10000
        enough = known >= self.min_known
        abstained = ~enough | (chances[:, 0] < self.threshold)
        more = self._more(scores, enough)
        label = head.labels.__getitem__
        out = []
        for row, (numbers, values, unsure) in enumerate(zip(order.tolist(), chances.tolist(), abstained.tolist(), strict=True)):
            pairs = tuple(zip(map(label, numbers), values, strict=True))
            out.append(Prediction(*pairs[0], unsure, pairs, *more[row]) if row in more else Prediction(*pairs[0], unsure, pairs))
        return out

    def _more(self, scores: Scores, enough: NDArray[np.bool_]) -> dict[int, list[Any]]:
        """Intent, requests, risks and emotion of the texts that the model is sure of any of them, by row."""
        out: dict[int, list[Any]] = {}
        for curve, head in zip(self._curves[1:], self.heads[1:], strict=True):
            place = _PLACES[head.kind]
            mine = scores[:, head.columns]
            if head.kind in SEVERAL:
                for row, number in np.argwhere((mine >= self._limits[head.kind]) & enough[:, None]).tolist():
                    out.setdefault(row, [None, (), (), None])[place] += (head.labels[number],)
                continue
            best = mine.max(axis=1)
            weights, total = shares(mine, best)
            likeliest = mine.argmax(axis=1)
            sure = np.flatnonzero((curve.take(points(weights.max(axis=1), total)) >= self._limits[head.kind].take(likeliest)) & enough)
            for row, number in zip(sure.tolist(), likeliest[sure].tolist(), strict=True):
                out.setdefault(row, [None, (), (), None])[place] = head.labels[number]
        return out


_PLACES = {"intent": 0, "requests": 1, "risks": 2, "emotion": 3}


def _batches(token_lists: Sequence[Sequence[str]]) -> Iterator[tuple[int, int]]:
    """Slices of about _BATCH_TOKENS words."""
    start = budget = 0
    for i, tokens in enumerate(token_lists):
        budget += len(tokens) + 16
        if budget > _BATCH_TOKENS:
            yield start, i + 1
            start, budget = i + 1, 0
    if start < len(token_lists):
        yield start, len(token_lists)


__all__ = ["UNIT", "Cutter", "Head", "Model", "Prediction"]
