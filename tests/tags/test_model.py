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
from triage.tags.model import UNIT, Model, exponentials
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


MUTATIONS = [
    ("labels", []), ("labels", ["a"]), ("labels", ["b", "a"]), ("labels", [1, 2, 3]), ("labels", "abc"), ("labels", None), ("scale", 0), ("scale", "1"),
    ("scale", True), ("tokens", {}), ("tokens", {"fingerprint": 1, "conformance": []}), ("tokens", {"fingerprint": "", "conformance": [["a"]]}),
    ("abstain", {}), ("abstain", {"below": "x", "min_known_words": 2}), ("files", {}), ("files", {"weights.npz": 1, "vocab.txt": 2}), ("arrays", {}),
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
    manifest["labels"].append("龘")
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
    rewrite_weights(copy, {**members_of(copy), "idf.npy": data.getvalue()})
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
    np.save(data, np.zeros((3, 3), dtype=np.int16))
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
