"""Bad dumps: each gets a clear message, or its bad rows become rejects while the others go on."""

from __future__ import annotations

import gzip
import resource
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.dumps.fake import FakeSource
from tests.dumps.samples import HEADER, csv_text, rows, write_csv, write_xlsx
from tests.dumps.test_run import run, table
from triage.dumps.columns import ColumnOptions
from triage.dumps.reading import ReadOptions
from triage.errors import DumpError, TriageError, UsageError


def outcome(folder: Path, data: bytes, name: str = "in.csv", **options: object) -> tuple[list[str], list[tuple[str, str]]]:
    """Rows written, and (row, code) of those rejected; none may be lost."""
    (folder / name).write_bytes(data)
    summary = run(folder / name, folder / "out.csv", **options)
    written = [r["row"] for r in table(folder / "out.csv")]
    rejected = [(r["row"], r["code"]) for r in table(folder / "out.rejects.csv")] if (folder / "out.rejects.csv").exists() else []
    assert len(written) + len(rejected) == summary.rows_in
    assert sorted([*map(int, written), *(int(n) for n, _ in rejected)]) == list(range(1, summary.rows_in + 1))
    return written, rejected


def refused(folder: Path, data: bytes, kind: type[TriageError], match: str, name: str = "in.csv", **options: object) -> TriageError:
    (folder / name).write_bytes(data)
    with pytest.raises(kind, match=match) as caught:
        run(folder / name, folder / "out.csv", **options)
    assert [p.name for p in folder.iterdir()] == [name], "nothing half-written"
    assert caught.value.message.zh
    assert caught.value.message.zh != caught.value.message.en
    return caught.value


@pytest.mark.parametrize("data", [b"", b"   \n \n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_empty(tmp_path: Path, data: bytes) -> None:
    refused(tmp_path, data, DumpError, "not a table")


def test_header_alone_is_a_dump_of_no_rows(tmp_path: Path) -> None:
    assert outcome(tmp_path, b"id,text\n") == ([], [])


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("in.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40),
        ("in.csv", b"%PDF-1.7\n\x00\x01\x02\x03" * 500),
        ("in.xlsx", b"PK\x03\x04" + b"\x00" * 100),
        ("in.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00\x07" * 2000),
        ("in.parquet", b"PAR1" + b"\x01" * 64 + b"PAR1"),
        ("in.json", b"[1, 2"),
        ("in.jsonl", b"hello\nworld\n"),
        ("in.csv.gz", b"\x1f\x8b\x08\x00garbage"),
        ("in.csv.gz", gzip.compress(b"id,text\n1,a\n" * 5000)[:-40]),
    ],
)
def test_not_a_table(tmp_path: Path, name: str, data: bytes) -> None:
    refused(tmp_path, data, TriageError, "not a table|damaged|no column", name)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(UsageError):
            run(path, tmp_path / "out.csv")


def test_no_text_column_says_what_it_saw_and_how_to_name_one(tmp_path: Path) -> None:
    data = "序号,姓名,说明文字\n1,张三,我家的宽带已经断了三天还没有人来修\n2,李四,请尽快处理退款\n".encode()
    error = refused(tmp_path, data, UsageError, "序号, 姓名, 说明文字")
    assert error.hint is not None
    assert "--text 说明文字" in error.hint.zh
    assert "--text 说明文字" in error.hint.en


def test_misnamed_column_is_guessed(tmp_path: Path) -> None:
    error = refused(tmp_path, "id,投诉内容\n1,断网\n".encode(), UsageError, "no column", columns=ColumnOptions(text=("投诉内空",)))
    assert error.hint is not None
    assert "投诉内容" in error.hint.zh


def test_a_million_columns(tmp_path: Path) -> None:
    refused(tmp_path, b",".join(b"c" for _ in range(1_000_000)) + b"\n", DumpError, "1000000 columns|not a table")


def test_unknown_encoding(tmp_path: Path) -> None:
    refused(tmp_path, b"id,text\n", UsageError, "unknown encoding", reading=ReadOptions(encoding="klingon"))


def test_wrong_encoding_told_rejects_rows_instead_of_crashing(tmp_path: Path) -> None:
    data = "id,text\n1,断网三天了\n2,abc\n".encode("gb18030")
    written, rejected = outcome(tmp_path, data, reading=ReadOptions(encoding="utf-8"))
    assert written == ["2"]
    assert rejected == [("1", "undecodable")]


def test_a_row_in_another_encoding_is_rejected_with_its_byte(tmp_path: Path) -> None:
    head = "id,text\n1,断网三天\n".encode()
    data = head + "2,断网三天\n".encode("gb18030") + "3,修好了\n".encode() * 30
    written, rejected = outcome(tmp_path, data)
    assert rejected == [("2", "undecodable")]
    assert len(written) == 31
    (reject,) = table(tmp_path / "out.rejects.csv")
    assert f"byte {len(head) + 2} " in reject["reason_en"]
    assert reject["line"] == "3"


def test_bad_byte_position_is_right_far_into_a_file(tmp_path: Path) -> None:
    line = "9,这是一行很普通的投诉内容\n".encode()
    head = b"id,text\n" + line * 30_000
    outcome(tmp_path, head + b"1,ab\xffc\n" + line * 10 + b"1,\xfe\n")
    rejects = table(tmp_path / "out.rejects.csv")
    assert [f"byte {len(head) + 4} " in rejects[0]["reason_en"], rejects[0]["row"]] == [True, "30001"]
    assert f"byte {len(head) + 8 + 10 * len(line) + 1} " in rejects[1]["reason_en"]


def test_nul_characters_are_dropped_and_reported(tmp_path: Path) -> None:
    written, rejected = outcome(tmp_path, "id,text\n1,断\0网三天\n2,好\n".encode())
    assert (written, rejected) == (["1", "2"], [])
    first, second = table(tmp_path / "out.csv")
    assert "NUL" in first["errors"]
    assert '"text": 4' in first["reasons"]
    assert "NUL" not in second["errors"]


def test_lone_surrogates_are_replaced_and_reported(tmp_path: Path) -> None:
    written, rejected = outcome(tmp_path, b'{"id": "\\ud83d", "text": "ab\\ud83d cd"}\n', "in.jsonl", keep=True)
    assert (written, rejected) == (["1"], [])
    (row,) = table(tmp_path / "out.csv")
    assert "半个字符" in row["errors"]
    assert row["id"] == "\N{REPLACEMENT CHARACTER}"


def test_only_emoji_html_and_empty_texts_are_decided(tmp_path: Path) -> None:
    written, rejected = outcome(tmp_path, "id,text\n1,😀😀\n2,<p>断网</p>\n3,\n".encode())
    assert (written, rejected) == (["1", "2", "3"], [])


def test_unclosed_quote_costs_one_row(tmp_path: Path) -> None:
    lines = ["id,text", *(f"{n},内容{n}" for n in range(1, 5001))]
    lines[100] = '100,"没有闭合的引号'
    written, rejected = outcome(tmp_path, "\n".join(lines).encode())
    assert rejected == [("100", "unclosed-quote")]
    assert len(written) == 4999


def test_unclosed_quote_before_a_quoted_row_costs_one_row(tmp_path: Path) -> None:
    data = 'id,text\n1,"没有闭合\n2,"好的"\n3,"也好，\n两行"\n4,"最后也没有闭合\n'
    written, rejected = outcome(tmp_path, data.encode())
    assert rejected == [("1", "unclosed-quote"), ("4", "unclosed-quote")]
    assert written == ["2", "3"]


def test_bare_quotes_inside_a_cell_are_kept(tmp_path: Path) -> None:
    written, rejected = outcome(tmp_path, 'id,text\n1,他说"不行"就挂了\n2,"他说"不行"就挂了"\n'.encode())
    assert (written, rejected) == (["1", "2"], [])


def test_ragged_rows_say_how_many_cells(tmp_path: Path) -> None:
    written, rejected = outcome(tmp_path, "id,text\n1,好\n2\n3,好,多了\n4,好,,\n".encode())
    assert written == ["1", "4"]
    assert rejected == [("2", "ragged"), ("3", "ragged")]
    first, second = table(tmp_path / "out.rejects.csv")
    assert "expected 2 columns, found 1" in first["reason_en"]
    assert "应有 2 列，实际 3 列" in second["reason_zh"]
    assert second["raw"] == "3,好,多了"
    assert second["line"] == "4"


def test_blank_lines_are_skipped_and_counted(tmp_path: Path) -> None:
    written, _ = outcome(tmp_path, "id,text\n\n1,好\n,\n\n2,好\n\n".encode())
    assert written == ["1", "2"]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path: Path, ends: str) -> None:
    assert outcome(tmp_path, f"id,text{ends}1,好{ends}2,好".encode()) == (["1", "2"], [])


def test_duplicate_ids_are_counted(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n1,a\n1,b\n2,c\n1,d\n,e\n,f\n", "utf-8")
    assert run(tmp_path / "in.csv", tmp_path / "out.csv").duplicate_ids == 2


def test_jsonl_with_bad_lines(tmp_path: Path) -> None:
    data = '{"text": "好", "n": 12345678901234567890123}\n{"text": \n[1]\n"x"\n\n{"text": "好", "customer": {"tier": "vip"}}\n'.encode()
    written, rejected = outcome(tmp_path, data, "in.jsonl", keep=True)
    assert written == ["1", "5"]
    assert rejected == [("2", "bad-json"), ("3", "not-an-object"), ("4", "not-an-object")]
    first, last = table(tmp_path / "out.csv")
    assert first["n"] == "12345678901234567890123"
    assert last["green_channel"] == "vip"


def test_deep_json_is_a_reject(tmp_path: Path) -> None:
    deep = '{"a":' * 5000 + "1" + "}" * 5000
    written, rejected = outcome(tmp_path, f'{{"text": "好"}}\n{deep}\n'.encode(), "in.jsonl")
    assert len(written) + len(rejected) == 2


def test_a_json_array(tmp_path: Path) -> None:
    assert outcome(tmp_path, '[{"text": "好"}, 5, {"text": "坏"}]'.encode(), "in.json") == (["1", "3"], [("2", "not-an-object")])


def test_gzip(tmp_path: Path) -> None:
    assert outcome(tmp_path, gzip.compress("id,text\n1,好\n".encode()), "in.csv.gz") == (["1"], [])


def test_no_header_and_names_of_columns(tmp_path: Path) -> None:
    data = "1,我家断网\n2,我家断电\n".encode()
    options: dict[str, Any] = {"reading": ReadOptions(header=False), "columns": ColumnOptions(text=("2",), id="1")}
    assert outcome(tmp_path, data, **options) == (["1", "2"], [])
    assert [r["id"] for r in table(tmp_path / "out.csv")] == ["1", "2"]


def test_semicolons_and_commas_in_texts_do_not_mislead(tmp_path: Path) -> None:
    data = "编号\t内容\n1\t先是断网,后来断电,没人管\n2\t一;二;三\n".encode()
    assert outcome(tmp_path, data) == (["1", "2"], [])


def test_one_column_with_commas(tmp_path: Path) -> None:
    assert outcome(tmp_path, "内容\n先是断网,后来断电\n没人管\n".encode()) == (["1", "2"], [])


def test_excel_with_merged_formula_date_and_long_number_cells(tmp_path: Path) -> None:
    from datetime import datetime

    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["编号", "内容", "时间", "金额"])
    sheet.append([13800100000, "断网", datetime(2026, 3, 16, 9, 30), 0.5])
    sheet.append([2, "合并的格子", None, None])
    sheet.append([None, None, None, None])
    sheet.append([3, "=1+1", None, 7.0])
    sheet.merge_cells("B3:D3")
    book.save(tmp_path / "in.xlsx")
    run(tmp_path / "in.xlsx", tmp_path / "out.csv", keep=True)
    out = table(tmp_path / "out.csv")
    assert [r["id"] for r in out] == ["13800100000", "2", "3"]
    assert "2026-03-16 09:30:00+08:00" in out[0]["reasons"]
    assert [r["金额"] for r in out] == ["0.5", "", "7"]


def test_excel_sheet_is_chosen_by_name_or_number(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    second = book.create_sheet("投诉")
    second.append(["内容"])
    second.append(["断网"])
    book.save(tmp_path / "in.xlsx")
    for sheet in ("投诉", "2"):
        run(tmp_path / "in.xlsx", tmp_path / "out.csv", reading=ReadOptions(sheet=sheet))
        assert len(table(tmp_path / "out.csv")) == 1
    with pytest.raises(UsageError, match="no sheet"):
        run(tmp_path / "in.xlsx", tmp_path / "out.csv", reading=ReadOptions(sheet="没有"))
    with pytest.raises(DumpError, match="is empty"):
        run(tmp_path / "in.xlsx", tmp_path / "out.csv")


def test_workbook_bomb(tmp_path: Path) -> None:
    packed = zipfile.ZipFile(tmp_path / "in.xlsx", "w", zipfile.ZIP_DEFLATED)
    with packed as book, book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
        for _ in range(120):
            sheet.write(b"\0" * (1 << 20))
    refused(tmp_path, (tmp_path / "in.xlsx").read_bytes(), DumpError, "bomb", "in.xlsx")


def test_mutated_workbooks_never_crash(tmp_path: Path) -> None:
    good = write_xlsx(tmp_path / "good.xlsx", 5).read_bytes()
    for n in range(0, len(good), 97):
        (tmp_path / "in.xlsx").write_bytes(good[:n] + bytes([good[n] ^ 0x55]) + good[n + 1 :])
        try:
            summary = run(tmp_path / "in.xlsx", tmp_path / "out.csv")
        except TriageError:
            continue
        assert summary.rows_in == summary.rows_out + sum(summary.rejected.values())


def test_parquet_without_pyarrow_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    write_csv(tmp_path / "in.csv")
    with pytest.raises(UsageError, match="pyarrow") as caught:
        run(tmp_path / "in.csv", tmp_path / "out.parquet")
    assert "pip install" in str(caught.value.hint)


_HUGE = """
import sys, resource
from pathlib import Path
from typing import Any
from tests.dumps.fake import FakeSource
from triage.dumps.run import RunOptions, run_dump
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
s = run_dump(RunOptions((Path(sys.argv[1]),), Path(sys.argv[2]), workers=1), source=FakeSource())
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(s.rows_out, dict(s.rejected), (after - before) // 1024)
"""


def huge(folder: Path, parts: Sequence[bytes]) -> tuple[str, int]:
    """What came of a dump in a process of its own, and by how many MB its memory grew."""
    with (folder / "in.csv").open("wb") as file:
        for part in parts:
            file.write(part)
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _HUGE, str(folder / "in.csv"), str(folder / "out.csv")], cwd=root, capture_output=True, text=True, check=True
    )
    text, _, grown = done.stdout.strip().rpartition(" ")
    return text, int(grown)


def test_a_cell_of_20_mb_is_one_reject_in_bounded_memory(tmp_path: Path) -> None:
    big = "断".encode() * (1 << 20)
    text, grown = huge(tmp_path, ["id,text\n1,好\n2,".encode(), *[big] * 20, "\n3,好\n4,".encode(), *[b"y" * (1 << 20)] * 2, b"\n5,z\n"])
    assert text == "3 {'long-row': 1, 'long-cell': 1}"
    assert grown < 120, resource.RUSAGE_SELF


def test_memory_is_flat_over_many_rows(tmp_path: Path) -> None:
    line = "123456,我家宽带断了三天\n".encode()
    few, small = huge(tmp_path, [b"id,text\n", line * 10_000])
    many, large = huge(tmp_path, [b"id,text\n", line * 100_000])
    assert (few, many) == ("10000 {}", "100000 {}")
    assert large - small < 10


def test_the_rest_of_a_run_is_kept_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    from triage.dumps.checkpoint import Part

    write_csv(tmp_path / "in.csv", 2000)
    run(tmp_path / "in.csv", tmp_path / "whole.csv")
    real = Part.write
    written = 0

    def full(self: Part, data: bytes) -> None:
        nonlocal written
        written += len(data)
        if written > 100_000:
            from triage.dumps.checkpoint import disk_errors

            with disk_errors(self.path):
                raise OSError(errno.ENOSPC, "No space left on device")
        real(self, data)

    monkeypatch.setattr(Part, "write", full)
    with pytest.raises(DumpError, match="disk is full") as caught:
        run(tmp_path / "in.csv", tmp_path / "out.csv")
    assert "--resume" in str(caught.value.hint)
    assert not (tmp_path / "out.csv").exists()
    monkeypatch.undo()
    run(tmp_path / "in.csv", tmp_path / "out.csv", resume=True)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_no_such_folder_for_the_output(tmp_path: Path) -> None:
    write_csv(tmp_path / "in.csv")
    with pytest.raises(UsageError, match="can't be written here"):
        run(tmp_path / "in.csv", tmp_path / "nowhere" / "out.csv")
    with pytest.raises(UsageError, match="which format"):
        run(tmp_path / "in.csv", tmp_path / "out.docx")


def test_rejects_are_safe_for_spreadsheets(tmp_path: Path) -> None:
    outcome(tmp_path, csv_text(HEADER, rows(3)).encode() + b"=cmd()\n")
    assert table(tmp_path / "out.rejects.csv")[0]["raw"] == "'=cmd()"
    assert FakeSource().pack().id == "fake"
