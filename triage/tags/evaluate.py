"""Measures a model on labelled texts that it wasn't trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import numpy as np

from triage.errors import UsageError
from triage.message import Message
from triage.tags.calibrate import softmax, summary
from triage.tags.model import UNIT, Cutter, Model


def evaluate(model: Model, texts: Sequence[str], labels: Sequence[str], *, segmenter: Cutter | None = None) -> dict[str, Any]:
    """Figures of `model` on `texts` with their right `labels`; rows with an empty label are left out and counted in `unlabelled`.

    rows, accuracy, macro_f1 (mean over the labels that occur in `labels`), per_label {precision, recall, f1, support}: a row on
        which the model abstains counts with its best guess
    ece (15 bins of equal mass, all rows), log_loss
    coverage (share of rows answered), accuracy_answered
    confusion: [right label, said label, rows], most frequent first, right answers left out
    unknown_labels: labels that the model can't answer, with their rows; they count as wrong
    docs_per_second: one process, folding and segmentation included

    Raises UsageError for no rows, or texts and labels of different number.
    """
    if len(texts) != len(labels):
        raise UsageError(
            Message(
                f"文本 {len(texts)} 行，标签 {len(labels)} 行，应一样多",
                f"{len(texts)} texts and {len(labels)} labels; there must be as many",
            )
        )
    names = [label.strip() for label in labels]
    rows = [i for i, name in enumerate(names) if name]
    if not rows:
        raise UsageError(
            Message("没有一行带标签，无法评估", "no row has a label; nothing to evaluate"),
            Message("检查 --label 所指的列", "check the column that --label names"),
        )
    from triage.text.fold import fold
    from triage.text.segment import segmenter as ready

    cut = (segmenter if segmenter is not None else ready()).cut
    cut("预热")
    started = perf_counter()
    tokens = [cut(fold(texts[i]).folded) for i in rows]
    predictions = model.predict_many(tokens)
    seconds = perf_counter() - started
    numbers = {label: number for number, label in enumerate(model.labels)}
    foreign = sorted({names[i] for i in rows} - set(numbers))
    known = (*model.labels, *foreign)
    numbers.update((label, len(numbers) + k) for k, label in enumerate(foreign))
    right = np.array([numbers[names[i]] for i in rows], dtype=np.int64)
    chances = np.zeros((len(rows), len(known)))
    chances[:, : len(model.labels)] = softmax(model.scores(tokens)[0] / UNIT)
    answered = np.array([not p.abstained for p in predictions])
    wrong = Counter((names[i], p.label) for i, p in zip(rows, predictions, strict=True) if names[i] != p.label)
    return {
        **summary(chances, right, known, answered),
        "unlabelled": len(texts) - len(rows),
        "unknown_labels": {label: sum(1 for i in rows if names[i] == label) for label in foreign},
        "confusion": [[a, b, n] for (a, b), n in sorted(wrong.items(), key=lambda item: (-item[1], item[0]))],
        "docs_per_second": round(len(rows) / max(seconds, 1e-9)),
        "model": model.fingerprint,
    }
