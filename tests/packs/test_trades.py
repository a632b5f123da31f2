"""The retail and property packs: models that fit them, texts written apart, and real consumer complaints where the data is at hand."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from triage.packs.load import load_pack
from triage.packs.resources import models_dir
from triage.pipeline import Triage

TRADES = {"ecommerce-cn": (0.35, 0.70), "property-cn": (0.28, 0.65)}
"""Least share of the texts written apart that gets its right category, and of those answered; somewhat below what was measured."""


def held_out(name: str) -> list[tuple[str, str]]:
    file = models_dir() / name / "texts" / "held-out.tsv"
    if not file.exists():
        pytest.skip("an installed wheel has no texts")
    with file.open(encoding="utf-8", newline="") as lines:
        return [(row["category"], row["text"]) for row in csv.DictReader(lines, delimiter="\t")]


@pytest.mark.parametrize("name", TRADES)
def test_model_and_texts_fit_the_pack(name: str) -> None:
    pack = load_pack(name).pack
    assert pack is not None
    triage = Triage.load(name, matcher="builtin")
    assert triage.model is not None
    first = {node.path for node in pack.taxonomy.categories if "/" not in node.path}
    assert set(triage.model.labels) == first
    assert {category for category, _ in held_out(name)} == first


@pytest.mark.parametrize("name", TRADES)
def test_texts_held_out_taught_nothing(name: str) -> None:
    folder = models_dir() / name / "texts"
    apart = {text for _, text in held_out(name)}
    taught = {line.split("\t")[0].strip() for file in folder.glob("*.txt") for line in file.read_text(encoding="utf-8").splitlines()}
    assert taught and not taught & apart


@pytest.mark.parametrize("name", TRADES)
def test_texts_written_apart(name: str) -> None:
    rows = held_out(name)
    decisions = list(Triage.load(name, matcher="builtin").decide_many([text for _, text in rows]))
    answered = [(want, d.tags.category) for (want, _), d in zip(rows, decisions, strict=True) if not d.tags.abstained]
    right = sum((got or "").split("/")[0] == want for want, got in answered)
    of_all, of_answered = TRADES[name]
    assert right / len(rows) >= of_all
    assert right / len(answered) >= of_answered


def test_real_consumer_complaints(root: Path) -> None:
    file = root.parent / "shared/data/heimao/complaints.csv"
    if not file.exists():
        pytest.skip("the complaints aren't at hand")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        texts = [f"{row['title']}\n{row['text']}".strip() for row in csv.DictReader(lines)]
    decisions = list(Triage.load("ecommerce-cn", matcher="builtin").decide_many(texts))
    assert not [d.errors for d in decisions if d.errors]
    assert sum(d.tags.abstained for d in decisions) / len(decisions) < 0.25
    with (root / "tests/reading/heimao-verdicts.csv").open(encoding="utf-8", newline="") as lines:
        queued = [int(row["row"]) for row in csv.DictReader(lines) if row["queue_ok"] == "yes"]
    # what a reader found in its right place isn't left to a person now
    assert sum(decisions[row].queue != "manual-triage" for row in queued) >= 0.9 * len(queued)
