"""Mutated valid packs never raise; changes of layout alone keep the fingerprint, changes of meaning don't."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage.diagnostics import render_text
from triage.packs.load import check_pack, load_pack
from triage.packs.resources import builtin_packs, rules_dir

SMALL = Path(__file__).parent / "valid"
FILES = sorted(p for p in SMALL.rglob("*") if p.is_file())
INSERTS = ("：", "，", "“", "”", "［", "］", "{", "}", "[", "]", "\t", "- ", ": ", "#", "'", '"', "|", ">", "*x", "&x ", "!x ", "<<: ", "\n", "\x00", "\ufeff", "---\n", "~", "null",
           "0500", "9:00", "1e999", "true", "no", "不存在", "×", "3 × ", "\ud7ff", "😀", "?", "%", "@", "`")  # fmt: skip


def _mutate(text: str, kind: int, a: float, b: float, insert: str) -> str:
    lines = text.split("\n")
    i, j = int(a * len(lines)), int(b * len(lines))
    if kind in (2, 4) and not re.search(r"[\w.-]", text):
        kind = 3  # earlier changes have left no word to change
    match kind:
        case 0:
            del lines[i]
        case 1:
            lines.insert(j, lines[i])
        case 2:
            words = [m.span() for m in re.finditer(r"[\w.-]+", text)]
            start, end = words[int(a * len(words))]
            return text[:start] + insert + text[end:]
        case 3:
            at = int(a * len(text))
            return text[:at] + insert + text[at:]
        case 4:
            words = [m.span() for m in re.finditer(r"[\w.-]+", text)]
            (s1, e1), (s2, e2) = sorted((words[int(a * len(words))], words[int(b * len(words))]))
            return text[:s1] + text[s2:e2] + text[e1:s2] + text[s1:e1] + text[e2:] if e1 <= s2 else text
        case 5:
            at = int(a * len(text))
            return text[:at] + text[at + 1 + int(b * 5) :]
        case _:
            lines[i] = (" " * int(b * 6)) + lines[i].lstrip()
    return "\n".join(lines)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(FILES) - 1), st.integers(0, 6), st.floats(0, 0.999), st.floats(0, 0.999), st.sampled_from(INSERTS)),
        min_size=1, max_size=3,
    )
)  # fmt: skip
def test_mutated_packs_never_raise(tmp_path: Path, changes: list[tuple[int, int, float, float, str]]) -> None:
    target = tmp_path / "pack"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(SMALL, target)
    for number, kind, a, b, insert in changes:
        file = target / FILES[number].relative_to(SMALL)
        text = file.read_text(encoding="utf-8")
        if text.strip():
            file.write_text(_mutate(text, kind, a, b, insert), encoding="utf-8", newline="")
    loaded = check_pack(target)
    assert render_text(loaded.findings, loaded.sources) or not loaded.findings
    if loaded.pack is None:
        assert any(d.level == "error" for d in loaded.findings)
    for finding in loaded.findings:
        assert finding.place.line <= len(loaded.sources.get(finding.place.file, "").splitlines()) + 1


def test_the_small_pack_is_clean() -> None:
    loaded = check_pack(SMALL)
    assert [d for d in loaded.findings if d.level != "info"] == [], render_text(loaded.findings, loaded.sources)
    assert loaded.pack is not None
    assert len(loaded.pack.rules) == 9


@pytest.mark.parametrize("pack", builtin_packs())
def test_builtin_packs_are_clean(pack: str) -> None:
    loaded = check_pack(pack)
    assert [d for d in loaded.findings if d.level != "info"] == [], render_text(loaded.findings, loaded.sources)


def _fingerprint(folder: Path) -> str:
    pack = load_pack(folder).pack
    assert pack is not None
    return pack.fingerprint


def test_layout_keeps_the_fingerprint(tmp_path: Path) -> None:
    target = tmp_path / "pack"
    shutil.copytree(SMALL, target)
    before = _fingerprint(target)
    assert before == _fingerprint(SMALL)
    for file in target.rglob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        # comments, Windows line ends, a byte order mark, a blank line after each line that isn't inside a flow
        file.write_text("\ufeff# 说明\r\n" + text.replace("\n", "   # 说明\r\n"), encoding="utf-8", newline="")
    assert _fingerprint(target) == before
    rules = target / "rules.yaml"
    items = (SMALL / "rules.yaml").read_text(encoding="utf-8").removeprefix("rules:\n").split("\n\n")
    rules.write_text("rules:\n" + "\n".join(items[1:2]), encoding="utf-8")
    (target / "zz.yaml").write_text("rules:\n" + "\n".join([*reversed(items[2:]), items[0]]), encoding="utf-8")
    assert _fingerprint(target) == before
    pack_yaml = target / "pack.yaml"
    pack_yaml.write_text((SMALL / "pack.yaml").read_text(encoding="utf-8").replace("version: 1", "version: 2"), encoding="utf-8")
    assert _fingerprint(target) == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("rules.yaml", "gte: 500元", "gte: 501元"), ("rules.yaml", "severity: critical", "severity: high"), ("rules.yaml", "曝光, 记者", "曝光"),
        ("rules.yaml", "unless_negated: true", "unless_negated: false"), ("routes.yaml", "queue: billing}", "queue: network}"),
        ("pack.yaml", "resolve: 8h", "resolve: 9h"), ("片区.csv", "城东,network", "城东,billing"), ("facts.yaml", "default: 0", "default: 1"),
        ("rules.yaml", "any:", "all:"), ("pack.yaml", "severity: low", "severity: medium"), ("lexicon.txt", "全屋光纤", "全屋"),
        ("rules.yaml", "because: 涉及媒体曝光", "because: 涉及媒体"),
    ],
)  # fmt: skip
def test_meaning_changes_the_fingerprint(tmp_path: Path, file: str, old: str, new: str) -> None:
    target = tmp_path / "pack"
    shutil.copytree(SMALL, target)
    path = target / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert _fingerprint(target) != _fingerprint(SMALL)


def test_equal_spellings_have_one_fingerprint(tmp_path: Path) -> None:
    target = tmp_path / "pack"
    shutil.copytree(SMALL, target)
    path = target / "rules.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in (("gte: 500元", "gte: 500"), ("[曝光, 记者]", "[记者, 曝光]"), ("tags.category: 断网", "tags.category: 网络质量/断网")):
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    assert _fingerprint(target) == _fingerprint(SMALL)


def test_builtin_packs_lie_where_they_say() -> None:
    assert {"base-cn", "ecommerce-cn", "government-cn", "property-cn", "telecom-cn"} <= set(builtin_packs())
    assert all((rules_dir() / name / "pack.yaml").is_file() for name in builtin_packs())
