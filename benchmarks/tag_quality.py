"""How right trained tags are on labelled messages: five seeds of five folds, near-duplicates on one side, beside the plain recipe."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from triage.tags.answers import Answers, best_guess, merge, of_model, of_tags
from triage.tags.calibrate import softmax
from triage.tags.evaluate import align, score
from triage.tags.figures import Estimate, estimates, figures
from triage.tags.groups import grouped_folds, near_duplicates
from triage.tags.intervals import Resampler, percentile

FOLDS_FILE = Path(__file__).parent / "folds" / "gov2020-dev.csv"
"""The folds that everything is measured on: row ids, and the fold of each row by seed."""
SEEDS, FOLDS = 5, 5
CONFIDENT = 0.75
"""The most confident share of rows whose accuracy is told."""
FIGURES = ("macro_f1", "accuracy", "ece", "log_loss", "brier", "accuracy_confident")


@dataclass
class Labelled:
    """Rows of a labelled dump: id, title and text as one, category."""

    ids: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)


@dataclass
class Quality:
    """Figures of one way to tag: mean over the seeds, least and most of them, and the 95% interval of that mean over groups of rows."""

    name: str
    rows: int
    groups: int
    mean: dict[str, float] = field(default_factory=dict)
    spread: dict[str, tuple[float, float]] = field(default_factory=dict)
    interval: dict[str, tuple[float, float] | None] = field(default_factory=dict)
    per_label: dict[str, float] = field(default_factory=dict)


def read(path: Path) -> Labelled:
    """A dump with the columns row_id, label, title and text."""
    out = Labelled()
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            out.ids.append(row["row_id"])
            out.texts.append(f"{row['title']}\n{row['text']}".strip())
            out.labels.append(row["label"])
    return out


def groups_of(data: Labelled) -> list[int]:
    """The group of near-duplicates of each row."""
    from triage.text.fold import fold

    return near_duplicates([fold(text).folded for text in data.texts])


def make_folds(data: Labelled) -> list[list[int]]:
    """For each seed, the fold of each row."""
    groups = groups_of(data)
    return [grouped_folds(groups, data.labels, FOLDS, seed) for seed in range(SEEDS)]


def write_folds(data: Labelled, path: Path = FOLDS_FILE) -> None:
    """Row ids and folds as CSV; nothing of the texts."""
    lines = [",".join(["row_id", *(f"seed{n}" for n in range(SEEDS))])]
    lines += [",".join([row_id, *map(str, folds)]) for row_id, *folds in zip(data.ids, *make_folds(data), strict=True)]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", "utf-8")


def read_folds(data: Labelled, path: Path = FOLDS_FILE) -> list[list[int]]:
    """The committed folds, in the order of the rows. Raises KeyError for a row that they don't have."""
    with path.open(encoding="utf-8", newline="") as lines:
        by_id = {row["row_id"]: row for row in csv.DictReader(lines)}
    return [[int(by_id[row_id][f"seed{n}"]) for row_id in data.ids] for n in range(SEEDS)]


Way = Callable[[Sequence[str], Sequence[str], Sequence[str]], Mapping[str, Answers]]
"""Learns from texts and labels and answers the held-out texts, in one or more variants by name."""


def ours(texts: Sequence[str], labels: Sequence[str], held: Sequence[str]) -> Mapping[str, Answers]:
    """`triage train` as it stands, on the rows of the other folds: its own cross-validation within them calibrates it."""
    from triage.tags.evaluate import cut
    from triage.tags.model import Model
    from triage.tags.train import train

    with tempfile.TemporaryDirectory(prefix="triage-tags-") as folder:
        train(texts, labels, Path(folder) / "model")
        return {"triage train": of_model(Model.load(Path(folder) / "model"), cut(held)[0])["category"]}


def plain(texts: Sequence[str], labels: Sequence[str], held: Sequence[str]) -> Mapping[str, Answers]:
    """The plain recipe: words, TfidfVectorizer, LinearSVC as they come; the softmax of its scores is what it has for a probability. And
    with scikit-learn's CalibratedClassifierCV around it, by rows, as its documentation has it."""
    import rjieba
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    tfidf: Any = TfidfVectorizer(analyzer=rjieba.cut)
    rows, others = tfidf.fit_transform(texts), tfidf.transform(held)
    svc: Any = LinearSVC(random_state=0).fit(rows, labels)
    calibrated: Any = CalibratedClassifierCV(LinearSVC(random_state=0), ensemble=False).fit(rows, labels)
    return {
        "plain recipe": _answers(svc.classes_, softmax(svc.decision_function(others))),
        "plain recipe, calibrated": _answers(calibrated.classes_, calibrated.predict_proba(others)),
    }


def _answers(labels: Sequence[str], chances: Any) -> Answers:
    return Answers(tuple(map(str, labels)), chances, np.ones(len(chances), dtype=bool), best_guess(chances))


def cross_validate(data: Labelled, way: Way, tell: Callable[[str], None], seeds: int = SEEDS) -> list[Quality]:
    """Each seed's folds in turn: learn on four, answer the fifth. Nothing is chosen by what comes out."""
    groups, labels = groups_of(data), tuple(sorted(set(data.labels)))
    by_seed: dict[str, list[Answers]] = {}
    for seed, folds in enumerate(read_folds(data)[:seeds]):
        chances: dict[str, Any] = {}
        for k in range(FOLDS):
            tell(f"seed {seed}, fold {k}")
            learn = [i for i, fold in enumerate(folds) if fold != k]
            held = [i for i, fold in enumerate(folds) if fold == k]
            for name, answers in way([data.texts[i] for i in learn], [data.labels[i] for i in learn], [data.texts[i] for i in held]).items():
                whole = chances.setdefault(name, np.zeros((len(folds), len(labels))))
                whole[np.ix_(held, [labels.index(label) for label in answers.labels])] = answers.chances
        for name, whole in chances.items():
            by_seed.setdefault(name, []).append(_answers(labels, whole))
    return [pool(name, answers, data.labels, groups) for name, answers in by_seed.items()]


def pool(name: str, by_seed: Sequence[Answers], labels: Sequence[str], groups: Sequence[int]) -> Quality:
    """Mean over the seeds of each figure; the interval draws groups of rows, the same for all seeds."""
    resampler = Resampler(groups)
    found: list[dict[str, Estimate]] = []
    f1s: dict[str, list[float]] = {}
    for answers in by_seed:
        right = align(answers, labels)[1]
        found.append({**estimates(answers, right, resampler), "accuracy_confident": confident(answers, right, resampler)})
        for label, values in figures(answers, right, Resampler(groups, draws=0))["per_label"].items():
            f1s.setdefault(label, []).append(values["f1"])
    out = Quality(name, len(labels), resampler.count)
    for figure in FIGURES:
        values = [f[figure].value for f in found]
        interval = percentile(np.mean([f[figure].draws for f in found], axis=0))
        out.mean[figure] = float(np.mean(values))
        out.spread[figure] = (min(values), max(values))
        out.interval[figure] = tuple(interval) if interval is not None else None  # type: ignore[assignment]
    out.per_label = {label: float(np.mean(values)) for label, values in f1s.items()}
    return out


def confident(answers: Answers, right: Any, resampler: Resampler) -> Estimate:
    """Accuracy on the most confident CONFIDENT of the rows."""
    order = np.argsort(-answers.chances.max(axis=1), kind="stable")
    inside = np.zeros(len(order), dtype=bool)
    inside[order[: round(CONFIDENT * len(order))]] = True
    hit = (answers.said & right).any(axis=1)
    whole, drawn = resampler.totals(np.column_stack([inside & hit, inside]).astype(np.float64))
    return Estimate(float(whole[0] / whole[1]), drawn[:, 0] / drawn[:, 1], True)


def shipped(data: Labelled, pack_ref: str) -> dict[str, dict[str, Any]]:
    """The pack's own model, untouched, on first-level categories: alone, and with the cue phrases as `run` tags. Figures as `triage evaluate`
    has them. Nothing here learns from the messages."""
    from triage.pipeline import Triage
    from triage.tags.evaluate import cut
    from triage.text.segment import segmenter

    triage, groups = Triage.load(pack_ref), groups_of(data)
    paths = [category.path for category in triage.pack.taxonomy.categories]
    ways = {"model and cue phrases, as run": of_tags([d.tags for d in triage.decide_many(data.texts)], {"category": paths})["category"]}
    if triage.model is not None:
        tokens = cut(data.texts, segmenter("auto", triage.pack.lexicon))[0]
        ways["model alone"] = of_model(triage.model, tokens)["category"]
    return {name: score("category", merge(answers, 1), data.labels, groups) for name, answers in ways.items()}
