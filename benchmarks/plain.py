"""The plain recipe that a team writes in an afternoon: segmenter, TfidfVectorizer, LinearSVC. It gives a label and no reasons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.texts import LABELS, Grammar

Predict = Callable[[Sequence[str]], Sequence[str]]


def train(count: int = 1400, seed: int = 77) -> Predict | None:
    """The recipe trained on invented texts; None where scikit-learn isn't installed."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.svm import LinearSVC
    except ImportError:
        return None
    import rjieba

    pairs = list(Grammar(seed).texts(count))
    tfidf: Any = TfidfVectorizer(analyzer=rjieba.cut, sublinear_tf=True, min_df=2)
    svc: Any = LinearSVC()
    svc.fit(tfidf.fit_transform([text for _, text in pairs]), [LABELS.index(label) for label, _ in pairs])

    def predict(texts: Sequence[str]) -> Sequence[str]:
        return [LABELS[n] for n in svc.predict(tfidf.transform(texts))]

    return predict
