"""The trained classifier: loads a model folder without running anything in it and predicts in integers, with numpy alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from triage.errors import ModelError
from triage.message import Message
from triage.tags.artefact import FORMAT, MANIFEST, VOCABULARY, WEIGHTS, broken, read_arrays, read_bytes, read_manifest
from triage.tags.features import TF, TF_STEPS

UNIT = 1024
"""Scores are whole numbers of 1/1024 (natural logarithm units)."""

_BATCH_TOKENS = 60_000
"""Words counted at a time: enough to spread numpy's cost per call, little enough for the processor's cache."""


_TF: NDArray[np.float64] = TF.astype(np.float64)


class Prediction(NamedTuple):
    """What the classifier says of one text.

    label         best guess, also where abstained
    confidence    probability that `label` is right, 0 to 1, 4 decimals
    abstained     True where the guess shouldn't be used: too unsure, or too few words of the text known
    alternatives  up to three (label, probability), best first, `label` included
    """

    label: str
    confidence: float
    abstained: bool
    alternatives: tuple[tuple[str, float], ...]


class Cutter(Protocol):
    """The part of a segmenter that a model looks at."""

    @property
    def fingerprint(self) -> str: ...
    def cut(self, folded: str) -> list[str]: ...


@cache
def exponentials() -> NDArray[np.int64]:
    """2**40 * exp(-k / UNIT) for k = 0, 1, ... until it is 0: by whole-number steps, so equal on every machine."""
    step = 1151796154276904951  # round(2**60 * exp(-1/1024))
    values, value = [], 1 << 100
    while value >> 60:
        values.append(value >> 60)
        value = value * step >> 60
    values.append(0)
    return np.array(values, dtype=np.int64)


class Model:
    """A linear classifier over words, in whole numbers: the same text gives the same answer, alone or in any batch.

    labels       categories it can answer, sorted
    fingerprint  hash of the manifest, and so of all files
    manifest     model.json: recipe, metrics, thresholds, versions
    """

    def __init__(
        self, manifest: dict[str, Any], arrays: dict[str, NDArray[Any]], vocabulary: Sequence[str], fingerprint: str
    ) -> None:
        self.manifest = manifest
        self.labels: tuple[str, ...] = tuple(manifest["labels"])
        self.fingerprint = fingerprint
        self.pack: str | None = manifest["pack"]
        self.threshold: float = manifest["abstain"]["below"]
        self.min_known: int = manifest["abstain"]["min_known_words"]
        # a word's number as bytes: those of a text are joined in one step, and a word not known adds nothing
        self._width = 2 if len(vocabulary) <= 1 << 16 else 4
        self._numbers = {word: number.to_bytes(self._width, "little") for number, word in enumerate(vocabulary)}
        self._weights = arrays["weights"]
        self._idf = arrays["idf"].astype(np.float64)
        self._intercepts = arrays["intercepts"].astype(np.float64)
        self._steepness = arrays["steepness"].astype(np.float64) / UNIT
        self._lengths = arrays["lengths"].astype(np.int64)
        self._scale = float(manifest["scale"])

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
        words, labels = len(vocabulary), len(manifest["labels"])
        shapes = {"weights": (words, labels), "idf": (words,), "intercepts": (labels,), "lengths": arrays["steepness"].shape}
        if len(set(vocabulary)) != words or any(arrays[name].shape != shape for name, shape in shapes.items()):
            raise broken(folder, WEIGHTS, "与词表或标签数不一致", "doesn't fit the vocabulary or the labels")
        model = cls(manifest, arrays, vocabulary, hashlib.sha256(raw).hexdigest()[:16])
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

    @property
    def words(self) -> tuple[str, ...]:
        """The vocabulary, the most frequent word of training first."""
        return tuple(self._numbers)

    def slopes(self, words: Sequence[str]) -> NDArray[np.float64]:
        """What each word adds to the score of each label, before length and steepness: words x labels, 0 for words not known."""
        out = np.zeros((len(words), len(self.labels)))
        for row, word in enumerate(words):
            if (number := self._numbers.get(word)) is not None:
                out[row] = self._weights[int.from_bytes(number, "little")]
        return out / self._scale

    def knows(self, word: str) -> bool:
        """Whether a folded word is in the vocabulary."""
        return word in self._numbers

    def predict(self, tokens: Sequence[str]) -> Prediction:
        """Predict one text, given its tokens (folded and segmented). Equal to `predict_many([tokens])[0]`."""
        return self._predict([tokens])[0]

    def predict_many(self, token_lists: Sequence[Sequence[str]]) -> list[Prediction]:
        """Predict many texts; the answers don't depend on how they are batched."""
        out: list[Prediction] = []
        for start, end in _batches(token_lists):
            out += self._predict(token_lists[start:end])
        return out

    def scores(self, token_lists: Sequence[Sequence[str]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Scores of all labels (texts x labels, in UNITs; softmax of them gives probabilities) and known distinct words of each text."""
        parts = [self._scores(token_lists[start:end]) for start, end in _batches(token_lists)]
        if not parts:
            return np.zeros((0, len(self.labels)), dtype=np.int64), np.zeros(0, dtype=np.int64)
        return np.concatenate([scores for scores, _ in parts]), np.concatenate([known for _, known in parts])

    def _scores(self, token_lists: Sequence[Sequence[str]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        words, starts, known, tf = self._count(token_lists)
        values = np.zeros((len(token_lists), len(self.labels)), dtype=np.float64)
        if len(words):
            # Whole numbers below 2**53 in float64: sums are exact in any order; then each step below is one correctly rounded operation.
            weights = self._weights.take(words, axis=0).T.astype(np.float64, order="C")
            weights *= tf
            present = known > 0
            if present.all():
                sums, lengths = np.add.reduceat(weights, starts, axis=1), np.add.reduceat(np.square(tf * self._idf[words]), starts)
                values += (sums / (np.sqrt(lengths) * self._scale)).T
            else:
                starts = starts[present]
                sums, lengths = np.add.reduceat(weights, starts, axis=1), np.add.reduceat(np.square(tf * self._idf[words]), starts)
                values[present] = (sums / (np.sqrt(lengths) * self._scale)).T
        values += self._intercepts / UNIT
        values *= self._steepness[np.searchsorted(self._lengths, known, side="right") - 1][:, None] * UNIT
        return np.rint(values).astype(np.int64), known

    def _count(
        self, token_lists: Sequence[Sequence[str]]
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64], NDArray[np.float64]]:
        """Known distinct words text by text, in order; where each text begins; how many words it has; the weight of each word.

        The same as `features.count`, which training uses, without the words that aren't known.
        """
        lookup, unknown, width, size, texts = self._numbers.get, repeat(b""), self._width, len(self._numbers), len(token_lists)
        numbers = [b"".join(map(lookup, tokens, unknown)) for tokens in token_lists]
        each = np.fromiter(map(len, numbers), dtype=np.int64, count=texts) // width
        firsts = np.arange(0, texts * size, size, dtype=np.int32 if texts * size < 2**31 else np.int64)  # 32 bits sort faster
        keys: NDArray[Any] = np.frombuffer(b"".join(numbers), dtype=f"<u{width}").astype(firsts.dtype)
        keys += np.repeat(firsts, each)
        keys.sort()
        new = np.empty(len(keys), dtype=bool)
        new[:1] = True
        np.not_equal(keys[1:], keys[:-1], out=new[1:])
        places = np.flatnonzero(new)
        times = np.diff(places, append=len(keys))
        keys = keys[places]
        starts: NDArray[Any] = np.searchsorted(keys, firsts)
        known: NDArray[np.int64] = np.diff(starts, append=len(keys))
        keys -= np.repeat(firsts, known)
        return keys, starts, known, _TF[np.minimum(times, TF_STEPS)]

    def _predict(self, token_lists: Sequence[Sequence[str]]) -> list[Prediction]:
        scores, known = self._scores(token_lists)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :3]
        best = np.take_along_axis(scores, order, axis=1)
        table = exponentials()
        shares = table[np.minimum(best[:, :1] - scores, len(table) - 1)]
        total = shares.sum(axis=1, keepdims=True)
        top = table[np.minimum(best[:, :1] - best, len(table) - 1)]
        points = (top * 20000 + total) // (total * 2)  # ten-thousandths, rounded half up
        named, threshold, least = self.labels.__getitem__, self.threshold, self.min_known
        out = []
        for numbers, chances, words in zip(order.tolist(), (points / 10000).tolist(), known.tolist(), strict=True):
            confidence = chances[0]
            pairs = tuple(zip(map(named, numbers), chances, strict=True))
            out.append(Prediction(pairs[0][0], confidence, words < least or confidence < threshold, pairs))
        return out


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


_FIELDS: dict[str, type | tuple[type, ...]] = {
    "created_by": str, "labels": list, "tokens": dict, "recipe": dict, "metrics": dict, "files": dict, "arrays": dict, "abstain": dict,
    "scale": (int, float), "pack": (str, type(None)),
}  # fmt: skip
_ARRAYS = {"weights": "<i2", "idf": "<i2", "intercepts": "<i4", "steepness": "<i4", "lengths": "<i4"}


def check_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Raise ModelError unless the manifest says everything that loading needs, in the right types."""

    def bad(what: str) -> ModelError:
        return broken(
            folder,
            MANIFEST,
            f"“{what}”缺失或类型不对（格式 {FORMAT}）",
            f"'{what}' is missing or of a wrong type (format {FORMAT})",
        )

    for name, kind in _FIELDS.items():
        if name not in manifest or not isinstance(manifest[name], kind) or isinstance(manifest[name], bool):
            raise bad(name)
    labels, abstain, tokens = manifest["labels"], manifest["abstain"], manifest["tokens"]
    if len(labels) < 2 or not all(isinstance(x, str) and x for x in labels) or sorted(set(labels)) != labels:
        raise bad("labels")
    if not manifest["scale"] > 0:
        raise bad("scale")
    if not isinstance(abstain.get("below"), (int, float)) or not isinstance(abstain.get("min_known_words"), int):
        raise bad("abstain")
    if not isinstance(tokens.get("fingerprint"), str) or not isinstance(tokens.get("conformance"), list):
        raise bad("tokens")
    for pair in tokens["conformance"]:
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], list)):
            raise bad("tokens.conformance")
    for name in (WEIGHTS, VOCABULARY):
        entry = manifest["files"].get(name)
        if not isinstance(entry, dict) or type(entry.get("size")) is not int or not isinstance(entry.get("sha256"), str):
            raise bad(f"files.{name}")
    arrays = manifest["arrays"]
    if set(arrays) != set(_ARRAYS) or any(not isinstance(a, dict) or a.get("dtype") != _ARRAYS[n] for n, a in arrays.items()):
        raise bad("arrays")
