"""Which encoding a file is in: byte order mark, NUL pattern, strict UTF-8, then which reading has most common characters."""

from __future__ import annotations

import codecs

SAMPLE = 1 << 18
"""Bytes that are looked at (more only while all of them are ASCII)."""

# the most frequent Chinese characters, simplified and traditional, and the punctuation between them
_COMMON = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学"
    "如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由"
    "问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义"
    "电件网费钱单客服投诉请求希望反映退款元号市区县街路店平台务题情況商品质量投訴我們說時會對過發後種動還開從實軍無與長機業將兩間問應戰頭體"
    "見產話萬當樣學這個來為國們個麼經現沒進費錢單請號區縣電網務題員處並關點門聲論義處務環境衛生交通運輸幾買賣訂貨訊費係係統"
    "，。！？、：；“”‘’（）《》【】　１２３４５６７８９０"
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def sniff_encoding(sample: bytes) -> str:
    """The Python codec that reads `sample`: utf-8, utf-8-sig, utf-16, utf-16-le, utf-16-be, utf-32, gb18030 or cp950 (Big5).

    The sample may end in the middle of a character and may hold some bad bytes. Empty and pure ASCII samples are utf-8.
    """
    for bom, name in _BOMS:
        if sample.startswith(bom):
            return name
    wide = _without_mark(sample)
    if wide:
        return wide
    if _strict_utf8(sample):
        return "utf-8"
    scores = {name: score(sample, name) for name in ("gb18030", "cp950", "utf-8")}
    return max(scores, key=lambda name: scores[name])


def _without_mark(sample: bytes) -> str | None:
    """UTF-16 without a mark: commas, digits and line ends leave NULs, mostly on one side of each pair.

    Not only there: 退 is U+9000 and 一 is U+4E00. So both byte orders are read, and one must make sense.
    """
    pairs = len(sample) // 2
    if sample.count(0) < max(1, pairs * 0.01):
        return None
    best, found = 0.2, None
    for name in ("utf-16-le", "utf-16-be"):
        text = sample[: pairs * 2].decode(name, "replace")
        # NULs strewn into a file of another encoding don't make separators and common characters
        if "\0" in text or not any(c in text for c in "\n,\t"):
            continue
        sense = max(score(sample[: pairs * 2], name), sum(c.isascii() for c in text) / len(text) - 0.5)
        if sense > best:
            best, found = sense, name
    return found


def with_byte_order(codec: str, sample: bytes) -> str:
    """`codec`, or where it is UTF-16 or UTF-32 and the file has no byte order mark, the one with the order that makes sense."""
    if codec not in ("utf-16", "utf-32") or sniff_encoding(sample[:4]) == codec:
        return codec
    if codec == "utf-32":
        return "utf-32-be" if sample[:1] == b"\0" else "utf-32-le"
    return _without_mark(sample) or "utf-16-le"


def _strict_utf8(sample: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def score(sample: bytes, encoding: str) -> float:
    """The share of common characters among those that aren't ASCII, less what couldn't be decoded; at most 1."""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(sample)
    foreign = [c for c in text if c > "\x7f"]
    if not foreign:
        return 0.0
    bad = foreign.count("\N{REPLACEMENT CHARACTER}")
    return (sum(c in _COMMON for c in foreign) - 2 * bad) / len(foreign)


_NOT_OF_FILES = frozenset(("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "unicode_escape", "raw_unicode_escape"))
"""Codecs of Python that turn bytes into text, but not those of a text file."""


def codec_of(name: str) -> str | None:
    """The codec that a user means by `name` (gbk and gb2312 are read as gb18030, which contains them); None if unknown."""
    plain = name.strip().lower().replace("_", "-")
    named = {
        "gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "ansi": "gb18030", "gb18030": "gb18030",
        "big5": "cp950", "utf8": "utf-8-sig", "utf-8": "utf-8-sig",
    }  # fmt: skip
    if plain in named:
        return named[plain]
    try:
        info = codecs.lookup(plain)
    except (LookupError, ValueError):
        return None
    if info.name in _NOT_OF_FILES:
        return None
    return info.name if getattr(info, "_is_text_encoding", True) else None
