"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

# the language, colours and settings of the machine that runs the tests don't reach them
for name in ("TRIAGE_LANG", "NO_COLOR", "FORCE_COLOR", "TRIAGE_DEBUG"):
    os.environ.pop(name, None)

# The quick suite asks the same questions every time; the long one (TRIAGE_LONG=1) looks for new ones.
settings.register_profile("quick", derandomize=True, print_blob=True)
settings.register_profile("long", print_blob=True)
settings.load_profile("long" if os.environ.get("TRIAGE_LONG") else "quick")


@pytest.fixture
def root() -> Path:
    """The repository's root."""
    return ROOT
