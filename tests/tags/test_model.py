"""Loading refuses anything that isn't what was written; predictions don't depend on batches."""

from __future__ import annotations

import io
import json
import random
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from triage.errors import ModelError
from triage.tags.features import Words, is_feature
from triage.tags.heads import UNIT, exponentials, limit
from triage.tags.model import Model
from triage.text.fold import fold
from triage.text.segment import segmenter


@pytest.fixture
def copy(model_folder, tmp_path):
    return shutil.copytree(model_folder, tmp_path / "copy")


def tokens(text):
    return segmenter().cut(fold(text).folded)


def test_predicts_what_it_learnt(model_folder):
    model = Model.load(model_folder, segmenter())
    assert model.labels == ("服务", "网络", "资费")
    assert model.predict(tokens("家里宽带断网，网速慢")).label == "网络"
    assert model.predict(tokens("乱扣话费，要求退费")).label == "资费"


def test_alone_equals_in_any_batch(model_folder, rows):
    model = Model.load(model_folder)
    texts = [tokens(t) for t in rows[0]] * 40 + [[], ["宽带"], ["没见过的词"], tokens("断网" * 3000)]
    random.Random(1).shuffle(texts)
    together = model.predict_many(texts)
    assert together == [model.predict(t) for t in texts]
    assert together == [p for i in range(0, len(texts), 7) for p in model.predict_many(texts[i : i + 7])]
    assert model.predict_many([]) == []


def test_word_order_doesnt_count(model_folder):
    model = Model.load(model_folder)
    words = tokens("客服一直推诿，宽带断网三天了没人修，要求退费")
    assert model.predict(words) == model.predict(words[::-1])


def test_abstains_where_it_knows_too_few_words(model_folder):
    model = Model.load(model_folder)
    for text in ("", "hello world", "🙂🙂", "12345678", "宽带"):
        assert model.predict(tokens(text)).abstained


def test_chances_are_those_of_predictions(model_folder, rows):
    model = Model.load(model_folder)
    texts = [tokens(t) for t in [*rows[0], "", "宽带"]]
    chances = model.chances(texts)["category"]
    assert chances.sum(axis=1) == pytest.approx(np.ones(len(texts)))
    for row, p in zip(chances, model.predict_many(texts), strict=True):
        assert row.max() == pytest.approx(p.confidence, abs=1e-4)
        assert model.labels[row.argmax()] == p.label


def test_confidences_are_probabilities(model_folder, rows):
    model = Model.load(model_folder)
    for p in model.predict_many([tokens(t) for t in rows[0]]):
        assert p.alternatives[0] == (p.label, p.confidence)
        assert sum(c for _, c in p.alternatives) == pytest.approx(1, abs=3e-4)
        assert [c for _, c in p.alternatives] == sorted((c for _, c in p.alternatives), reverse=True)


def test_exponentials_are_exact_enough():
    table = exponentials()
    expected = 2.0**40 * np.exp(-np.arange(len(table)) / UNIT)
    assert np.abs(table - expected).max() <= 1.5
    assert table[-1] == 0


def test_a_label_is_named_from_the_probability_on():
    for below in (0.0005, 0.3, 0.5, 0.5001, 0.85, 0.9999):
        at = limit(below)
        assert round(1 / (1 + np.exp(-at / UNIT)), 4) >= below
        assert round(1 / (1 + np.exp(-(at - 1) / UNIT)), 4) < below
    assert limit(2.0) > 1 << 30


TOKENS = ["宽带", "断网", "网", "𠀀", "𠀀𠀁", "a\0b", "\0", "", "\ud800x", "x" * 50, "x" * 41, "宽带" * 3, "宽带" * 30, "vip", "service", "transportation", "\n", "12"]


@pytest.mark.parametrize("shortest", [[], ["网", "的", "x"]])
def test_words_are_found_as_in_a_dictionary(shortest):
    """Whatever stands around them: characters of two units, lone surrogates, NUL, words longer than any vocabulary's."""
    draw = random.Random(0)
    vocabulary = ["宽带", *shortest, "断网", "𠀀𠀁", "\ud800x", "宽带" * 3, "vip", "service", "transportation", *{"".join(draw.choices("甲乙丙丁戊己庚辛壬癸", k=n % 6 + 2)) for n in range(9000)}]
    finder, number = Words(vocabulary), {word: n for n, word in enumerate(vocabulary)}
    texts = [draw.choices([*TOKENS, *vocabulary[8:]], k=draw.choice((0, 0, 1, 3, 30, 400))) for _ in range(300)]
    found = finder.find(texts)
    for text, first, known in zip(texts, found.firsts.tolist(), found.known.tolist(), strict=True):
        assert found.words[first : first + known].tolist() == [number[word] for word in text if word in number]
        alone = finder.find([text])
        assert alone.words.tolist() == found.words[first : first + known].tolist()


@pytest.mark.parametrize("vocabulary", [["宽带", "宽带"], [""], ["宽\0带"], ["宽带", ""]])
def test_no_such_vocabulary(vocabulary):
    with pytest.raises(ValueError, match="must differ"):
        Words(vocabulary)


def test_what_may_enter_a_vocabulary():
    assert [w for w in ("宽带", "网", "5g", "13800138000", "x" * 20, "x" * 21, "a-b", "") if is_feature(w)] == ["宽带", "网", "x" * 20]


def test_long_texts_add_up(model_folder):
    """More words than weights of 16 bits can be added up for at once."""
    model = Model.load(model_folder)
    text = tokens("宽带断网三天了没人修，家里宽带又断网。") * 300
    assert model.predict(text) == model.predict_many([["x"], text, []])[1]
    assert model.predict(text).label == "网络"
    scores, known = model.scores([text])
    assert known[0] == 300 * model.scores([text[: len(text) // 300]])[1][0]
    assert np.abs(scores).max() < 1 << 30


def test_reasons_are_words_of_the_text(model_folder):
    model = Model.load(model_folder)
    text = tokens("您好，家里宽带断网三天了，客服不来")
    places = model.reasons(text, "category", "网络")
    assert places == sorted(places)
    assert {"宽带", "断网"} <= {text[i] for i in places}
    assert model.reasons(text, "intent", "complaint") == []


def test_prediction_needs_no_scikit_learn(model_folder):
    code = (
        "import sys; from triage.tags.model import Model; m = Model.load(sys.argv[1]); m.predict(['宽带', '断网']);"
        "assert not {'sklearn', 'scipy', 'jieba'} & set(sys.modules), 'heavy import'"
    )
    subprocess.run([sys.executable, "-c", code, str(model_folder)], check=True)


def error(folder, *args):
    with pytest.raises(ModelError) as caught:
        Model.load(folder, *args)
    assert caught.value.hint is not None
    return caught.value.message


@pytest.mark.parametrize("name", ["model.json", "weights.npz", "vocab.txt"])
def test_a_missing_file_is_named(copy, name):
    (copy / name).unlink()
    message = error(copy)
    assert name in message.zh
    assert "no such file" in message.en


def test_no_folder(tmp_path):
    assert "no model folder" in error(tmp_path / "none").en


@pytest.mark.parametrize("name", ["weights.npz", "vocab.txt"])
def test_truncated_and_altered_files(copy, name):
    data = (copy / name).read_bytes()
    (copy / name).write_bytes(data[: len(data) // 2])
    assert "truncated" in error(copy).en
    (copy / name).write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:])
    assert "altered" in error(copy).en


def test_truncated_manifest(copy):
    data = (copy / "model.json").read_bytes()
    for size in (0, 1, len(data) // 2, len(data) - 3):
        (copy / "model.json").write_bytes(data[:size])
        assert "model.json" in error(copy).en


def test_another_format_says_which(copy):
    manifest = json.loads((copy / "model.json").read_text("utf-8"))
    (copy / "model.json").write_text(json.dumps({**manifest, "format": 99}), "utf-8")
    assert "format 99" in error(copy).en


def head(**changes):
    return {"type": "category", "labels": ["a", "b", "c"], "below": 0.5, **changes}


MUTATIONS = [
    ("heads", []), ("heads", ["category"]), ("heads", {}), ("heads", [head(type="intent")]), ("heads", [head(), head()]), ("heads", [head(labels=["a"])]),
    ("heads", [head(labels=["b", "a"])]), ("heads", [head(labels=[1, 2, 3])]), ("heads", [head(labels="abc")]), ("heads", [head(below="x")]),
    ("heads", [head(below=[0.5])]), ("heads", [head(below=-1)]), ("heads", [head(below=True)]), ("heads", [head(), head(type="risks", below=0.5)]),
    ("heads", [head(), head(type="risks", below=[0.5])]), ("heads", [head(), head(type="emotion"), head(type="intent")]), ("heads", [head(), head(type="mood")]),
    ("tokens", {}), ("tokens", {"fingerprint": 1, "conformance": []}), ("tokens", {"fingerprint": "", "conformance": [["a"]]}), ("min_known_words", "2"),
    ("min_known_words", True), ("files", {}), ("files", {"weights.npz": 1, "vocab.txt": 2}), ("arrays", {}),
    ("arrays", {"weights": {"dtype": "|O", "shape": [1]}}), ("pack", 3), ("metrics", []), ("recipe", None), ("created_by", 1), ("format", "1"), ("format", None),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), MUTATIONS)
def test_a_manifest_that_says_something_else(copy, key, value):
    manifest = json.loads((copy / "model.json").read_text("utf-8"))
    (copy / "model.json").write_text(json.dumps({**manifest, key: value}), "utf-8")
    error(copy)
    manifest.pop(key)
    (copy / "model.json").write_text(json.dumps(manifest), "utf-8")
    error(copy)


def test_a_label_too_many(copy):
    manifest = json.loads((copy / "model.json").read_text("utf-8"))
    manifest["heads"][0]["labels"].append("龘")
    (copy / "model.json").write_text(json.dumps(manifest), "utf-8")
    assert "doesn't fit" in error(copy).en


def rewrite_weights(copy, members):
    """Replace weights.npz and make the manifest's hash agree, as somebody who means harm would."""
    import hashlib

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    (copy / "weights.npz").write_bytes(out.getvalue())
    manifest = json.loads((copy / "model.json").read_text("utf-8"))
    manifest["files"]["weights.npz"] = {"size": len(out.getvalue()), "sha256": hashlib.sha256(out.getvalue()).hexdigest()}
    (copy / "model.json").write_text(json.dumps(manifest), "utf-8")


def members_of(copy):
    with zipfile.ZipFile(copy / "weights.npz") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_pickle_is_never_opened(copy, tmp_path):
    class Harm:
        def __reduce__(self):
            return (open, (str(tmp_path / "harm"), "w"))

    data = io.BytesIO()
    np.save(data, np.array([Harm()], dtype=object), allow_pickle=True)
    rewrite_weights(copy, {**members_of(copy), "factors.npy": data.getvalue()})
    error(copy)
    assert not (tmp_path / "harm").exists()


def test_a_bomb_isnt_unpacked(copy):
    rewrite_weights(copy, {**members_of(copy), "weights.npy": bytes(200_000_000)})
    assert "size" in error(copy).en


def test_other_members_and_shapes(copy):
    members = members_of(copy)
    rewrite_weights(copy, {**members, "../evil.npy": b""})
    assert "arrays that model.json names" in error(copy).en
    data = io.BytesIO()
    np.save(data, np.zeros((3, 3), dtype=np.int8))
    rewrite_weights(copy, {**members, "weights.npy": data.getvalue()})
    assert "weights" in error(copy).en


def test_other_tokens_are_refused(copy):
    class Letters:
        fingerprint = "letters"

        @staticmethod
        def cut(folded):
            return list(folded)

    message = error(copy, Letters())
    assert "other tokens" in message.en
    Model.load(copy)  # without a segmenter nothing is compared


def test_a_lexicon_that_changes_nothing_known_is_accepted(copy):
    Model.load(copy, segmenter("auto", ("某某特殊词",)))
