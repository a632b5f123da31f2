"""What the engine promises of every decision: it hangs on facts, pack and model, and on nothing else.

TRIAGE_LONG=1 asks many times more.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from tests.core.corpus import BUILT_IN, LONG, complaints, engine, pack
from triage.domain.complaint import Complaint
from triage.domain.decision import Decision
from triage.domain.facts import Unknown
from triage.domain.pack import Pack
from triage.gather import Gatherer
from triage.match import durable_available
from triage.packs.load import load_pack
from triage.pipeline import BATCH, Triage
from triage.rendering import decision_dict

COUNT = 3000 if LONG else 250
durable = pytest.mark.skipif(not durable_available(), reason="durable_rules can't be imported here")


def shuffled(whole: Pack, seed: int) -> Pack:
    """The same rules in another order."""
    rules = list(whole.rules)
    random.Random(seed).shuffle(rules)
    return replace(whole, rules=tuple(rules))


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_order_of_rules_does_not_count(name: str) -> None:
    given = complaints(name, COUNT)
    expected = list(engine(name).decide_many(given))
    assert sum(len(d.reasons) for d in expected) > COUNT and sum(bool(d.incomplete) for d in expected) > COUNT // 50
    for seed in range(4 if LONG else 2):
        other = Triage.load(shuffled(pack(name), seed), model=engine(name).model, matcher="builtin")
        assert list(other.decide_many(given)) == expected


@pytest.mark.parametrize("name", ["government-cn", "telecom-cn"])
def test_the_names_of_files_and_their_number_do_not_count(name: str, tmp_path: Path, root: Path) -> None:
    """Files renamed so that they are read in the opposite order."""
    folder = tmp_path / name
    shutil.copytree(root / "rules" / name, folder)
    names = sorted(folder.glob("rules/*.yaml"))
    for n, path in enumerate(reversed(names)):
        path.rename(path.with_name(f"{n:02d}-{path.name}"))
    loaded = load_pack(folder).pack
    assert loaded is not None
    assert [r.place for r in loaded.rules] != [r.place for r in pack(name).rules]
    assert loaded.fingerprint == pack(name).fingerprint
    given = complaints(name, COUNT // 2, 1)
    other = Triage.load(loaded, model=engine(name).model, matcher="builtin")
    assert list(other.decide_many(given)) == list(engine(name).decide_many(given))


@pytest.mark.parametrize("name", BUILT_IN)
def test_one_at_a_time_or_in_batches_or_in_another_order(name: str) -> None:
    given = complaints(name, 2 * BATCH + 7 if not LONG else COUNT, 2, garbage=0.1)
    together = list(engine(name).decide_many(given))
    assert [engine(name).decide(c) for c in given] == together
    fresh = Triage.load(pack(name), model=engine(name).model, matcher="builtin")  # nothing remembered
    order = list(range(len(given)))
    random.Random(1).shuffle(order)
    backwards = dict(zip(order, fresh.decide_many(given[i] for i in order), strict=True))
    assert [backwards[i] for i in range(len(given))] == together


def test_what_is_remembered_does_not_change_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memories that overflow at every turn."""
    name = "telecom-cn"
    given = complaints(name, COUNT, 3, garbage=0.2)
    expected = list(engine(name).decide_many(given))
    for module in ("triage.resolve._KEPT", "triage.lacking._KEPT", "triage.conditions.flags._REMEMBERED", "triage.gather._REMEMBERED"):
        monkeypatch.setattr(module, 2)
    forgetful = Triage.load(pack(name), model=engine(name).model, matcher="builtin")
    assert list(forgetful.decide_many(given)) == expected


@pytest.mark.parametrize("name", BUILT_IN)
def test_looking_in_the_text_only_where_a_rule_hangs_on_it_changes_no_answer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As decided with everything looked for beforehand. Only `facts` lists what was looked for, and so may hold less."""
    given = complaints(name, COUNT, 14)
    lazy = list(engine(name).decide_many(given))
    gather = Gatherer.gather
    monkeypatch.setattr(Gatherer, "gather", lambda *args, **more: gather(*args, **{**more, "whole": True}))
    whole = Triage.load(pack(name), model=engine(name).model, matcher="builtin")
    looked = 0
    for one, two in zip(lazy, whole.decide_many(given), strict=True):
        assert replace(one, facts={}) == replace(two, facts={})
        assert one.facts.items() <= two.facts.items()
        looked += one.facts != two.facts
    assert looked or name == "base-cn"


@durable
@pytest.mark.parametrize("name", BUILT_IN)
def test_the_matchers_agree_on_real_packs(name: str) -> None:
    given = complaints(name, COUNT, 4, garbage=0.05)
    builtin = list(engine(name).decide_many(given))
    other = list(engine(name, "durable").decide_many(given))
    assert builtin == other
    assert {d.matcher for d in other} == {"durable"}


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_segmenters_agree(name: str) -> None:
    pytest.importorskip("rjieba")
    given = complaints(name, COUNT, 5)
    one, two = engine(name, "builtin", "jieba"), engine(name, "builtin", "rjieba")
    assert (one.segmenter_name, two.segmenter_name) == ("jieba", "rjieba")
    assert list(one.decide_many(given)) == list(two.decide_many(given))


def digest(decisions: list[Decision]) -> str:
    """A decision's JSON form, hashed: what another process can hand over."""
    return hashlib.sha256(b"\n".join(orjson.dumps(decision_dict(d)) for d in decisions)).hexdigest()


def test_processes_agree_whatever_their_hash_seed(root: Path) -> None:
    code = (
        "from tests.core.corpus import complaints, engine; from tests.core.test_promises import digest\n"
        "print(digest([engine('telecom-cn').decide(c) for c in complaints('telecom-cn', 120, 6) if chr(0xd800) not in c.text]))"
    )
    here = digest([engine("telecom-cn").decide(c) for c in complaints("telecom-cn", 120, 6) if "\ud800" not in c.text])
    for seed in ("0", "1", "4242") if LONG else ("1", "4242"):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": seed}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == here


def test_equality_ignores_places_and_the_matcher() -> None:
    decision = next(d for d in engine("telecom-cn").decide_many(complaints("telecom-cn", 50)) if d.reasons)
    moved = replace(decision, reasons=tuple(replace(r, place=replace_place(r)) for r in decision.reasons), matcher="durable")
    assert moved == decision
    assert replace(decision, reasons=decision.reasons[1:]) != decision
    assert replace(decision, severity="critical" if decision.severity != "critical" else "low") != decision


def replace_place(reason: object) -> object:
    from triage.diagnostics import Place

    return Place("elsewhere.yaml", 7, 7)


@pytest.mark.parametrize("first", ["invalid", "failed"])
def test_why_a_fact_is_unknown_is_not_taken_from_an_earlier_complaint(first: str) -> None:
    """Two complaints that differ only in why a fact can't be told."""
    reasons = [first, *({"invalid", "failed", "incomplete"} - {first})]
    given = [Complaint("宽带装不上", facts={"customer.complaints_90d": Unknown(reason)}) for reason in reasons]  # type: ignore[arg-type]
    fresh = Triage.load(pack("telecom-cn"), model=None, matcher="builtin")
    for complaint, reason in zip(given, reasons, strict=True):
        decision = fresh.decide(complaint)
        told = {path: why for missing in decision.unknown for path, why in missing.facts}
        assert told["customer.complaints_90d"] == reason
