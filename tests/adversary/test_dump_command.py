"""`triage run` on inputs and options that nobody should give: one clear message in either language, and nothing left behind."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.adversary.conftest import Ran

Command = Callable[..., Ran]
HEADER_AND_ROW = "id,text\n1,路灯坏了两周没人修\n"


def refused(triage: Command, *arguments: str, code: int, says: str) -> None:
    """The run ends with `code` and says `says` (English), in Chinese too, and leaves no file that wasn't there."""
    before = sorted(Path().iterdir())
    for language in ("en", "zh"):
        ran = triage("run", *arguments, "--model", "none", "-q", "--lang", language)
        assert ran.code == code, ran.err
        assert ("错误：" if language == "zh" else "error: ") in ran.err
        assert "内部错误" not in ran.err
        if language == "en":
            assert says in ran.err
        assert sorted(Path().iterdir()) == before


@pytest.fixture
def dump(tmp_path: Path) -> str:
    (tmp_path / "in.csv").write_text(HEADER_AND_ROW, "utf-8")
    return "in.csv"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--delimiter", "ab"], "one character"),
        (["--delimiter", '"'], "one character"),
        (["--delimiter", "\n"], "one character"),
        (["--quote", "xx"], "one character"),
        (["--quote", ",", "--delimiter", ","], "not the delimiter"),
        (["--encoding", "idna"], "unknown encoding"),
        (["--encoding", "punycode"], "unknown encoding"),
        (["--encoding", "undefined"], "unknown encoding"),
        (["--workers", "0"], "a whole number from 1 to 1024"),
        (["--workers", "x"], "a whole number from 1 to 1024"),
        (["--now", "garbage"], "--now can't be read"),
        (["--map", "custmer.tier=id"], "did you mean 'customer.tier'"),
        (["--map", "customer.tier=teir"], "it has: id, text"),
    ],
)
def test_options_that_make_no_sense(triage: Command, dump: str, options: list[str], says: str) -> None:
    refused(triage, dump, "-o", "out.csv", *options, code=2, says=says)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_wide_encoding_named_for_a_file_without_a_mark(triage: Command, dump: str, encoding: str) -> None:
    code = triage("run", dump, "-o", "out.csv", "--encoding", encoding, "--model", "none", "-q").code
    assert code in (1, 2)
    Path("wide.csv").write_bytes(HEADER_AND_ROW.encode(f"{encoding}-le"))
    assert triage("run", "wide.csv", "-o", "out.csv", "--encoding", encoding, "--model", "none", "-q").code == 0
    assert len(Path("out.csv").read_text("utf-8-sig").splitlines()) == 2


def test_an_output_that_is_no_plain_file_is_not_replaced(triage: Command, dump: str) -> None:
    os.mkfifo("pipe.csv")
    refused(triage, dump, "-o", "pipe.csv", code=2, says="isn't a plain file")
    assert Path("pipe.csv").is_fifo()


def test_an_input_that_is_a_pipe_or_standard_input(triage: Command) -> None:
    refused(triage, "-", "-o", "out.csv", code=2, says="save them to a file")
    os.mkfifo("pipe.csv")
    refused(triage, "pipe.csv", "-o", "out.csv", code=2, says="save them to a file")


def test_a_link_that_leads_to_itself(triage: Command) -> None:
    Path("loop.csv").symlink_to("loop.csv")
    refused(triage, "loop.csv", "-o", "out.csv", code=2, says="doesn't exist")


def test_a_model_that_is_not_there_leaves_nothing_begun(triage: Command, dump: str) -> None:
    before = sorted(Path().iterdir())
    assert triage("run", dump, "-o", "out.csv", "--model", "nowhere", "-q", "--workers", "1").code == 1
    assert triage("run", dump, "-o", "out.csv", "--model", "nowhere", "-q", "--workers", "2").code == 1
    assert sorted(Path().iterdir()) == before


def test_names_of_files_need_not_be_utf8(triage: Command, dump: str) -> None:
    name = os.fsdecode("投诉".encode("gb18030"))
    try:
        Path(f"{name}.csv").write_text(HEADER_AND_ROW + "2\n", "utf-8")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    ran = triage("run", f"{name}.csv", "-o", f"{name}.out.csv", "--model", "none", "--summary", "s.json")
    assert ran.code == 0, ran.err
    assert len(Path(f"{name}.out.csv").read_text("utf-8-sig").splitlines()) == 2
    assert Path(f"{name}.out.rejects.csv").exists()


@pytest.mark.parametrize("name", ["page.csv", "page.xls", "page.html", "page.json"])
def test_a_web_page(triage: Command, name: str) -> None:
    Path(name).write_text("\n<!DOCTYPE html>\n<html><body><table><tr><td>text</td></tr></table></body></html>\n")
    refused(triage, name, "-o", "out.csv", code=1, says="web page")


def test_a_first_line_without_end_is_named_as_such_in_jsonl(triage: Command) -> None:
    Path("in.jsonl").write_text('{"text": "' + "a" * 5_000_000 + '"}\n')
    refused(triage, "in.jsonl", "-o", "out.csv", code=1, says="more than 4000000 characters")


def test_full_width_commas_between_columns(triage: Command) -> None:
    Path("in.csv").write_text("编号，投诉内容\n1，路灯坏了\n", "utf-8")
    refused(triage, "in.csv", "-o", "out.csv", code=2, says="--delimiter ，")
    assert triage("run", "in.csv", "-o", "out.csv", "--delimiter", "，", "--model", "none", "-q").code == 0


def test_a_pack_that_is_a_file(triage: Command, dump: str) -> None:
    ran = triage("run", dump, "-o", "out.csv", "--pack", f"./{dump}")
    assert ran.code == 1
    assert "is a file; a pack is a folder" in ran.err


class TestWorkbooks:
    openpyxl = pytest.importorskip("openpyxl")

    def test_a_cell_far_from_the_others(self, triage: Command) -> None:
        book = self.openpyxl.Workbook()
        sheet = book.active
        sheet.append(["id", "text"])
        sheet.append([1, "路灯坏了"])
        sheet["A1048576"] = "x"
        sheet["XFD2"] = "y"
        book.save("far.xlsx")
        refused(triage, "far.xlsx", "-o", "out.csv", code=1, says="strewn over 1048576 rows x 16384 columns")

    def test_empty_cells_with_a_format_far_away_are_no_matter(self, triage: Command) -> None:
        book = self.openpyxl.Workbook()
        book.active.append(["id", "text"])
        book.active.append([1, "路灯坏了"])
        book.active["XFD1048576"].font = self.openpyxl.styles.Font(bold=True)
        book.save("formatted.xlsx")
        ran = triage("run", "formatted.xlsx", "-o", "out.csv", "--model", "none", "-q")
        assert ran.code == 0, ran.err

    def test_an_empty_first_sheet_names_the_others(self, triage: Command) -> None:
        book = self.openpyxl.Workbook()
        book.create_sheet("明细").append(["text"])
        book.save("two.xlsx")
        refused(triage, "two.xlsx", "-o", "out.csv", code=1, says="--sheet; there are also: 明细")

    def test_a_caption_above_the_table(self, triage: Command) -> None:
        book = self.openpyxl.Workbook()
        book.active.append(["某市投诉清单"])
        book.active.append(["编号", "投诉内容"])
        book.save("caption.xlsx")
        refused(triage, "caption.xlsx", "-o", "out.csv", code=2, says="delete the rows above")

    def test_a_damaged_member_is_left_to_the_reader(self, triage: Command) -> None:
        book = self.openpyxl.Workbook()
        book.active.append(["id", "text"])
        book.save("good.xlsx")
        with zipfile.ZipFile("good.xlsx") as old, zipfile.ZipFile("bad.xlsx", "w") as new:
            for name in old.namelist():
                new.writestr(name, b"<not xml" if name.endswith(".rels") else old.read(name))
        refused(triage, "bad.xlsx", "-o", "out.csv", code=1, says="not a table")
