"""Bad training input: each gets a clear message with counts and examples, the right exit code, and nothing half-written."""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

import pytest

pytest.importorskip("sklearn")

from triage.cli.main import run
from triage.errors import ModelError, UsageError
from triage.message import Message
from triage.tags.model import Model
from triage.tags.sample import GUARD, MAX_LABELS, Reservoir
from triage.tags.suspicions import leaks, likely_meant, other_scripts
from triage.tags.train import train

PARTS = {
    "资费": ("话费", "套餐", "流量", "月租", "账单", "扣费", "余额", "增值业务"),
    "网络": ("宽带", "断网", "网速", "信号", "光猫", "基站", "掉线", "路由器"),
    "服务": ("客服", "态度", "营业厅", "排队", "推诿", "挂电话", "营业员", "回电"),
}
ENDS = ("一直没有解决", "希望尽快处理", "已经第三次了", "让人很失望", "请给个说法", "问了也不说明", "跟说好的不一样")


def texts_of(label: str, count: int, seed: int = 0) -> list[str]:
    rng = Random(f"{label}{seed}")
    return [f"{'、'.join(rng.sample(PARTS[label], 3))}的问题，{rng.choice(ENDS)}，{rng.choice(ENDS)}" for _ in range(count)]


def rows_of(count: int) -> tuple[list[str], list[str]]:
    return [t for label in PARTS for t in texts_of(label, count)], [label for label in PARTS for _ in range(count)]


def write(path: Path, texts: list[str], labels: list[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["text", "label"])
        out.writerows(zip(texts, labels, strict=True))
    return path


def said(metrics: dict[str, list[Message]]) -> str:
    return " | ".join(w.en for w in metrics["warnings"])


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Runs `triage train` on rows: exit code, what was said, and whether anything was written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRIAGE_LANG", "en")

    def call(texts: list[str], labels: list[str], *more: str) -> tuple[int, str, bool]:
        write(tmp_path / "in.csv", texts, labels)
        code = run(["train", "in.csv", "--text", "text", "--label", "label", "-o", "model", *more])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        left = {p.name for p in tmp_path.iterdir()} - {"in.csv"}
        assert left <= {"model"}
        return code, printed.err, "model" in left

    return call


def test_one_label_only(command):
    code, err, written = command(texts_of("资费", 30), ["资费"] * 30)
    assert (code, written) == (1, False)
    assert "all 30 rows have one label, '资费'" in err


def test_a_label_with_two_rows_is_left_out_and_named(command):
    texts, labels = rows_of(15)
    code, err, written = command([*texts, "停电两次了", "电表跳闸"], [*labels, "电力", "电力"])
    assert (code, written) == (0, True)
    assert "fewer than 3 different texts (2 rows); the model won't answer them: '电力' 2" in err
    assert Model.load("model").labels == ("服务", "网络", "资费")


def test_five_rows(command):
    code, err, written = command(["话费一", "话费二", "断网", "客服", "套餐"], ["a", "a", "b", "c", "d"])
    assert (code, written) == (1, False)
    assert "5 usable rows" in err
    assert "'a' 2" in err


def test_labels_misspelt_against_the_pack(command):
    texts, labels = rows_of(10)
    code, err, written = command(texts, ["资费争义" if x == "资费" else "网络质量" for x in labels], "-p", "telecom-cn")
    assert (code, written) == (2, False)
    assert "10 of 30 rows have labels that aren't categories of pack telecom-cn: '资费争义' (10 rows, did you mean '资费争议'?)" in err


def test_a_rare_label_that_looks_like_a_frequent_one(tmp_path):
    texts, labels = rows_of(30)
    labels[0] = "服务质量问趣"
    named = ["服务质量问题" if x == "服务" else x for x in labels]
    metrics = train(texts, named, tmp_path / "m")
    assert "'服务质量问趣' 1 (did you mean '服务质量问题'?)" in said(metrics)
    assert likely_meant("网络", {"网络": 2, "资费": 500}) is None


def test_contradictions_are_settled_by_a_majority_of_two_thirds_or_left_out(tmp_path):
    texts, labels = rows_of(15)
    clear, torn = "同一件事说了好几遍，宽带又断了", "到底算谁的问题，没有人说得清楚"
    texts += [clear, clear + "！", clear, torn, torn + "。"]
    labels += ["网络", "网络", "资费", "网络", "服务"]
    metrics = train(texts, labels, tmp_path / "m")
    assert "2 texts carry different labels in different rows (e.g. row 46 '网络', row 48 '资费'): 1 settled by a majority" in said(metrics)
    assert "3 rows not used" in said(metrics)
    assert metrics["rows"] == 45 + 2


def test_rows_are_called_by_their_number_in_the_dump(command):
    texts, labels = rows_of(10)
    _, err, _ = command(["", *texts], ["资费", *labels])
    assert "1 rows hold no text, or no word to learn from; not used (rows 1)" in err


def test_empty_texts_only(command):
    code, err, written = command(["", " ", "123", "……", "\t", "🙂"], ["a", "b"] * 3)
    assert (code, written) == (1, False)
    assert "0 usable rows" in err


def test_the_label_in_the_text_is_warned_of(tmp_path):
    texts, labels = rows_of(15)
    leaky = [f"{t} 派单结果{'甲乙丙'[list(PARTS).index(x)]}组" for t, x in zip(texts, labels, strict=True)]
    found = said(train([f"[{x}] {t}" for t, x in zip(leaky, labels, strict=True)], labels, tmp_path / "m"))
    assert "leaked" in found
    assert "'资费' (in 100% of the rows of '资费', 0.0% of the others)" in found
    assert "leaked" not in said(train(texts, labels, tmp_path / "n"))


def test_a_word_that_gives_the_label_away():
    tokens = [["转办", "话费"]] * 12 + [["话费"], ["断网"]] * 6
    found = leaks(tokens, ["".join(t) for t in tokens], ["a"] * 12 + ["b"] * 12)
    assert "'转办' (in 100% of the rows of 'a', 0.0% of the others)" in found[0].en
    assert leaks(tokens[12:], [""] * 12, ["a", "b"] * 6) == []


def test_other_languages_are_counted_apart():
    rows = ["话费被乱扣", "my bill is wrong, please refund", "ค่าโทรศัพท์ผิด", "網路斷線", "app打不开"]
    found = [m.en for m in other_scripts(enumerate(rows, 1))]
    assert found[0].startswith("1 rows (20%) hold hardly any Chinese") and "(rows 2)" in found[0]
    assert found[1].startswith("1 rows (20%) are in scripts that aren't cut into words") and "(rows 3)" in found[1]


def test_the_label_column_as_text(command):
    code, err, written = command(["a", "b"], ["x", "y"], "--text", "text,label")
    assert (code, written) == (2, False)
    assert "both label and text" in err


def test_a_column_that_isnt_a_label(command):
    count = MAX_LABELS + 1
    code, err, written = command(["话费"] * count, [f"工单{i}" for i in range(count)])
    assert (code, written) == (2, False)
    assert f"more than {MAX_LABELS} different values" in err


def test_a_refused_training_leaves_the_model_that_was_there(command):
    texts, labels = rows_of(10)
    assert command(texts, labels)[0] == 0
    before = Model.load("model").fingerprint
    assert command(texts, ["资费"] * len(texts))[0] == 1
    assert Model.load("model").fingerprint == before


def test_a_longer_dump_is_sampled_and_rare_labels_stay(command):
    texts, labels = rows_of(100)
    rare = [f"{t}，电表" for t in texts_of("服务", 20, 7)]
    code, err, _ = command([*texts, *rare], [*labels, *["电力"] * 20], "--max-rows", "120")
    assert code == 0
    assert "320 rows;" in err and "drawn (at random, seed 0" in err
    assert "电力" in Model.load("model").labels


def test_the_reservoir_is_even_bounded_and_repeatable():
    def fill(order: list[int]) -> list[int]:
        kept = Reservoir(1000, 3)
        most = 0
        for row in order:
            kept.add(row, "x", ("rare" if row % 10_000 == 0 else "often",))
            most = max(most, len(kept._rows))
        assert most <= 1000 + 2 * GUARD + 1
        return [row for row, _, _ in kept.rows()]

    rows = list(range(40_000))
    drawn = fill(rows)
    assert drawn == sorted(drawn)
    assert {0, 10_000, 20_000, 30_000} <= set(drawn)
    assert fill(rows[::-1]) == drawn
    quarters = [sum(q * 10_000 <= row < (q + 1) * 10_000 for row in drawn) for q in range(4)]
    assert all(200 <= n <= 310 for n in quarters), quarters


def test_a_model_for_another_pack(command, tmp_path, capsys):
    texts, labels = rows_of(10)
    telecom = {"资费": "资费争议", "网络": "网络质量", "服务": "服务态度"}
    code, err, _ = command(texts, [telecom[x] for x in labels], "-p", "telecom-cn")
    assert code == 0, err
    code = run(["evaluate", "in.csv", "--model", "model", "-p", "government-cn", "--text", "text", "--label", "label"])
    assert code == 1
    err = capsys.readouterr().err
    assert "trained for pack telecom-cn, not for government-cn; 3 of its 3 categories" in err
    assert "use -p telecom-cn" in err


def test_texts_and_labels_of_different_number(tmp_path):
    with pytest.raises(UsageError, match="2 texts and 1 labels"):
        train(["a", "b"], ["x"], tmp_path / "m")
    with pytest.raises(ModelError, match="0 usable rows"):
        train([], [], tmp_path / "m")
