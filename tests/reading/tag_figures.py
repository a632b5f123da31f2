"""Compares the program's intent, requests, risks, emotion and amounts with those that a reader gave to real texts."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from triage import Complaint, Decision, Triage
from triage.text.entities import entities
from triage.text.fold import fold

HERE = Path(__file__).parent
DATA = HERE.parents[2] / "shared" / "data"
SETS = ("requests", "risks", "amounts")
ONE = ("intent", "emotion")


class Read(NamedTuple):
    """One labelled text: its place in the file of labels, what the program is given, and what the reader found."""

    place: int
    text: str
    labels: dict[str, frozenset[str]]


def _labels(row: dict[str, str], requests: str = "requests") -> dict[str, frozenset[str]]:
    kinds = {kind: frozenset(row[requests if kind == "requests" else kind].split()) for kind in (*ONE, *SETS)}
    return {**kinds, "amounts": frozenset(_plain(Decimal(value)) for value in kinds["amounts"])}


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def stream() -> Iterator[Read]:
    """100 messages of citizens, title and text. Raises FileNotFoundError where the data isn't."""
    texts = _rows(DATA / "gov2020" / "stream.csv")
    for place, row in enumerate(_rows(HERE / "tags-stream.csv")):
        source = texts[int(row["row"])]
        assert source["id"] == row["row_id"], "the labels belong to other rows"
        yield Read(place, f"{source['title']}\n{source['text']}", _labels(row))


def heimao(demands: bool) -> Iterator[Read]:
    """107 consumer complaints: title and text, and with `demands` the form's line of demands as well."""
    texts = _rows(DATA / "heimao" / "complaints.csv")
    for place, row in enumerate(_rows(HERE / "tags-heimao.csv")):
        source = texts[int(row["row"])]
        text = f"{source['title']}\n{source['text']}"
        if demands and source["demands"]:
            text += f"\n诉求：{source['demands']}"
        yield Read(place, text, _labels(row, "requests" if demands else "requests_text"))


def answers(decision: Decision) -> dict[str, frozenset[str]]:
    """What the program says, in the shape of the labels. No emotion is `calm`."""
    tags = decision.tags
    # what the fact text.amounts lists; a decision holds it only if the pack asks for it
    amounts = [entity.value for entity in entities(fold(decision.text), {"money"})]
    return {
        "intent": frozenset([tags.intent] if tags.intent else []),
        "emotion": frozenset([tags.emotion or "calm"]),
        "requests": frozenset(tags.requests),
        "risks": frozenset(tags.risks),
        "amounts": frozenset(_plain(Decimal(str(value))) for value in amounts),
    }


class Figures(NamedTuple):
    """Counts of one kind of tag: right, said but wrong, missed; `rows` texts, `same` of them with exactly the reader's values."""

    right: int
    wrong: int
    missed: int
    rows: int
    same: int

    @property
    def precision(self) -> float:
        """Share of what was said that is right; 1 if nothing was said."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Share of the reader's values that was said; 1 if there are none."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def accuracy(self) -> float:
        """Share of texts with exactly the reader's values."""
        return self.same / self.rows if self.rows else 1.0


def figures(pairs: list[tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]], kind: str) -> Figures:
    """Over (labels, answers) of texts."""
    count: Counter[str] = Counter()
    for labels, said in pairs:
        count["right"] += len(labels[kind] & said[kind])
        count["wrong"] += len(said[kind] - labels[kind])
        count["missed"] += len(labels[kind] - said[kind])
        count["same"] += labels[kind] == said[kind]
    return Figures(count["right"], count["wrong"], count["missed"], len(pairs), count["same"])


def measure(pack: str, texts: Callable[[], Iterator[Read]], part: str) -> dict[str, Figures]:
    """Figures of each kind on one part: `dev` (odd places) or `held-out` (even places)."""
    triage = Triage.load(pack)
    reads = [read for read in texts() if (read.place % 2 == 1) == (part == "dev")]
    pairs = [(read.labels, answers(triage.decide(Complaint(text=read.text)))) for read in reads]
    return {kind: figures(pairs, kind) for kind in (*ONE, *SETS)}


def table(name: str, found: dict[str, Figures]) -> str:
    """The figures as lines for the terminal."""
    lines = [name]
    for kind, f in found.items():
        if kind in ONE:
            lines.append(f"  {kind:9} accuracy {f.accuracy:.2f} ({f.same} of {f.rows})")
        else:
            lines.append(f"  {kind:9} precision {f.precision:.2f} recall {f.recall:.2f} ({f.right} right, {f.wrong} wrong, {f.missed} missed)")
    return "\n".join(lines)


CASES: dict[str, tuple[str, Callable[[], Iterator[Read]]]] = {
    "stream": ("government-cn", stream),
    "heimao, text and demands": ("ecommerce-cn", lambda: heimao(True)),
    "heimao, text alone": ("ecommerce-cn", lambda: heimao(False)),
}

if __name__ == "__main__":
    wanted = sys.argv[1] if len(sys.argv) > 1 else "dev"
    for case, (pack_id, source_of) in CASES.items():
        print(table(f"{case} [{pack_id}] {wanted}", measure(pack_id, source_of, wanted)))
