"""Learns linear weights of words from labelled texts with scikit-learn, and puts them into whole numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from triage.errors import ModelError
from triage.message import Message
from triage.tags.calibrate import LENGTHS, Floats
from triage.tags.features import Words, document_counts
from triage.tags.manifest import FACTOR
from triage.tags.model import UNIT, Model

MAX_WORDS = 60_000
"""Largest vocabulary; the most frequent words are kept."""
COST = 10.0
"""C of the logistic regressions. Grouped cross-validation on 5,409 labelled messages: macro-F1 0.899 for 3, 0.901 for 10 and 20; LinearSVC
with 0.25, 0.5 and 1 gave 0.901 too, with a log loss 0.003 higher."""
COST_OF_LEANING = 0.5
"""C of LinearSVC, which learns where there are teachers."""
SHARE = 0.4
"""How much words learn from their parts. On those messages 0.2 to 0.7 were within 0.002; without parts macro-F1 was 0.005 lower."""
TELLING = 0.25
"""How far a word counts by how differently often it occurs with a label and without (the rest counts for all words alike), after Wang and
Manning, "Baselines and Bigrams" (2012). On those messages macro-F1 0.893 without, 0.900 to 0.902 with 0.25 to 1; on some hundred invented
texts of two trades 0.25 is best (0.70 and 0.65; 0.71 and 0.65 without, 0.69 and 0.64 with 0.5)."""
LEAN = 0.5
"""How easily teachers are leant on. On invented texts with a teacher from others of them, macro-F1 on texts held back was 0.64 to 0.66 for 0.3
to 4, where four labels of fifteen filled the dump 0.63 to 0.64; without a teacher 0.59 and 0.45."""
SHORT = 2
"""Letters from which a word counts, unless shorter ones pay. Of 5,409 messages of 130 words on average macro-F1 is 0.002 higher without words of
one character, and tags cost a third less; of 1,038 texts of 15 words it is 0.05 lower."""
PARTS_UP_TO = 4_000_000
"""Words in all texts up to which they learn from their parts: beyond, they occur often enough to learn by themselves, and memory counts."""

_IDF_UNIT = 8
_IDF_SCALE = _IDF_UNIT**-0.25


class How(NamedTuple):
    """How to learn. A word counts if `min_texts` groups of texts hold it and it has `letters` or more; `teachers` may be leant on."""

    min_texts: int
    seed: int
    teachers: Sequence[Model] = ()
    letters: int = SHORT


class Lexis(NamedTuple):
    """Words that are learnt from: the vocabulary, the most frequent first, and how much each adds to the length of a text (1 to 127):
    8 (1 + ln((1 + texts) / (1 + texts with the word)))."""

    vocabulary: list[str]
    lengths: NDArray[np.int64]


def lexis(tokens: Sequence[Sequence[str]], groups: Sequence[int], how: How) -> Lexis:
    """The words of `tokens` that count, near-duplicate texts counting once, and those of teachers. Raises ModelError where there is none."""
    copies = document_counts(tokens, groups)
    texts = len(set(groups))
    # the most frequent first: neighbours in memory at prediction
    frequent = sorted(((word, n) for word, n in copies.items() if n >= how.min_texts and len(word) >= how.letters), key=lambda item: (-item[1], item[0]))[:MAX_WORDS]
    if not frequent:
        raise ModelError(
            Message(
                f"无法训练：没有一个词在 {how.min_texts} 条以上的文本中出现",
                f"can't train: no word occurs in {how.min_texts} texts or more",
            ),
            Message("补充更多标注文本", "label more texts"),
        )
    taught = (word for teacher in how.teachers for word in teacher.words if len(word) >= how.letters)
    vocabulary = list(dict.fromkeys(chain((word for word, _ in frequent), taught)))
    lengths = [min(127, round(_IDF_UNIT * (1 + math.log((1 + texts) / (1 + copies.get(word, 0)))))) for word in vocabulary]
    return Lexis(vocabulary, np.array(lengths, dtype=np.int64))


def text_matrix(tokens: Sequence[Sequence[str]], known: Lexis) -> Any:
    """Sparse, texts x words: each word's length as often as it occurs, divided by the text's length to the power of 3/4."""
    from scipy.sparse import csr_matrix, vstack

    words, blocks = Words(known.vocabulary), []
    for start in range(0, len(tokens), 20_000):
        found = words.find(tokens[start : start + 20_000])
        lengths = known.lengths[found.words]
        rows = np.repeat(np.arange(len(found.known)), found.known)
        totals = np.bincount(rows, weights=lengths, minlength=len(found.known))
        values = lengths * _IDF_SCALE / np.maximum(totals, 1)[rows] ** 0.75
        bounds = np.concatenate((found.firsts, [len(found.words)]))
        block = csr_matrix((values, found.words, bounds), shape=(len(found.known), len(known.vocabulary)))
        block.sum_duplicates()
        blocks.append(block)
    return vstack(blocks, format="csr") if blocks else csr_matrix((0, len(known.vocabulary)))


def word_parts(vocabulary: Sequence[str]) -> Any:
    """A sparse matrix, words x parts: the characters of each word of two or more, and the pairs in it of three or more. Words that
    share a part so learn from each other (校服 from 学校), which is worth most where texts are few."""
    from scipy.sparse import csr_matrix

    numbers: dict[str, int] = {}
    rows, columns = [], []
    for row, word in enumerate(vocabulary):
        if len(word) > 1:
            pairs = {word[i : i + 2] for i in range(len(word) - 1)} if len(word) > 2 else set()
            for part in sorted({*word, *pairs}):
                rows.append(row)
                columns.append(numbers.setdefault(part, len(numbers)))
    return csr_matrix((np.full(len(rows), SHARE), (rows, columns)), shape=(len(vocabulary), max(1, len(numbers))))


def lessons(teacher: Model, known: Lexis) -> Any:
    """A sparse matrix, words x the teacher's categories: what it says of each word, so that a text's row times this is LEAN times its scores
    (but for the text's length, which it counts by its own words). What is learnt of these columns is learnt of all its words at once,
    also of those that no text here holds."""
    from scipy.sparse import csr_matrix

    return csr_matrix(teacher.slopes(known.vocabulary) * (LEAN / (known.lengths * _IDF_SCALE))[:, None])


class Columns(NamedTuple):
    """Linear weights of some labels: slopes (words x labels) and intercepts; the score is a margin, not yet a probability."""

    slopes: Floats
    intercepts: Floats


class Learner:
    """Texts made ready to learn any number of labels from."""

    def __init__(self, tokens: Sequence[Sequence[str]], groups: Sequence[int], how: How) -> None:
        from scipy.sparse import hstack

        self.known, self.seed, self._leans = lexis(tokens, groups, how), how.seed, bool(how.teachers)
        matrix = text_matrix(tokens, self.known)
        parts = [word_parts(self.known.vocabulary)] if matrix.nnz <= PARTS_UP_TO else []
        self._own = len(self.known.vocabulary) + sum(part.shape[1] for part in parts)
        parts += [lessons(teacher, self.known) for teacher in how.teachers]
        self._parts = hstack(parts).tocsr() if parts else None
        self._matrix = matrix if self._parts is None else hstack([matrix, matrix @ self._parts]).tocsr()

    def learn(self, rows: NDArray[np.int64], right: NDArray[np.bool_], trust: Floats) -> Columns:
        """One column a label from some of the texts. `right` is rows x labels; a label with all rows or none gets a column that says so."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.svm import LinearSVC

        matrix = self._matrix[rows] if len(rows) < self._matrix.shape[0] else self._matrix
        words, labels = len(self.known.vocabulary), right.shape[1]
        out = Columns(np.zeros((words, labels)), np.zeros(labels))
        for label in range(labels):
            inside = right[:, label]
            count = int((inside & (trust > 0)).sum())
            if not count or count == int((trust > 0).sum()):
                out.intercepts[label] = 1.0 if count else -1.0
                continue
            scale = _telling(matrix, inside, trust)
            scale[self._own :] = 1.0  # all texts have all columns of teachers
            scaled = matrix.copy()
            scaled.data *= scale[scaled.indices]
            # the columns of teachers, in all texts, take a logistic regression ten times as long
            machine = (
                LinearSVC(C=COST_OF_LEANING, class_weight="balanced", random_state=self.seed, tol=1e-2, max_iter=3000)
                if self._leans
                else LogisticRegression(C=COST, class_weight="balanced", solver="liblinear", random_state=self.seed, max_iter=300)
            )
            machine.fit(scaled, inside, trust)
            slopes = machine.coef_[0] * scale
            # what was learnt of parts is added to the words that hold them: prediction looks up words alone
            out.slopes[:, label] = slopes[:words] if self._parts is None else slopes[:words] + self._parts @ slopes[words:]
            out.intercepts[label] = machine.intercept_[0]
        return out


def _telling(matrix: Any, inside: NDArray[np.bool_], trust: Floats) -> Floats:
    """How much each feature counts for a label: in part the same for all, in part by how its share of the texts with the label differs from its
    share of those without, as a logarithm; the mean square is 1."""
    present = matrix.copy()
    present.data = np.ones_like(present.data)
    of_label = present.T @ (trust * inside) + 1
    of_others = present.T @ (trust * ~inside) + 1
    size = np.abs(np.log((of_label / of_label.sum()) / (of_others / of_others.sum())))
    size = (1 - TELLING) * size.mean() + TELLING * size
    mean_square = float(np.mean(np.square(size)))
    return np.asarray(size / math.sqrt(mean_square)) if mean_square > 0 else np.ones_like(size)


def to_integers(known: Lexis, columns: Columns, heads: int) -> dict[str, NDArray[Any]]:
    """The arrays of a model folder; not yet calibrated: steepness is 1, curves are straight."""
    weighted = columns.slopes * (known.lengths * _IDF_SCALE)[:, None]
    step = np.maximum(np.abs(weighted).max(axis=0) / 127, 1 / FACTOR)
    factors = np.maximum(np.rint(step * FACTOR), 1)
    return {
        "weights": np.clip(np.rint(weighted / (factors / FACTOR)), -127, 127).astype(np.int8),
        "lengths_of_words": known.lengths.astype(np.int8),
        "factors": factors.astype(np.int32),
        "intercepts": np.rint(columns.intercepts * UNIT).astype(np.int32),
        "steepness": np.full((heads, len(LENGTHS)), UNIT, dtype=np.int32),
        "curves": np.tile(np.arange(10001, dtype=np.int16), (heads, 1)),
        "classes": np.array(LENGTHS, dtype=np.int32),
    }
