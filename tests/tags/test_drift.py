"""Drift: silent where new texts are like those of training, telling what changed where they aren't."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest

from triage.errors import ModelError
from triage.tags.drift import distance, drift, jensen_shannon, stability, summarise

WORDS = [chr(0x4E00 + 7 * i) + chr(0x5E00 + 5 * i) for i in range(300)]


def draw(count: int, seed: int, shares=(0.5, 0.3, 0.2), extra: float = 0.0):
    """Texts of three subjects: their words, their label; `extra` of them also hold a word that training never had."""
    rng = Random(seed)
    tokens, labels = [], []
    for _ in range(count):
        subject = rng.choices(range(3), shares)[0]
        own = WORDS[100 * subject : 100 * subject + 100]
        tokens.append([own[min(99, int(rng.expovariate(0.05)))] for _ in range(12)] + [rng.choice(WORDS) for _ in range(4)])
        if rng.random() < extra:
            tokens[-1].append("新套餐")
        labels.append("甲乙丙"[subject])
    return tokens, labels


@pytest.fixture(scope="module")
def training():
    tokens, labels = draw(1500, 1)
    frequency = Counter(word for words in tokens for word in set(words))
    vocabulary = [word for word, n in frequency.most_common() if n >= 2]
    return summarise(tokens, range(1500), vocabulary, Counter(labels), 0.9, 2), vocabulary


def against(training, tokens, labels, answered=0.9):
    summary, vocabulary = training
    committed = [i % 10 < 10 * answered for i in range(len(tokens))]
    return drift(summary, vocabulary, tokens, ["".join(words) for words in tokens], labels, committed)


@pytest.mark.parametrize("seed", range(2, 12))
@pytest.mark.parametrize("count", [80, 1000])
def test_texts_of_the_same_source_show_no_drift(training, seed, count):
    found = against(training, *draw(count, seed))
    assert found["verdict"] == "none", found
    assert found["grown"] == []


def test_chance_is_spread_evenly_where_nothing_drifts(training):
    chances = [against(training, *draw(400, seed))["vocabulary"]["chance"] for seed in range(100, 140)]
    assert 0.25 < np.mean(chances) < 0.8
    assert sum(c < 0.05 for c in chances) <= 5


def test_other_shares_of_labels(training):
    found = against(training, *draw(600, 3, shares=(0.1, 0.2, 0.7)))
    assert found["verdict"] == "large"
    assert found["labels"]["chance"] == 0.0
    assert found["labels"]["stability"] > 0.25
    then, now = found["labels"]["shares"]["丙"]
    assert then == pytest.approx(0.2, abs=0.05) and now == pytest.approx(0.7, abs=0.05)
    assert found["vocabulary"]["chance"] == 0.0


def test_a_new_word(training):
    found = against(training, *draw(600, 4, extra=0.2))
    (word, then, now, known), *_ = found["grown"]
    assert (word, then, known) == ("新套餐", 0.0, False)
    assert now == pytest.approx(200, abs=40)
    assert found["verdict"] == "small"


def test_rare_words_are_never_told(training):
    tokens, labels = draw(200, 5)
    for words in tokens[:4]:
        words.append("王大明")
    assert "王大明" not in str(against(training, tokens, labels))


def test_copies_count_once(training):
    tokens, labels = draw(300, 6)
    storm = [*tokens, *[tokens[0]] * 500]
    found = against(training, storm, [*labels, *[labels[0]] * 500])
    assert found["texts"] == 300
    assert found["verdict"] == "none"


def test_more_abstaining(training):
    found = against(training, *draw(600, 7), answered=0.5)
    assert found["answered"]["z"] < -10
    assert found["verdict"] == "large"


def test_unknown_words(training):
    tokens, labels = draw(400, 8)
    strange = [[*words[:8], *(word[::-1] for word in words[8:])] for words in tokens]
    found = against(training, strange, labels)
    assert found["unknown"]["now"] > found["unknown"]["then"] + 0.3
    assert found["verdict"] == "large"


def test_distances_by_hand():
    one, other = np.array([10.0, 0.0]), np.array([0.0, 10.0])
    assert jensen_shannon(one, other) == pytest.approx(1.0)
    assert jensen_shannon(one, one) == 0.0
    assert stability(one, one) == 0.0
    assert stability(np.array([50.0, 50.0]), np.array([80.0, 20.0])) == pytest.approx(0.41, abs=0.02)
    assert distance(np.array([5.0]), 10, np.array([5.0]), 10) == 0.0
    # p = 0.5: (0.8 - 0.2)^2 / (0.25 * 0.2)
    assert distance(np.array([8.0]), 10, np.array([2.0]), 10) == pytest.approx(7.2)


def test_the_summary_holds_counts_only(training):
    summary, vocabulary = training
    assert set(summary) == {"texts", "df", "null", "words", "unknown", "said", "answered"}
    text = json.dumps(summary, ensure_ascii=False)
    assert not any(word in text for word in vocabulary)
    assert summary == summarise(*_again(), 0.9, 2)


def _again():
    tokens, labels = draw(1500, 1)
    frequency = Counter(word for words in tokens for word in set(words))
    return tokens, range(1500), [word for word, n in frequency.most_common() if n >= 2], Counter(labels)


def test_a_model_without_a_summary(training):
    tokens, labels = draw(10, 1)
    with pytest.raises(ModelError, match="no summary of its training texts"):
        drift(None, training[1], tokens, ["x"] * 10, labels, [True] * 10)
    with pytest.raises(ModelError, match="no text to compare"):
        drift(training[0], training[1], [[]], [""], ["甲"], [False])


def test_the_command(tmp_path: Path, monkeypatch, capsys, rows, model_folder):
    from triage.cli.main import run

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRIAGE_LANG", "en")
    Path("new.csv").write_text("text\n" + "\n".join(rows[0]), "utf-8")
    assert run(["evaluate", "new.csv", "--model", str(model_folder), "--text", "text", "--drift"]) == 0
    out = capsys.readouterr().out
    assert "Drift against the training texts (24 texts to 24)" in out and "random splits of the training texts" in out
    assert run(["evaluate", "new.csv", "--model", str(model_folder), "--text", "text", "--drift", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["drift"]
    assert found["vocabulary"]["chance"] > 0.9  # they are the training texts
    assert found["answered"]["now"] > found["answered"]["then"]  # and so it is surer of them than it was of texts it hadn't seen
