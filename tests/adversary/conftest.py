"""The command as tests of it use it."""

from __future__ import annotations

from tests.cli.conftest import Ran, triage

__all__ = ["Ran", "triage"]
