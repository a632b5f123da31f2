"""Hand-broken packs: each fault is reported with its code at its exact line, and nothing else is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from triage.diagnostics import render_github, render_json, render_sarif, render_text
from triage.packs.load import check_pack

BROKEN = Path(__file__).parent / "broken"
CASES = sorted(p.name for p in BROKEN.iterdir() if p.is_dir())


def test_there_are_many() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize("name", CASES)
def test_fault_is_reported_at_its_line(name: str) -> None:
    folder = BROKEN / name
    expected = Counter((folder / "expected.txt").read_text(encoding="utf-8").split("\n")[:-1])
    loaded = check_pack(folder)
    prefix = folder.as_posix() + "/"
    found = Counter(f"{d.place.file.removeprefix(prefix)}:{d.place.line} {d.code}" for d in loaded.findings if d.level == "error")
    assert found == expected, render_text(loaded.findings, loaded.sources)
    if not any(code.startswith(" TR3") for code in (e[-6:] for e in expected)):
        assert loaded.pack is None


@pytest.mark.parametrize("name", CASES)
def test_every_error_says_how_to_mend_it_and_renders(name: str) -> None:
    loaded = check_pack(BROKEN / name)
    for finding in loaded.findings:
        assert finding.message.zh
        assert finding.message.en
        assert not any("一" <= c <= "鿿" and c not in "".join(loaded.sources.values()) + "元万" for c in finding.message.en)
    for lang in ("zh", "en"):
        assert render_text(loaded.findings, loaded.sources, lang)
    assert render_json(loaded.findings)
    assert render_github(loaded.findings)
    assert render_sarif(loaded.findings, "1")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("misspelt-section", "rules"), ("misspelt-key", "because"), ("misspelt-action", "severity"), ("misspelt-fact", "customer.tier"),
        ("misspelt-category", "资费争议"), ("misspelt-person", "pr-duty"), ("misspelt-queue", "billing"), ("misspelt-chain", "crisis"),
        ("misspelt-template", "vip-ack"), ("misspelt-period", "大促"), ("misspelt-table", "片区.csv"), ("misspelt-choice", "vip"),
        ("misspelt-tag-value", "media"), ("misspelt-severity", "high"), ("misspelt-rule-in-replaces", "r2"), ("misspelt-operator", "gte"),
        ("unknown-pack-extended", "base-cn"), ("test-with-misspelt-fact", "customer.tier"), ("test-with-misspelt-expectation", "severity"),
    ],
)  # fmt: skip
def test_did_you_mean(name: str, near: str) -> None:
    errors = [d for d in check_pack(BROKEN / name).findings if d.level == "error"]
    assert [d.hint.zh if d.hint else "" for d in errors] == [f"是不是“{near}”？"]


def test_a_conflict_comes_with_an_example() -> None:
    (error,) = [d for d in check_pack(BROKEN / "conflicting-queues").findings if d.level == "error"]
    assert "customer.tier = vip; tags.category = 资费争议" in error.message.zh


def test_a_missing_folder_is_a_finding() -> None:
    for ref in ("no-such-pack", "./no/such", "goverment-cn", "a\x00b", ""):
        loaded = check_pack(ref)
        assert loaded.pack is None
        assert [d.code for d in loaded.findings] == ["TR121"]
