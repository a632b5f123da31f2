"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# the language, colours and settings of the machine that runs the tests don't reach them
for name in ("TRIAGE_LANG", "NO_COLOR", "FORCE_COLOR", "TRIAGE_DEBUG"):
    os.environ.pop(name, None)


@pytest.fixture
def root() -> Path:
    """The repository's root."""
    return ROOT
