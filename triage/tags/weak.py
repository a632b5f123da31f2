"""Weak labels: what the cue phrases of a taxonomy say about unlabelled texts, phrase by phrase, before anybody has labelled any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.domain.condition import Check
from triage.domain.pack import Pack, Taxonomy
from triage.errors import ModelError
from triage.message import Message
from triage.tags.calibrate import Floats
from triage.tags.cues import split
from triage.tags.features import is_feature
from triage.tags.groups import near_duplicates
from triage.tags.model import Cutter
from triage.tags.prepare import Progress
from triage.tags.train import plain
from triage.text.reading import Reading
from triage.text.scan import Scanner

OPENING = 40
"""A phrase that begins within so many characters counts once more: a title or first sentence says what a complaint is about."""
SURE = 0.6, 0.1, 3
"""How often a cue is right before anything is known of it: so much, so much more for each step of its weight, up to a weight of so many."""
STRONGEST = 2.5
"""What one cue says of one text at most; a phrase of four characters said once, past the opening, says 0.75."""


@dataclass(slots=True)
class Seen:
    """A dump as the weak labellers see it.

    classes   first-level categories of the pack, in order of their names
    folded    each text, folded and masked
    tokens    its words
    groups    near-duplicates share a number
    votes     sparse, texts x cues: how strongly each cue speaks in each text
    sides     cues x classes: how often a text with this cue is of each class, as the pack's author has it
    """

    classes: tuple[str, ...]
    folded: list[str]
    tokens: list[list[str]]
    groups: list[int]
    votes: Any
    sides: Floats


def first_level(taxonomy: Taxonomy) -> tuple[str, ...]:
    """The first-level categories, in order of their names."""
    return tuple(sorted({category.path.split("/", 1)[0] for category in taxonomy.categories}))


def cue_table(taxonomy: Taxonomy) -> dict[Check, dict[str, int]]:
    """Every check of the taxonomy's categories, lists split into their phrases -> first-level categories that it speaks for, and how
    strongly. A phrase of a subcategory speaks for what is above it."""
    table: dict[Check, dict[str, int]] = {}
    for category in taxonomy.categories:
        root = category.path.split("/", 1)[0]
        for cue in category.cues:
            for check in split(cue.check):
                sides = table.setdefault(check, {})
                sides[root] = max(sides.get(root, 0), cue.weight)
    return {check: {root: w for root, w in sides.items() if w > 0} for check, sides in table.items()}


def see(texts: Sequence[str], pack: Pack, cutter: Cutter, progress: Progress | None = None) -> Seen:
    """Read a dump: fold, mask, cut, look for cues. Raises ModelError if fewer than two first-level categories have cues."""
    table = {check: sides for check, sides in cue_table(pack.taxonomy).items() if sides}
    voiced = {root for sides in table.values() for root in sides}
    if len(voiced) < 2:
        raise ModelError(
            Message(
                f"规则包 {pack.id} 只有 {len(voiced)} 个一级分类写了线索词，无法冷启动",
                f"can't start cold: {len(voiced)} first-level categories of pack {pack.id} have cue phrases, at least 2 are needed",
            ),
            Message("在 taxonomy.yaml 里为各分类写上 cues", "give the categories in taxonomy.yaml their `cues`"),
        )
    classes, checks = first_level(pack.taxonomy), tuple(table)
    scanner = Scanner(checks)
    keep: dict[str, bool] = {}
    folded, tokens = [], []
    rows, columns, values = [], [], []
    for row, text in enumerate(texts):
        if progress is not None and row % 200 == 0:
            progress("cues", row, len(texts))
        reading = Reading(plain(text), cutter.cut)
        folded.append(reading.text.folded)
        words = []
        for word in reading.tokens:
            if (ok := keep.get(word)) is None:
                ok = keep[word] = is_feature(word)
            if ok:
                words.append(word)
        tokens.append(words)
        for cue, said in strengths(scanner.scan(reading), checks).items():
            rows.append(row)
            columns.append(cue)
            values.append(said)
    from scipy.sparse import csr_matrix

    votes = csr_matrix((np.array(values, dtype=np.float64), (rows, columns)), shape=(len(texts), len(checks)))
    return Seen(classes, folded, tokens, near_duplicates(folded), votes, _sides(tuple(table.values()), classes))


def strengths(hits: dict[int, list[tuple[int, int]]], checks: Sequence[Check]) -> dict[int, float]:
    """How strongly each cue speaks, given where the cues stand: more for long phrases, for repetition (by its logarithm) and for the opening.
    A phrase inside a longer one says nothing."""
    phrases = sorted((a, -b, i) for i, pairs in hits.items() if _is_phrase(checks[i]) for a, b in pairs)
    found: dict[int, list[tuple[int, int]]] = {i: list(pairs) for i, pairs in hits.items() if not _is_phrase(checks[i])}
    start, end = -1, -1
    for a, minus, i in phrases:
        if -minus > end or (a, -minus) == (start, end):
            start, end = a, -minus
            found.setdefault(i, []).append((a, -minus))
    out = {}
    for i, pairs in found.items():
        a, b = pairs[0]
        weight = min(10, b - a + 2) if _is_phrase(checks[i]) else 6
        out[i] = min(STRONGEST, weight * (1 + log(len(pairs)) + (a < OPENING)) / 8)
    return out


def _is_phrase(check: Check) -> bool:
    """Whether hits are as long as what the author wrote."""
    return check.op not in ("matches", "contains_all")


def _sides(sides: Sequence[dict[str, int]], classes: tuple[str, ...]) -> Floats:
    least, step, most = SURE
    out = np.zeros((len(sides), len(classes)))
    number = {name: k for k, name in enumerate(classes)}
    for row, weights in enumerate(sides):
        sure, total = least + step * min(most, max(weights.values())), sum(weights.values())
        out[row] = (1 - sure) / len(classes)
        for name, weight in weights.items():
            out[row, number[name]] += sure * weight / total
    return out


def cue_texts(pack: Pack) -> tuple[list[str], list[str], NDArray[np.float64]]:
    """The phrases of cues that speak for one category alone, as little texts to learn from: texts, labels, weights (1 to 3)."""
    texts, labels, weights = [], [], []
    for check, sides in cue_table(pack.taxonomy).items():
        if _is_phrase(check) and len(sides) == 1:
            operand = check.operand[0] if isinstance(check.operand, tuple) else check.operand
            ((label, weight),) = sides.items()
            texts.append(str(operand))
            labels.append(label)
            weights.append(float(min(weight, 3)))
    return texts, labels, np.array(weights)
