"""The library given what it shouldn't be given."""

from __future__ import annotations

import time

import pytest

from triage import Triage
from triage.diagnostics import Diagnostic, Place, render_text
from triage.errors import UsageError
from triage.message import Message


@pytest.fixture(scope="module")
def engine() -> Triage:
    return Triage.load("government-cn", model="none")


@pytest.mark.parametrize("wrong", [None, 5, b"bytes", {"text": "a"}])
def test_what_is_no_complaint(engine: Triage, wrong: object) -> None:
    with pytest.raises(UsageError, match="a complaint is a str or a Complaint"):
        engine.decide(wrong)  # type: ignore[arg-type]


def test_a_long_text_takes_time_in_proportion(engine: Triage) -> None:
    """Words that wake an expression whose other words are nowhere: once a text, not at each of them."""

    def seconds(times: int) -> float:
        started = time.process_time()
        engine.decide("小区停水三天没人管，" * times)
        return time.process_time() - started

    seconds(100)
    # four times the text; quadratic would be sixteen times. The best of a few, as other work on the machine is counted in too
    assert min(seconds(40_000) for _ in range(3)) < 10 * min(seconds(10_000) for _ in range(3))


def test_control_characters_of_a_pack_do_not_reach_the_terminal() -> None:
    finding = Diagnostic("TR001", "error", Message("控制字符", "control character"), Place("x.yaml", 1, 4))
    assert "\x1b" not in render_text([finding], {"x.yaml": "a: \x1b[31m停水"})
