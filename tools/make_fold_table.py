"""Makes triage/text/fold_table.tsv, the published per-character folding table, from OpenCC's dictionaries and Unicode data.

Usage: python tools/make_fold_table.py [--opencc-data DIR]     (needs the `opencc` package, which holds data and `opencc_dict`)

See docs/fold-table.md for what goes in and why. The result is checked in, so folding doesn't change with the Python version.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterable
from pathlib import Path

OUT = Path(__file__).parents[1] / "triage" / "text" / "fold_table.tsv"

# Characters that carry no meaning for a reader of a complaint and are used to slip past word lists.
NOTHING = [
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0001, 0xE0001), (0xE0020, 0xE007F), (0xE0100, 0xE01EF),
]  # fmt: skip

# Blocks whose characters are other forms of plain ones; each is replaced by its own NFKC form, one character at a time.
COMPATIBILITY = [
    ("space", 0x00A0, 0x00A0), ("space", 0x2000, 0x200A), ("space", 0x202F, 0x202F), ("space", 0x205F, 0x205F),
    ("space", 0x3000, 0x3000),
    ("letterlike", 0x2100, 0x214F), ("roman", 0x2160, 0x217F), ("enclosed", 0x2460, 0x24FF),
    ("radical", 0x2E80, 0x2EFF), ("radical", 0x2F00, 0x2FDF), ("enclosed", 0x3200, 0x32FF), ("squared", 0x3300, 0x33FF),
    ("ideograph", 0xF900, 0xFAFF), ("ligature", 0xFB00, 0xFB06), ("vertical", 0xFE10, 0xFE19), ("vertical", 0xFE30, 0xFE4F),
    ("small", 0xFE50, 0xFE6F), ("width", 0xFF00, 0xFFEF), ("mathematical", 0x1D400, 0x1D7FF), ("enclosed", 0x1F100, 0x1F1FF),
    ("ideograph", 0x2F800, 0x2FA1F),
]  # fmt: skip

# Variants that Unicode doesn't relate by compatibility. Quotes and hyphens that one keyboard types and another doesn't.
VARIANTS = {
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u301d": '"', "\u301e": '"', "\u301f": '"',
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'",
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2212": "-", "\u301c": "~", "\u223c": "~",
    "\u24ea": "(0)", "\u24ff": "(0)", "\uffe5": "\u00a5", "\u30fb": "\u00b7", "\u2022": "\u00b7", "\u2027": "\u00b7",
}  # fmt: skip
# 24EB-24F4 and 2776-2793 are negative and dingbat circled numbers, which have no NFKC form.
for first, start, count in ((0x24EB, 11, 10), (0x24F5, 1, 10), (0x2776, 1, 10), (0x2780, 1, 10), (0x278A, 1, 10)):
    VARIANTS.update({chr(first + i): f"({start + i})" for i in range(count)})


def form_of(char: str) -> str:
    """The NFKC form of one character. An enclosed number gets parentheses, so that it never runs into the number after it:
    "\u2460200\u5143" mustn't read as 1200 yuan, nor "\u2488200" as 1.200."""
    form = unicodedata.normalize("NFKC", char)
    number = form.rstrip(".,")
    if ("CIRCLED" in unicodedata.name(char, "") or form != number) and (number.isdecimal() or (len(form) == 1 and form in "一二三四五六七八九十")):
        return f"({number})"
    return form


def entries(tool: Path, dictionary: Path) -> dict[str, str]:
    """One OpenCC dictionary as character -> its first (preferred) replacement."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "out.txt"
        command = [tool, "-i", dictionary, "-o", text, "-f", "ocd2", "-t", "text"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # the developer's own package
        rows = [line.split("\t") for line in text.read_text("utf-8").splitlines() if "\t" in line]
    return {row[0]: row[1].split(" ")[0] for row in rows if len(row[0]) == 1}


def in_gb2312(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def steps(opencc: Path) -> Iterable[tuple[str, dict[str, str]]]:
    """The kinds of folding, in order of precedence: the first that knows a character gives its replacement."""
    tool, data = opencc / "bin" / "opencc_dict", opencc / "share" / "opencc"
    yield "nothing", {chr(c): "" for a, b in NOTHING for c in range(a, b + 1)}
    yield "variant", VARIANTS
    for name, a, b in COMPATIBILITY:
        forms = {chr(c): form_of(chr(c)) for c in range(a, b + 1)}
        # A form that starts with a space is a spacing accent: not another form of a plain character.
        yield name, {c: f for c, f in forms.items() if f != c and not (len(f) > 1 and f.startswith(" "))}
    yield "ideograph", entries(tool, data / "CJK_Compatibility_Ideographs.ocd2")
    yield "traditional", entries(tool, data / "TSCharacters.ocd2")
    for name in ("HKVariantsRev", "TWVariantsRev"):
        # The regional tables go towards OpenCC's own traditional forms; a key that is a simplified character stays.
        yield "regional", {c: f for c, f in entries(tool, data / f"{name}.ocd2").items() if not in_gb2312(c)}
    yield "case", {chr(c): chr(c).casefold() for c in range(0x110000) if chr(c).casefold() != chr(c)}


def table(opencc: Path) -> dict[str, tuple[str, str]]:
    """The closed table: character -> (replacement, kind); every replacement folds to itself."""
    single: dict[str, tuple[str, str]] = {}
    for kind, mapping in steps(opencc):
        for char, form in mapping.items():
            if char != form:
                single.setdefault(char, (form, kind))
    for char in [c for c, (form, kind) in single.items() if kind == "regional" and single.get(form, ("", ""))[0] == c]:
        del single[char]  # the two tables disagree which of a pair is the plain form: the simplified one is right
    closed = {}
    for char, (form, kind) in single.items():
        seen = {char, form}
        while (further := "".join(single[c][0] if c in single else c for c in form)) != form:
            if further in seen:
                raise SystemExit(f"the table runs in a circle at U+{ord(char):04X} {char}")
            seen.add(further)
            form = further
        if form != char:
            closed[char] = (form, kind)
    return closed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--opencc-data", type=Path, help="folder with bin/opencc_dict and share/opencc")
    folder = parser.parse_args().opencc_data
    if folder is None:
        import opencc

        folder = Path(opencc.__file__).parent / "clib"
    rows = table(folder)
    header = [
        "# Per-character folding, made by tools/make_fold_table.py. Columns: code point, its replacement (code points; empty: folded",
        "# to nothing), kind.",
        "# version: 1",
        f"# Unicode data {unicodedata.unidata_version}.",
        f"# Rows of the kinds traditional, regional and ideograph derive from OpenCC {importlib.metadata.version('opencc')}",
        "# (TSCharacters, HKVariantsRev, TWVariantsRev, CJK_Compatibility_Ideographs), Copyright BYVoid and contributors, Apache",
        "# License 2.0, https://github.com/BYVoid/OpenCC ; changed: single characters only, the first replacement only, closed under",
        "# itself together with the other rows.",
    ]
    body = [f"{ord(c):04X}\t{' '.join(f'{ord(x):04X}' for x in form)}\t{kind}" for c, (form, kind) in sorted(rows.items())]
    OUT.write_text("\n".join(header + body) + "\n", "utf-8", newline="\n")
    print(f"{OUT}: {len(body)} characters")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
