"""The public interface: its names, that they are there, and that importing it costs next to nothing."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

import triage

NAMES = {
    "Triage", "Complaint", "load_pack", "decide_arrow", "Decision", "Reason", "Evidence", "WhyNot", "Tags", "Span", "decision_dict", "decision_text",
    "Message", "Diagnostic", "Place", "TriageError", "UsageError", "PackError", "ModelError", "DumpError", "__version__",
}  # fmt: skip
HEAVY = (
    "sklearn",
    "scipy",
    "numpy",
    "jieba",
    "rjieba",
    "durable",
    "yaml",
    "pydantic",
    "re2",
    "pyarrow",
    "click",
    "orjson",
    "tqdm",
)


def test_the_names_are_these_and_no_others() -> None:
    assert set(triage.__all__) == NAMES
    assert len(triage.__all__) == len(NAMES)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_name_is_there_and_documented(name: str) -> None:
    value = getattr(triage, name)
    assert name in dir(triage)
    if name != "__version__":
        assert value.__doc__ and not value.__doc__.startswith(f"{name}("), f"{name} has no docstring of its own"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_like_it"):
        triage.nothing_like_it  # noqa: B018


def test_import_loads_nothing_heavy() -> None:
    code = f"import sys, triage; print([m for m in {HEAVY!r} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from triage.cli.main import run; run(['--help']); "
        f"print([m for m in {tuple(m for m in HEAVY if m not in ('click', 'orjson'))!r} if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip().endswith("[]")


def test_logging_is_silent_by_default() -> None:
    assert any(isinstance(h, logging.NullHandler) for h in logging.getLogger("triage").handlers)


def test_the_words_of_the_readme_work() -> None:
    decision = triage.Triage.load("telecom-cn").decide("再不处理我就找记者曝光")
    assert decision.severity == "critical"
    assert "media-exposure" in [reason.rule for reason in decision.reasons]
