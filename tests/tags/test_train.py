"""Training: honest about what it was given, the same bytes each time, nothing half-written."""

from __future__ import annotations

import pytest

pytest.importorskip("sklearn")

from triage.domain.pack import Category, Pack, Taxonomy
from triage.errors import ModelError, UsageError
from triage.tags.artefact import MANIFEST, VOCABULARY, WEIGHTS
from triage.tags.evaluate import evaluate
from triage.tags.groups import near_duplicates
from triage.tags.model import Model
from triage.tags.train import train


def english(metrics):
    return " | ".join(w.en for w in metrics["warnings"])


def test_the_same_input_gives_the_same_bytes(rows, model_folder, tmp_path):
    train(*rows, tmp_path / "again")
    for name in (MANIFEST, WEIGHTS, VOCABULARY):
        assert (tmp_path / "again" / name).read_bytes() == (model_folder / name).read_bytes()


def test_metrics(rows, tmp_path):
    stages = []
    metrics = train(*rows, tmp_path / "m", progress=lambda *a: stages.append(a))
    assert metrics["rows"] == 24
    assert metrics["input_rows"] == 24
    assert set(metrics["per_label"]) == {"网络", "资费", "服务"}
    assert metrics["accuracy"] > 0.5
    assert {s for s, _, _ in stages} == {"cut", "fit"}


def test_numbers_and_rare_words_stay_out_of_the_vocabulary(rows, tmp_path):
    texts = [f"{t}，我叫欧阳蓝天{i}，电话1380013{i:04d}" if i == 3 else t for i, t in enumerate(rows[0])]
    train(texts, rows[1], tmp_path / "m")
    vocabulary = (tmp_path / "m" / VOCABULARY).read_text("utf-8").split()
    assert not [w for w in vocabulary if any(c.isdigit() for c in w)]
    assert "欧阳" not in "".join(vocabulary)


def test_copies_of_one_text_count_once(rows, tmp_path):
    texts, labels = list(rows[0]), list(rows[1])
    texts += [f"慕容先生的宽带断网{i}次了！" for i in range(10)]
    labels += ["网络"] * 10
    train(texts, labels, tmp_path / "m")
    assert "慕容" not in (tmp_path / "m" / VOCABULARY).read_text("utf-8")


def test_near_duplicates_share_a_group():
    text = "我家住在幸福小区三栋，宽带从上周五开始就断网，打了很多次客服电话都没有人来修理"
    groups = near_duplicates(
        [text, text + "！！", "另一件事：话费被乱扣了二十元，要求马上退还", text.replace("三栋", "5栋"), "", "1234"]
    )
    assert groups[0] == groups[1] == groups[3]
    assert groups[2] != groups[0]
    assert groups[4] == groups[5]


@pytest.mark.parametrize(
    ("texts", "labels", "says"),
    [
        ([], [], "0 usable rows"),
        (["话费乱扣"] * 9, ["资费"] * 9, "at least 2"),
        (["a", "", "🙂"], ["x", "y", "z"], "at least 2"),
        (["话费一", "话费二", "断网", "客服", "套餐"], ["a", "b", "c", "d", "e"], "fewer than 3"),
    ],
)
def test_too_little_to_learn_from(texts, labels, says, tmp_path):
    with pytest.raises(ModelError, match=says):
        train(texts, labels, tmp_path / "m")
    assert not list(tmp_path.iterdir())


def test_texts_without_a_word_in_common(tmp_path):
    texts = ["甲子", "乙丑", "丙寅", "丁卯", "戊辰", "己巳"]
    with pytest.raises(ModelError, match="no word occurs"):
        train(texts, ["x"] * 3 + ["y"] * 3, tmp_path / "m")
    assert not list(tmp_path.iterdir())


def test_lengths_that_differ(tmp_path):
    with pytest.raises(UsageError, match="2 texts and 1 labels"):
        train(["a", "b"], ["x"], tmp_path / "m")


def test_bad_rows_are_left_out_with_counts(rows, tmp_path):
    texts = [*rows[0], "", "  ", "没有标签的话费", "偶尔一次断电", rows[0][0] + "。"]
    labels = [*rows[1], "网络", "网络", " ", "电力", "资费"]
    metrics = train(texts, labels, tmp_path / "m")
    said = english(metrics)
    assert "1 rows have no label; not used (rows 27)" in said
    assert "2 rows hold no text" in said
    assert "'电力' 1" in said
    assert "1 texts carry different labels in different rows (e.g. row 1 '网络', row 29 '资费'): 0 settled" in said
    assert metrics["rows"] == 23
    assert Model.load(tmp_path / "m").labels == ("服务", "网络", "资费")


def pack(*paths):
    return Pack("test", "1", "", (), {}, Taxonomy(categories=tuple(Category(p) for p in paths)))


def test_labels_are_held_against_the_pack(rows, tmp_path):
    with pytest.raises(UsageError) as caught:
        train(*rows, tmp_path / "m", pack=pack("网络质量", "资费", "服务"))
    assert "'网络' (8 rows, did you mean '网络质量'?)" in caught.value.message.en
    assert not list(tmp_path.iterdir())


def test_a_label_may_be_the_last_name_of_a_path(rows, tmp_path):
    train(*rows, tmp_path / "m", pack=pack("通信/网络", "通信/资费", "服务"))
    model = Model.load(tmp_path / "m")
    assert model.labels == ("服务", "通信/网络", "通信/资费")
    assert model.pack == "test"
    with pytest.raises(UsageError, match="a/网络"):
        train(*rows, tmp_path / "m", pack=pack("a/网络", "b/网络", "资费", "服务"))


def test_a_failed_training_leaves_the_old_model(rows, model_folder, tmp_path):
    train(*rows, tmp_path / "m")
    with pytest.raises(ModelError):
        train(["话费"], ["资费"], tmp_path / "m")
    assert Model.load(tmp_path / "m").fingerprint == Model.load(model_folder).fingerprint


def test_a_second_training_keeps_other_files(rows, tmp_path):
    train(*rows, tmp_path / "m")
    (tmp_path / "m" / "README.md").write_text("mine", "utf-8")
    train(*rows, tmp_path / "m", seed=1)
    assert (tmp_path / "m" / "README.md").read_text("utf-8") == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m"]
    Model.load(tmp_path / "m")


def test_a_folder_that_cant_be_written(rows, tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(ModelError, match="can't write"):
        train(*rows, tmp_path / "file" / "m")


def test_two_labels(rows, tmp_path):
    pairs = [(t, x) for t, x in zip(*rows, strict=True) if x != "服务"]
    train([t for t, _ in pairs], [x for _, x in pairs], tmp_path / "m")
    metrics = evaluate(Model.load(tmp_path / "m"), [t for t, _ in pairs], [x for _, x in pairs])
    assert metrics["accuracy"] == 1.0


def test_evaluate(rows, model_folder):
    model = Model.load(model_folder)
    texts, labels = [*rows[0], "随便什么", "没有标签"], [*rows[1], "别的", ""]
    metrics = evaluate(model, texts, labels)
    assert metrics["rows"] == 25
    assert metrics["unlabelled"] == 1
    assert metrics["unknown_labels"] == {"别的": 1}
    assert metrics["per_label"]["别的"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 1}
    assert metrics["accuracy"] == pytest.approx(24 / 25)
    assert metrics["macro_f1"] == pytest.approx(sum(x["f1"] for x in metrics["per_label"].values()) / 4, abs=1e-4)
    assert sum(n for _, _, n in metrics["confusion"]) == 1
    with pytest.raises(UsageError):
        evaluate(model, ["x"], [""])


def test_rows_that_only_teach(rows, tmp_path):
    texts, labels = [*rows[0], *(f"{t}，盼回复" for t in rows[0])], rows[1] * 2
    measured = [True] * 24 + [False] * 24
    metrics = train(texts, labels, tmp_path / "m", measured=measured)
    assert metrics["rows"] == 24
    assert Model.load(tmp_path / "m").manifest["recipe"]["rows"] == 48
    with pytest.raises(UsageError, match="no row to measure"):
        train(*rows, tmp_path / "n", measured=[False] * 24)


def test_a_row_of_no_weight_teaches_nothing(rows, tmp_path):
    """A wrong label that nobody trusts leaves the answer as it was; trusted, it turns it."""
    text, texts = "宽带断网三天了没人修", [*rows[0], *(f"宽带断网{x}没人修" for x in ("一天", "两天", "整整一周", "好多天"))]
    labels = [*rows[1], *["资费"] * 4]

    def answer(name, weight):
        train(texts, labels, tmp_path / name, weights=[1.0] * len(rows[0]) + [weight] * 4)
        model = Model.load(tmp_path / name)
        from triage.text.segment import segmenter

        return model.predict(segmenter().cut(text)).label

    assert answer("none", 0.0) == "网络"
    assert answer("full", 1.0) == "资费"


@pytest.mark.parametrize("weights", [[1.0], [-1.0] * 24, [float("nan")] * 24])
def test_weights_that_arent_one_number_per_row(rows, tmp_path, weights):
    with pytest.raises(UsageError, match="weights must be 24 numbers"):
        train(*rows, tmp_path / "m", weights=weights)
