"""Whatever is done to a dump, no row is lost and nothing but the product's own errors comes out."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dumps.fake import FakeSource
from tests.dumps.samples import HEADER, csv_text, rows, write_jsonl
from triage.dumps.reading import ReadOptions
from triage.dumps.run import RunOptions, run_dump
from triage.dumps.summary import Summary
from triage.errors import TriageError

CUTS = ['"', ",", "\n", "\r", "\0", "\t", ";", "|", "'", '""', '",', ',"', "\n\n", "，", "\ufeff", "\u2028", "\ud83d".encode("utf-16-le", "surrogatepass").decode("latin-1")]  # fmt: skip

edits = st.lists(st.tuples(st.integers(0, 2**16), st.sampled_from(["insert", "delete", "replace", "byte"]), st.sampled_from(CUTS)), max_size=8)


def mutate(data: bytes, changes: list[tuple[int, str, str]]) -> bytes:
    for at, how, text in changes:
        n = at % (len(data) + 1)
        piece = text.encode("utf-8", "replace") if how != "byte" else bytes([at % 256])
        data = data[:n] + (b"" if how == "delete" else piece) + data[n + (0 if how == "insert" else max(len(piece), 1)) :]
    return data


def check(data: bytes, name: str, **options: object) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        output = Path(folder) / "out.csv"
        problem: TriageError | None = None
        summary = Summary()
        try:
            summary = run_dump(RunOptions((path,), output, workers=1, keep=True, **options), source=FakeSource())  # type: ignore[arg-type]
        except TriageError as error:
            problem = error
        if problem is not None:
            assert problem.message.zh
            assert sorted(p.name for p in Path(folder).iterdir()) == [name]
            return
        out = list(csv.reader(io.StringIO(output.read_bytes().decode("utf-8-sig"), newline=""), strict=True))[1:]
        rejects = Path(folder) / "out.rejects.csv"
        refused = list(csv.reader(io.StringIO(rejects.read_bytes().decode("utf-8-sig"), newline=""), strict=True))[1:] if rejects.exists() else []
        numbers = sorted([int(r[0]) for r in out] + [int(r[1]) for r in refused])
        assert numbers == list(range(1, summary.rows_in + 1))
        assert (summary.rows_out, sum(summary.rejected.values())) == (len(out), len(refused))


@settings(max_examples=150, deadline=None)
@given(changes=edits, encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]), crlf=st.booleans())
def test_mutated_csv(changes: list[tuple[int, str, str]], encoding: str, crlf: bool) -> None:
    text = csv_text(HEADER, rows(12), lineterminator="\r\n" if crlf else "\n")
    check(mutate(text.encode(encoding), changes), "in.csv")


@settings(max_examples=60, deadline=None)
@given(changes=edits, reading=st.sampled_from([ReadOptions(quote="none"), ReadOptions(delimiter=","), ReadOptions(header=False)]))
def test_mutated_csv_with_options(changes: list[tuple[int, str, str]], reading: ReadOptions) -> None:
    check(mutate(csv_text(HEADER, rows(6)).encode(), changes), "in.csv", reading=reading)


@settings(max_examples=100, deadline=None)
@given(changes=edits)
def test_mutated_jsonl(changes: list[tuple[int, str, str]]) -> None:
    with TemporaryDirectory() as folder:
        data = write_jsonl(Path(folder) / "x.jsonl", 8).read_bytes()
    check(mutate(data, changes), "in.jsonl")


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@settings(max_examples=100, deadline=None)
@given(table=st.lists(st.tuples(cells, cells, cells), max_size=6), delimiter=st.sampled_from([",", "\t", ";", "|"]))
def test_what_csv_wrote_is_read_back(table: list[tuple[str, str, str]], delimiter: str) -> None:
    """Every cell that a CSV writer wrote comes back as it was, whatever is in it."""
    from triage.dumps.open import open_dump

    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("编号", "内容", "备注"), *table])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "in.csv"
        path.write_bytes(out.getvalue().encode())
        dump = open_dump(path, ReadOptions(encoding="utf-8", delimiter=delimiter, quote='"'))
        assert list(dump.records()) == [list(row) for row in table if any(row)]
