"""How far new texts are from those that a model learnt from, against what chance alone would show; training leaves a summary for it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.errors import ModelError
from triage.message import Message
from triage.tags.features import is_feature
from triage.tags.groups import near_duplicates

WORDS = 1000
"""The most frequent words of training, whose document frequencies are compared."""
SPLITS = 400
"""Random splits of the training texts that make up the null distribution."""
DRAWS = 1000
"""Draws of label counts for theirs."""
PERCENTS = 101
_LEAST_TEXTS = 5
"""A word is told only if so many texts hold it, near-duplicates counting once: what fewer hold may be a name."""
_GROWN = 15
_BEYOND_CHANCE = 25.0
"""Log-likelihood ratio from which on a word has grown: one word in two million would by chance, and some ten thousand are looked at."""
_CHANCE = 0.003
"""What chance shows less often than this counts as drift; of the splits only those beyond all SPLITS do, as 100 percentiles are kept."""
SMALL, LARGE = 0.1, 0.25
"""Population stability index: below the one small, above the other large, by the usual rule of thumb."""

Floats = NDArray[np.float64]


def summarise(
    tokens: Sequence[Sequence[str]], groups: Sequence[int], vocabulary: Sequence[str], said: Mapping[str, int], answered: float,
    min_texts: int, seed: int = 0,
) -> dict[str, Any]:
    """What training notes in the manifest: counts only, no text and no word that isn't in the vocabulary.

    texts      groups of near-duplicates; one text of each counts in all that follows
    df         texts that hold each of the first WORDS words of the vocabulary, as numbers in one string
    null       percentiles 0 to 100 of `distance` between the halves of random splits of the training texts
    words      mean and deviation of the distinct words of a text
    unknown    mean and deviation of the share of a text's distinct words that the rest of the texts wouldn't have taught
    said       label -> texts given that label by a model that hadn't seen them; `answered`: share on which it didn't abstain
    """
    first: dict[int, int] = {}
    for row, group in enumerate(groups):
        first.setdefault(group, row)
    kept = list(first.values())
    frequency = Counter(word for i in kept for word in set(tokens[i]))
    listed = list(vocabulary[:WORDS])
    number = {word: n for n, word in enumerate(listed)}
    texts, holds = [], []
    unknown, sizes = [], []
    for row, i in enumerate(kept):
        distinct = set(tokens[i])
        found = [number[word] for word in distinct if word in number]
        texts += [row] * len(found)
        holds += found
        sizes.append(len(distinct))
        unknown.append(sum(frequency[word] <= min_texts for word in distinct) / max(1, len(distinct)))
    counts = np.bincount(np.asarray(holds, dtype=np.int64), minlength=len(listed))
    return {
        "texts": len(kept), "df": " ".join(map(str, counts.tolist())),
        "null": _null(np.asarray(texts, dtype=np.int64), np.asarray(holds, dtype=np.int64), len(kept), len(listed), seed),
        "words": _moments(sizes), "unknown": _moments(unknown), "said": {k: int(n) for k, n in sorted(said.items())},
        "answered": round(answered, 4),
    }  # fmt: skip


def _null(texts: NDArray[np.int64], words: NDArray[np.int64], rows: int, size: int, seed: int) -> list[float]:
    random = np.random.Generator(np.random.PCG64(seed))
    total = np.bincount(words, minlength=size).astype(np.float64)
    found = []
    for _ in range(SPLITS if rows >= 4 else 0):
        half = np.zeros(rows, dtype=bool)
        half[random.permutation(rows)[: rows // 2]] = True
        one = np.bincount(words[half[texts]], minlength=size).astype(np.float64)
        found.append(distance(one, rows // 2, total - one, rows - rows // 2))
    return [round(float(x), 4) for x in np.quantile(found, np.linspace(0, 1, PERCENTS))] if found else []


def _moments(values: Sequence[float]) -> list[float]:
    return [round(float(np.mean(values)), 4), round(float(np.std(values)), 4)] if values else [0.0, 0.0]


def distance(one: Floats, texts_one: int, other: Floats, texts_other: int) -> float:
    """Mean over the words of the squared difference of two document frequencies in units of its variance, if texts were alike.

    About 1 for two samples of one source, whatever their sizes: (p1 - p2)^2 / (p (1 - p) (1/n1 + 1/n2)), p of both together. Words hang
    together, so how far from 1 chance takes it is seen on splits of the training texts (`null`).
    """
    p = (one + other) / (texts_one + texts_other)
    inside = (p > 0) & (p < 1)
    if not inside.any():
        return 0.0
    apart = np.square(one / texts_one - other / texts_other)[inside]
    return float((apart / (p * (1 - p))[inside]).mean() / (1 / texts_one + 1 / texts_other))


def jensen_shannon(one: Floats, other: Floats) -> float:
    """Jensen-Shannon divergence of two vectors of counts, in bits: 0 equal, 1 nothing in common."""
    p, q = one / max(1.0, one.sum()), other / max(1.0, other.sum())
    middle = (p + q) / 2

    def against(x: Floats) -> float:
        good = x > 0
        return float((x[good] * np.log2(x[good] / middle[good])).sum())

    return (against(p) + against(q)) / 2


def stability(one: Floats, other: Floats) -> float:
    """Population stability index of two vectors of counts: sum of (q - p) ln(q / p), half a text added to each count."""
    p, q = (one + 0.5) / (one + 0.5).sum(), (other + 0.5) / (other + 0.5).sum()
    return float(((q - p) * np.log(q / p)).sum())


def drift(
    summary: Mapping[str, Any] | None, vocabulary: Sequence[str], tokens: Sequence[Sequence[str]], folded: Sequence[str],
    said: Sequence[str], answered: Sequence[bool], seed: int = 0,
) -> dict[str, Any]:
    """New texts against the training texts. `tokens`, `folded`, best guesses and who was answered: of all new texts.

    texts        groups of near-duplicates among the new texts; one of each counts
    vocabulary   {distance, chance: share of random splits of the training texts that are as far apart, jensen_shannon}
    labels       {stability, jensen_shannon, chance: share of draws from the training shares that are as far, shares: label -> [then, now]}
    unknown      share of a text's distinct words that the model doesn't know: {then, now, z}
    words        distinct words of a text: {then, now, z}
    answered     share of texts on which the model doesn't abstain: {then, now, z}
    grown        [word, texts then of a thousand, now, known], those that grew most beyond chance first
    verdict      "none", "small" or "large": large where a difference is beyond chance and of size, small where it is beyond chance only

    z is the difference in standard errors. Raises ModelError where the model has no summary of its training.
    """
    if not summary or not summary.get("null"):
        raise ModelError(
            Message("模型里没有训练文本的摘要，无法比较漂移", "the model holds no summary of its training texts; drift can't be told"),
            Message("用本版本的 triage train 重新训练", "train it again with this version of `triage train`"),
        )
    first: dict[int, int] = {}
    for row, group in enumerate(near_duplicates(folded)):
        first.setdefault(group, row)
    kept = [i for i in first.values() if any(map(is_feature, tokens[i]))]
    if not kept:
        raise ModelError(Message("没有一条文本可用，无法比较漂移", "no text to compare"), None)
    then, now = int(summary["texts"]), len(kept)
    known = set(vocabulary)
    frequency: Counter[str] = Counter()
    sizes, unknown = [], []
    for i in kept:
        distinct = set(filter(is_feature, tokens[i]))
        frequency.update(distinct)
        sizes.append(len(distinct))
        unknown.append(len(distinct - known) / len(distinct))
    before = np.array(list(map(int, summary["df"].split())), dtype=np.float64)
    after = np.array([frequency[word] for word in vocabulary[: len(before)]], dtype=np.float64)
    far = distance(before, then, after, now)
    out: dict[str, Any] = {
        "texts": now, "training_texts": then,
        "vocabulary": {
            "distance": round(far, 4), "chance": round(float(np.mean(np.asarray(summary["null"]) >= far)), 4),
            "jensen_shannon": round(jensen_shannon(before, after), 4),
        },
        "labels": _labels(summary["said"], Counter(said[i] for i in kept), seed),
        "unknown": _means(summary["unknown"], then, unknown), "words": _means(summary["words"], then, sizes),
        "answered": _means(_of_share(summary["answered"]), then, [float(answered[i]) for i in kept]),
        "grown": _grown(
            dict(zip(vocabulary, before.tolist(), strict=False)), known, frequency, (then, summary["words"][0]), (now, float(np.mean(sizes)))
        ),
    }  # fmt: skip
    out["verdict"] = _verdict(out)
    return out


def _of_share(value: float) -> list[float]:
    return [value, math.sqrt(value * (1 - value))]


def _means(then: Sequence[float], n: int, now: Sequence[float]) -> dict[str, float]:
    mean, deviation = float(np.mean(now)), float(np.std(now))
    error = math.sqrt(then[1] ** 2 / n + deviation**2 / len(now))
    return {"then": round(then[0], 4), "now": round(mean, 4), "z": round((mean - then[0]) / error, 1) if error else 0.0}


def _labels(then: Mapping[str, int], now: Mapping[str, int], seed: int) -> dict[str, Any]:
    names = sorted({*then, *now})
    one, other = (np.array([c.get(name, 0) for name in names], dtype=np.float64) for c in (then, now))
    found = stability(one, other)
    random = np.random.Generator(np.random.PCG64(seed))
    p = one / max(1.0, one.sum())
    draws = [
        stability(random.multinomial(int(one.sum()), p).astype(float), random.multinomial(int(other.sum()), p).astype(float))
        for _ in range(DRAWS)
    ]
    shares = {n: [round(float(a), 4), round(float(b), 4)] for n, a, b in zip(names, p, other / max(1.0, other.sum()), strict=True)}
    return {
        "stability": round(found, 4), "jensen_shannon": round(jensen_shannon(one, other), 4),
        "chance": round(float(np.mean(np.asarray(draws) >= found)), 4), "shares": shares,
    }  # fmt: skip


def _grown(
    before: Mapping[str, float], known: set[str], after: Mapping[str, int], then: tuple[int, float], now: tuple[int, float]
) -> list[list[Any]]:
    """Words that take a larger part of the texts than before, by how unlikely that is by chance. `then`, `now`: texts, and distinct words of
    one; long texts hold more of all words, so what is compared is a word's part of all words. Of words that the model knows but of which
    only the first WORDS are counted in the summary, nothing is said: their old frequency isn't noted."""
    found = []
    all_then, all_now = then[0] * then[1], now[0] * now[1]
    for word, n in after.items():
        if n < _LEAST_TEXTS or (word in known and word not in before):
            continue
        old = before.get(word, 0.0)
        likelihood = _likelihood(old, all_then, n, all_now)
        if n / all_now > old / all_then and likelihood > _BEYOND_CHANCE:
            found.append((-likelihood, word, [word, round(1000 * old / then[0], 1), round(1000 * n / now[0], 1), word in known]))
    return [row for _, _, row in sorted(found)[:_GROWN]]


def _likelihood(one: float, texts_one: float, other: float, texts_other: float) -> float:
    """Dunning's log-likelihood ratio of two counts out of so many: 2 sum of observed ln(observed / expected) over the four cells."""
    both = (one + other) / (texts_one + texts_other)
    cells = (
        (one, texts_one * both), (texts_one - one, texts_one * (1 - both)), (other, texts_other * both), (texts_other - other, texts_other * (1 - both)),
    )  # fmt: skip
    return 2 * sum(seen * math.log(seen / expected) for seen, expected in cells if seen > 0)


def _verdict(found: Mapping[str, Any]) -> str:
    labels, words = found["labels"], found["vocabulary"]
    beyond = [labels["chance"] < _CHANCE, words["chance"] < _CHANCE, *(abs(found[name]["z"]) > 4 for name in ("unknown", "answered"))]
    sizes = [
        labels["stability"] > LARGE, words["jensen_shannon"] > SMALL,
        found["unknown"]["now"] - found["unknown"]["then"] > SMALL, found["answered"]["then"] - found["answered"]["now"] > SMALL,
    ]  # fmt: skip
    if any(b and s for b, s in zip(beyond, sizes, strict=True)):
        return "large"
    return "small" if any(beyond) else "none"
