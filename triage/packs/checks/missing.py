"""`ne` on a fact that may be missing doesn't hold there; `not: {eq}` does. Pointed at where neither `exists` nor a default says which."""

from __future__ import annotations

from triage.diagnostics import Diagnostic
from triage.domain.condition import All, AnyOf, Condition, Not, Test, tests
from triage.domain.facts import Fact
from triage.domain.pack import Pack, Rule
from triage.source import Findings


def check(pack: Pack) -> list[Diagnostic]:
    """Both readings of "is not", where the fact may be missing."""
    findings = Findings()
    for rule in pack.rules:
        asked = {t.fact for t in tests(rule.when) if any(c.op == "exists" for c in t.checks)}
        _look(rule.when, rule, pack, asked, findings)
    return findings


def _may_be_missing(fact: Fact) -> bool:
    return fact.origin in ("host", "case", "counts", "derived", "lookup") and fact.default is None and fact.path != "complaint.text"


def _look(condition: Condition, rule: Rule, pack: Pack, asked: set[str], findings: Findings) -> None:
    match condition:
        case All(parts) | AnyOf(parts):
            for part in parts:
                _look(part, rule, pack, asked, findings)
        case Not(Test(fact=path, checks=checks)) if any(c.op in ("eq", "in", "under", "exactly") for c in checks):
            if _may_be_missing(pack.facts[path]) and path not in asked:
                findings.add("TR305", rule.place, f"“{rule.id}”里 not: {{{path}: ...}} 在没有“{path}”时也成立", f"in {rule.id!r}, not: {{{path}: ...}} also holds where {path!r} is missing",
                             (f"若不想要，加上 {path}: {{exists: true}} 或改用 ne", f"if that isn't meant, add {path}: {{exists: true}} or use `ne`"), level="info")  # fmt: skip
        case Not(part):
            _look(part, rule, pack, asked, findings)
        case Test(fact=path, checks=checks):
            if any(c.op in ("ne", "not_in") for c in checks) and _may_be_missing(pack.facts[path]) and path not in asked:
                findings.add("TR305", rule.place, f"“{rule.id}”里 {path} 的 ne/not_in 在没有“{path}”时不成立", f"in {rule.id!r}, ne/not_in on {path!r} doesn't hold where it is missing",
                             (f"若没有时也算，写 not: {{{path}: ...}}；或给它一个 default", f"if a missing one counts too, write not: {{{path}: ...}}, or declare a default"), level="info")  # fmt: skip
