"""Each command does its work."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "tuple[int, str, str]"]
THREAT = "家里断网三天了，再不处理我就找记者曝光"


def test_explain_text_and_json(triage: Run) -> None:
    code, out, _ = triage("explain", "-p", "telecom-cn", THREAT)
    assert code == 0
    assert "media-exposure" in out
    code, out, _ = triage("explain", "-p", "telecom-cn", THREAT, "--json", "--fact", "customer.tier=vip")
    decision = json.loads(out)
    assert (decision["format"], decision["severity"], decision["green_channel"]) == (1, "critical", "vip")
    spans = [s for r in decision["reasons"] for e in r["evidence"] for s in e.get("spans", ())]
    assert spans
    assert all(THREAT[start:end] == quote for start, end, quote in spans)


def test_explain_why_not(triage: Run) -> None:
    _, out, _ = triage(
        "explain",
        "-p",
        "telecom-cn",
        "话费多扣了",
        "--tag",
        "category=资费争议",
        "--fact",
        "complaint.amount=320",
        "--why-not",
        "large-charge",
        "--json",
    )
    answer = json.loads(out)
    assert answer["state"] == "false"
    assert [t["fact"] for t in answer["nearest"]] == ["complaint.amount"]


def test_explain_row_is_the_row_of_run(triage: Run, samples: Path) -> None:
    assert triage("run", str(samples), "-p", "telecom-cn", "-o", "out.jsonl", "--workers", "1")[0] == 0
    lines = [json.loads(line) for line in Path("out.jsonl").read_text("utf-8").splitlines()]
    for number in (1, 60, 120):
        explained = json.loads(triage("explain", str(samples), "--row", str(number), "-p", "telecom-cn", "--json")[1])
        assert {k: explained[k] for k in ("id", "category", "severity", "queue")} == {
            k: lines[number - 1][k] for k in ("id", "category", "severity", "queue")
        }
    code, _, err = triage("explain", str(samples), "--row", "121", "-p", "telecom-cn")
    assert code == 2
    assert "120 rows" in err


def test_run_writes_output_and_summary(triage: Run, samples: Path) -> None:
    code, out, err = triage(
        "run", str(samples), "-p", "telecom-cn", "-o", "out.csv", "--summary", "s.json", "--keep", "--workers", "1"
    )
    assert code == 0, err
    assert "120 rows in, 120 rows out, 0 rejected" in out
    summary = json.loads(Path("s.json").read_text("utf-8"))
    assert summary["rows"]["in"] == summary["rows"]["out"] == 120
    header = Path("out.csv").read_bytes()
    assert header.startswith(b"\xef\xbb\xbf")
    assert "投诉内容" in header.decode("utf-8-sig").splitlines()[0]


def test_run_takes_columns_from_settings(triage: Run, tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("a,b,c\n1,再不处理我就找记者,svip\n", "utf-8")
    code, _, err = triage("run", "odd.csv", "-p", "telecom-cn", "-o", "out.jsonl")
    assert code == 2
    assert "--text b" in err
    (tmp_path / "triage.toml").write_text('pack = "telecom-cn"\n[run]\ntext = "b"\nid = "a"\nmap.customer.tier = "c"\n', "utf-8")
    assert triage("run", "odd.csv", "-o", "out.jsonl")[0] == 0
    row = json.loads(Path("out.jsonl").read_text("utf-8"))
    assert (row["id"], row["green_channel"], row["severity"]) == ("1", "svip", "critical")


@pytest.mark.parametrize("pack", ["base-cn", "telecom-cn", "government-cn", "ecommerce-cn", "property-cn"])
def test_built_in_packs_are_clean(triage: Run, pack: str) -> None:
    code, out, _ = triage("check", pack)
    assert (code, out) == (0, "")


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_check_reports_every_finding(triage: Run, form: str) -> None:
    assert triage("new", "pack", "shop")[0] == 0
    rule = Path("shop/rules/quality.yaml")
    rule.write_text(
        rule.read_text("utf-8").replace("severity: critical", "severity: critcal").replace("severity: high", "severty: high"),
        "utf-8",
    )
    code, out, _ = triage("check", "shop", "--format", form)
    assert code == 1
    assert "critcal" in out
    assert "severty" in out
    if form == "json":
        lines = {d["line"] for d in json.loads(out)["diagnostics"]}
        wanted = {n for n, line in enumerate(rule.read_text("utf-8").splitlines(), 1) if "critcal" in line or "severty" in line}
        assert lines == wanted
    if form == "sarif":
        assert json.loads(out)["version"] == "2.1.0"
    if form == "text":
        assert "^^^^" in out
        code, out, err = triage("explain", "-p", "shop", "x")
        assert (code, out) == (1, "")
        assert "^^^^" in err


def test_a_new_pack_passes_its_tests_and_a_failing_one_shows_why(triage: Run) -> None:
    assert triage("new", "pack", "shop", "--title", '小店 "一号": 新')[0] == 0
    code, out, err = triage("check", "shop", "--strict")
    assert (code, out) == (0, ""), err
    code, _, err = triage("test", "shop")
    assert code == 0
    assert "3 tests, 0 failed" in err
    tests = Path("shop/tests/quality.yaml")
    tests.write_text(tests.read_text("utf-8").replace("expect: {severity: high", "expect: {severity: low"), "utf-8")
    code, out, _ = triage("test", "shop")
    assert code == 1
    assert "severity" in out
    assert "low" in out
    assert "high" in out
    results = json.loads(triage("test", "shop", "--json")[1])
    assert [f for t in results["tests"] for f in t["failures"]] == [{"key": "severity", "expected": "low", "got": "high"}]


def test_a_new_pack_from_nothing(triage: Run) -> None:
    assert triage("new", "pack", "alone", "--extends", "none")[0] == 0
    assert triage("check", "alone")[0] == 0
    assert triage("test", "alone")[0] == 0


def test_new_never_overwrites(triage: Run) -> None:
    triage("new", "pack", "shop")
    assert triage("new", "pack", "shop")[0] == 2
    assert triage("new", "rule", "shop", "r1")[0] == 0
    assert triage("new", "rule", "shop", "r1")[0] == 2
    assert triage("check", "shop")[0] == 0


@pytest.mark.parametrize(
    "text",
    ["普通投诉", '引号"和\\反斜杠', "冒号: 井号 # 花括号 {a: [b]}", "换行\n第二行", "- 列表样", "🙂 & * ! | > % @", "=1+1"],
)
def test_a_new_test_reads_back_what_it_was_given(triage: Run, text: str) -> None:
    from triage.packs.load import load_pack

    triage("new", "pack", "shop")
    code, _, err = triage(
        "new", "test", "shop", "某个 测试", "--text", text, "--fact", "customer.tier=vip", "--at", "2026-03-01T08:00"
    )
    assert code == 0, err
    loaded = load_pack("shop")
    assert loaded.pack is not None, loaded.findings
    made = next(t for t in loaded.pack.tests if t.name == "某个 测试")
    assert made.given["complaint"] == {"text": text}
    assert triage("test", "shop", "-k", "某个")[0] == 0


def test_train_and_evaluate(triage: Run, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    from triage.cli.demo_samples import MATTERS

    rows = ["text,label"]
    for n in range(120):
        first, second = MATTERS[n % 10], MATTERS[10 + n % 8]
        rows += [
            f"{first.format(money=n, big=n, n=n, place='城东', region='城东')}第{n}次,资费",
            f"{second.format(money=n, big=n, n=n, place='城西', region='城西')}第{n}次,网络",
        ]
    (tmp_path / "labelled.csv").write_text("\n".join(rows), "utf-8")
    code, out, err = triage("train", "labelled.csv", "--text", "text", "--label", "label", "-o", "model")
    assert code == 0, err
    assert "accuracy" in out
    code, out, err = triage("evaluate", "labelled.csv", "--model", "model", "--text", "text", "--label", "label", "--json")
    assert code == 0, err
    metrics = json.loads(out)["tags"]["category"]
    assert {"accuracy", "macro_f1", "per_label", "ece", "rows", "intervals"} <= set(metrics)
    assert metrics["rows"] == 240
    assert metrics["accuracy"] > 0.9
    code, _, err = triage("evaluate", "labelled.csv", "--model", "model", "--text", "text", "--label", "lable")
    assert code == 2
    assert "label" in err


def test_train_learns_other_tags_from_columns(triage: Run, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    from triage.cli.demo_samples import MATTERS

    rows = ["text,label,wants,danger"]
    for n in range(60):
        first, second = MATTERS[n % 10], MATTERS[10 + n % 8]
        rows += [
            f"{first.format(money=n, big=n, n=n, place='城东', region='城东')}请把钱退到卡里,资费争议,refund,",
            f"{second.format(money=n, big=n, n=n, place='城西', region='城西')}再不修就去法院,宽带装维,fix; explanation,legal",
        ]
    (tmp_path / "labelled.csv").write_text("\n".join(rows), "utf-8")
    common = ["train", "labelled.csv", "--text", "text", "--label", "label", "-p", "telecom-cn", "-o", "model"]
    code, out, err = triage(*common, "--tag", "requests=wants", "--tag", "risks=danger")
    assert code == 0, err
    assert "\nrequests\n" in out and "\nrisks\n" in out
    heads = json.loads((tmp_path / "model" / "model.json").read_text("utf-8"))["heads"]
    assert [(head["type"], head["labels"]) for head in heads[1:]] == [("requests", ["explanation", "fix", "refund"]), ("risks", ["legal"])]
    code, out, err = triage("explain", "上个月宽带断了，再不修就去法院", "-p", "telecom-cn", "--model", "model")
    assert code == 0, err
    assert "法院" in out


@pytest.mark.parametrize(("tag", "said"), [
    ("risk=danger", "risks"), ("category=label", "--label"), ("risks=dangers", "danger"), ("risks=text", "text"), ("risks", "NAME=VALUE"),
    ("risks=danger", "legal"),
])  # fmt: skip
def test_train_tells_what_is_wrong_with_a_tag(triage: Run, tmp_path: Path, tag: str, said: str) -> None:
    pytest.importorskip("sklearn")
    rows = ["text,label,danger", *(f"第{n}次断网,网络,{'leagl' if n == 3 else ''}" for n in range(20))]
    (tmp_path / "labelled.csv").write_text("\n".join(rows).replace(",网络,", ",宽带装维,"), "utf-8")
    code, _, err = triage("train", "labelled.csv", "--text", "text", "--label", "label", "-p", "telecom-cn", "-o", "model", "--tag", tag)
    assert code == 2 and said in err and "Traceback" not in err
    assert not (tmp_path / "model").exists()


def test_a_cold_start_takes_no_tags(triage: Run, samples: Path) -> None:
    pytest.importorskip("sklearn")
    code, _, err = triage("train", str(samples), "--cold", "-p", "telecom-cn", "--tag", "risks=danger")
    assert code == 2 and "--tag" in err


def test_evaluate_refuses_what_is_no_model(triage: Run, tmp_path: Path, samples: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, _, err = triage("evaluate", str(samples), "--model", "empty", "--label", "客户等级")
    assert code == 1
    assert err.startswith("error: ")


def test_schema_is_json_schema(triage: Run) -> None:
    code, out, _ = triage("schema")
    assert code == 0
    assert json.loads(out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert triage("schema", "-o", "pack.schema.json")[0] == 0
    assert json.loads(Path("pack.schema.json").read_text("utf-8")) == json.loads(out)


def test_doctor(triage: Run) -> None:
    code, out, _ = triage("doctor", "--json")
    found = json.loads(out)
    assert code == 0
    assert all(found["core"].values())
    assert found["matcher"] in ("builtin", "durable")
    assert {"base-cn", "ecommerce-cn", "government-cn", "property-cn", "telecom-cn"} <= set(found["packs"])
    code, out, _ = triage("doctor")
    assert code == 0
    assert "matcher" in out


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_demo_passes(triage: Run, lang: str) -> None:
    code, out, err = triage("demo", "--lang", lang, "-o", "kept")
    assert code == 0, err
    assert ("演示通过" if lang == "zh" else "The demo passed") in out
    assert Path("kept/complaints.csv").is_file()


def test_demo_fails_aloud(triage: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage.cli.demo.COMPLAINT", "今天天气不错")
    code, _, err = triage("demo")
    assert code == 1
    assert "step 1 of the demo failed" in err


def test_samples_are_varied_and_the_same_each_time() -> None:
    from triage.cli.demo_samples import sample_rows

    rows = list(sample_rows(2000))
    assert rows == list(sample_rows(2000))
    assert len(rows) == 2000
    assert len({row[2] for row in rows}) > 1500
    assert not [row for row in rows if "{" in row[2] or "}" in row[2]]
