"""Regular expressions of rule authors: folded like the text, run by RE2 in linear time, with the literals that a match needs.

The required literals let one automaton rule most expressions out without running them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

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


Needs: TypeAlias = tuple[tuple[frozenset[str], ...], ...]
"""Of one branch, of each group one literal: what must stand in a text for an expression to match it."""

_MOST = 64
_SMALL_CLASS = 8


def required_literals(folded: str) -> Needs:
    """The literals that a match of the (folded) expression needs; empty if some branch needs none that can be told.

    Conservative: anything but plain literals, small classes, groups, alternation and quantifiers breaks a run of literals.
    """
    try:
        branches, end = _alternatives(folded, 0, 0)
    except (RecursionError, IndexError, ValueError):
        return ()
    if end != len(folded):
        return ()
    needs = [
        tuple(sorted({group for group in branch if all(group) and len(group) <= _MOST}, key=sorted)) for branch in branches
    ]
    return tuple(needs) if all(needs) and len(needs) <= _MOST else ()


def _either(branches: list[list[frozenset[str]]]) -> frozenset[str] | None:
    """What an alternation requires: one of the literals that its branches require; None if a branch requires none."""
    best = [max(options, key=lambda s: (min(map(len, s)), -len(s)), default=None) for options in branches]
    return None if any(b is None for b in best) else frozenset().union(*(b for b in best if b is not None))


def _members(p: str, i: int, end: int) -> frozenset[str]:
    """The members of a small class of plain characters, p[i:end] with its brackets; empty for any other class."""
    body = p[i + 1 : end - 1]
    if not body or body[0] == "^" or "-" in body or "[" in body:
        return frozenset()
    plain = body.replace("\\\\", "\0").replace("\\", "") if all(
        body[k + 1] in _META for k in range(len(body) - 1) if body[k] == "\\"
    ) else ""
    members = frozenset(plain.replace("\0", "\\"))
    return members if len(members) <= _SMALL_CLASS else frozenset()


def _repeats(p: str, i: int) -> tuple[int, bool, int]:
    """The quantifier at i: how often at least, whether that is also at most, and where it ends; (1, True, i) if there is none."""
    if i >= len(p) or p[i] not in "*+?{":
        return 1, True, i
    least, exact, end = {"*": 0, "+": 1, "?": 0, "{": 1}[p[i]], False, i
    if p[i] == "{":
        end = p.index("}", i)
        low, comma, _ = p[i + 1 : end].partition(",")
        least, exact = int(low or 0), not comma
    end += 1
    return least, exact, end + (end < len(p) and p[end] == "?")


def _flush(run: str, options: list[frozenset[str]]) -> str:
    """Close a run of literals: it is one more thing required. Returns the empty run."""
    if run:
        options.append(frozenset((run,)))
    return ""


def _alternatives(p: str, i: int, depth: int) -> tuple[list[list[frozenset[str]]], int]:
    """What each branch of `a|b|c` requires, from i up to the closing parenthesis or the end."""
    if depth > 40:
        raise RecursionError
    branches: list[list[frozenset[str]]] = []
    while True:
        options: list[frozenset[str]] = []
        run = ""
        while i < len(p) and p[i] not in "|)":
            c, item, char = p[i], None, ""
            if c == "(":
                j = i + 1
                if p.startswith("?", j):
                    while p[j] not in ":>)":
                        j += 1
                    if p[j] == ")":  # (?i): flags only
                        run = _flush(run, options)
                        i = j + 1
                        continue
                    j += 1
                inner, j = _alternatives(p, j, depth + 1)
                item = _either(inner)
                i = j + 1
            elif c == "[":
                _, end = _fold_class(p, i)
                members = _members(p, i, end)
                char, item = (min(members), None) if len(members) == 1 else ("", members or None)
                i = end
            elif c == "\\":
                end = _escape_end(p, i)
                char = p[i + 1] if end == i + 2 and p[i + 1] in _META else ""
                i = end
            elif c in ".^$":
                i += 1
            else:
                char, i = c, i + 1
            least, exact, i = _repeats(p, i)
            if char and least:
                run += char * min(least, 4)
            if not (char and exact and least <= 4):  # "ab+": the run goes up to and including b, then ends
                run = _flush(run, options)
            if item and least:
                options.append(item)
        run = _flush(run, options)
        branches.append(options)
        if i < len(p) and p[i] == "|":
            i += 1
            continue
        return branches, i


@dataclass(frozen=True, slots=True)
class Regex:
    """A compiled expression over folded text, and what must stand in a text for it to match; `needs` empty: can't be told."""

    pattern: str
    program: Any
    needs: Needs

    def search(self, encoded: bytes) -> tuple[int, int] | None:
        """First match in the folded text given as UTF-8, as byte positions."""
        found = self.program.search(encoded)
        return None if found is None else found.span()


def compile_regex(pattern: str) -> Regex:
    """Compile an author's expression. Raises RegexError with RE2's words for what it doesn't take."""
    import re2

    if len(pattern) > MAX_LENGTH:
        raise RegexError(f"longer than {MAX_LENGTH} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 16 << 20
    try:
        re2.compile(pattern.encode("utf-8"), options)  # as written first: the author must recognise what is complained about
        folded = fold_regex(pattern)
        program = re2.compile(folded.encode("utf-8"), options)
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0] if error.args else "invalid"
        raise RegexError(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from None
    return Regex(pattern, program, required_literals(folded))
