"""Tests of `decision.severity` other than `gte`: another rule that raises it would silently switch them off."""

from __future__ import annotations

from triage.diagnostics import Diagnostic
from triage.domain.condition import Condition, Not, Test
from triage.domain.pack import Pack, Rule
from triage.source import Findings


def check(pack: Pack) -> list[Diagnostic]:
    """Tests of the severity that aren't "at least"."""
    findings = Findings()
    for rule in pack.rules:
        _look(rule.when, rule, findings, positive=True)
    return findings


def _look(condition: Condition, rule: Rule, findings: Findings, positive: bool) -> None:
    match condition:
        case Not(part):
            _look(part, rule, findings, not positive)
        case Test(fact="decision.severity", checks=checks):
            if not positive or any(c.op not in ("gte", "exists") for c in checks):
                findings.add("TR306", rule.place, f"“{rule.id}”对 decision.severity 用了 gte 以外的比较：别的规则把它升高时这条就不成立了", f"{rule.id!r} tests decision.severity by more than `gte`: once another rule raises it, this one no longer holds",
                             ("写成 decision.severity: {gte: ...}", "write decision.severity: {gte: ...}"), level="warning")  # fmt: skip
        case Test():
            return
        case _:
            for part in condition.parts:
                _look(part, rule, findings, positive)
