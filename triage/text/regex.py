"""Regular expressions of rule authors: folded like the text, run by RE2 in linear time, with the literals that a match needs.

The required literals let one pass over the text rule most expressions out without running them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from triage.text.fold import fold_pattern

_META = set("\\.+*?()|[]{}^$")
MAX_LENGTH = 1000
"""Longest expression accepted, in characters."""


class RegexError(ValueError):
    """An expression that RE2 doesn't take; the text says why."""


def _literal(char: str) -> str:
    """A literal character of the author, folded and escaped; an expansion is a group, so that a quantifier covers it."""
    folded = fold_pattern(char)
    escaped = "".join("\\" + c if c in _META else c for c in folded)
    return escaped if len(folded) == 1 else f"(?:{escaped})"


def _escape_end(pattern: str, i: int) -> int:
    """End of the escape sequence that begins at the backslash `i`."""
    if i + 1 >= len(pattern):
        return len(pattern)
    c = pattern[i + 1]
    if c == "Q":  # \Q...\E is literal text; handled by the caller
        return i + 2
    if c in "pPx" and i + 2 < len(pattern) and pattern[i + 2] == "{":
        end = pattern.find("}", i)
        return len(pattern) if end < 0 else end + 1
    if c in "pP":
        return i + 3
    if c == "x":
        return i + 4
    return i + 2


def _fold_class(pattern: str, i: int) -> tuple[str, int]:
    """The character class that begins at `[` (index i), its members folded, and where it ends."""
    out, j = ["["], i + 1
    if j < len(pattern) and pattern[j] == "^":
        out.append("^")
        j += 1
    first, extra = True, []
    while j < len(pattern) and (pattern[j] != "]" or first):
        first = False
        if pattern.startswith("[:", j) and (end := pattern.find(":]", j)) > 0:
            out.append(pattern[j : end + 2])
            j = end + 2
        elif pattern[j] == "\\":
            end = _escape_end(pattern, j)
            out.append(pattern[j:end])
            j = end
        else:
            folded = fold_pattern(pattern[j])
            is_range_dash = pattern[j] == "-"
            out.extend(c if is_range_dash or c not in "\\]^[-" else "\\" + c for c in folded)
            if len(folded) > 1:
                extra.append(folded)
            j += 1
    return "".join(out) + "]", j + 1


def fold_regex(pattern: str) -> str:
    """The expression with its literals and class members folded; operators, escapes and group headers stay as they are."""
    out: list[str] = []
    i = 0
    while i < len(pattern):
        c = pattern[i]
        if c == "\\":
            if pattern.startswith("\\Q", i):
                end = pattern.find("\\E", i)
                stop = len(pattern) if end < 0 else end
                out.extend(_literal(ch) for ch in pattern[i + 2 : stop])
                i = stop + 2
                continue
            end = _escape_end(pattern, i)
            out.append(pattern[i:end])
            i = end
        elif c == "[":
            text, i = _fold_class(pattern, i)
            out.append(text)
        elif c == "(" and pattern.startswith("(?", i):
            j = i + 2
            while j < len(pattern) and pattern[j] not in ":>)":
                j += 1
            out.append(pattern[i : j + 1])
            i = j + 1
        elif c == "{":
            end = pattern.find("}", i)
            end = i if end < 0 else end
            out.append(pattern[i : end + 1])
            i = end + 1
        elif c in _META:
            out.append(c)
            i += 1
        else:
            out.append(_literal(c))
            i += 1
    return "".join(out)


_Words: TypeAlias = frozenset[str]


class Need(NamedTuple):
    """What must stand in a text for one branch of an expression to match: of each group one literal, in this order, all within
    `longest` characters (None: however far apart)."""

    groups: tuple[_Words, ...]
    longest: int | None
    anchor: str = ""
    """"^" or "$", where such a match begins or ends with the text."""


Needs: TypeAlias = tuple[Need, ...]
"""One per branch."""

_NOTHING: _Words = frozenset(("",))
_MOST = 512
_SMALL_CLASS = 24


class _Branch(NamedTuple):
    """One branch of an alternation: all that it matches, where that is a few words, and the groups of literals it needs."""

    words: _Words | None
    groups: tuple[_Words, ...]
    longest: int | None
    anchor: str = ""


def required_literals(folded: str) -> Needs:
    """The literals that a match of the (folded) expression needs; empty if some branch needs none that can be told.

    Conservative: what isn't a plain literal, a small class, a group, an alternation or a quantifier breaks a run of literals.
    """
    try:
        branches, end = _alternatives(folded, 0, 0)
    except (RecursionError, IndexError, ValueError):
        return ()
    if end != len(folded):
        return ()
    if any(not branch.groups for branch in branches) or len(branches) > _MOST:
        return ()
    flags = "(?" in folded.replace("(?:", "")  # one of them may let ^ and $ stand for line ends
    return tuple(Need(tuple(map(_shortest, b.groups)), b.longest, "" if flags else b.anchor) for b in branches)


def _shortest(group: _Words) -> _Words:
    """The group without words in which another of it stands: where one of those is, that other is too."""
    kept: list[str] = []
    for word in sorted(group, key=lambda w: (len(w), w)):
        if not any(shorter in word for shorter in kept):
            kept.append(word)
    return frozenset(kept)


_COMMON = frozenset(
    "我们 你们 他们 大家 自己 有人 没有 已经 现在 一个 一直 一次 多次 经常 每天 每年 晚上 问题 情况 要求 希望 请问 如何 怎么 为什么 为何 如果 因为 可能 反映 举报 "
    "投诉 处理 解决 电话 时间 学校 学生 孩子 小孩 家长 老师 居民 村民 业主 住户 职工 员工 工人 老人 客户 用户 小区 房子 房屋 物业 公司 单位 政府 部门 社区 "
    "施工 装修 工资 生产 污染 影响 安全 退款 收费 费用 手机 客服 商家 平台 订单".split()
)
"""Words that stand in many complaints, of whatever trade: looking for them stops often."""


def frequency(group: _Words) -> float:
    """A guess at how often a text of a few hundred characters holds a literal of the group. Only speed hangs on it."""
    return sum(_OFTEN[min(len(word), 3)] if word not in _COMMON else 0.4 for word in group) + sum(
        0.1 for word in group if len(word) == 2 and word.isdecimal()
    )


_OFTEN = {0: 1e9, 1: 1.0, 2: 0.02, 3: 0.01}


def rarity(group: _Words) -> tuple[float, list[str]]:
    """Orders groups by how seldom one of their literals stands in a text."""
    return -frequency(group), sorted(group)


def _members(p: str, i: int, end: int) -> _Words | None:
    """The members of a small class of plain characters and ranges of them, p[i:end] with its brackets; None for any other class."""
    body = p[i + 1 : end - 1]
    if not body or body[0] == "^" or any(c in body for c in "[\\"):
        return None
    members: set[str] = set()
    at = 0
    while at < len(body):
        first = last = body[at]
        if at + 2 < len(body) and body[at + 1] == "-":
            last = body[at + 2]
            at += 2
        at += 1
        if not 0 <= ord(last) - ord(first) < _SMALL_CLASS:
            return None
        members.update(map(chr, range(ord(first), ord(last) + 1)))
    return frozenset(members) if len(members) <= _SMALL_CLASS else None


def _repeats(p: str, i: int) -> tuple[int, int | None, int]:
    """The quantifier at i: how often at least, at most (None: without end), and where it ends; (1, 1, i) if there is none."""
    if i >= len(p) or p[i] not in "*+?{":
        return 1, 1, i
    end = i
    if p[i] == "{":
        end = p.index("}", i)
        low, comma, high = p[i + 1 : end].partition(",")
        least = int(low or 0)
        most = int(high) if high else None if comma else least
    else:
        least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[p[i]]
    end += 1
    return least, most, end + (end < len(p) and p[end] == "?")


def _alternatives(p: str, i: int, depth: int) -> tuple[list[_Branch], int]:
    """The branches of `a|b|c`, from i up to the closing parenthesis or the end."""
    if depth > 40:
        raise RecursionError
    branches: list[_Branch] = []
    while True:
        branch, i = _sequence(p, i, depth)
        branches.append(branch)
        if i >= len(p) or p[i] != "|":
            return branches, i
        i += 1


def _either(branches: list[_Branch]) -> tuple[_Words | None, _Words | None]:
    """All that an alternation matches, where that is a few words; else one group of literals that it needs, if there is one."""
    if all(b.words is not None for b in branches):
        words = frozenset().union(*(b.words for b in branches if b.words is not None))
        if len(words) <= _MOST:
            return words, None
    if any(not b.groups for b in branches):
        return None, None
    needed = frozenset().union(*(max(b.groups, key=rarity) for b in branches))
    return None, needed if len(needed) <= _MOST else None


def _atom(p: str, i: int, depth: int) -> tuple[_Words | None, _Words | None, int | None, int]:
    """What the atom at i matches (a few words, or None), a group of literals that it needs otherwise, how long it gets at most
    (None: no end), and where it ends."""
    c = p[i]
    if c == "(":
        j = i + 1
        if p.startswith("?", j):
            while p[j] not in ":>)":
                j += 1
            if p[j] == ")":  # (?i): flags only
                return None, None, 0, j + 1
            j += 1
        branches, j = _alternatives(p, j, depth + 1)
        lengths = [b.longest for b in branches if b.longest is not None]
        return *_either(branches), (max(lengths) if len(lengths) == len(branches) else None), j + 1
    if c == "[":
        _, end = _fold_class(p, i)
        return _members(p, i, end), None, 1, end
    if c == "\\":
        end = _escape_end(p, i)
        return (frozenset(p[i + 1]) if end == i + 2 and p[i + 1] in _META else None), None, 1, end
    return (None if c in ".^$" else frozenset(c)), None, 1, i + 1


def _sequence(p: str, i: int, depth: int) -> tuple[_Branch, int]:
    """One branch, up to `|`, the closing parenthesis or the end."""
    groups: list[_Words] = []
    run = _NOTHING
    whole = True
    longest: int | None = 0
    first, begins, ends_there = i, False, False

    def times(left: _Words, right: _Words) -> _Words:
        return frozenset(a + b for a in left for b in right)

    while i < len(p) and p[i] not in "|)":
        at, mark = i, p[i]
        words, needed, length, i = _atom(p, i, depth)
        least, most, i = _repeats(p, i)
        begins = begins or (at == first and mark == "^" and least > 0)
        ends_there = mark == "$" and least > 0
        longest = None if longest is None or length is None or most is None else longest + length * most
        ends = most != least and not (least == 0 and most == 1)  # what follows needn't stand right after what is known
        if words is None:
            ends = True
            words = _NOTHING
        elif least == 0:
            words = words | _NOTHING if most == 1 else _NOTHING
        else:
            ends = ends or least > 3
            words = frozenset().union(words) if least == 1 else times(words, words) if least == 2 else times(times(words, words), words)
        if len(run) * len(words) > _MOST:
            if "" not in run:
                groups.append(run)
            run, whole = _NOTHING, False
        run = times(run, words) if len(words) <= _MOST else _NOTHING
        if ends:
            if "" not in run:
                groups.append(run)
            run, whole = _NOTHING, False
            if needed and least:
                groups.append(needed)
    if "" not in run:
        groups.append(run)
    anchor = "^" if begins else "$" if ends_there else ""
    return _Branch(run if whole else None, tuple(groups), longest, anchor), i


_Search: TypeAlias = Callable[..., "tuple[int, int] | None"]


@dataclass(frozen=True, slots=True)
class Regex:
    """A compiled expression over folded text, and what must stand in a text for it to match; `needs` empty: can't be told.

    search(encoded, start) gives the first match in the folded text as UTF-8, as byte positions; none begins before byte `start`.
    """

    pattern: str
    search: _Search
    needs: Needs


def _search(program: Any) -> _Search:
    """The search of a compiled expression.

    RE2's own method is called directly where it is as this was written for: the generator and the match object that the module
    puts around it take several times as long as the search of a complaint.
    """

    def public(encoded: bytes, start: int = 0) -> tuple[int, int] | None:
        found = program.search(encoded, start)
        return None if found is None else found.span()

    try:
        import re2

        match, anywhere = program._regexp.Match, re2._re2.RE2.Anchor.UNANCHORED
        if match(anywhere, b"", 0, 0)[0] not in ((-1, -1), (0, 0)):
            return public
    except (AttributeError, TypeError, IndexError):
        return public

    def direct(encoded: bytes, start: int = 0) -> tuple[int, int] | None:
        found: tuple[int, int] = match(anywhere, encoded, start, len(encoded))[0]
        return None if found[0] < 0 else found

    return direct


def compile_regex(pattern: str) -> Regex:
    """Compile an author's expression. Raises RegexError with RE2's words for what it doesn't take."""
    import re2

    if len(pattern) > MAX_LENGTH:
        raise RegexError(f"longer than {MAX_LENGTH} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 16 << 20
    options.never_capture = True  # only where the whole match stands is asked for
    try:
        re2.compile(pattern.encode("utf-8"), options)  # as written first: the author must recognise what is complained about
        folded = fold_regex(pattern)
        program = re2.compile(folded.encode("utf-8"), options)
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0] if error.args else "invalid"
        raise RegexError(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from None
    return Regex(pattern, _search(program), required_literals(folded))
