"""What a tagger said of many texts, in the one form that all measuring starts from: labels, probabilities, who was answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage.domain.tags import Tags
from triage.tags.calibrate import Floats
from triage.tags.heads import SEVERAL
from triage.tags.model import Model


@dataclass
class Answers:
    """The answers of one tag type to n texts.

    labels      m values that may be answered
    chances     n x m; for a single-valued type the probability of each label, rows sum to 1; for a several-valued one each stands alone
    answered    n; False where the tagger abstains
    said        n x m, True for the values given (a several-valued type); for a single-valued type the best guess, also where abstained
    several     whether a text may have several values, or none
    graded      whether `chances` are probabilities; False where the tagger says only yes or no: then there is no calibration
    """

    labels: tuple[str, ...]
    chances: Floats
    answered: NDArray[np.bool_]
    said: NDArray[np.bool_]
    several: bool = False
    graded: bool = True

    def with_labels(self, more: Sequence[str]) -> Answers:
        """The same, with further labels that are never answered."""
        if not more:
            return self
        blank = np.zeros((len(self.answered), len(more)))
        return Answers(
            (*self.labels, *more), np.hstack([self.chances, blank]), self.answered, np.hstack([self.said, blank > 0]),
            self.several, self.graded,
        )  # fmt: skip


def best_guess(chances: Floats) -> NDArray[np.bool_]:
    """n x m, True for the likeliest label of each row, the first one of equals."""
    said = np.zeros(chances.shape, dtype=bool)
    if chances.size:
        said[np.arange(len(chances)), chances.argmax(axis=1)] = True
    return said


def of_model(model: Model, tokens: Sequence[Sequence[str]]) -> dict[str, Answers]:
    """What the model alone says, by tag type."""
    predictions = model.predict_many(tokens)
    out = {}
    for kind, chances in model.chances(tokens).items():
        labels = next(head.labels for head in model.heads if head.kind == kind)
        if kind in SEVERAL:
            said = np.array([[label in getattr(p, kind) for label in labels] for p in predictions], dtype=bool)
            out[kind] = Answers(labels, chances, np.ones(len(tokens), dtype=bool), said.reshape(chances.shape), True)
        else:
            answered = [not p.abstained if kind == "category" else getattr(p, kind) is not None for p in predictions]
            out[kind] = Answers(labels, chances, np.array(answered, dtype=bool), best_guess(chances))
    return out


def of_tags(tags: Sequence[Tags], values: Mapping[str, Sequence[str]]) -> dict[str, Answers]:
    """What the tags of whole decisions say (model and cue phrases together). `values` names the labels of each type.

    The category's probabilities are its confidence and those of the alternatives; what is left is spread over all other labels.
    Intent and emotion, requests and risks are said or not said.
    """
    out = {}
    for kind, labels in values.items():
        number = {label: i for i, label in enumerate(labels)}
        chances = np.zeros((len(tags), len(labels)))
        answered = np.ones(len(tags), dtype=bool)
        for row, tag in enumerate(tags):
            if kind == "category":
                answered[row] = tag.category is not None
                chances[row] = _spread(tag, number)
                continue
            said = getattr(tag, kind)
            if kind not in SEVERAL:
                answered[row] = said is not None
            for value in said if isinstance(said, tuple) else (said,):
                if value in number:
                    chances[row, number[value]] = 1.0
        several, graded = kind in SEVERAL, kind == "category"
        out[kind] = Answers(tuple(labels), chances, answered, best_guess(chances) if graded else chances > 0, several, graded)
    return out


def _spread(tag: Tags, number: Mapping[str, int]) -> Floats:
    """Probabilities of all labels of one category, from what is known of a few."""
    row = np.zeros(len(number))
    for label, chance in tag.alternatives:
        if label in number:
            row[number[label]] += chance
    best = number.get(tag.category or "")
    if best is not None:
        row[best] = 0.0
        rest = row.sum()
        if rest > 1 - tag.confidence:
            row *= (1 - tag.confidence) / rest
        row[best] = tag.confidence
    empty = row == 0
    if empty.any():
        row[empty] = max(0.0, 1 - row.sum()) / empty.sum()
    return row


def at_level(labels: Sequence[str], level: int | None) -> list[str]:
    """Paths cut to their first `level` names; as they are where `level` is None."""
    return list(labels) if level is None else ["/".join(label.split("/")[:level]) for label in labels]


def merge(answers: Answers, level: int | None) -> Answers:
    """The answers with all labels below one node of that level counted as that node."""
    if level is None or answers.several:
        return answers
    cut = at_level(answers.labels, level)
    names = tuple(dict.fromkeys(cut))
    if names == answers.labels:
        return answers
    chances, guess = np.zeros((len(answers.answered), len(names))), np.zeros((len(answers.answered), len(names)), dtype=bool)
    for i, name in enumerate(cut):
        chances[:, names.index(name)] += answers.chances[:, i]
        guess[:, names.index(name)] |= answers.said[:, i]
    return Answers(names, chances, answers.answered, guess, False, answers.graded)
