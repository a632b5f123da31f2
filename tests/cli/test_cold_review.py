"""Cold start, review and learning curve on the command line; what spreadsheets do to a list is survived."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")

from triage.cli import review_ask
from triage.cli.review_file import Entry, matched, read_review, resolved, tell_lost, text_key, write_review
from triage.errors import UsageError
from triage.packs.load import load_pack

Run = Callable[..., Any]
PACK = "telecom-cn"


@pytest.fixture
def dump(tmp_path: Path, root: Path) -> Path:
    """300 invented complaints with their right categories."""
    path = tmp_path / "dump.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["投诉内容", "类别"])
        for file in sorted((root / "models" / PACK / "texts").glob("[!_]*.txt")):
            lines = [line.split("\t")[0] for line in file.read_text("utf-8").splitlines() if line and not line.startswith("#")]
            writer.writerows([line, file.stem.split("__")[0]] for line in lines[:40])
    return path


def test_cold_then_review_then_cold_again(triage: Run, dump: Path, tmp_path: Path) -> None:
    ran = triage("train", str(dump), "--cold", "-p", PACK, "--text", "投诉内容", "-o", "m", "--no-shipped")
    assert ran.code == 0
    assert "no measurement" in ran.out
    assert (tmp_path / "m" / "model.json").is_file()
    ran = triage("review", str(dump), "-p", PACK, "--model", "m", "--text", "投诉内容", "-n", "7")
    assert ran.code == 0
    entries = read_review(tmp_path / "review.csv")
    assert len(entries) == 7
    assert all("in doubt" in e.why and e.guess == e.alternatives[0] for e in entries)
    ran = triage("train", str(dump), "--cold", "-p", PACK, "--text", "投诉内容", "-o", "m2", "--reviewed", "review.csv")
    assert ran.code == 2
    assert "holds no label" in ran.err
    for e in entries[:3]:
        e.label = "网络质量"
    write_review(tmp_path / "review.csv", entries)
    ran = triage("train", str(dump), "--cold", "-p", PACK, "--text", "投诉内容", "-o", "m2", "--reviewed", "review.csv")
    assert ran.code == 0
    assert "3 texts carry labels of people" in ran.out
    assert json.loads((tmp_path / "m2" / "model.json").read_bytes())["recipe"]["cold"]["reviewed"] == 3
    for e in entries:
        e.label = "网络质量"
    write_review(tmp_path / "review.csv", entries)
    ran = triage("review", str(dump), "-p", PACK, "--text", "投诉内容", "-n", "5")  # all labelled: five more, none twice
    keys = [e.key for e in read_review(tmp_path / "review.csv")]
    assert len(keys) == len(set(keys)) == 12


def test_reviewed_labels_go_into_an_ordinary_training(triage: Run, dump: Path, tmp_path: Path) -> None:
    rows = list(csv.reader(io.StringIO(dump.read_text("utf-8"))))
    write_review(tmp_path / "r.csv", [Entry(2, text_key(rows[2][0]), "", "", 0, (), "", "服务态度")])
    arguments = ["train", str(dump), "--label", "类别", "-p", PACK, "--text", "投诉内容", "-o"]
    assert triage(*arguments, "plain").code == 0
    assert triage(*arguments, "with", "--reviewed", "r.csv").code == 0
    assert (tmp_path / "plain/weights.npz").read_bytes() != (tmp_path / "with/weights.npz").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--cold",), "--cold takes --pack"),
        (("--cold", "-p", PACK, "--label", "类别"), "no --label"),
        (("-o", "m"), "--cold -p PACK"),
        (("--cold", "-p", PACK, "--text", "没有"), "没有"),
    ],
)
def test_arguments_that_dont_fit(triage: Run, dump: Path, arguments: tuple[str, ...], says: str) -> None:
    ran = triage("train", str(dump), *arguments)
    assert ran.code == 2
    assert says in ran.err


def entries() -> list[Entry]:
    """A list of three, the first with what spreadsheets misread."""
    texts = ["=1+1 话费乱扣", "宽带断网，\n没人修", "客服挂电话"]
    return [Entry(i + 1, text_key(t), t, "网络质量", 0.5, ("网络质量", "资费争议"), "why") for i, t in enumerate(texts)]


def test_a_list_survives_spreadsheets(tmp_path: Path) -> None:
    path, made = tmp_path / "r.csv", entries()
    write_review(path, made)
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert b"'=1+1" in raw
    assert read_review(path) == made
    path.write_bytes(raw[3:].decode("utf-8").encode("gb18030"))  # saved again by a Chinese Excel
    assert read_review(path) == made
    rows = list(csv.reader(io.StringIO(raw[3:].decode("utf-8"))))
    path.write_text(
        "\n".join(";".join(c.replace("\n", " ").replace(";", ",") for c in row) for row in [*rows, [""] * 8]), "utf-8"
    )
    assert [e.key for e in read_review(path)] == [e.key for e in made]


def test_keys_are_no_numbers_and_forget_spaces() -> None:
    assert text_key("宽带 断网\n") == text_key("宽带断网")
    assert text_key("a") != text_key("b")
    assert text_key("x").startswith("t")


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (("网络质最", "", ""), "did you mean '网络质量'"),
        (("网络质量", "资费争议", ""), "labelled in different ways (e.g. row 1, 2 of the dump: 网络质量, 资费争议)"),
    ],
)
def test_labels_that_cant_be_used(tmp_path: Path, labels: tuple[str, ...], says: str) -> None:
    made = entries()
    made[1].key = made[0].key
    for entry, label in zip(made, labels, strict=True):
        entry.label = label
    with pytest.raises(UsageError) as caught:
        resolved(tmp_path / "r.csv", made, load_pack(PACK).pack)
    assert says in caught.value.message.en
    assert "r.csv" in caught.value.message.en


def test_a_label_without_its_key(tmp_path: Path) -> None:
    made = entries()
    made[0].key, made[0].label = "", "网络质量"
    with pytest.raises(UsageError, match="no key"):
        resolved(tmp_path / "r.csv", made, None)


def test_texts_that_left_the_dump(tmp_path: Path) -> None:
    made = entries()
    made[0].label = made[2].label = "服务态度"
    found, lost = matched(resolved(tmp_path, made, None), ["别的", "客服 挂电话", "客服挂电话"])
    assert found == {1: "服务态度", 2: "服务态度"}
    assert lost == [made[0].key]
    said = tell_lost(tmp_path / "r.csv", made, lost)
    assert said is not None
    assert "1 labels" in said.en
    assert "row 1" in said.en
    assert tell_lost(tmp_path, made, []) is None


def test_another_file_is_no_list(triage: Run, dump: Path) -> None:
    ran = triage("review", str(dump), "-p", PACK, "-o", str(dump))
    assert ran.code == 2
    assert "isn't a list" in ran.err
    assert "投诉内容" in dump.read_text("utf-8")  # left as it was


def answers(*given: str) -> Callable[[], str]:
    left = list(given)
    return lambda: left.pop(0) if left else ""


def test_labelling_by_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, made = tmp_path / "r.csv", entries()
    names = [f"类{i}" for i in range(12)] + ["网络质量"]
    review_ask.ask_all(path, made, names, answers("?", "2", "\n", "zz", "u", "u", "u", "a", "s", "13"))
    assert "isn't a choice" in capsys.readouterr().out
    assert [e.label for e in read_review(path)] == ["类9", "", "网络质量"]
    review_ask.ask_all(path, made, names, answers("q", "1"))
    assert [e.label for e in made] == ["类9", "", "网络质量"]
    review_ask.ask_all(path, made, names, answers("类3"))
    assert made[1].label == "类3"


def test_every_answer_is_on_disk_at_once(tmp_path: Path) -> None:
    path, made, seen = tmp_path / "r.csv", entries(), list[int]()

    def read() -> str:
        seen.append(sum(bool(e.label) for e in read_review(path)) if path.exists() else 0)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return "1"

    review_ask.ask_all(path, made, ["甲", "乙"], read)
    assert seen == [0, 1, 2]
    assert [e.label for e in read_review(path)] == ["甲", "甲", ""]


def test_answers_by_lines(triage: Run, dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n\nq\n"))
    ran = triage("review", str(dump), "-p", PACK, "--text", "投诉内容", "-n", "4", "--ask")
    assert ran.code == 0
    assert "2 of 4 labelled" in ran.out
    made = read_review(tmp_path / "review.csv")
    assert made[1].label == made[1].guess
    monkeypatch.setattr("sys.stdin", io.StringIO("2\n"))
    ran = triage("review", str(dump), "-p", PACK, "--text", "投诉内容", "--ask")
    assert "4 texts, 2 left" in ran.err
    assert "3 of 4 labelled" in ran.out


def test_personal_data_is_masked_unless_asked(triage: Run, dump: Path, tmp_path: Path) -> None:
    dump.write_text(dump.read_text("utf-8") + '"断网又扣费，客服不管，电话13800138000",资费争议\n', "utf-8")
    triage("review", str(dump), "-p", PACK, "--text", "投诉内容", "-n", "400", "-o", "a.csv")
    triage("review", str(dump), "-p", PACK, "--text", "投诉内容", "-n", "400", "-o", "b.csv", "--unmasked")
    assert "13800138000" not in (tmp_path / "a.csv").read_text("utf-8-sig")
    assert "13800138000" in (tmp_path / "b.csv").read_text("utf-8-sig")
    keys = [[e.key for e in read_review(tmp_path / name)] for name in ("a.csv", "b.csv")]
    assert keys[0] == keys[1]


def test_the_learning_curve(triage: Run, dump: Path, tmp_path: Path) -> None:
    ran = triage("curve", str(dump), "--label", "类别", "--text", "投诉内容", "-p", PACK, "-o", "c.csv")
    assert ran.code == 0
    assert "not measured" in ran.out
    table = list(csv.DictReader(io.StringIO((tmp_path / "c.csv").read_text("utf-8-sig"))))
    assert [row["labels"] for row in table][:3] == ["50", "100", "200"]
    assert [row["extrapolated"] for row in table][-2:] == ["true", "true"]
    assert float(table[0]["low"]) <= float(table[0]["macro_f1"]) <= float(table[0]["high"])
    assert triage("curve", str(dump), "--label", "类别", "--text", "投诉内容", "-o", "c.json").code == 0
    assert json.loads((tmp_path / "c.json").read_bytes())["points"][0]["labels"] == 50
    assert triage("curve", str(dump), "--label", "类别", "--text", "投诉内容", "-o", "c.txt").code == 2
