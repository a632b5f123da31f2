"""Two taggers on the same rows, paired: which is right more often, by how much, and whether chance would do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from triage.errors import UsageError
from triage.message import Message
from triage.tags.answers import Answers
from triage.tags.evaluate import align
from triage.tags.figures import estimates
from triage.tags.intervals import DRAWS, Resampler, as_json, percentile


def compare(
    one: Answers, other: Answers, labels: Sequence[str], groups: Sequence[int], draws: int = DRAWS, seed: int = 0
) -> dict[str, Any]:
    """`one` against `other` on the rows that have a label.

    difference   figure -> {"one", "other", "difference" (one - other), "interval" (95%, the same groups drawn for both)}
    only_one, only_other   rows that only one of them gets right
    groups_one, groups_other, mcnemar   groups of near-duplicates in which one gets more rows right; the exact two-sided probability of
        a split as uneven as that if both were equally good (McNemar's test with groups as observations, binomial)
    differ       [row from 0, right, one says, other says], rows on which the answers differ, where one is right first

    Raises UsageError where no row has a label.
    """
    rows, right, ours = align(one, labels)[:3]
    right_other, theirs = align(other, labels)[1:3]
    if not rows:
        raise UsageError(Message("没有一行带标签，无法比较", "no row has a label; nothing to compare"))
    numbers: dict[int, int] = {}
    resampler = Resampler([numbers.setdefault(groups[i], len(numbers)) for i in rows], draws, seed)
    a, b = estimates(ours, right, resampler), estimates(theirs, right_other, resampler)
    difference = {
        name: {
            "one": round(a[name].value, 4), "other": round(b[name].value, 4), "difference": round(a[name].value - b[name].value, 4),
            "interval": as_json(percentile(a[name].draws - b[name].draws)),
        }
        for name in a if name in b
    }  # fmt: skip
    hit_one, hit_other = _hits(ours, right), _hits(theirs, right_other)
    balance = np.bincount(resampler.groups, weights=hit_one.astype(float) - hit_other, minlength=resampler.count)
    won, lost = int((balance > 0).sum()), int((balance < 0).sum())
    said_one, said_other = _said(ours), _said(theirs)
    differ = [
        [rows[i], _names(ours.labels, right[i]), said_one[i], said_other[i]]
        for i in sorted(range(len(rows)), key=lambda i: (-int(hit_one[i]), int(hit_other[i]), i))
        if said_one[i] != said_other[i]
    ]
    return {
        "rows": len(rows), "groups": resampler.count, "difference": difference,
        "only_one": int((hit_one & ~hit_other).sum()), "only_other": int((hit_other & ~hit_one).sum()),
        "groups_one": won, "groups_other": lost, "mcnemar": float(f"{exact_mcnemar(won, lost):.3g}"), "differ": differ,
    }  # fmt: skip


def exact_mcnemar(won: int, lost: int) -> float:
    """Probability of a split at least as uneven as won:lost of that many fair coins, both sides."""
    n, few = won + lost, min(won, lost)
    if n == 0:
        return 1.0
    logs = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2) for k in range(few + 1)]
    return min(1.0, 2 * math.fsum(math.exp(x) for x in logs))


def _hits(answers: Answers, right: Any) -> Any:
    return np.asarray((answers.said == right).all(axis=1) if answers.several else (answers.said & right).any(axis=1))


def _names(labels: Sequence[str], row: Any) -> str:
    return " ".join(labels[i] for i in np.flatnonzero(row).tolist())


def _said(answers: Answers) -> list[str]:
    return [_names(answers.labels, row) for row in answers.said]
