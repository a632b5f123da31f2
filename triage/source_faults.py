"""What goes wrong in a YAML file before its meaning: encodings, tabs, full-width punctuation, syntax; each with its mend."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from triage.diagnostics import Diagnostic, Place
from triage.message import Message

_SAVE_UTF8 = Message("用编辑器“另存为”，编码选 UTF-8；或 iconv -f GB18030 -t UTF-8", "save it as UTF-8 in your editor, or use iconv -t UTF-8")
_ASCII = {"：": ":", "，": ",", "、": ",", "［": "[", "］": "]", "｛": "{", "｝": "}", "【": "[", "】": "]", "“": '"', "”": '"', "‘": "'", "’": "'",
          "－": "-", "＃": "#"}  # fmt: skip
_PAIRS = {"“": "”", "‘": "’", "「": "」", "”": "”", "［": "］", "｛": "｝", "【": "】"}
# outside quotes and comments: a full-width mark that stands where YAML's own is meant
_COLON_KEY = re.compile(r"^\s*(?:-\s+)*([^\s\"'#：][^\"'#：]{0,60})(：)")
_DASH = re.compile(r"^\s*(－)\s*\S")


def _finding(code: str, place: Place, message: Message, hint: Message) -> Diagnostic:
    return Diagnostic(code, "error", message, place, hint)


def decode(data: bytes, file: str) -> tuple[str | None, list[Diagnostic]]:
    """The text of a file. One that isn't UTF-8 is a finding at its first such line; its text is still given where it can be read."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data[:200]:
        for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            if "\x00" not in text:
                message = Message("文件是 UTF-16 编码，规则包须为 UTF-8", "the file is in UTF-16; packs must be UTF-8")
                return text.removeprefix("\ufeff"), [_finding("TR005", Place(file, 1, 1, 1, 2), message, _SAVE_UTF8)]
    try:
        return data.decode("utf-8").removeprefix("\ufeff"), []
    except UnicodeDecodeError as error:
        bad = error
    line = data.count(b"\n", 0, bad.start) + 1
    line_start = data.rfind(b"\n", 0, bad.start) + 1
    column = len(data[line_start : bad.start].decode("utf-8", "replace")) + 1
    place = Place(file, line, column, line, column + 1)
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        shown = data.decode("utf-8", "replace")
        message = Message("文件不是 UTF-8 编码，这里有读不出的字节", "the file isn't UTF-8: there are bytes here that can't be read")
        return shown if "\x00" not in shown else None, [_finding("TR005", place, message, _SAVE_UTF8)]
    message = Message("文件是 GBK（GB18030）编码，规则包须为 UTF-8", "the file is in GBK (GB18030); packs must be UTF-8")
    return text, [_finding("TR005", place, message, _SAVE_UTF8)]


def _mark(file: str, line: int, column: int, char: str) -> Diagnostic:
    """A full-width mark at a place (counted from 1)."""
    want = _ASCII.get(char, '"')
    return _finding(
        "TR004", Place(file, line, column, line, column + 1),
        Message(f"这里用了全角的“{char}”，YAML 要半角的 {want}", f"full-width {char} where YAML wants {want}"),
        Message(f"换成半角 {want}（冒号、逗号后加空格）；若它是文字的一部分，给整段文字加半角引号",
                f"write {want} (and a space after a colon or comma); if it belongs to the text, put the text in quotes"),
    )  # fmt: skip


def fullwidth_in_scalar(text: str, place: Place, key: bool, in_list: bool) -> Iterator[Diagnostic]:
    """Full-width marks inside a scalar without quotes that can only be meant as YAML's own."""

    def at(index: int) -> Diagnostic:
        # inside a scalar of one line the column follows; a longer one is reported where it starts
        column = place.column + index if place.line == place.end_line else place.column
        return _mark(place.file, place.line, column, text[index])

    if key and "：" in text:
        yield at(text.index("："))
        return
    first = text[0]
    if first in _PAIRS and text[-1] == _PAIRS[first] and len(text) > 1 and (first != "【" or "，" in text or "、" in text):
        yield at(0)
        return
    if first in "［｛" and not in_list:
        yield at(0)
        return
    if in_list:
        for char in ("，", "、"):
            if char in text:
                yield at(text.index(char))
                return
        if first in "［｛【“‘" or (text[-1] in "］｝】”’" and not any(c in text for c in "［｛【“‘")):
            yield at(0 if first in "［｛【“‘" else len(text) - 1)


def _suspects(lines: list[str], line: int) -> Iterator[tuple[int, int, str]]:
    """Full-width marks near a syntax error: on its line (0-based) and up to three above, nearest first."""
    for number in range(min(line, len(lines) - 1), max(line - 4, -1), -1):
        source = lines[number].split(" #")[0]
        found = _COLON_KEY.match(source)
        if found and ": " not in found.group(1) and not found.group(1).endswith(":"):  # after a proper `key:` it is text
            yield number, found.start(2), "："
            continue
        if found := _DASH.match(source):
            yield number, found.start(1), "－"
            continue
        quote, opened = "", False
        for index, char in enumerate(source):
            opened = opened or char in "[{"
            if quote:
                quote = "" if char == quote else quote
            elif char in "\"'" and (index == 0 or source[index - 1] in " [{,:"):
                quote = char
            elif char in "［］｛｝“”【】" or (opened and char in "，、："):
                yield number, index, char
                break


_PROBLEMS: tuple[tuple[str, Message, Message], ...] = (
    ("mapping values are not allowed", Message("这里不该有冒号", "a colon isn't allowed here"),
     Message("检查上一行是否少了冒号、缩进是否对齐；文字里有“: ”时整段加引号", "check the line above for a missing colon, check the indentation; quote a text that holds `: `")),
    ("could not find expected ':'", Message("键后面少了冒号", "a colon is missing after a key"),
     Message("写成“键: 值”，冒号后有空格", "write `key: value`, with a space after the colon")),
    ("expected ',' or ']'", Message("方括号里少了逗号，或没有收尾的 ]", "a comma or the closing ] is missing"),
     Message("用半角逗号隔开，末尾加 ]", "separate with commas, and close with ]")),
    ("expected ',' or '}'", Message("花括号里少了逗号，或没有收尾的 }", "a comma or the closing } is missing"),
     Message("用半角逗号隔开，末尾加 }", "separate with commas, and close with }")),
    ("did not find expected '-' indicator", Message("列表在这里断了：应以“- ”开头并与上面对齐", "the list breaks off here: expected `- ` aligned with the items above"),
     Message("把这一行的缩进与上面的“-”对齐", "align this line with the `-` above")),
    ("did not find expected key", Message("这一行的缩进与上面对不齐，或上面的括号、引号没有收尾", "this line's indentation doesn't fit, or a bracket or quote above isn't closed"),
     Message("与同级的键左对齐，检查上面的括号和引号", "align it with its sibling keys; check brackets and quotes above")),
    ("found unexpected end of stream", Message("引号没有收尾", "a quote isn't closed"), Message("在文字末尾加上同样的引号", "close the text with the same quote")),
    ("found character that cannot start any token", Message("这个字符不能这样开头", "a value can't start with this character"),
     Message("给这段文字加引号；缩进要用空格，不能用 Tab", "put the text in quotes; indent with spaces, not tabs")),
    ("found unknown escape character", Message("双引号里的 \\ 后面不能跟这个字符", "unknown escape after \\ in double quotes"),
     Message("改用单引号，或写成 \\\\", "use single quotes, or write \\\\")),
    ("found undefined tag handle", Message("以 ! 开头的文字要加引号", "a text that starts with ! needs quotes"), Message("加上引号", "put it in quotes")),
    ("block sequence entries are not allowed", Message("这里不能开始列表项", "a list item can't start here"),
     Message("把“- ”写到下一行并缩进", "put the `- ` on the next line, indented")),
    ("while scanning an anchor", Message("& 不能这样用", "& can't be used like this"), Message("给这段文字加引号", "put the text in quotes")),
    ("while scanning an alias", Message("* 不能这样用", "* can't be used like this"), Message("给这段文字加引号", "put the text in quotes")),
)  # fmt: skip


def syntax_findings(error: Any, text: str, file: str) -> list[Diagnostic]:
    """A YAML error as findings: tabs and full-width marks where they are the cause, else the problem at its place."""
    mark = getattr(error, "problem_mark", None)
    lines = text.splitlines()
    if mark is None:  # a character that YAML doesn't take
        position = getattr(error, "position", 0) or 0
        code_point = getattr(error, "character", 0)
        # the C reader counts bytes, the other one characters: look the character up
        found = next((i for i, c in enumerate(text) if ord(c) == code_point), min(position, len(text)))
        line = text.count("\n", 0, found) + 1
        column = found - (text.rfind("\n", 0, found) + 1) + 1
        name = f"U+{code_point:04X}" if isinstance(code_point, int) else repr(code_point)
        return [
            _finding("TR001", Place(file, line, column, line, column + 1), Message(f"不可见的控制字符 {name}", f"control character {name}"),
                     Message("删去它（从别处粘贴时常带进来）", "remove it (pasting often brings it along)"))
        ]  # fmt: skip
    tabs = [i for i, line in enumerate(lines) if "\t" in line[: len(line) - len(line.lstrip())]]
    tabs += [i for i, line in enumerate(lines) if re.match(r"\s*-\t", line) and i not in tabs]
    if tabs and min(tabs) <= mark.line:
        return [
            _finding("TR003", Place(file, i + 1, lines[i].index("\t") + 1, i + 1, lines[i].index("\t") + 2),
                     Message("缩进用了 Tab 键", "a tab is used for indentation"),
                     Message("换成空格（编辑器里设“用空格代替 Tab”）", "use spaces (set your editor to insert spaces for tabs)"))
            for i in tabs[:50]
        ]  # fmt: skip
    suspect = next(_suspects(lines, mark.line), None)
    if suspect is not None:
        return [_mark(file, suspect[0] + 1, suspect[1] + 1, suspect[2])]
    problem = f"{getattr(error, 'problem', '') or ''} {getattr(error, 'context', '') or ''}"
    place = Place(file, mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2)
    context = getattr(error, "context_mark", None)
    for needle, message, hint in _PROBLEMS:
        if needle in problem:
            if context is not None and needle.startswith(("expected ','", "found unexpected end")):
                # what isn't closed is reported where it was opened
                place = Place(file, context.line + 1, context.column + 1, context.line + 1, context.column + 2)
            return [_finding("TR001", place, message, hint)]
    return [_finding("TR001", place, Message(f"YAML 语法错误：{problem.strip()}", f"YAML syntax error: {problem.strip()}"),
                     Message("检查这一行和上一行的缩进、括号、引号", "check indentation, brackets and quotes of this line and the one above"))]  # fmt: skip
