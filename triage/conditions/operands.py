"""Operands of tests: from what was written to a value of the fact's type, another fact, or a finding at its exact place."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

from triage.conditions.suggest import did_you_mean
from triage.conditions.types import NUMERIC, Vocabulary, alike
from triage.diagnostics import Place
from triage.domain.condition import FactOperand
from triage.domain.facts import FactType, Scalar
from triage.domain.values import parse_duration, read_value
from triage.source import Findings, Items, Node, Text, as_bool

_MULTIPLE = re.compile(r"^(\d{1,9}(?:\.\d{1,6})?)\s*[×xX*]\s*(\S+)$")
_PATH = re.compile(r"^[^\W\d][\w-]*(\.[\w-]+)+$")
MAX_REGEX = 1000
"""Longest regular expression, in characters."""
KIND_NAMES = {
    "text": ("文字", "text"), "category": ("分类", "a category"), "choice": ("选项", "a choice"), "bool": ("true 或 false", "true or false"),
    "integer": ("整数", "a whole number"), "decimal": ("数", "a number"), "money": ("金额，如 500、500元、2万", "an amount, such as 500, 500元, 2万"),
    "instant": ("时刻，如 2026-03-16T09:00:00+08:00", "an instant, such as 2026-03-16T09:00:00+08:00"), "date": ("日期，如 2026-03-16", "a date, such as 2026-03-16"),
    "duration": ("时长，如 30min、8h、3d", "a duration, such as 30min, 8h, 3d"), "person": ("人员", "a person"),
}  # fmt: skip


def one_category(name: str, place: Place, vocabulary: Vocabulary, findings: Findings) -> str | None:
    """The path of the category that `name` means; several or none is a finding."""
    paths = vocabulary.category(name)
    if len(paths) == 1:
        return paths[0]
    if paths:
        listed = "、".join(paths)
        findings.add("TR204", place, f"分类“{name}”不止一个：{listed}", f"category {name!r} is ambiguous: {', '.join(paths)}",
                     (f"写完整路径，如 {paths[0]}", f"write its path, such as {paths[0]}"))  # fmt: skip
    else:
        findings.add("TR111", place, f"没有分类“{name}”", f"unknown category {name!r}", did_you_mean(name, vocabulary.categories))
    return None


class Operands:
    """Reads operands against a vocabulary; findings go to `findings`."""

    def __init__(self, vocabulary: Vocabulary, findings: Findings) -> None:
        self.vocabulary, self.findings = vocabulary, findings

    def scalar(self, node: Node, type_: FactType) -> Scalar | None:
        """One value of a type's element, or None with a finding."""
        if not isinstance(node, Text) or node.is_null:
            zh, en = KIND_NAMES[type_.kind]
            self.findings.add("TR203", node.place, f"这里应是一个值：{zh}", f"expected one value here: {en}")
            return None
        text = node.text
        match type_.kind:
            case "text" | "person":
                if text.strip():
                    return text
                self.findings.add("TR203", node.place, "这里是空的", "this is empty", ("写上文字；要问有没有值用 exists", "write a text; to ask for a value at all use exists"))
                return None
            case "category":
                return one_category(text, node.place, self.vocabulary, self.findings)
            case "choice":
                if text in type_.domain:
                    return text
                self.findings.add("TR120", node.place, f"没有这个选项“{text}”", f"unknown value {text!r}", did_you_mean(text, type_.domain))
                return None
            case "bool":
                value = as_bool(node)
                if value is None:
                    self.findings.add("TR203", node.place, f"“{text}”不是 true 或 false", f"{text!r} isn't true or false",
                                      ("是写 true，否写 false，不加引号", "write true or false, without quotes"))  # fmt: skip
                return value
            case _:
                return self.typed(node, type_)

    def typed(self, node: Text, type_: FactType) -> Scalar | None:
        """A number, an amount, a time or a duration."""
        try:
            value = read_value(node.text, FactType(type_.kind), timezone=self.vocabulary.timezone)
        except ValueError as error:
            reason = error.args[1] if len(error.args) > 1 else None
            zh, en = KIND_NAMES[type_.kind]
            detail = (f"：{reason.zh}", f": {reason.en}") if reason is not None else ("", "")
            self.findings.add("TR203", node.place, f"“{node.text}”不是{zh}{detail[0]}", f"{node.text!r} isn't {en}{detail[1]}")
            return None
        assert not isinstance(value, tuple)
        return value

    def fact(self, node: Node, type_: FactType, ordered: bool) -> FactOperand | bool | None:
        """Another fact or a multiple of it; None if the operand isn't meant as one; False if it is and is wrong (a finding)."""
        if not isinstance(node, Text) or not node.plain:
            return None
        times, path = Decimal(1), node.text
        multiple = _MULTIPLE.match(node.text)
        if multiple and (_PATH.match(multiple.group(2)) or multiple.group(2) in self.vocabulary.facts):
            times, path = Decimal(multiple.group(1)), multiple.group(2)
        elif not _PATH.match(path) and path != "now":
            return None
        other = self.vocabulary.facts.get(path)
        if other is None:
            if multiple is None and type_.kind in ("text", "choice", "person", "category"):
                return None  # a text with a dot in it
            self.findings.add("TR110", node.place, f"没有事实“{path}”", f"unknown fact {path!r}", did_you_mean(path, self.vocabulary.facts))
            return False
        if multiple and other.type.kind not in NUMERIC:
            self.findings.add("TR203", node.place, f"“{path}”不是数，不能乘", f"{path!r} isn't a number and has no multiples")
            return False
        if path == "now" and type_.kind in ("text", "choice", "person", "category"):
            return None
        if not alike(type_, other.type, ordered):
            a, b = KIND_NAMES[type_.kind], KIND_NAMES[other.type.kind]
            many = ("（列表）", " (a list)") if other.type.many else ("", "")
            self.findings.add("TR203", node.place, f"两边类型不同：这里要{a[0]}，“{path}”是{b[0]}{many[0]}",
                              f"types differ: {a[1]} is wanted, {path!r} is {b[1]}{many[1]}")  # fmt: skip
            return False
        return FactOperand(path, times)

    def many(self, node: Node, type_: FactType) -> tuple[Scalar, ...] | None:
        """A list of values, at least one, without repeats; a single scalar isn't a list."""
        if not isinstance(node, Items):
            self.findings.add("TR203", node.place, "这里应是列表", "expected a list here", ("写成 [甲, 乙]", "write [a, b]"))
            return None
        if not node.items:
            self.findings.add("TR201", node.place, "空列表什么也不会命中", "an empty list never holds", ("写上至少一项，或删去这个条件", "name at least one item, or remove the test"))
            return None
        values = [self.scalar(item, type_) for item in node.items]
        if any(v is None for v in values):
            return None
        unique: dict[Scalar, None] = dict.fromkeys(v for v in values if v is not None)
        return tuple(unique)

    def elapsed(self, node: Node) -> timedelta | None:
        """A duration in elapsed time (hours, days of 24 hours); working time can't be told without a clock."""
        if isinstance(node, Text):
            try:
                value = read_value(node.text, FactType("duration"), timezone=self.vocabulary.timezone)
            except ValueError:
                value = None
            if isinstance(value, timedelta):
                return value
            working = True
            try:
                parse_duration(node.text)
            except ValueError:
                working = False
            if working:
                self.findings.add("TR203", node.place, f"“{node.text}”不是自然时长，within 只认自然时长", f"{node.text!r} isn't elapsed time, which `within` wants",
                                  ("写成 30min、8h 或 3d", "write 30min, 8h or 3d"))  # fmt: skip
                return None
        self.findings.add("TR203", node.place, "这里应是时长，如 30min、8h、3d", "expected a duration here, such as 30min, 8h, 3d")
        return None

    def regex(self, node: Node) -> str | None:
        """A regular expression that RE2 takes."""
        if not isinstance(node, Text) or not node.text:
            self.findings.add("TR205", node.place, "这里应是一个正则表达式", "expected a regular expression here")
            return None
        problem = regex_problem(node.text)
        if problem is None:
            return node.text
        self.findings.add("TR205", node.place, f"正则表达式有错：{problem[0]}", f"bad regular expression: {problem[1]}",
                          ("不支持回头引用和前后查看（(?=、(?<!、\\1）；普通词请用 contains 或 words", "back references and look-around aren't supported; for plain words use contains or words"))  # fmt: skip
        return None


_REASONS = (
    ("missing )", "少了右括号 )"), ("unexpected )", "多了右括号 )"), ("missing ]", "少了右方括号 ]"), ("no argument for repetition", "* + ? 前面没有可重复的内容"),
    ("invalid repetition size", "重复次数过大（上限 1000）"), ("bad repetition operator", "重复符号连写"), ("invalid perl operator", "不支持的 (? 写法"),
    ("invalid escape", "不认识的 \\ 转义"), ("invalid character class range", "方括号里的范围写反了"), ("trailing \\", "末尾多了 \\"),
    ("too large", "表达式太大"), ("invalid named capture", "命名组写法不对"), ("invalid utf-8", "含有无法编码的字符"),
)  # fmt: skip


def regex_problem(pattern: str) -> tuple[str, str] | None:
    """Why RE2 doesn't take a pattern, in Chinese and English; None if it does."""
    import re2

    if len(pattern) > MAX_REGEX:
        return f"长 {len(pattern)} 字，上限 {MAX_REGEX}", f"{len(pattern)} characters, the limit is {MAX_REGEX}"
    options = re2.Options()
    options.log_errors = False  # it would print to stderr
    options.max_mem = 8 << 20
    try:
        re2.compile(pattern, options=options)
    except (re2.error, UnicodeError) as error:
        raw = error.args[0] if error.args else str(error)
        english = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(error)
        return next((zh for needle, zh in _REASONS if needle in english.lower()), "RE2 不认") + f"（{english}）", english
    return None
