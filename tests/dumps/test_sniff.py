"""Encodings are told apart on short samples, cut anywhere, with a few bad bytes."""

from __future__ import annotations

import pytest

from triage.dumps.dialect import sniff_dialect
from triage.dumps.sniff import codec_of, sniff_encoding

SIMPLE = "编号,时间,投诉内容\n1,2026-03-16,我家的宽带断了三天，打了很多次客服电话都没有人来处理，请尽快给我们退款。\n"
COMPLEX = "編號,時間,投訴內容\n1,2026-03-16,我們家的網路斷線三天了，打了很多次電話都沒有人來處理，請儘快退費給我們。\n"

CASES = [
    (SIMPLE, "utf-8", {"utf-8"}), (SIMPLE, "gb18030", {"gb18030"}), (SIMPLE, "utf-16-le", {"utf-16-le"}), (SIMPLE, "utf-16-be", {"utf-16-be"}),
    (COMPLEX, "utf-8", {"utf-8"}), (COMPLEX, "big5", {"cp950"}), (COMPLEX, "gb18030", {"gb18030"}), (COMPLEX, "utf-16-le", {"utf-16-le"}),
    (SIMPLE, "utf-16", {"utf-16"}), (SIMPLE, "utf-32", {"utf-32"}), (SIMPLE, "utf-8-sig", {"utf-8-sig"}),
]  # fmt: skip


@pytest.mark.parametrize("size", [60, 1_000, 20_000])
@pytest.mark.parametrize("cut", [0, 1, 2, 3])
@pytest.mark.parametrize(("text", "encoding", "expected"), CASES)
def test_encodings(text: str, encoding: str, expected: set[str], cut: int, size: int) -> None:
    sample = (text * (size // 60 + 1)).encode(encoding)[: size + cut]
    assert sniff_encoding(sample) in expected


@pytest.mark.parametrize(("text", "encoding", "expected"), [c for c in CASES if "16" not in c[1] and "32" not in c[1]])
@pytest.mark.parametrize("where", [50, 333, 801])
def test_one_bad_byte_does_not_mislead(text: str, encoding: str, expected: set[str], where: int) -> None:
    sample = bytearray((text * 20).encode(encoding))
    sample[where] = 0xFF
    assert sniff_encoding(bytes(sample)) in expected


def test_texts_without_commas_and_pure_ascii() -> None:
    assert sniff_encoding(b"id,text\n1,hello\n") == "utf-8"
    assert sniff_encoding(b"") == "utf-8"
    assert sniff_encoding("客服不处理\n".encode("gb18030")) == "gb18030"
    assert sniff_encoding("客服不處理，退費給我們\n".encode("big5")) == "cp950"
    # strewn NULs are no UTF-16
    assert sniff_encoding("id,text\n1,断\0网三天没有人来处理\n".encode("gb18030")) == "gb18030"


def test_names_that_users_write() -> None:
    assert [codec_of(n) for n in ("GBK", "gb2312", "Big5", "UTF8", "utf-16", "nonsense", "rot13")] == [
        "gb18030", "gb18030", "cp950", "utf-8-sig", "utf-16", None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sample", "delimiter", "quote"),
    [
        ("编号,内容\n1,断网\n2,断电\n", ",", '"'),
        ("编号\t内容\n1\t断网,断电,没人管\n2\t一,二\n", "\t", '"'),
        ("a;b\n1;x,y\n2;z\n", ";", '"'),
        ("a|b\n1|x\n", "|", '"'),
        ('编号,内容\n1,"断网;断电;停水"\n2,"a;b;c"\n', ",", '"'),
        ("编号;内容\n1;'断网;断电'\n'2';'停水'\n'3';'停水'\n", ";", "'"),
        ('编号\t内容\n1\t"没有闭合\n2\t他说"不行\n', "\t", ""),
        ("内容\n断网,断电\n", "\x1f", '"'),
    ],
)
def test_dialects(sample: str, delimiter: str, quote: str) -> None:
    found = sniff_dialect(sample)
    assert (found.delimiter, found.quote) == (delimiter, quote)


def test_what_is_told_is_not_guessed() -> None:
    assert sniff_dialect("a,b\n1,2\n", delimiter=";").delimiter == ";"
    assert sniff_dialect("a,b\n1,2\n", quote="").quote == ""
