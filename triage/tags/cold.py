"""Cold start: a model from a pack's cue phrases and the user's own unlabelled texts, and from what people have corrected since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from triage.domain.pack import Pack
from triage.errors import ModelError
from triage.message import Message
from triage.tags.calibrate import Floats, softmax
from triage.tags.features import is_feature
from triage.tags.heads import UNIT
from triage.tags.learn import How
from triage.tags.model import Cutter, Model
from triage.tags.prepare import Progress
from triage.tags.selftrain import PHRASES, REVIEWED, Judged, clearness, said_by_cues, said_by_model, self_train
from triage.tags.train import fit_categories, plain, train
from triage.tags.weak import Seen, cue_texts, see

MIN_TEXTS = 20
"""Fewer texts than this, copies counting once, teach nothing that the cues don't say."""
MIN_VOICED = 10
"""So many texts must hold a cue phrase."""
THIN = 200
"""With fewer texts than this, a warning."""


def cold_start(
    texts: Sequence[str],
    pack: Pack,
    out: str | Path,
    *,
    shipped: Model | None = None,
    reviewed: Mapping[int, str] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    segmenter: Cutter | None = None,
    numbers: Sequence[int] | None = None,
) -> dict[str, Any]:
    """Train a model for the first-level categories of `pack` on unlabelled `texts` and write it to the folder `out`.

    shipped    a model that exists already for this pack: one more witness beside the cues
    reviewed   row -> category, by people (below the first level too); counts REVIEWED
    numbers    number of each row in the dump, for messages; from 1 if not given

    Returns what `train` returns and `cold`: {texts, voiced, rounds, classes {name: texts}, shipped, reviewed}. Nobody's labels were looked at, so
    all figures are expectations under the weak labels: accuracy is how often the model is expected to be right if these are as good as they
    are taken to be. The same input gives the same bytes.

    Raises ModelError (too few texts, cues that hardly occur), UsageError.
    """
    if segmenter is None:
        from triage.text.segment import segmenter as ready

        segmenter = ready("auto", pack.lexicon)
    seen = see(texts, pack, segmenter, progress)
    _enough(seen)
    given = {row: seen.classes.index(label.split("/", 1)[0]) for row, label in (reviewed or {}).items()}
    witness = None if shipped is None else chances_of(shipped, seen)
    little = little_texts(pack, seen, segmenter)
    judged = self_train(seen, little, shipped=witness, reviewed=given, seed=seed, progress=progress)
    labels, weights, drawn = _rows(seen, judged, given, seed)
    phrases, owners, strong = _teaching(pack, segmenter)
    report = _report(seen, judged, given, shipped)
    metrics = train(
        [*texts, *phrases],
        [*labels, *owners],
        out,
        pack=pack,
        seed=seed,
        progress=progress,
        segmenter=segmenter,
        measured=[True] * len(texts) + [False] * len(phrases),
        weights=[*weights, *(PHRASES * strong)],
        judged=[*drawn, *owners],
        numbers=[*numbers, *(0 for _ in phrases)] if numbers is not None else None,
        recipe={"labels": "weak", "calibration": CALIBRATION, "cold": report},
        teachers=[*([shipped] if shipped is not None else []), phrase_model(seen.classes, little, seed)],
    )
    return {**metrics, "cold": report, "warnings": [*_warnings(seen, judged), *metrics["warnings"]]}


CALIBRATION = "on weak labels, drawn by their chances; nobody's labels were looked at"
"""What the manifest says of the confidences."""


def chances_of(model: Model, seen: Seen) -> Floats:
    """Probabilities of a model for the first-level classes; those of subcategories are added up."""
    scores, _ = model.scores(seen.tokens)
    chances = softmax(scores / UNIT)
    out = np.zeros((len(seen.tokens), len(seen.classes)))
    for column, label in enumerate(model.labels):
        name = label.split("/", 1)[0]
        if name in seen.classes:
            out[:, seen.classes.index(name)] += chances[:, column]
    return out


def _teaching(pack: Pack, cutter: Cutter) -> tuple[list[str], list[str], Floats]:
    """The cue phrases that stand among the training texts: mostly Chinese ones with a word in them."""
    texts, owners, weights = cue_texts(pack)
    folded = [plain(text).folded for text in texts]
    kept = [
        i
        for i, text in enumerate(folded)
        if 2 * sum("\u4e00" <= c <= "\u9fff" for c in text) >= len(text) and any(map(is_feature, cutter.cut(text)))
    ]
    return [texts[i] for i in kept], [owners[i] for i in kept], weights[kept]


def phrase_model(classes: Sequence[str], phrases: tuple[list[list[str]], Any, Floats], seed: int) -> Model:
    """A model of the cue phrases alone: what the pack says of each word. The new model may lean on it, so that the words of a category
    that is rare in this dump aren't forgotten."""
    tokens, owners, weights = phrases
    return fit_categories(tokens, owners, range(len(tokens)), classes, weights, How(1, seed, letters=1))


def doubtful_chances(seen: Seen, model: Model) -> Floats:
    """Chances by cues and a model together, without any learning: low where they contradict each other or both are unsure."""
    return softmax(said_by_cues(seen, seen.sides) + said_by_model(chances_of(model, seen)))


def little_texts(pack: Pack, seen: Seen, cutter: Cutter) -> tuple[list[list[str]], Any, Floats]:
    """Cue phrases as texts to learn from: their words, the numbers of their classes, their weights."""
    texts, owners, weights = cue_texts(pack)
    tokens = [[word for word in cutter.cut(plain(text).folded) if is_feature(word)] for text in texts]
    kept = [i for i, words in enumerate(tokens) if words]
    numbers = np.array([seen.classes.index(owners[i]) for i in kept], dtype=np.int64)
    return [tokens[i] for i in kept], numbers, weights[kept]


def _rows(seen: Seen, judged: Judged, given: Mapping[int, int], seed: int) -> tuple[list[str], Floats, list[str]]:
    """Label and weight of each text, and the label that it is held against: drawn by its chances, so that their doubt is in the figures."""
    best, weights = judged.chances.argmax(axis=1), clearness(judged.chances)
    weights[list(given)] = REVIEWED
    random = np.random.Generator(np.random.PCG64(seed)).random(len(best))
    drawn = np.minimum((judged.chances.cumsum(axis=1) < random[:, None]).sum(axis=1), len(seen.classes) - 1)
    return [seen.classes[i] for i in best], weights, [seen.classes[i] for i in drawn]


def _enough(seen: Seen) -> None:
    """Raise ModelError where there is too little to start from."""
    texts = len({group for group, words in zip(seen.groups, seen.tokens, strict=True) if words})
    voiced = int((np.asarray(seen.votes.sum(axis=1)).ravel() > 0).sum())
    if texts < MIN_TEXTS:
        raise ModelError(
            Message(
                f"无法冷启动：只有 {texts} 条不同的文本，至少要 {MIN_TEXTS} 条（几百条以上才有用）",
                f"can't start cold: {texts} different texts; at least {MIN_TEXTS} are needed (some hundreds to be of use)",
            ),
            Message("换一份更大的数据，或只用线索词（--model none）", "take a larger dump, or go with cues alone (--model none)"),
        )
    if voiced < MIN_VOICED:
        raise ModelError(
            Message(
                f"无法冷启动：{len(seen.tokens)} 条文本里只有 {voiced} 条含线索词，规则包与数据可能不是一个行业",
                f"can't start cold: {voiced} of {len(seen.tokens)} texts hold a cue phrase; pack and dump may be of different trades",
            ),
            Message(
                "检查 --pack 和 --text，或在 taxonomy.yaml 里补充 cues", "check --pack and --text, or add `cues` to taxonomy.yaml"
            ),
        )


def _report(seen: Seen, judged: Judged, given: Mapping[int, int], shipped: Model | None) -> dict[str, Any]:
    names = [seen.classes[i] for i in judged.chances.argmax(axis=1)]
    voiced = np.asarray(seen.votes.sum(axis=1)).ravel() > 0
    return {
        "texts": len(names),
        "voiced": round(float(voiced.mean()), 4),
        "rounds": judged.rounds,
        "classes": {name: names.count(name) for name in seen.classes},
        "shipped": shipped.fingerprint if shipped is not None else None,
        "reviewed": len(given),
    }


def _warnings(seen: Seen, judged: Judged) -> list[Message]:
    out = []
    if len(set(seen.groups)) < THIN:
        n = len(set(seen.groups))
        out.append(
            Message(f"只有 {n} 条不同的文本，模型主要靠线索词", f"only {n} different texts: the model rests on the cues mostly")
        )
    counts = np.bincount(judged.chances.argmax(axis=1), minlength=len(seen.classes))
    silent = [name for name, n in zip(seen.classes, counts, strict=True) if not n]
    if silent:
        some = "、".join(silent[:8])
        out.append(
            Message(f"数据里没有一条像这些分类：{some}", f"no text looks like one of these categories: {', '.join(silent[:8])}")
        )
    return out
