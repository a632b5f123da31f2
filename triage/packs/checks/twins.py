"""Rules with the same condition, which one rule could say."""

from __future__ import annotations

from triage.diagnostics import Diagnostic
from triage.domain.pack import Pack, Rule
from triage.packs.fingerprint import condition_key
from triage.source import Findings


def check(pack: Pack) -> list[Diagnostic]:
    """Pairs of a pack's own rules with equal conditions."""
    findings = Findings()
    seen: dict[bytes, Rule] = {}
    for rule in sorted(pack.rules, key=lambda r: (r.place, r.id)):
        if rule.layer != "rules" or rule.pack != pack.id:
            continue
        first = seen.setdefault(condition_key(rule.when), rule)
        if first is not rule:
            findings.add("TR309", rule.place, f"“{rule.id}”与“{first.id}”（{first.place}）条件相同", f"{rule.id!r} has the same condition as {first.id!r} ({first.place})",
                         ("合并成一条规则", "make one rule of them"), level="info")  # fmt: skip
    return findings
