"""Trains the category classifier from labelled texts and writes a model folder; the only home of scikit-learn."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from triage._version import __version__
from triage.domain.pack import Pack
from triage.errors import ModelError, UsageError
from triage.message import Message
from triage.tags.artefact import FORMAT, write_folder
from triage.tags.calibrate import LENGTHS, TARGET, Floats, Threshold, choose_threshold, fit_by_length, steepen, summary
from triage.tags.drift import summarise
from triage.tags.features import TF_STEPS, count, document_counts, is_feature
from triage.tags.groups import grouped_folds
from triage.tags.model import UNIT, Cutter, Model
from triage.tags.prepare import Prepared, Progress, prepare

if TYPE_CHECKING:
    from triage.text.fold import Text

FOLDS = 5
MIN_KNOWN = 2
"""Fewer known distinct words than this, and the model abstains."""
MAX_WORDS = 60_000
"""Largest vocabulary; the most frequent words are kept."""
IDF_UNIT = 64
COST = 1.0
"""LinearSVC's C, chosen by cross-validation on 5,409 labelled messages among 0.2, 0.3, 1, 2 and 4; 1 and 2 were equal."""

SHARE = 0.4
"""How much words learn from their parts. Cross-validation on those messages gave macro-F1 0.892 without and 0.894 with; on 1,349
short invented texts used for the same messages, 0.725 without and 0.753 with."""

LEAN = 0.5
"""How easily teachers are leant on. On invented texts with a teacher from others of them, macro-F1 on texts held back was 0.64 to 0.66 for 0.3
to 4, where four labels of fifteen filled the dump 0.63 to 0.64; without a teacher 0.59 and 0.45."""

CONFORMANCE = (
    "我家宽带断网三天了,客服一直不处理,我要投诉!",
    "话费被乱扣200元,要求退费并书面道歉。",
    "小区物业乱收费,垃圾没人清运,噪音扰民严重。",
    "单位拖欠农民工工资,劳动仲裁也没有用",
    "孩子上学的学区划分不公平,希望教育局答复",
    "app闪退,5g套餐升级后wifi更慢,vip客服打不通",
    "医院挂号难,药价虚高,医保报销比例太低",
    "公交车站台a3路口红绿灯坏了。",
)
"""Sentences whose tokens are kept in the model: a segmenter that cuts them otherwise isn't the one the model learnt from."""

_PLACEHOLDER = re.compile("<[a-z]+>")
"""What masking leaves: not words of the customer, so nothing to learn from."""


def train(
    texts: Sequence[str],
    labels: Sequence[str],
    out: str | Path,
    *,
    pack: Pack | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    segmenter: Cutter | None = None,
    min_texts: int = 2,
    measured: Sequence[bool] | None = None,
    below: float | None = None,
    hit_rate: float = TARGET,
    weights: Sequence[float] | None = None,
    judged: Sequence[str] | None = None,
    recipe: Mapping[str, Any] | None = None,
    teachers: Sequence[Model] = (),
    numbers: Sequence[int] | None = None,
) -> dict[str, Any]:
    """Train a model on `texts` and their category `labels` and write it to the folder `out`.

    Returns metrics measured by cross-validation, near-duplicates kept on one side (accuracy, macro_f1, per_label, ece,
    log_loss, coverage, accuracy_answered, rows...), and `warnings` (a list of Message). The same input gives the same bytes.
    With `pack`, labels must be its categories and its lexicon joins the segmenter's dictionary.
    A word enters the vocabulary if `min_texts` texts hold it, near-duplicates counting once; 1 is for texts that name nobody.
    `measured` marks the rows to measure and calibrate on, all by default; the others only teach (texts that a program made out of
    the same phrases would flatter both).
    `below` is the confidence below which the model abstains; without it, the lowest at which the share `hit_rate` of the
    answers, nine in ten by default, is right.
    `weights` says how much each row counts in learning (0 or more, 1 by default): less for a label that is only likely.
    `judged` are the labels to measure and calibrate against, where they aren't those to learn: draws from what is likely, where nobody
    knows. One that no row teaches isn't used.
    `recipe` is added to the recipe in the manifest.
    `teachers` are models whose knowledge of words may be leant on, as far as the texts bear them out: worth most where texts are few
    or some labels rare. Their words join the vocabulary.
    `numbers` is what warnings call the rows, 1, 2, ... if not given.

    Raises UsageError (arguments or labels that don't fit), ModelError (too little to learn from, folder not writable).
    """
    cutter = segmenter if segmenter is not None else _segmenter(pack)
    prepared = prepare(texts, labels, _reader(cutter), pack, progress, numbers)
    trust = _trust(prepared.rows, weights, len(texts))
    names = tuple(sorted(set(prepared.labels)))
    right = np.array([names.index(label) for label in prepared.labels], dtype=np.int64)
    folds = assign_folds(prepared, seed)
    counts = np.array([measured is None or measured[row] for row in prepared.rows])
    if not counts.any():
        raise UsageError(Message("没有一行用于衡量（measured）", "no row to measure on (`measured`)"))
    goal = right if judged is None else _judged(prepared.rows, judged, names, right)
    margins, known, whole, target, fold_of = _out_of_fold(
        prepared, right, goal, trust, names, folds, counts, seed, min_texts, progress, teachers
    )
    chances = np.empty_like(margins)
    for k in range(max(folds) + 1):  # each fold's probabilities by a calibration that hasn't seen it
        held = fold_of == k
        chances[held] = steepen(
            margins[held], known[held], fit_by_length(margins[~held], known[~held], target[~held], whole[~held])
        )
    confidence, hit = chances[whole].max(axis=1), chances[whole].argmax(axis=1) == target[whole]
    enough = known[whole] >= MIN_KNOWN
    threshold = (
        choose_threshold(confidence[enough], hit[enough], below, hit_rate) if enough.any() else Threshold(0.5, False, 0.0, 0.0)
    )
    metrics = summary(chances[whole], target[whole], names, enough & (confidence >= threshold.below))
    metrics = {"by": f"{max(folds) + 1}-fold cross-validation, near-duplicates on one side", "input_rows": len(texts), **metrics}
    if not threshold.reached and below is None:
        prepared.warnings.append(_unreached(threshold, hit_rate))
    if progress is not None:
        progress("fit", max(folds) + 1, max(folds) + 2)
    arrays, scale, vocabulary = fit(prepared.tokens, right, prepared.groups, len(names), seed, min_texts, trust, teachers)
    arrays["steepness"] = np.rint(fit_by_length(margins, known, target, whole) * UNIT).astype(np.int32)
    manifest = _manifest(names, scale, cutter, threshold, hit_rate, metrics, pack, seed, min_texts, len(prepared.labels))
    manifest["recipe"].update(recipe or {})
    said = Counter(names[i] for i in chances[whole].argmax(axis=1).tolist())
    manifest["training"] = summarise(prepared.tokens, prepared.groups, vocabulary, said, metrics["coverage"], min_texts, seed)
    write_folder(Path(out), manifest, arrays, vocabulary)
    return {**metrics, "warnings": prepared.warnings}


def prepared_rows(
    texts: Sequence[str], labels: Sequence[str], pack: Pack | None, segmenter: Cutter | None, progress: Progress | None
) -> Prepared:
    """Rows made ready as for training. Raises UsageError, ModelError."""
    return prepare(texts, labels, _reader(segmenter if segmenter is not None else _segmenter(pack)), pack, progress)


def _trust(rows: Sequence[int], weights: Sequence[float] | None, total: int) -> Floats:
    """The weight of each row that is used. Raises UsageError for weights that aren't one finite number from 0 up per row."""
    if weights is None:
        return np.ones(len(rows))
    given = np.asarray(weights, dtype=np.float64)
    if given.shape != (total,) or not np.isfinite(given).all() or (given < 0).any():
        raise UsageError(
            Message(
                f"权重应为 {total} 个不小于 0 的数（每行一个）", f"weights must be {total} numbers from 0 up, one for each row"
            )
        )
    return given[list(rows)]


def _judged(rows: Sequence[int], judged: Sequence[str], names: tuple[str, ...], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """The label to hold each row against, as a number; that learnt where `judged` names one that isn't learnt."""
    numbers = {name: number for number, name in enumerate(names)}
    return np.array([numbers.get(judged[row], taught) for row, taught in zip(rows, right.tolist(), strict=True)], dtype=np.int64)


def fit(
    tokens: Sequence[Sequence[str]],
    right: NDArray[np.int64],
    groups: Sequence[int],
    labels: int,
    seed: int,
    min_texts: int,
    weights: Floats | None = None,
    teachers: Sequence[Model] = (),
) -> tuple[dict[str, NDArray[Any]], float, list[str]]:
    """Learn one linear model: its integer arrays (all but the steepness, which is 1), their scale, and the vocabulary."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.svm import LinearSVC

    copies = document_counts(tokens, groups)
    texts = len(set(groups))
    frequent = sorted(copies.items(), key=lambda item: (-item[1], item[0]))
    # the most frequent first: neighbours in memory at prediction, which makes looking words up a quarter faster
    vocabulary = [word for word, n in frequent[:MAX_WORDS] if n >= min_texts]
    if not vocabulary:
        raise ModelError(
            Message(
                f"无法训练：没有一个词在 {min_texts} 条以上的文本中出现",
                f"can't train: no word occurs in {min_texts} texts or more",
            ),
            Message("补充更多标注文本", "label more texts"),
        )
    known = set(vocabulary)
    for teacher in teachers:
        vocabulary += [word for word in teacher.words if word not in known]
        known.update(teacher.words)
    idf = np.array(
        [round(IDF_UNIT * (1 + math.log((1 + texts) / (1 + copies.get(word, 0))))) for word in vocabulary], dtype=np.int64
    )
    numbers = {word: number for number, word in enumerate(vocabulary)}
    rows, words, tf = count(tokens, numbers.get, len(vocabulary))
    values = (tf * idf[words]).astype(np.float64)
    norms = np.sqrt(np.bincount(rows, weights=np.square(values), minlength=len(tokens)))
    matrix = csr_matrix((values / norms[rows], (rows, words)), shape=(len(tokens), len(vocabulary)))
    parts = hstack([word_parts(vocabulary), *(lessons(teacher, vocabulary, idf) for teacher in teachers)]).tocsr()
    machine = LinearSVC(C=COST, class_weight="balanced", random_state=seed, max_iter=3000)
    machine.fit(hstack([matrix, matrix @ parts]).tocsr(), right, weights)
    # what was learnt of parts is added to the words that hold them: prediction looks up words alone
    slopes, intercepts = (
        machine.coef_[:, : len(vocabulary)] + (parts @ machine.coef_[:, len(vocabulary) :].T).T,
        machine.intercept_,
    )
    if labels == 2:
        slopes, intercepts = np.vstack([-slopes, slopes]), np.concatenate([-intercepts, intercepts])
    weighted = slopes.T * idf[:, None]
    scale = 32767 / max(float(np.abs(weighted).max()), 1e-9)
    arrays: dict[str, NDArray[Any]] = {
        "weights": np.rint(weighted * scale).astype(np.int16),
        "idf": idf.astype(np.int16),
        "intercepts": np.rint(intercepts * UNIT).astype(np.int32),
        "steepness": np.full(len(LENGTHS), UNIT, dtype=np.int32),
        "lengths": np.array(LENGTHS, dtype=np.int32),
    }
    return arrays, scale, vocabulary


def lessons(teacher: Model, vocabulary: Sequence[str], idf: NDArray[np.int64]) -> Any:
    """A sparse matrix, words x the teacher's labels: what it says of each word, so that a text's row times this is LEAN times its scores
    (but for the text's length, which it counts by its own words). What is learnt of these columns is learnt of all its words at once,
    also of those that no text here holds."""
    from scipy.sparse import csr_matrix

    said = teacher.slopes(vocabulary)
    return csr_matrix(said * (LEAN / idf[:, None]))


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


def assign_folds(prepared: Prepared, seed: int) -> list[int]:
    """A fold per row: groups dealt out label by label, so that each label is in every fold where it can be."""
    groups: dict[str, set[int]] = {}
    for group, label in zip(prepared.groups, prepared.labels, strict=True):
        groups.setdefault(label, set()).add(group)
    return grouped_folds(prepared.groups, prepared.labels, min(FOLDS, max(map(len, groups.values()))), seed)


def _out_of_fold(
    prepared: Prepared,
    right: NDArray[np.int64],
    goal: NDArray[np.int64],
    trust: Floats,
    names: tuple[str, ...],
    folds: Sequence[int],
    counts: NDArray[np.bool_],
    seed: int,
    min_texts: int,
    progress: Progress | None,
    teachers: Sequence[Model],
) -> tuple[Floats, NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """Margins of each row by a model that hasn't seen it, of the whole text and of an excerpt: margins, known words, whole?, label, fold."""
    margins, known, whole, target, fold_of = [], [], [], [], []
    fold_numbers = np.array(folds)
    for k in range(max(folds) + 1):
        if progress is not None:
            progress("fit", k, max(folds) + 2)
        train_rows, held = np.flatnonzero(fold_numbers != k), np.flatnonzero((fold_numbers == k) & counts)
        present = np.unique(right[train_rows])
        relabelled = np.searchsorted(present, right[train_rows])
        arrays, scale, vocabulary = fit(
            [prepared.tokens[i] for i in train_rows],
            relabelled,
            [prepared.groups[i] for i in train_rows],
            len(present),
            seed,
            min_texts,
            trust[train_rows],
            teachers,
        )
        model = Model(
            {"labels": [names[i] for i in present], "pack": None, "scale": scale, "abstain": {"below": 0.0, "min_known_words": 0}},
            arrays, vocabulary, "",
        )  # fmt: skip
        for is_whole in (True, False):
            pieces = [prepared.tokens[i] if is_whole else excerpt(prepared.tokens[i], seed + int(i)) for i in held]
            scores, words = model.scores(pieces)
            full = np.full((len(held), len(names)), -30.0)
            full[:, present] = scores / UNIT
            margins.append(full)
            known.append(words)
            whole.append(np.full(len(held), is_whole))
            target.append(goal[held])
            fold_of.append(np.full(len(held), k))
    return np.concatenate(margins), np.concatenate(known), np.concatenate(whole), np.concatenate(target), np.concatenate(fold_of)


def excerpt(tokens: Sequence[str], seed: int) -> Sequence[str]:
    """A run of 3 to 40 words out of a text, at a place and of a length that `seed` decides: what a short complaint may look like."""
    number = int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:8], "big")
    size = (3, 5, 8, 12, 20, 40)[number % 6]
    start = (number >> 8) % max(1, len(tokens) - size + 1)
    return tokens[start : start + size]


def _manifest(
    names: tuple[str, ...],
    scale: float,
    cutter: Cutter,
    threshold: Threshold,
    hit_rate: float,
    metrics: dict[str, Any],
    pack: Pack | None,
    seed: int,
    min_texts: int,
    rows: int,
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "created_by": f"complaint-triage {__version__}",
        "pack": pack.id if pack is not None else None,
        "labels": list(names),
        "scale": scale,
        "tokens": {"fingerprint": cutter.fingerprint, "conformance": [[s, cutter.cut(s)] for s in CONFORMANCE]},
        "abstain": {
            "below": threshold.below, "min_known_words": MIN_KNOWN, "target": hit_rate, "target_reached": threshold.reached,
        },
        "recipe": {
            "features": "jieba words, letters only, sublinear tf-idf", "learner": "LinearSVC", "C": COST, "class_weight": "balanced",
            "calibration": "steepness per length class, on out-of-fold scores", "seed": seed, "rows": rows, "tf_steps": TF_STEPS, "word_parts": SHARE, "min_texts": min_texts,
        },
        "metrics": metrics,
    }  # fmt: skip


def _unreached(threshold: Threshold, hit_rate: float) -> Message:
    right, answered = f"{threshold.precision:.0%}", f"{threshold.coverage:.0%}"
    return Message(
        f"没有合适的阈值能让 {hit_rate:.0%} 的回答正确：置信度 {threshold.below} 以上回答 {answered} 的文本，其中 {right} 正确；标注更多文本会有帮助",
        f"no useful threshold makes {hit_rate:.0%} of the answers right: from confidence {threshold.below} up, {answered} are answered and {right} of those "
        "are right; more labelled texts would help",
    )


def _segmenter(pack: Pack | None) -> Cutter:
    from triage.text.segment import segmenter

    return segmenter("auto", pack.lexicon if pack is not None else ())


def plain(text: str) -> Text:
    """The folded text without personal data: what every text becomes before it is learnt from."""
    from triage.text.fold import fold
    from triage.text.masking import mask

    return fold(_PLACEHOLDER.sub(" ", mask(text)))


def _reader(cutter: Cutter) -> Callable[[str], tuple[str, list[str]]]:
    """Folds, masks personal data and cuts: what every text goes through before it is learnt from."""
    keep: dict[str, bool] = {}

    def read(text: str) -> tuple[str, list[str]]:
        folded = plain(text).folded
        return folded, [word for word in cutter.cut(folded) if _is_kept(word, keep)]

    return read


def _is_kept(word: str, keep: dict[str, bool]) -> bool:
    ok = keep.get(word)
    if ok is None:
        ok = keep[word] = is_feature(word)
    return ok
