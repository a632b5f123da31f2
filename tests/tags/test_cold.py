"""Cold start: cues and unlabelled texts make a model; what people say isn't overruled; the figures don't claim to be measured."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")

from triage.domain.condition import Check
from triage.domain.pack import Category, Cue, Pack, Taxonomy
from triage.errors import ModelError
from triage.tags.artefact import MANIFEST, VOCABULARY, WEIGHTS
from triage.tags.cold import cold_start, doubtful_chances, little_texts
from triage.tags.curve import Point, extrapolated, learning_curve
from triage.tags.model import Model
from triage.tags.pick import doubt_of, pick
from triage.tags.selftrain import held_shares, self_train
from triage.tags.weak import OPENING, cue_table, cue_texts, see, strengths
from triage.text.segment import segmenter

CUES = {"网络": ["断网", "信号"], "资费": ["扣费", "话费"], "服务": ["客服", "营业厅"], "终端": ["合约机"]}


def contains(*phrases):
    return tuple(Cue(Check("contains", phrase)) for phrase in phrases)


@pytest.fixture(scope="module")
def pack():
    return Pack("small", "1", "", (), {}, Taxonomy(categories=tuple(Category(k, cues=contains(*v)) for k, v in CUES.items())))


@pytest.fixture(scope="module")
def cutter():
    return segmenter()


def test_without_a_label_better_than_the_cues(rows, pack, tmp_path, cutter):
    """Cues alone can't be right more often than they stand in a text."""
    texts, labels = rows
    metrics = cold_start(texts, pack, tmp_path / "m", segmenter=cutter)
    model = Model.load(tmp_path / "m")
    silent = [i for i, text in enumerate(texts) if not any(cue in text for cues in CUES.values() for cue in cues)]
    assert silent
    said = [p.label for p in model.predict_many([cutter.cut(text) for text in texts])]
    assert np.mean([a == b for a, b in zip(said, labels, strict=True)]) > 1 - len(silent) / len(texts)
    assert metrics["cold"]["texts"] == len(texts)
    assert metrics["cold"]["shipped"] is None
    assert sum(metrics["cold"]["classes"].values()) == len(texts)
    assert "终端" in model.labels  # no text is like it, but its cue phrases teach it


def test_the_manifest_says_that_nobody_was_asked(rows, pack, tmp_path):
    cold_start(rows[0], pack, tmp_path / "m")
    recipe = Model.load(tmp_path / "m").manifest["recipe"]
    assert recipe["labels"] == "weak"
    assert "nobody's labels" in recipe["calibration"]


def test_the_same_dump_gives_the_same_bytes(rows, pack, tmp_path):
    for name in ("a", "b"):
        cold_start(rows[0], pack, tmp_path / name, seed=3)
    for name in (MANIFEST, VOCABULARY, WEIGHTS):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_what_people_say_is_never_overruled(rows, pack, cutter):
    seen = see(rows[0], pack, cutter)
    wrong = seen.classes.index("终端")
    judged = self_train(seen, little_texts(pack, seen, cutter), reviewed={0: wrong, 9: wrong})
    assert judged.chances[[0, 9]].argmax(axis=1).tolist() == [wrong, wrong]
    assert judged.chances[0].max() == 1.0
    assert judged.rounds[-1]["changed"] <= judged.rounds[0]["changed"]


def test_reviewed_labels_teach(rows, pack, tmp_path, cutter):
    """Texts without any cue that people give to a category pull their like with them."""
    strange = [f"光猫{x}红灯闪个不停" for x in ("昨天", "今天", "一直", "半夜", "突然", "又是")]
    texts = [*rows[0], *strange]
    cold_start(texts, pack, tmp_path / "m", reviewed=dict.fromkeys(range(24, 28), "终端/光猫"), segmenter=cutter)
    model = Model.load(tmp_path / "m")
    assert model.predict(cutter.cut("光猫红灯闪")).label == "终端"


def test_a_shipped_model_is_a_witness(rows, pack, model_folder, tmp_path, cutter):
    """Words that the dump doesn't hold are known from the shipped model."""
    shipped = Model.load(model_folder)
    metrics = cold_start(rows[0], pack, tmp_path / "m", shipped=shipped, segmenter=cutter)
    assert metrics["cold"]["shipped"] == shipped.fingerprint
    model = Model.load(tmp_path / "m")
    letters = min(map(len, model.words))
    assert {word for word in shipped.words if len(word) >= letters} <= set(model.words)


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ([], "0 different texts"),
        (["断网"] * 50, "1 different texts"),
        (["", " ", "🙂"], "0 different texts"),
        ([f"今天{x}天气不错" for x in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"], "hold a cue phrase"),
    ],
)
def test_too_little_to_start_from(texts, says, pack, tmp_path):
    with pytest.raises(ModelError, match=says):
        cold_start(texts, pack, tmp_path / "m")
    assert not list(tmp_path.iterdir())


def test_a_pack_without_cues(rows, tmp_path):
    bare = Pack("bare", "1", "", (), {}, Taxonomy(categories=(Category("甲", cues=contains("断网")), Category("乙"))))
    with pytest.raises(ModelError, match="1 first-level categories"):
        cold_start(rows[0], bare, tmp_path / "m")


def test_subcategories_speak_for_what_is_above_them(cutter):
    taxonomy = Taxonomy(
        categories=(
            Category("网络"),
            Category("网络/断网", cues=(Cue(Check("contains_any", ("断网", "掉线")), 2),)),
            Category("资费", cues=contains("断网")),
        )
    )
    table = cue_table(taxonomy)
    assert table[Check("contains", "断网")] == {"网络": 2, "资费": 1}
    texts, owners, weights = cue_texts(Pack("p", "1", "", (), {}, taxonomy))
    assert (texts, owners, weights.tolist()) == (["掉线"], ["网络"], [2.0])  # 断网 speaks for two


def test_how_strongly_a_cue_speaks():
    checks = [Check("contains", "断网"), Check("contains", "宽带断网"), Check("matches", "断.网")]
    once, far = {0: [(0, 2)]}, {0: [(OPENING, OPENING + 2)]}
    assert strengths(once, checks)[0] > strengths(far, checks)[0]
    assert strengths({0: [(60, 62), (70, 72)]}, checks)[0] > strengths(far, checks)[0]
    inside = strengths({0: [(2, 4)], 1: [(0, 4)], 2: [(2, 4)]}, checks)
    assert set(inside) == {1, 2}  # the shorter phrase says nothing inside the longer; an expression still does


def test_shares_are_drawn_back():
    chances = np.array([[0.9, 0.1]] * 9 + [[0.4, 0.6]])
    held = held_shares(chances, np.array([0.5, 0.5]))
    assert np.allclose(held.sum(axis=1), 1)
    assert 0.5 < held.mean(axis=0)[0] < chances.mean(axis=0)[0]


def test_picks_are_in_doubt_and_unlike_each_other(rows, pack, cutter, model_folder):
    texts = [*rows[0], "宽带扣费又断网话费", "宽带扣费又断网话费！", "客服说信号没问题营业厅说有"]
    seen = see(texts, pack, cutter)
    chances = doubtful_chances(seen, Model.load(model_folder))
    picks = pick(seen.tokens, seen.groups, chances, 5, labelled=[26])
    assert len({p.row for p in picks}) == 5
    assert 26 not in {p.row for p in picks}
    assert not {24, 25} <= {p.row for p in picks}  # copies
    assert picks[0].doubt >= np.median(doubt_of(chances))
    assert pick(seen.tokens, seen.groups, chances, 5, labelled=[26]) == picks
    assert pick(seen.tokens, seen.groups, chances, 1000)[-1].doubt >= 0
    assert len(pick(seen.tokens, seen.groups, chances, 1000)) == len(set(seen.groups))


def test_what_is_costly_goes_first():
    tokens = [[f"词{i}", "共同", f"尾{i}"] for i in range(6)]
    chances = np.tile([0.5, 0.5], (6, 1))
    picks = pick(tokens, list(range(6)), chances, 1, costs=lambda rows: np.array([1.0 if row == 4 else 0.0 for row in rows]))
    assert (picks[0].row, picks[0].cost) == (4, 1.0)


def test_learning_curve(rows):
    points, warnings = learning_curve(*rows, sizes=(6, 12))
    assert [p.labels for p in points if not p.guessed] == [6, 12, 19]
    for p in points:
        assert 0 <= p.macro_f1 <= 1
        assert p.guessed or (p.low is not None and p.low <= p.macro_f1 <= p.high)
    assert not warnings
    assert learning_curve(*rows, sizes=(6, 12))[0] == points


def test_extrapolation_is_of_curves_that_rise():
    rising = [Point(n, 0.95 - 2 * n**-0.5, None, None, 0.0, 2.0) for n in (100, 200, 500, 1000)]
    ahead = extrapolated(rising)
    assert [p.labels for p in ahead] == [2000, 4000]
    assert all(p.guessed for p in ahead)
    assert ahead[0].macro_f1 == pytest.approx(0.95 - 2 * 2000**-0.5, abs=0.005)
    assert extrapolated(rising[:2]) == []
    assert extrapolated([p._replace(macro_f1=0.9 - p.labels / 5000) for p in rising]) == []


@pytest.mark.long
def test_real_messages_without_their_labels(root, tmp_path):
    """Started on one lot of messages, measured on another; the cues were written before."""
    import csv

    from triage.packs.load import load_pack
    from triage.tags.evaluate import evaluate

    data = root.parent / "shared/data/gov2020"
    if not data.is_dir():
        pytest.skip("no messages at hand")

    def rows(name):
        with (data / name).open(encoding="utf-8-sig", newline="") as lines:
            return [(f"{row['title']}\n{row['text']}".strip(), row.get("label", "")) for row in csv.DictReader(lines)]

    pack = load_pack("government-cn").pack
    cutter = segmenter("auto", pack.lexicon)
    cold_start([text for text, _ in rows("stream.csv")], pack, tmp_path / "m", segmenter=cutter)
    found = evaluate(Model.load(tmp_path / "m", cutter), *zip(*rows("dev.csv"), strict=True), segmenter=cutter)
    assert found["macro_f1"] >= 0.75
