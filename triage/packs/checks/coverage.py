"""Rules that no test of the pack expects by name."""

from __future__ import annotations

from collections.abc import Mapping

from triage.diagnostics import Diagnostic
from triage.domain.pack import Pack
from triage.source import Findings


def check(pack: Pack) -> list[Diagnostic]:
    """One note that names the pack's own rules without a test."""
    findings = Findings()
    named: set[str] = set()
    for test in pack.tests:
        only = test.expect.get("only")
        for expect in (test.expect, only if isinstance(only, Mapping) else {}):
            for key in ("reasons", "green_channel", "trial"):
                value = expect.get(key)
                named.update(str(v) for v in value) if isinstance(value, list) else named.add(str(value))
    bare = sorted((r for r in pack.rules if r.pack == pack.id and r.layer != "routes" and r.id not in named), key=lambda r: r.place)
    if bare:
        names = [r.id for r in bare]
        more = f" 等 {len(names)} 条" if len(names) > 10 else ""
        findings.add("TR308", bare[0].place, f"没有测试的规则：{'、'.join(names[:10])}{more}", f"rules that no test expects: {', '.join(names[:10])}{f' and {len(names) - 10} more' if len(names) > 10 else ''}",
                     ("在 tests 里写一条 expect: {reasons: [编号]}；triage new test 可起个头", "write a test with expect: {reasons: [id]}; `triage new test` makes a start"), level="info")  # fmt: skip
    return findings
