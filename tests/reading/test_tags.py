"""Figures of the tags other than category on real texts that a reader labelled; prints them, and holds loose floors."""

from __future__ import annotations

import pytest

from tests.reading.tag_figures import CASES, DATA, Figures, Read, answers, figures, measure, table
from triage import Triage

FLOORS = {"intent": 0.6, "requests": 0.6, "risks": 0.5, "amounts": 0.6}
"""Far below what is measured: a fall under these is a defect, not a worse day."""


@pytest.mark.parametrize("part", ["dev", "held-out"])
@pytest.mark.parametrize("case", CASES)
def test_tags_against_a_reader(case: str, part: str, capsys: pytest.CaptureFixture[str]) -> None:
    pack, texts = CASES[case]
    if not DATA.is_dir():
        pytest.skip("the real texts aren't here")
    found = measure(pack, texts, part)
    with capsys.disabled():
        print("\n" + table(f"{case} [{pack}] {part}", found))
    for kind, floor in FLOORS.items():
        measured = found[kind].accuracy if kind == "intent" else min(found[kind].precision, found[kind].recall)
        assert measured >= floor, (kind, found[kind])


def test_counting_of_right_wrong_and_missed() -> None:
    def said(*values: str) -> dict[str, frozenset[str]]:
        return {"risks": frozenset(values)}

    result = figures([(said("media", "legal"), said("media")), (said(), said("safety")), (said("legal"), said("legal"))], "risks")
    assert result == Figures(right=2, wrong=1, missed=1, rows=3, same=1)
    assert (result.precision, result.recall, result.accuracy) == (2 / 3, 2 / 3, 1 / 3)


def test_answers_take_the_shape_of_the_labels() -> None:
    text = "宽带断了三天，退我200元，再不处理就找记者"
    said = answers(Triage.load("base-cn").decide(text))
    assert said["amounts"] == {"200"} and said["risks"] == {"media"} and "refund" in answers(Triage.load("base-cn").decide("要求退款"))["requests"]
    assert Read(0, text, said).labels["intent"] == {"complaint"}


def test_labels_name_values_that_the_packs_have() -> None:
    if not DATA.is_dir():
        pytest.skip("the labels' texts aren't here")
    taxonomy = Triage.load("base-cn").pack.taxonomy
    known = {
        "requests": {value.id for value in taxonomy.requests},
        "risks": {value.id for value in taxonomy.risks},
        "intent": {value.id for value in taxonomy.intents},
        "emotion": {value.id for value in taxonomy.emotions},
    }
    for _, texts in CASES.values():
        for read in texts():
            assert all(read.labels[kind] <= values for kind, values in known.items()), read.place
