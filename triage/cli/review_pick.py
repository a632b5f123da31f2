"""What `triage review` lists: texts of a dump, guesses, and why each was picked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from triage.cli.console import text_of
from triage.cli.review_file import Entry, matched, text_key
from triage.message import Message

if TYPE_CHECKING:
    from triage.domain.pack import Pack
    from triage.pipeline import Triage
    from triage.tags.calibrate import Floats

SHOWN = 3
"""Categories listed as likely."""


def picked(
    dump: str, pack: Pack, ref: str, model: str, wanted: int, before: Sequence[Entry], masked: bool, seed: int, cap: int, reading: dict[str, Any]
) -> list[Entry]:  # fmt: skip
    """The entries of `wanted` more texts. `before`: the list as it stands, whose texts aren't picked again.

    Raises UsageError, DumpError, ModelError.
    """
    from triage.cli.engine import load
    from triage.cli.labelled import labelled_rows
    from triage.cli.progress import Progress
    from triage.cli.train import needs_train
    from triage.tags.model import Model

    try:
        import scipy.sparse  # noqa: F401
        import sklearn  # noqa: F401
    except ModuleNotFoundError as error:
        raise needs_train() from error
    from triage.tags.cold import doubtful_chances, little_texts
    from triage.tags.pick import pick
    from triage.tags.selftrain import self_train
    from triage.tags.weak import see
    from triage.text.segment import segmenter

    engine = load(ref, model)
    rows = labelled_rows(dump, {}, reading, cap, seed)
    cutter = segmenter("auto", pack.lexicon)
    with Progress() as progress:
        seen = see(rows.texts, pack, cutter, progress)
        known: Model | None = engine.model
        if known is not None:
            chances = doubtful_chances(seen, known)
        else:
            chances = self_train(seen, little_texts(pack, seen, cutter), seed=seed, progress=progress).chances
        done, _ = matched({e.key: e.label for e in before}, rows.texts)
        costs = Costs(engine, rows.texts, seen.classes, chances)
        picks = pick(seen.tokens, seen.groups, chances, wanted, labelled=sorted(done), costs=costs)
    out = []
    for p in picks:
        order = (-chances[p.row]).argsort(kind="stable")[:SHOWN]
        likely = tuple(seen.classes[i] for i in order)
        text = _masked(rows.texts[p.row]) if masked else rows.texts[p.row]
        sure = float(chances[p.row, order[0]])
        why = text_of(costs.why(p.row, likely, sure, float(chances[p.row, order[1]])))
        out.append(Entry(rows.numbers[p.row], text_key(rows.texts[p.row]), text, likely[0], sure, likely, why))
    return out


def _masked(text: str) -> str:
    from triage.text.masking import mask

    return mask(text)


class Costs:
    """What a mistake would cost: how far the decision under the second guess is from that under the first, by the pack's rules.

    Severity counts for half (the whole of it from low to critical), queue, green channel and what is escalated for a sixth each. What the
    customer's data would change isn't known here: the rules see the text alone.
    """

    def __init__(self, engine: Triage, texts: Sequence[str], classes: Sequence[str], chances: Floats) -> None:
        self.engine, self.texts, self.classes, self.chances = engine, texts, classes, chances
        self._said: dict[int, Message] = {}

    def __call__(self, rows: Sequence[int]) -> Floats:
        import numpy as np

        from triage.domain.complaint import Complaint

        pairs = [self.classes[i] for row in rows for i in (-self.chances[row]).argsort(kind="stable")[:2]]
        complaints = [
            Complaint(self.texts[row], tags={"category": pairs[2 * n + k]}) for n, row in enumerate(rows) for k in (0, 1)
        ]
        decisions = list(self.engine.decide_many(complaints))
        out = np.zeros(len(rows))
        for n, row in enumerate(rows):
            out[n], self._said[row] = difference(decisions[2 * n], decisions[2 * n + 1])
        return out

    def why(self, row: int, likely: Sequence[str], sure: float, second: float) -> Message:
        """Why a text was picked."""
        zh = f"拿不准：{likely[0]} {sure:.2f}，{likely[1]} {second:.2f}"
        en = f"in doubt: {likely[0]} {sure:.2f}, {likely[1]} {second:.2f}"
        cost = self._said.get(row)
        if cost is None or not cost.zh:
            return Message(zh, en)
        return Message(f"{zh}；判错会影响：{cost.zh}", f"{en}; a mistake would change {cost.en}")


def difference(one: Any, other: Any) -> tuple[float, Message]:
    """How far two decisions are apart, 0 to 1, and in what."""
    from triage.domain.pack import SEVERITIES

    steps = abs(SEVERITIES.index(one.severity) - SEVERITIES.index(other.severity))
    total, zh, en = steps / (len(SEVERITIES) - 1) / 2, [], []
    if steps:
        zh.append(f"级别 {one.severity}→{other.severity}")
        en.append(f"severity {one.severity} -> {other.severity}")
    for a, b, name_zh, name_en in (
        (one.queue, other.queue, "队列", "queue"),
        (one.green_channel or "-", other.green_channel or "-", "绿色通道", "green channel"),
        (
            " ".join(one.actions.get("escalate", ())) or "-",
            " ".join(other.actions.get("escalate", ())) or "-",
            "升级",
            "escalation",
        ),
    ):
        if a != b:
            total += 1 / 6
            zh.append(f"{name_zh} {a}→{b}")
            en.append(f"{name_en} {a} -> {b}")
    return total, Message("，".join(zh), ", ".join(en))
