"""Trains the category classifier from labelled texts and writes a model folder; the only home of scikit-learn."""

from __future__ import annotations

import hashlib
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
from triage.tags.calibrate import NEVER, TARGET, Floats, Threshold, summary
from triage.tags.drift import summarise
from triage.tags.features import is_feature
from triage.tags.groups import grouped_folds
from triage.tags.heads import SEVERAL, TYPES, UNIT
from triage.tags.learn import COST, SHARE, SHORT, TELLING, Columns, How, Learner, to_integers
from triage.tags.lessons import ABSENT, MIN_KNOWN, Calibrated, Lesson, Unseen, calibrate, fold_in
from triage.tags.model import Cutter, Model
from triage.tags.prepare import MIN_ROWS, Prepared, Progress
from triage.tags.tagged import Given, prepare_all, read_tags

if TYPE_CHECKING:
    from triage.text.fold import Text

FOLDS = 5
FEW, FEWER = 20_000, 4_000
"""Rows up to which it is tried out, on two folds or on all, whether words of one character pay."""
PAYS = 0.01
"""Macro-F1 that they must add: they make tags cost half as much again."""
MANY = 200_000
"""Rows up to which all folds are measured; of more, two folds, and this many rows."""

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
    tags: Mapping[str, Sequence[str | None]] | None = None,
    tag_rates: Mapping[str, float] | None = None,
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
    `tags` are labels of other tag types ("intent", "requests", "risks", "emotion"), one cell per row: values parted by ; | , 、 or blanks. None
    says that nothing is known of the row (as does an empty cell of intent or emotion); an empty cell of requests or risks, that it has none.
    A row without a category but with such labels teaches them alone.
    `tag_rates` is by tag type what `hit_rate` is of the category; 0.85 for intent and requests, 0.8 for risks and emotion if not given.
    `judged` are the labels to measure and calibrate against, where they aren't those to learn: draws from what is likely, where nobody
    knows. One that no row teaches isn't used.
    `recipe` is added to the recipe in the manifest.
    `teachers` are models whose knowledge of words may be leant on, as far as the texts bear them out: worth most where texts are few
    or some labels rare. Their words join the vocabulary.
    `numbers` is what warnings call the rows, 1, 2, ... if not given.

    Raises UsageError (arguments or labels that don't fit), ModelError (too little to learn from, folder not writable).
    """
    cutter = segmenter if segmenter is not None else _segmenter(pack)
    given = read_tags(tags or {}, len(texts), pack, numbers)
    prepared = prepare_all(texts, labels, given, _reader(cutter), pack, progress, numbers)
    trust = _trust(prepared.rows, weights, len(texts))
    lessons = [_category(prepared, judged), *(lesson for kind in TYPES if (lesson := _lesson(kind, given, prepared)))]
    folds = assign_folds(prepared, seed)
    counts = np.array([measured is None or measured[row] for row in prepared.rows])
    if not (counts & lessons[0].taught).any():
        raise UsageError(Message("没有一行用于衡量（measured）", "no row to measure on (`measured`)"))
    how = How(min_texts, seed, teachers)
    if judged is None:  # labels that are only likely can't tell
        how = how._replace(letters=_letters(prepared, lessons[:1], trust, folds, counts, how))
    seen = _unseen(prepared, lessons, trust, folds, counts, how, progress)
    calibrated = [
        calibrate(lesson, part, hit_rate, below) if lesson.kind == "category" else calibrate(lesson, part, (tag_rates or {}).get(lesson.kind))
        for lesson, part in zip(lessons, seen, strict=True)
    ]
    lessons, calibrated = _useful(lessons, calibrated, prepared.warnings)
    category = calibrated[0]
    threshold = category.threshold or Threshold(0.5, False, 0.0, 0.0)
    metrics = {"by": f"{max(folds) + 1}-fold cross-validation, near-duplicates on one side", "input_rows": len(texts), **category.metrics}
    if len(lessons) > 1:
        metrics["tags"] = {lesson.kind: found.metrics for lesson, found in zip(lessons[1:], calibrated[1:], strict=True)}
    if not threshold.reached and below is None:
        prepared.warnings.append(_unreached(threshold, hit_rate))
    if progress is not None:
        progress("fit", max(folds) + 1, max(folds) + 2)
    arrays, vocabulary = fit(prepared, lessons, np.arange(len(prepared.rows)), trust, how)
    fold_in(arrays, lessons, calibrated)
    manifest = _manifest(lessons, calibrated, cutter, metrics, hit_rate, pack, how, len(prepared.labels))
    manifest["recipe"].update(recipe or {})
    names = lessons[0].names
    said = Counter(names[i] for i in category.chances.argmax(axis=1).tolist())
    manifest["training"] = summarise(
        prepared.tokens, prepared.groups, vocabulary, said, metrics["coverage"], min_texts, seed
    )
    write_folder(Path(out), manifest, arrays, vocabulary)
    return {**metrics, "warnings": prepared.warnings}


def prepared_rows(
    texts: Sequence[str], labels: Sequence[str], pack: Pack | None, segmenter: Cutter | None, progress: Progress | None
) -> Prepared:
    """Rows made ready as for training. Raises UsageError, ModelError."""
    return prepare_all(texts, labels, {}, _reader(segmenter if segmenter is not None else _segmenter(pack)), pack, progress, None)


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


def _category(prepared: Prepared, judged: Sequence[str] | None) -> Lesson:
    """What is known of the category; `judged` counts where it names a label that is learnt."""
    names = tuple(sorted(set(prepared.labels) - {""}))
    column = {name: i for i, name in enumerate(names)}
    right = np.zeros((len(prepared.labels), len(names)), dtype=bool)
    goal = right.copy()
    for i, (row, label) in enumerate(zip(prepared.rows, prepared.labels, strict=True)):
        if label:
            right[i, column[label]] = True
            goal[i, column[judged[row] if judged is not None and judged[row] in column else label]] = True
    return Lesson("category", names, right, np.array(list(map(bool, prepared.labels)), dtype=bool), goal)


def _lesson(kind: str, given: Given, prepared: Prepared) -> Lesson | None:
    """What is known of one of the other tag types; None where too little is, which is said in the warnings."""
    if kind not in given:
        return None
    values = [given[kind][row] for row in prepared.rows]
    texts: dict[str, set[int]] = {}
    for group, value in zip(prepared.groups, values, strict=True):
        for name in value or ():
            texts.setdefault(name, set()).add(group)
    names = tuple(sorted(name for name, groups in texts.items() if len(groups) >= MIN_ROWS))
    if rare := sorted(set(texts) - set(names)):
        prepared.warnings.append(
            Message(
                f"{kind}：不足 {MIN_ROWS} 条不同文本的值，模型不会给出：{'、'.join(rare)}",
                f"{kind}: fewer than {MIN_ROWS} different texts, so the model won't answer {', '.join(rare)}",
            )
        )
    if len(names) < (1 if kind in SEVERAL else 2):
        prepared.warnings.append(Message(f"{kind}：标注太少，未学习", f"{kind}: too few labels; not learnt"))
        return None
    right = np.array([[value is not None and name in value for name in names] for value in values], dtype=bool)
    taught = np.array([value is not None and (kind in SEVERAL or any(x in names for x in value)) for value in values], dtype=bool)
    return Lesson(kind, names, right, taught, right)


def _useful(lessons: list[Lesson], calibrated: list[Calibrated], warnings: list[Message]) -> tuple[list[Lesson], list[Calibrated]]:
    """The category and the other tag types of which some value is told well enough to be named; the rest is said in the warnings."""
    kept = [n for n, found in enumerate(calibrated) if not isinstance(found.below, list) or min(found.below) < NEVER]
    for n in sorted({*range(len(lessons))} - {*kept}):
        kind = lessons[n].kind
        warnings.append(
            Message(
                f"{kind}：没有一个值认得够准，模型不含这一类标签；标注更多文本会有帮助",
                f"{kind}: no value is told well enough, so the model leaves this type out; more labelled texts would help",
            )
        )
    return [lessons[n] for n in kept], [calibrated[n] for n in kept]


def fit(
    prepared: Prepared, lessons: Sequence[Lesson], rows: NDArray[np.int64], trust: Floats, how: How
) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """Learn all lessons from some rows: integer arrays, not yet calibrated, and the vocabulary."""
    learner = Learner([prepared.tokens[i] for i in rows], [prepared.groups[i] for i in rows], how)
    parts = []
    for lesson in lessons:
        taught = np.flatnonzero(lesson.taught[rows])
        parts.append(learner.learn(taught, lesson.right[rows[taught]], trust[rows[taught]]))
    columns = Columns(np.hstack([part.slopes for part in parts]), np.concatenate([part.intercepts for part in parts]))
    return to_integers(learner.known, columns, len(lessons)), learner.known.vocabulary


def assign_folds(prepared: Prepared, seed: int) -> list[int]:
    """A fold per row: groups dealt out label by label, so that each label is in every fold where it can be."""
    groups: dict[str, set[int]] = {}
    for group, label in zip(prepared.groups, prepared.labels, strict=True):
        groups.setdefault(label, set()).add(group)
    return grouped_folds(prepared.groups, prepared.labels, min(FOLDS, max(map(len, groups.values()))), seed)


def fit_categories(
    tokens: Sequence[Sequence[str]], right: NDArray[np.int64], groups: Sequence[int], names: Sequence[str], trust: Floats, how: How
) -> Model:
    """A model of the category alone, not calibrated. `right` are numbers of `names`; those that no row has aren't learnt."""
    present = np.unique(right)
    is_it = right[:, None] == present
    lesson = Lesson("category", tuple(names[i] for i in present), is_it, np.ones(len(tokens), dtype=bool), is_it)
    prepared = Prepared(list(map(list, tokens)), [names[i] for i in right], list(groups), list(range(len(tokens))))
    return bare_model([lesson], *fit(prepared, [lesson], np.arange(len(tokens)), trust, how))


def bare_model(lessons: Sequence[Lesson], arrays: dict[str, NDArray[Any]], vocabulary: Sequence[str]) -> Model:
    """A model that isn't calibrated: its scores are margins."""
    heads = [{"type": x.kind, "labels": x.names, "below": 1.0 if x.kind == "category" else [1.0] * len(x.names)} for x in lessons]
    return Model({"heads": heads, "pack": None, "min_known_words": 0}, arrays, vocabulary, "")


def _unseen(
    prepared: Prepared, lessons: Sequence[Lesson], trust: Floats, folds: Sequence[int], counts: NDArray[np.bool_], how: How,
    progress: Progress | None = None, rounds: int = FOLDS,
) -> list[Unseen]:  # fmt: skip
    """What models that haven't seen them say of the rows that count, as whole texts and as excerpts, by lesson. `rounds`: folds at most."""
    parts: list[list[Unseen]] = [[] for _ in lessons]
    fold_of = np.array(folds)
    rounds = min(rounds, max(folds) + 1 if len(fold_of) <= MANY else 2)
    for k in range(rounds):
        if progress is not None:
            progress("fit", k, rounds + 1)
        rows, held = np.flatnonzero(fold_of != k), np.flatnonzero((fold_of == k) & counts)[: MANY // rounds]
        model = bare_model(lessons, *fit(prepared, lessons, rows, trust, how))
        for is_whole in (True, False):
            pieces = [prepared.tokens[i] if is_whole else excerpt(prepared.tokens[i], how.seed + int(i)) for i in held]
            scores, known = model.all_scores(pieces)
            for lesson, head, out in zip(lessons, model.heads, parts, strict=True):
                mine = np.flatnonzero(lesson.taught[held])
                margins = scores[mine, head.columns] / UNIT
                margins[:, ~lesson.right[rows].any(axis=0)] = ABSENT
                size = len(mine)
                out.append(Unseen(margins, known[mine], np.full(size, is_whole), lesson.goal[held[mine]], np.full(size, k)))
    return [Unseen.join(part) for part in parts]


def _letters(
    prepared: Prepared, category: Sequence[Lesson], trust: Floats, folds: Sequence[int], counts: NDArray[np.bool_], how: How
) -> int:
    """How many letters a word needs: SHORT, unless shorter words too give PAYS more macro-F1 on texts not learnt from."""
    if len(folds) > FEW:
        return SHORT
    rounds = FOLDS if len(folds) <= FEWER else 2
    found = {}
    for letters in (SHORT, 1):
        try:
            seen = _unseen(prepared, category, trust, folds, counts, how._replace(letters=letters), rounds=rounds)[0]
        except ModelError:  # no word is so long
            found[letters] = -1.0
            continue
        chances, right = seen.margins[seen.whole], seen.goal[seen.whole].argmax(axis=1)
        found[letters] = summary(chances, right, category[0].names, np.ones(len(right), dtype=bool))["macro_f1"]
    return 1 if found[1] > found[SHORT] + PAYS else SHORT


def excerpt(tokens: Sequence[str], seed: int) -> Sequence[str]:
    """A run of 3 to 40 words out of a text, at a place and of a length that `seed` decides: what a short complaint may look like."""
    number = int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:8], "big")
    size = (3, 5, 8, 12, 20, 40)[number % 6]
    start = (number >> 8) % max(1, len(tokens) - size + 1)
    return tokens[start : start + size]


def _manifest(
    lessons: Sequence[Lesson], calibrated: Sequence[Calibrated], cutter: Cutter, metrics: dict[str, Any], hit_rate: float, pack: Pack | None, how: How,
    rows: int,
) -> dict[str, Any]:  # fmt: skip
    threshold = calibrated[0].threshold
    return {
        "format": FORMAT,
        "created_by": f"complaint-triage {__version__}",
        "pack": pack.id if pack is not None else None,
        "heads": [
            {"type": lesson.kind, "labels": list(lesson.names), "below": found.below}
            for lesson, found in zip(lessons, calibrated, strict=True)
        ],
        "min_known_words": MIN_KNOWN,
        "tokens": {"fingerprint": cutter.fingerprint, "conformance": [[s, cutter.cut(s)] for s in CONFORMANCE]},
        "recipe": {
            "features": "jieba words of `letters` letters or more, counted, weighed by rarity, divided by text length ** 0.75",
            "learner": "logistic regression per label, words scaled by how telling they are", "C": COST, "class_weight": "balanced",
            "calibration": "on texts not learnt from: steepness per length class, then a beta curve; log-odds per label where several may hold",
            "seed": how.seed, "rows": rows, "telling": TELLING, "word_parts": SHARE, "min_texts": how.min_texts, "letters": how.letters,
            "target": hit_rate, "target_reached": threshold is not None and threshold.reached,
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
