"""Checks of a loaded pack, one small file each: `check(pack)` gives findings; what they find doesn't keep a pack from loading."""

from __future__ import annotations

from collections.abc import Callable

from triage.diagnostics import Diagnostic
from triage.domain.pack import Pack
from triage.packs.checks import authority, conflicts, coverage, missing, reach, severity, twins, unused

Check = Callable[[Pack], list[Diagnostic]]
CHECKS: tuple[Check, ...] = (conflicts.check, reach.check, missing.check, severity.check, twins.check, unused.check, coverage.check, authority.check)


def check(pack: Pack) -> list[Diagnostic]:
    """All findings of all checks, unordered."""
    return [finding for one in CHECKS for finding in one(pack)]
