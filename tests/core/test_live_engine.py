"""The engine while it is used: from several threads at once, and reloaded under way."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.core.corpus import LONG, complaints, engine
from triage.errors import PackError
from triage.match import durable_available
from triage.pipeline import Triage

MATCHERS = ["builtin", pytest.param("durable", marks=pytest.mark.skipif(not durable_available(), reason="durable_rules can't be imported here"))]

PACK = """
pack: {id: small, title: 小, version: 2026.11.1, language: 1, owner: 投诉管理室, approved_by: [客服总监]}
defaults: {severity: low, queue: QUEUE}
queues: {one: 一组, two: 二组}
people: {ANN: 值班}
rules:
  - {id: reach, title: 报道, when: {complaint.text: {contains: 记者}}, then: {notify: [ANN], severity: SEVERITY, tag: [QUEUE]}, because: 涉及媒体}
  - {id: late, title: 后, when: {decision.tags: {contains: QUEUE}}, then: {require: [QUEUE]}, because: 其后}
"""
VERSIONS = {"one": ("one", "ann", "high"), "two": ("two", "bob", "critical")}


def write(folder: Path, version: str) -> None:
    queue, person, severity = VERSIONS[version]
    text = PACK.replace("QUEUE", queue).replace("ANN", person).replace("SEVERITY", severity)
    new = folder / "pack.new"
    new.write_text(text, encoding="utf-8")
    new.replace(folder / "pack.yaml")


@pytest.mark.parametrize("matcher", MATCHERS)
@pytest.mark.parametrize("name", ["telecom-cn", "government-cn"])
def test_four_threads_decide_as_one(name: str, matcher: str) -> None:
    given = complaints(name, 1000 if LONG else 120, 7, garbage=0.1)
    expected = list(engine(name).decide_many(given))
    shared = Triage.load(name, matcher=matcher)
    together = threading.Barrier(4)

    def work(start: int) -> list[bool]:
        together.wait(30)
        order = [(start + i) % len(given) for i in range(len(given))]
        return [shared.decide(given[i]) == expected[i] for i in order]

    with ThreadPoolExecutor(4) as pool:
        results = [r for part in pool.map(work, range(0, len(given), len(given) // 4)) for r in part]
    assert len(results) >= 4 * len(given) and all(results)


@pytest.mark.parametrize("matcher", MATCHERS)
def test_reload_changes_over_between_decisions(tmp_path: Path, matcher: str) -> None:
    write(tmp_path, "one")
    triage = Triage.load(tmp_path, model=None, matcher=matcher)
    stop = threading.Event()
    seen: list[tuple[object, ...]] = []

    def work() -> None:
        while not stop.is_set():
            decision = triage.decide("我找记者")
            seen.append((decision.queue, decision.actions["notify"], decision.severity, decision.actions["require"], decision.pack_fingerprint))

    threads = [threading.Thread(target=work) for _ in range(3)]
    fingerprints = {"one": triage.fingerprints["pack"]}
    for thread in threads:
        thread.start()
    try:
        for turn in range(60 if LONG else 12):
            version = ("two", "one")[turn % 2]
            write(tmp_path, version)
            assert triage.reload() is True
            fingerprints[version] = triage.fingerprints["pack"]
            assert triage.decide("你好").queue == version
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    whole = {(v, (VERSIONS[v][1],), VERSIONS[v][2], (v,), fingerprints[v]) for v in VERSIONS}
    assert set(seen) == whole  # both were seen, and never one mixed with the other


def test_reload_of_the_same_meaning_says_so(tmp_path: Path) -> None:
    write(tmp_path, "one")
    triage = Triage.load(tmp_path, model=None, matcher="builtin")
    (tmp_path / "pack.yaml").write_text("# 注释\n" + (tmp_path / "pack.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert triage.reload() is False


@pytest.mark.parametrize("damage", ["rules: [", "rules: [{id: x}]", None, "pack: {id: small}"])
def test_a_broken_pack_on_reload_raises_and_the_old_one_stays(tmp_path: Path, damage: str | None) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    write(folder, "one")
    triage = Triage.load(folder, model=None, matcher="builtin")
    before = triage.decide("我找记者")
    if damage is None:
        shutil.rmtree(folder)
    else:
        (folder / "pack.yaml").write_text(damage, encoding="utf-8")
    with pytest.raises(PackError) as caught:
        triage.reload()
    assert caught.value.diagnostics
    assert triage.decide("我找记者") == before
    folder.mkdir(exist_ok=True)
    write(folder, "two")  # mended: the next reload takes it
    assert triage.reload() is True
    assert triage.decide("我找记者").queue == "two"


def test_a_stream_goes_on_with_the_pack_it_began_with(tmp_path: Path) -> None:
    write(tmp_path, "one")
    triage = Triage.load(tmp_path, model=None, matcher="builtin")
    stream = triage.decide_many("我找记者" for _ in range(500))
    assert next(stream).queue == "one"
    write(tmp_path, "two")
    triage.reload()
    assert {decision.queue for decision in stream} == {"one"}
    assert triage.decide("我找记者").queue == "two"
