"""The benchmarks run to the end on tiny sizes, measure what they say, and notice a broken bound."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from benchmarks import measure, memory, report, rule_sets, rules_alone, run, texts
from benchmarks.measure import Cost, Ratio
from benchmarks.throughput import STAGES, Throughput

TINY = ["--rounds", "1", "--long", "20", "--short", "0", "--workers", "1", "--rules", "30", "--complaints", "30", "--train", "28"]


def test_throughput_and_latency_on_tiny_sizes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    dump = tmp_path / "own.csv"
    texts.write_dump(dump, (text for _, text in texts.Grammar(9).texts(12, short=True)))
    figures_at = tmp_path / "figures" / "bench.json"
    assert run.main([*TINY, "--only", "throughput,latency", "--dump", str(dump), "--text", run.TEXT, "--json", str(figures_at)]) == 0
    figures = json.loads(figures_at.read_text("utf-8"))
    assert [t["name"] for t in figures["throughput"]] == ["long texts", "own.csv"]
    assert [t["texts"] for t in figures["throughput"]] == [20, 12]
    for part in figures["throughput"]:
        stages = part["stages"]["builtin"]
        assert set(stages) == {*STAGES, "rest"} and all(stages[name] > 0 for name in ("segment", "scan", "tag", "match", "write"))
        assert sum(stages.values()) == pytest.approx(part["costs"]["whole run, builtin"]["cpu"], rel=0.05)
        assert part["ratios"]["whole run, builtin"]["segmentation alone"]["median"] > 1
    assert all(v["p50"] <= v["p99"] <= v["most"] for sides in figures["latency_micros"].values() for v in sides.values())
    assert "to segmentation alone" in capsys.readouterr().out


def test_rules_alone_gives_equal_answers_on_all_sides(capsys: pytest.CaptureFixture[str]) -> None:
    for phrases in (False, True):
        found = rules_alone.measure(rule_sets.make("some", 60, 80, phrases=phrases), 1)
        assert {"plain closures", "triage, builtin"} <= set(found.micros)
        assert found.held > 0
    assert run.main([*TINY, "--only", "rules"]) == 0
    assert "equal answers on 60 complaints" in capsys.readouterr().out


def test_a_side_that_answers_otherwise_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules_alone, "zen", lambda rules: {"zen, wrong": (lambda f: [0, 1, 2], rules.facts)})
    with pytest.raises(AssertionError, match="zen, wrong answers otherwise"):
        rules_alone.measure(rule_sets.make("some", 20, 10, phrases=False), 1)


def test_zen_gets_the_rules_in_its_own_words() -> None:
    pytest.importorskip("zen")
    rules = rule_sets.make("some", 40, 30, phrases=True)
    assert {name.partition(", ")[0] for name in rules_alone.zen(rules)} == {"zen"}
    assert len(rules_alone.zen(rules)) == 4


@pytest.mark.skipif(not memory.available(), reason="no /proc/PID/smaps_rollup here")
def test_memory_is_that_of_the_whole_family(tmp_path: Path) -> None:
    dump = tmp_path / "in.csv"
    texts.write_dump(dump, (text for _, text in texts.Grammar(3).texts(40, short=True)))
    peak = memory.run(dump, 40, 1, tmp_path, run.ROOT, "government-cn")
    assert 20 < peak.pss <= peak.rss + 1 and peak.looks > 3
    assert os.getpid() in memory.family(os.getppid())
    with pytest.raises(RuntimeError, match="triage run ended with"):
        memory.run(tmp_path / "nowhere.csv", 1, 1, tmp_path, run.ROOT, "government-cn")


def test_bounds() -> None:
    slow = Throughput("long texts", 10, 400.0, ratios={"whole run, builtin": {"segmentation alone": Ratio(3.1, 3, 4)}})
    short = Throughput("short rows", 10, 25.0, ratios={"whole run, builtin": {"segmentation alone": Ratio(50, 50, 50)}})
    peaks = [memory.Peak(30_000, 2, 300.0, 350.0, 3, 9, 1.0), memory.Peak(300_000, 2, 340.0, 390.0, 3, 9, 9.0)]
    figures = report.Figures({}, throughput=[slow, short], memory=peaks)
    assert [(check.measured, check.holds) for check in figures.checks()] == [(3.1, False), (340.0, True), (pytest.approx(340 / 300), True)]
    assert report.text(figures).count("BROKEN") == 1
    assert json.loads(json.dumps(figures.as_dict()))["checks"][0]["holds"] is False


def test_check_ends_with_one_where_a_bound_is_broken(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    broken = report.Figures({}, throughput=[Throughput("long texts", 1, 400.0, ratios={"whole run, x": {"segmentation alone": Ratio(9, 9, 9)}})])
    monkeypatch.setattr(run, "measure", lambda options, tell: broken)
    assert run.main([]) == 0
    assert run.main(["--check"]) == 1
    assert "BROKEN" in capsys.readouterr().out


def test_texts_are_seeded_and_of_the_length_they_say() -> None:
    assert list(texts.Grammar(4).texts(5)) == list(texts.Grammar(4).texts(5)) != list(texts.Grammar(5).texts(5))
    made = [text for _, text in texts.Grammar(1).texts(200)]
    assert 370 < sum(map(len, made)) / 200 < 440
    assert len(set(made)) == 200
    assert "{" not in "".join(made)


def test_ratio_is_the_middle_of_the_rounds() -> None:
    costs = {"a": [Cost(2, 2), Cost(9, 9), Cost(3, 3)], "b": [Cost(1, 1), Cost(1, 1), Cost(1, 1)]}
    assert measure.ratio(costs, "a", "b") == Ratio(3, 2, 9)
    assert [measure.percentile(list(range(1, 101)), p) for p in (0.5, 0.99, 1.0)] == [50, 99, 100]
    order: list[str] = []
    measure.in_turn({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 2, {"b": lambda: order.append("fresh")})
    assert order == ["a", "fresh", "b", "fresh", "b", "a", "a", "fresh", "b"]


def test_tags_on_tiny_sizes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    figures_at = tmp_path / "tags.json"
    assert run.main([*TINY, "--only", "tags,tag-quality", "--labelled", str(tmp_path / "none.csv"), "--json", str(figures_at)]) == 0
    figures = json.loads(figures_at.read_text("utf-8"))
    (speed,) = figures["tags"]
    assert speed["single_equals_batch"] is True
    batch, alone = "model, all its types, batch", "model, all its types, one at a time"
    assert {"segmentation alone", batch, alone, "model, category alone", "plain recipe, one at a time"} <= set(speed["costs"])
    assert speed["ratios"][alone]["median"] > speed["ratios"][batch]["median"]
    assert any("aren't at hand" in why for why in figures["left_out"])
    assert "a text alone and in a batch get equal answers" in capsys.readouterr().out


def test_the_committed_folds_are_made_by_the_code_and_keep_groups_together() -> None:
    from benchmarks import tag_quality

    if not run.LABELLED.is_file():
        pytest.skip("the labelled messages aren't here")
    data = tag_quality.read(run.LABELLED)
    folds = tag_quality.read_folds(data)
    assert folds == tag_quality.make_folds(data)
    groups = tag_quality.groups_of(data)
    assert len(set(groups)) < len(groups)
    for of_seed in folds:
        assert set(of_seed) == set(range(tag_quality.FOLDS))
        where: dict[int, set[int]] = {}
        for group, fold in zip(groups, of_seed, strict=True):
            where.setdefault(group, set()).add(fold)
        assert all(len(found) == 1 for found in where.values())
    assert folds[0] != folds[1]


def test_the_shipped_model_is_measured_as_it_is() -> None:
    from benchmarks import tag_quality, tags

    pairs = list(texts.Grammar(6).texts(70))
    data = tag_quality.Labelled([f"r{i}" for i in range(70)], [text for _, text in pairs], [label for label, _ in pairs])
    found = tag_quality.shipped(data, "government-cn")
    assert set(found) == {"model alone", "model and cue phrases, as run"}
    assert all(f["rows"] == 70 and f["accuracy"] > 0.3 for f in found.values())
    assert "70 labelled messages" in tags.shipped_text("government-cn", found)


def test_quality_is_measured_on_rows_that_nobody_learnt_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import tag_quality

    pairs = list(texts.Grammar(4).texts(70, short=True))
    data = tag_quality.Labelled([f"r{i}" for i in range(70)], [text for _, text in pairs], [label for label, _ in pairs])
    monkeypatch.setattr(tag_quality, "FOLDS_FILE", tmp_path / "folds.csv")
    tag_quality.write_folds(data, tmp_path / "folds.csv")
    monkeypatch.setattr(tag_quality, "read_folds", lambda data: tag_quality.make_folds(data))
    asked: list[str] = []

    def spy(learn: object, labels: list[str], held: list[str]) -> dict[str, object]:
        assert not set(learn) & set(held)  # type: ignore[call-overload]
        asked.extend(held)
        names = sorted(set(labels))
        import numpy as np

        chances = np.full((len(held), len(names)), 1 / len(names))
        return {"none": tag_quality._answers(names, chances)}

    (found,) = tag_quality.cross_validate(data, spy, lambda what: None, seeds=2)  # type: ignore[arg-type]
    assert sorted(asked) == sorted(data.texts * 2)
    assert found.mean["accuracy"] == pytest.approx(1 / 7, abs=0.01)
    assert found.interval["accuracy"] is not None
