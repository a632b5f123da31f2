"""Self-training with care: cue phrases, a model of the words and, if there is one, a shipped model judge each other on unlabelled texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.tags.calibrate import Floats, softmax
from triage.tags.groups import grouped_folds
from triage.tags.learn import How, lexis, text_matrix, word_parts
from triage.tags.prepare import Progress
from triage.tags.train import FOLDS
from triage.tags.weak import Seen

# What follows was chosen before anything was scored on real labels: on invented texts of two trades (their labels hidden) and, on real
# unlabelled messages, by agreement with a model that has seen neither those messages nor the cues.
VOICE = 0.5
"""What a cue counts beside the model: cues that stand together say much the same, so that taking each as a reason of its own overstates."""
WORDS = 0.8
"""What the model of the words counts."""
SHARPNESS = 3.0
"""Factor from the margins of the model in the rounds to natural logarithms."""
FIRM = 20.0
"""Texts' worth of trust in what the pack's author says of a cue."""
KEPT = 0.5
"""The share of the author's word that no number of texts overrules."""
PHRASES = 0.7
"""What a cue phrase counts as a training text, times its weight."""
HOLD = 0.5
"""How far the shares of the classes are held at those of the first round (0 not, 1 fully): large classes would eat small ones."""
ROUNDS = 4
COST = 1.0
"""LinearSVC's C in the rounds."""
SETTLED = 0.02
"""It stops when fewer than this share of the texts change their label."""
REVIEWED = 2.0
"""What a label given by a person counts; a weak one counts as its clearness, half on average and next to nothing where in doubt. On invented texts
of two trades with 100 labels, 1 and 2 were better than 4 and 8: few texts that shout are learnt by heart."""


@dataclass(slots=True)
class Judged:
    """What self-training came to.

    chances   texts x classes: how likely each class is, by all evidence; 1 and 0 where a person said so
    words     texts x classes: what a model of the words alone says that hasn't seen the text
    rounds    per round: share of texts that changed, share on which cues and words agree
    sure      cues x classes: how often a text with this cue is of each class, as estimated
    """

    chances: Floats
    words: Floats
    rounds: list[dict[str, float]] = field(default_factory=list)
    sure: Floats = field(default_factory=lambda: np.zeros((0, 0)))


def self_train(
    seen: Seen,
    phrases: tuple[list[list[str]], NDArray[np.int64], Floats],
    *,
    shipped: Floats | None = None,
    reviewed: Mapping[int, int] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Judged:
    """Estimate the class of every text.

    phrases    cue phrases as texts to learn from: their words, classes, weights
    shipped    texts x classes: probabilities of a model that exists already, as one more witness
    reviewed   text -> class, by people: never overruled, and weighed as REVIEWED

    Each round: cues and words together give every text its chances (naive Bayes with damped votes); a linear model learns from the likeliest
    classes, weighed by how clear they are, in folds that keep copies together, and judges each text unseen; what it says of the texts of each
    cue, classes counting alike, corrects how far that cue is trusted. Stops when the labels settle.
    """
    given = dict(reviewed or {})
    total, classes = len(seen.tokens), len(seen.classes)
    learner = _Learner(seen, phrases, given, seed)
    present = (seen.votes > 0).astype(np.float64)
    prior, trusted = seen.sides, np.ones(total)
    clamp, fixed = np.zeros((len(given), classes)), np.array(sorted(given), dtype=np.int64)
    clamp[np.arange(len(given)), [given[i] for i in fixed.tolist()]] = 1.0
    trusted[fixed] = REVIEWED
    sure, words, shares = prior, None, None
    out = Judged(np.zeros((total, classes)), np.zeros((total, classes)))
    before: NDArray[np.int64] | None = None
    for number in range(ROUNDS):
        if progress is not None:
            progress("self-train", number, ROUNDS)
        if words is not None:
            opinion = words / np.maximum(words.mean(axis=0) * classes, 1e-6)
            opinion[fixed] = clamp
            counts = present.T @ (opinion * trusted[:, None])
            learnt = (FIRM * prior + counts) / (FIRM + counts.sum(axis=1, keepdims=True))
            sure = KEPT * prior + (1 - KEPT) * learnt
        by_cues = said_by_cues(seen, sure)
        scores = by_cues.copy()
        if shipped is not None:
            scores += said_by_model(shipped)
        if words is not None:
            scores += WORDS * np.log(words + 1e-4)
        chances = _by_group(softmax(scores), seen.groups)
        if shares is None:
            shares = chances.mean(axis=0)
        else:
            chances = held_shares(chances, shares)
        chances[fixed] = clamp
        labels = chances.argmax(axis=1)
        changed = 1.0 if before is None else float((labels != before).mean())
        before = labels
        words = learner.unseen(chances)
        voiced = np.asarray(seen.votes.sum(axis=1)).ravel() > 0
        agree = float((by_cues.argmax(axis=1) == words.argmax(axis=1))[voiced].mean()) if voiced.any() else 0.0
        out.rounds.append({"changed": round(changed, 4), "agree": round(agree, 4)})
        out.chances, out.words, out.sure = chances, words, sure
        if changed < SETTLED:
            break
    return out


def said_by_cues(seen: Seen, sure: Floats) -> Floats:
    """Evidence of the cues for each class, in natural logarithms; 0 where no cue stands."""
    return np.asarray(VOICE * (seen.votes @ np.log(sure * len(seen.classes))))


def said_by_model(chances: Floats) -> Floats:
    """Evidence of a model, in natural logarithms; nothing is taken for impossible."""
    return np.asarray(np.log(chances + 1e-3))


def clearness(chances: Floats) -> Floats:
    """How clear the likeliest class is: its distance from the second, 0 to 1. What a weakly labelled text counts in learning."""
    top = np.sort(chances, axis=1)
    return np.asarray(top[:, -1] - top[:, -2])


def held_shares(chances: Floats, shares: Floats) -> Floats:
    """Chances whose mean per class is drawn HOLD of the way (in logarithms) to `shares`."""
    shift = np.zeros(chances.shape[1])
    for _ in range(10):
        moved = chances * np.exp(shift)
        moved /= moved.sum(axis=1, keepdims=True)
        shift += 0.5 * np.log((shares + 1e-6) / (moved.mean(axis=0) + 1e-6))
    moved = chances * np.exp(HOLD * shift)
    return np.asarray(moved / moved.sum(axis=1, keepdims=True))


def _by_group(chances: Floats, groups: list[int]) -> Floats:
    """Copies of one text get one opinion: the mean of theirs."""
    numbers = np.asarray(groups)
    sums = np.zeros((int(numbers.max()) + 1 if len(numbers) else 0, chances.shape[1]))
    np.add.at(sums, numbers, chances)
    return np.asarray((sums / np.maximum(np.bincount(numbers)[:, None], 1))[numbers])


class _Learner:
    """The linear model of the rounds: features made once, fitted fold by fold."""

    def __init__(
        self, seen: Seen, phrases: tuple[list[list[str]], NDArray[np.int64], Floats], given: Mapping[int, int], seed: int
    ) -> None:
        self.seed, self.classes = seed, len(seen.classes)
        self.total, self.given = len(seen.tokens), np.array(sorted(given), dtype=np.int64)
        tokens, self.phrase_class, self.phrase_weight = phrases
        last = max(seen.groups, default=-1) + 1
        features = features_of([*seen.tokens, *tokens], [*seen.groups, *range(last, last + len(tokens))])
        self.texts, self.phrases = features[: self.total], features[self.total :]
        self.folds = np.array(grouped_folds(seen.groups, [""] * self.total, FOLDS, seed))

    def unseen(self, chances: Floats) -> Floats:
        """Probabilities of each text by a model that hasn't seen it or a copy of it."""
        from scipy.sparse import vstack
        from sklearn.svm import LinearSVC

        labels, weights = chances.argmax(axis=1), clearness(chances)
        weights[self.given] = REVIEWED
        margins = np.full((self.total, self.classes), -1.5)
        for fold in range(FOLDS):
            held = np.flatnonzero(self.folds == fold)
            kept = np.flatnonzero((self.folds != fold) & (weights > 0))
            target = np.concatenate([labels[kept], self.phrase_class])
            present = np.unique(target)
            if not len(held) or len(present) < 2:
                continue
            machine = LinearSVC(C=COST, class_weight="balanced", random_state=self.seed, max_iter=3000)
            machine.fit(
                vstack([self.texts[kept], self.phrases]).tocsr(),
                target,
                sample_weight=np.concatenate([weights[kept], self.phrase_weight * PHRASES]),
            )
            scores = machine.decision_function(self.texts[held])
            margins[np.ix_(held, present)] = np.column_stack([-scores, scores]) if scores.ndim == 1 else scores
        return softmax(margins * SHARPNESS)


def features_of(tokens: list[list[str]], groups: list[int]) -> Any:
    """Sparse rows of unit length: words as in training, and beside them their parts."""
    from scipy.sparse import hstack
    from sklearn.preprocessing import normalize

    known = lexis(tokens, groups, How(2, 0, letters=1))
    matrix = normalize(text_matrix(tokens, known))
    return hstack([matrix, matrix @ word_parts(known.vocabulary)]).tocsr()
