"""Measures tags on labelled texts that nobody learnt from: figures of each tag type, their intervals, confusions and where to find them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.errors import UsageError
from triage.message import Message
from triage.tags.answers import Answers, of_model
from triage.tags.figures import figures
from triage.tags.groups import near_duplicates
from triage.tags.heads import SEVERAL
from triage.tags.intervals import DRAWS, LEVEL, Resampler
from triage.tags.model import Cutter, Model

EXAMPLES = 3
"""Rows kept for each kind of mistake, the most confident first."""
NONE_WORDS = ("none", "无", "-")
"""What people write for "no value" in a column of several values; an empty cell says the same."""


def evaluate(
    model: Model,
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    segmenter: Cutter | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Any]:
    """Figures of `model`'s category on `texts` with their right `labels`; rows with an empty label are left out, counted in `unlabelled`.

    All that `triage.tags.figures.figures` tells, and:

    confusion: [right label, said label, rows], most frequent first, right answers left out
    examples: [right label, said label, row numbers from 0], in the same order
    unknown_labels: labels that the model can't answer, with their rows; they count as wrong
    docs_per_second: one process, folding and segmentation included
    bootstrap: how the intervals were drawn

    Raises UsageError for no rows, or texts and labels of different number.
    """
    check_lengths(texts, labels)
    tokens, folded, seconds = cut(texts, segmenter)
    answers = of_model(model, tokens)["category"]
    found = score("category", answers, labels, near_duplicates(folded), draws, seed)
    return {**found, "docs_per_second": round(len(texts) / max(seconds, 1e-9)), "model": model.fingerprint}


def check_lengths(texts: Sequence[str], labels: Sequence[str]) -> None:
    """Raise UsageError unless there are as many labels as texts."""
    if len(texts) != len(labels):
        raise UsageError(
            Message(
                f"文本 {len(texts)} 行，标签 {len(labels)} 行，应一样多",
                f"{len(texts)} texts and {len(labels)} labels; there must be as many",
            )
        )


def cut(texts: Sequence[str], segmenter: Cutter | None = None) -> tuple[list[list[str]], list[str], float]:
    """Words of each text, its folded form, and the seconds that it took."""
    from triage.text.fold import fold
    from triage.text.segment import segmenter as ready

    of = (segmenter if segmenter is not None else ready()).cut
    of("预热")
    started = perf_counter()
    folded = [fold(text).folded for text in texts]
    tokens = [of(text) for text in folded]
    return tokens, folded, perf_counter() - started


def score(
    kind: str, answers: Answers, labels: Sequence[str], groups: Sequence[int], draws: int = DRAWS, seed: int = 0
) -> dict[str, Any]:
    """Figures of one tag type. `labels`: a value a row (empty: not labelled, left out); of a several-valued type all values of the row,
    parted by ; | , 、 or blanks (empty, none, 无: no value). Raises UsageError where no row has a label."""
    rows, right, answers, foreign = align(answers, labels)
    if not rows:
        raise UsageError(
            Message(f"没有一行带标签（{kind}），无法评估", f"no row has a label ({kind}); nothing to evaluate"),
            Message("检查 --label 或 --tag 所指的列", "check the column that --label or --tag names"),
        )
    numbers: dict[int, int] = {}
    resampler = Resampler([numbers.setdefault(groups[i], len(numbers)) for i in rows], draws, seed)
    wrong = _mistakes(answers, right, rows)
    return {
        "type": kind,
        **figures(answers, right, resampler),
        "unlabelled": len(labels) - len(rows),
        "unknown_labels": foreign,
        "confusion": [[a, b, len(where)] for (a, b), where in wrong],
        "examples": [[a, b, where[:EXAMPLES]] for (a, b), where in wrong],
        "bootstrap": {"draws": draws, "seed": seed, "level": LEVEL, "unit": "group of near-duplicate rows"},
    }


def align(answers: Answers, labels: Sequence[str]) -> tuple[list[int], NDArray[np.bool_], Answers, dict[str, int]]:
    """Rows that have a label, what is right of them (rows x labels), the answers to them, and labels that can't be answered with counts."""
    given = [values_of(label) if answers.several else [label.strip()] for label in labels]
    rows = [i for i, values in enumerate(given) if answers.several or values[0]]
    known = set(answers.labels)
    foreign = Counter(value for i in rows for value in given[i] if value not in known)
    answers = answers.with_labels(sorted(foreign))
    number = {label: i for i, label in enumerate(answers.labels)}
    right = np.zeros((len(rows), len(number)), dtype=bool)
    for row, i in enumerate(rows):
        for value in given[i]:
            right[row, number[value]] = True
    kept = np.asarray(rows, dtype=np.int64)
    chosen = Answers(
        answers.labels, answers.chances[kept], answers.answered[kept], answers.said[kept], answers.several, answers.graded
    )
    return rows, right, chosen, dict(sorted(foreign.items()))


def values_of(cell: str) -> list[str]:
    """The values of a cell that may hold several."""
    for mark in ";；|，,、":
        cell = cell.replace(mark, " ")
    return [value for value in dict.fromkeys(cell.split()) if value.lower() not in NONE_WORDS]


def _mistakes(answers: Answers, right: NDArray[np.bool_], rows: Sequence[int]) -> list[tuple[tuple[str, str], list[int]]]:
    """(right label, said label) -> rows of the input, the most confident first; the most frequent mistake first.

    Of a several-valued type a value too many is ("", value), one that is missing (value, "").
    """
    found: dict[tuple[str, str], list[tuple[float, int]]] = {}
    labels, chances = answers.labels, answers.chances
    if answers.several:
        for row, number in np.argwhere(answers.said != right).tolist():
            too_many = bool(answers.said[row, number])
            pair = ("", labels[number]) if too_many else (labels[number], "")
            found.setdefault(pair, []).append((-chances[row, number] if too_many else chances[row, number], rows[row]))
    else:
        for row in np.flatnonzero(~(answers.said & right).any(axis=1)).tolist():
            said = int(answers.said[row].argmax())
            nothing = not answers.said[row].any()
            pair = (labels[int(right[row].argmax())], "" if nothing else labels[said])
            found.setdefault(pair, []).append((-chances[row, said], rows[row]))
    listed = [(pair, [i for _, i in sorted(where)]) for pair, where in found.items()]
    return sorted(listed, key=lambda item: (-len(item[1]), item[0]))


def types_of(columns: Mapping[str, Any], possible: Sequence[str]) -> list[str]:
    """Tag types that have a column and can be answered; raises UsageError for a column whose type nobody answers."""
    strange = [kind for kind in columns if kind not in possible]
    if strange:
        raise UsageError(
            Message(
                f"没有谁回答这些标签：{'、'.join(strange)}；能评估的有：{'、'.join(possible)}",
                f"nothing answers these tags: {', '.join(strange)}; what can be measured: {', '.join(possible)}",
            ),
            Message("用 --cues -p PACK 评估模型加提示词的结果", "--cues -p PACK measures model and cue phrases together"),
        )
    return [kind for kind in possible if kind in columns]


__all__ = ["EXAMPLES", "SEVERAL", "align", "cut", "evaluate", "score", "types_of", "values_of"]
