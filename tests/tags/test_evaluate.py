"""Evaluation: figures by hand, intervals that mean what they say, pairs, and nothing of a customer in what is passed on."""

from __future__ import annotations

import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from triage.domain.tags import Tags
from triage.errors import UsageError
from triage.tags.answers import Answers, best_guess, merge, of_tags
from triage.tags.calibrate import ece
from triage.tags.compare import compare, exact_mcnemar
from triage.tags.evaluate import align, evaluate, score, values_of
from triage.tags.figures import equal_mass, figures
from triage.tags.intervals import Resampler, percentile, share
from triage.tags.model import Model

NAMES = ("甲", "乙", "丙")


def answers(chances, answered=None):
    chances = np.asarray(chances, dtype=float)
    said = np.ones(len(chances), dtype=bool) if answered is None else np.asarray(answered)
    return Answers(NAMES, chances, said, best_guess(chances))


def drawn(rows: int, seed: int = 0, hit: float = 0.8):
    """Answers of known accuracy to rows of three labels, and what is right."""
    rng = np.random.default_rng(seed)
    right = rng.integers(0, 3, rows)
    said = np.where(rng.random(rows) < hit, right, (right + 1) % 3)
    chances = np.full((rows, 3), 0.1)
    chances[np.arange(rows), said] = 0.8
    return answers(chances), [NAMES[i] for i in right]


def test_figures_by_hand():
    given = answers([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0.1, 0.3, 0.6], [0.2, 0.2, 0.6]], [True, False, True, True])
    found = score("category", given, ["甲", "乙", "丙", "甲"], [0, 1, 2, 3])
    assert found["accuracy"] == 0.5
    assert (found["coverage"], found["accuracy_answered"]) == (0.75, pytest.approx(2 / 3, abs=1e-4))
    assert found["log_loss"] == pytest.approx(-np.mean(np.log([0.7, 0.4, 0.6, 0.2])), abs=1e-4)
    assert found["brier"] == pytest.approx((0.14 + 0.62 + 0.26 + 1.04) / 4, abs=1e-4)
    assert found["per_label"]["甲"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2}
    assert found["per_label"]["乙"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 1}
    assert found["macro_f1"] == pytest.approx((0.5 + 0 + 2 / 3) / 3, abs=1e-4)
    assert found["confusion"] == [["乙", "甲", 1], ["甲", "丙", 1]]
    assert found["examples"] == [["乙", "甲", [1]], ["甲", "丙", [3]]]


def test_the_calibration_error_is_that_of_training():
    given, labels = drawn(700)
    found = score("category", given, labels, range(700))
    hit = np.array([NAMES[i] == x for i, x in zip(given.said.argmax(axis=1), labels, strict=True)])
    assert found["ece"] == pytest.approx(ece(given.chances.max(axis=1), hit), abs=1e-4)
    assert sum(b["rows"] for b in found["calibration"]) == 700
    assert len(found["calibration"]) == 15
    sizes = np.bincount(equal_mass(np.random.default_rng(1).random(100)))
    assert len(sizes) == 15 and set(sizes) <= {6, 7}


def test_a_calibrated_tagger_shows_about_the_error_that_chance_gives():
    rng = np.random.default_rng(5)
    sure = rng.uniform(0.4, 1, 3000)
    chances = np.column_stack([sure, (1 - sure) / 2, (1 - sure) / 2])
    labels = [NAMES[0] if rng.random() < p else NAMES[1] for p in sure]
    found = score("category", answers(chances), labels, range(3000))
    mean, most = found["ece_if_calibrated"]
    assert 0 < mean < most
    assert found["ece"] < 1.3 * most
    off = score("category", answers(np.column_stack([sure / 2, 1 - sure / 2 - 0.01, np.full(3000, 0.01)])), labels, range(3000))
    assert off["ece"] > 3 * most


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    inside = 0
    for seed in range(60):
        given, labels = drawn(200, seed, hit=0.8)
        low, high = score("category", given, labels, range(200), draws=300, seed=seed)["intervals"]["accuracy"]
        inside += low <= 0.8 <= high
    assert 52 <= inside <= 60


def test_copies_dont_narrow_the_intervals():
    given, labels = drawn(100)
    apart = score("category", given, labels, range(100))["intervals"]["accuracy"]
    many = np.repeat(np.arange(100), 5)
    copied = Answers(NAMES, given.chances[many], given.answered[many], given.said[many])
    together = score("category", copied, [labels[i] for i in many], many.tolist())
    assert together["groups"] == 100
    assert_allclose(together["intervals"]["accuracy"], apart, atol=0.011)
    wrongly = score("category", copied, [labels[i] for i in many], range(500))["intervals"]["accuracy"]
    assert wrongly[1] - wrongly[0] < 0.6 * (apart[1] - apart[0])


def test_all_right_isnt_certain():
    given = answers(np.tile([0.8, 0.1, 0.1], (20, 1)))
    found = score("category", given, ["甲"] * 20, range(20))
    assert found["accuracy"] == 1.0
    assert found["intervals"]["accuracy"] == [pytest.approx(0.025 ** (1 / 20), abs=1e-3), 1.0]
    assert found["intervals"]["macro_f1"][0] < 0.9
    assert share(np.zeros(50), 0.0, 10) == (0.0, pytest.approx(1 - 0.025**0.1, abs=1e-4))
    assert percentile(np.array([math.nan])) is None


def test_equal_seeds_give_equal_intervals():
    given, labels = drawn(80)
    one, again, other = (score("category", given, labels, range(80), seed=s)["intervals"] for s in (1, 1, 2))
    assert one == again
    assert one != other


def test_draws_are_the_same_in_blocks(monkeypatch):
    columns = np.random.default_rng(0).random((30, 2))
    whole = Resampler(range(30), 40, 1).totals(columns)
    monkeypatch.setattr("triage.tags.intervals._CELLS", 100)
    for a, b in zip(whole, Resampler(range(30), 40, 1).totals(columns), strict=True):
        assert_allclose(a, b)


def test_several_values():
    said = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 0, 1]], dtype=bool)
    given = Answers(NAMES, said.astype(float), np.ones(4, dtype=bool), said, several=True, graded=False)
    found = score("risks", given, ["甲", "甲;丙", "none", ""], range(4))
    assert found["rows"] == 4
    assert found["accuracy"] == 0.5
    assert found["per_label"]["甲"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 2}
    assert found["per_label"]["丙"]["recall"] == 0.0
    assert found["micro_f1"] == pytest.approx(2 * 2 / (4 + 3), abs=1e-4)
    assert set(map(tuple, found["confusion"])) == {("", "乙", 1), ("丙", "", 1), ("", "丙", 1)}
    assert "ece" not in found and "curve" not in found
    graded = Answers(NAMES, np.where(said, 0.9, 0.2), np.ones(4, dtype=bool), said, several=True)
    found = score("risks", graded, ["甲", "甲|丙", "", ""], range(4))
    assert sum(b["rows"] for b in found["calibration"]) == 12
    assert found["brier"] == pytest.approx((2 * 0.01 + 2 * 0.81 + 0.64 + 7 * 0.04) / 12, abs=1e-4)


@pytest.mark.parametrize(
    ("cell", "values"), [("a;b", ["a", "b"]), ("a | b", ["a", "b"]), ("退款、赔偿，道歉", ["退款", "赔偿", "道歉"]), ("", []), ("无", []), ("a a", ["a"])]
)
def test_values_of_a_cell(cell, values):
    assert values_of(cell) == values


def test_tags_of_decisions_become_answers():
    values = {"category": ["a/x", "a/y", "b"], "intent": ["complaint", "enquiry"], "risks": ["legal", "media"]}
    tags = [
        Tags("a/x", 0.7, alternatives=(("a/x", 0.6), ("b", 0.3)), intent="complaint", risks=("media",)),
        Tags(None, 0.4, True, (("b", 0.4), ("a/y", 0.3))),
    ]
    found = of_tags(tags, values)
    category = found["category"]
    assert_allclose(category.chances.sum(axis=1), 1)
    assert category.chances[0, 0] == 0.7
    assert category.answered.tolist() == [True, False]
    assert category.said.tolist() == [[True, False, False], [False, False, True]]
    up = merge(category, 1)
    assert up.labels == ("a", "b")
    assert_allclose(up.chances[1], [0.6, 0.4])
    assert up.said.tolist() == [[True, False], [False, True]]
    assert found["intent"].answered.tolist() == [True, False]
    assert found["risks"].said.tolist() == [[False, True], [False, False]]


def test_labels_that_cant_be_answered_count_as_wrong():
    given = answers([[0.8, 0.1, 0.1], [0.8, 0.1, 0.1]])
    found = score("category", given, ["甲", "别的"], range(2))
    assert found["unknown_labels"] == {"别的": 1}
    assert found["accuracy"] == 0.5
    assert found["log_loss"] == pytest.approx((-math.log(0.8) - math.log(1e-6)) / 2, abs=1e-4)
    with pytest.raises(UsageError, match="no row has a label"):
        score("category", given, ["", " "], range(2))


def test_two_taggers_are_compared_in_pairs():
    one, labels = drawn(400, 1, hit=0.9)
    other, _ = drawn(400, 1, hit=0.7)  # the same rows, drawn alike: it fails where the first fails, and more
    found = compare(one, other, labels, range(400))
    gain = found["difference"]["accuracy"]
    assert gain["difference"] == pytest.approx(gain["one"] - gain["other"], abs=1e-4)
    assert gain["interval"][0] > 0.1
    alone = score("category", one, labels, range(400))["intervals"]["accuracy"]
    assert gain["interval"][1] - gain["interval"][0] < 2 * (alone[1] - alone[0])
    assert found["only_one"] == len(found["differ"]) == found["groups_one"]
    assert found["only_other"] == found["groups_other"] == 0
    assert found["mcnemar"] < 1e-10
    same = compare(one, one, labels, range(400))
    assert same["mcnemar"] == 1.0 and same["differ"] == [] and same["difference"]["macro_f1"]["interval"] == [0.0, 0.0]


def test_labels_in_another_order_compare_the_same():
    one, labels = drawn(50)
    turned = Answers(NAMES[::-1], one.chances[:, ::-1], one.answered, one.said[:, ::-1])
    found = compare(one, turned, labels, range(50))
    assert found["differ"] == []
    assert found["difference"]["macro_f1"]["difference"] == 0


def test_exact_mcnemar():
    assert exact_mcnemar(0, 0) == 1.0
    assert exact_mcnemar(5, 0) == pytest.approx(2 / 32)
    assert exact_mcnemar(8, 2) == pytest.approx(2 * (1 + 10 + 45) / 1024)
    assert exact_mcnemar(3, 3) == 1.0
    assert exact_mcnemar(60_000, 61_000) == pytest.approx(0.0041, rel=0.05)


def test_a_figure_without_rows_behind_it():
    given = answers([[0.8, 0.1, 0.1]], [False])
    found = score("category", given, ["甲"], [0])
    assert found["accuracy_answered"] == 0.0
    assert found["intervals"]["accuracy_answered"] is None
    rows, right, aligned, _ = align(given, ["甲"])
    assert figures(aligned, right, Resampler([0], 10))["rows"] == len(rows) == 1


def test_of_a_model(rows, model_folder):
    found = evaluate(Model.load(model_folder), *rows)
    assert found["rows"] == 24
    assert found["accuracy"] == 1.0
    assert found["intervals"]["accuracy"][0] < 0.9
    assert found["docs_per_second"] > 0
    assert found["bootstrap"] == {"draws": 1000, "seed": 0, "level": 0.95, "unit": "group of near-duplicate rows"}


# the command

PHONE = "13800138000"


@pytest.fixture
def command(rows, model_folder, tmp_path, monkeypatch, capsys):
    from triage.cli.main import run

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRIAGE_LANG", "en")
    lines = ["text,label,risk"] + [f"{t}，我的电话{PHONE}，联系人：王小明,{x},media;legal" for t, x in zip(*rows, strict=True)]
    lines[1] = lines[1].replace("网络", "资费").replace(",资费,", ",资费,")
    Path("in.csv").write_text("\n".join(lines), "utf-8")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(["evaluate", "in.csv", "--text", "text", *arguments])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return code, printed.out, printed.err

    return call


def test_personal_data_is_masked_and_json_holds_no_text(command, model_folder):
    code, out, err = command("--model", str(model_folder), "--label", "label", "--html", "report.html")
    assert code == 0, err
    page = Path("report.html").read_text("utf-8")
    assert PHONE not in out + err + page and "王小明" not in out + page
    assert "<phone>" in out and "&lt;phone&gt;" in page
    code, out, _ = command("--model", str(model_folder), "--label", "label", "--json")
    found = json.loads(out)
    assert "宽带" not in out and "电话" not in out
    ((right, said, (row,)),) = found["tags"]["category"]["examples"]
    assert (right, said, row) == ("资费", "网络", 1)


class _Page(HTMLParser):
    """Tags still open, and everything that would be fetched or run."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "input", "line", "circle", "polyline", "polygon", "br"):
            self.open.append(tag)
        if tag in ("script", "link", "img", "iframe", "object", "embed"):
            self.outside.append(tag)
        self.outside += [f"{name}={value}" for name, value in attrs if name in ("src", "href", "style") or name.startswith("on")]

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_stands_alone_and_speaks_both_languages(command, model_folder):
    command("--model", str(model_folder), "--label", "label", "--html", "report.html", "--drift", "--against", str(model_folder))
    text = Path("report.html").read_text("utf-8")
    page = _Page()
    page.feed(text)
    assert page.open == [] and page.outside == []
    assert not re.search(r"https?:|url\(|@import", text)
    assert text.count('class="zh"') == text.count('class="en"') > 20
    assert 'aria-label="English" checked' in text
    assert text.count("<svg") >= 2 and text.count("<details>") >= 3
    assert "default-src 'none'" in text


def test_what_a_dump_says_is_escaped_in_the_page(command, model_folder):
    table = Path("in.csv")
    table.write_text(table.read_text("utf-8") + "\n<script>alert(1)</script>宽带,<img src=x>,\n", "utf-8")
    assert command("--model", str(model_folder), "--label", "label", "--html", "report.html")[0] == 0
    page = _Page()
    page.feed(Path("report.html").read_text("utf-8"))
    assert page.outside == []


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_terminal_may_be_narrow(command, model_folder, monkeypatch, width):
    from triage.cli import plots
    from triage.cli.console import width as columns

    monkeypatch.setenv("COLUMNS", str(width))
    _, out, _ = command("--model", str(model_folder), "--label", "label", "--drift", "--against", str(model_folder))
    lines = [line for line in out.splitlines() if line.startswith("  ")]
    plotted = [line for line in lines if any(c in line for c in "●◉█·") or "[1] " in line]
    assert len(plotted) > 15
    tables = [line for line in lines if line.strip().startswith(("accuracy", "share of unknown")) or "[0." in line]
    assert tables
    assert max(map(columns, plotted + tables)) <= min(width, plots.WIDE)


def test_plots():
    from triage.cli import plots

    assert plots.bar(0.5, 10) == "█████     "
    assert plots.bar(2, 3) == "███"
    assert plots.scale(11, {"○": 0.2, "●": 0.5}, [0.4, 0.6]) == "··○·─●─····"


def test_misspelt_labels_are_told_with_the_likely_one(command, model_folder):
    table = Path("in.csv")
    table.write_text(table.read_text("utf-8").replace(",服务,", ",服努,"), "utf-8")
    code, _, err = command("--model", str(model_folder), "--label", "label")
    assert code == 0
    assert "'服努' 8 rows" in err and "did you mean '服务'" in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--label", "label"], "--model or -p is missing"),
        (["--model", "{}"], "--label is missing"),
        (["--model", "{}", "--cues", "--label", "label"], "--cues needs -p"),
        (["--model", "{}", "--tag", "risks=risk"], "nothing answers these tags: risks"),
        (["--model", "{}", "--label", "label", "--html", "no/where.html"], "--html can't write"),
        (["--model", "{}", "--label", "label", "--tag", "category=label"], "not both"),
    ],
)
def test_wrong_calls(command, model_folder, arguments, says):
    code, out, err = command(*(a.replace("{}", str(model_folder)) for a in arguments))
    assert (code, out) == (2, "")
    assert says in err
    assert not [p for p in Path().iterdir() if p.name != "in.csv" and p.suffix in (".html", ".part")]


def test_the_tags_that_run_gives_are_measured_with_the_pack(command):
    code, out, err = command("-p", "telecom-cn", "--cues", "--tag", "risks=risk", "--json")
    assert code == 0, err
    found = json.loads(out)["tags"]["risks"]
    assert found["rows"] == 24
    assert set(found["per_label"]) == {"legal", "media"}
    assert found["micro_f1"] == 0.0
