"""What looks wrong in training rows though nothing is broken: labels that stand in their texts, other scripts, labels misspelt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from triage.message import Message

LOOKED_AT = 100_000
"""Rows looked at for leaks, spread evenly over the dump: enough to see one, and it bounds time and memory."""
LEAST_ROWS = 10
"""Rows of a label from which on a leak is told."""
IN_ITS_OWN, ELSEWHERE = 0.9, 0.02
"""A word in at least this share of its label's rows, and in at most this share of all others, gives the label away."""
NAMED, NAMED_ELSEWHERE = 0.5, 0.05
"""The same for the label's own name: half of the rows is enough to be suspicious."""
_HAN = 0.3
"""A text with a smaller share of Chinese characters among its letters isn't a Chinese text."""
_ALIKE = 0.8
_MANY = 10


def leaks(tokens: Sequence[Sequence[str]], folded: Sequence[str], labels: Sequence[str]) -> list[Message]:
    """A warning where texts seem to hold their label: its name in most of its own texts and hardly any other, or a word that is in nearly all
    of them and nowhere else. Such a word stands in the texts only because somebody labelled them, and new complaints won't have it."""
    step = -(-len(labels) // LOOKED_AT) or 1
    rows = range(0, len(labels), step)
    of_label = Counter(labels[i] for i in rows)
    if len(of_label) < 2:
        return []
    in_label: dict[str, Counter[str]] = {label: Counter() for label in of_label}
    in_all: Counter[str] = Counter()
    for i in rows:
        distinct = set(tokens[i])
        in_label[labels[i]].update(distinct)
        in_all.update(distinct)
    total = len(rows)
    found: list[tuple[str, str, float, float]] = []
    for label, own in sorted(of_label.items()):
        if own < LEAST_ROWS or total - own < LEAST_ROWS:
            continue
        name = label.rsplit("/", 1)[-1].lower()
        holding = [i for i in rows if name in folded[i]] if len(name) > 1 else []
        inside = sum(labels[i] == label for i in holding)
        if inside >= NAMED * own and len(holding) - inside <= NAMED_ELSEWHERE * (total - own):
            found.append((label, name, inside / own, (len(holding) - inside) / (total - own)))
        for word, n in in_label[label].most_common():
            if n < IN_ITS_OWN * own:
                break
            if word not in name and in_all[word] - n <= ELSEWHERE * (total - own):
                found.append((label, word, n / own, (in_all[word] - n) / (total - own)))
    if not found:
        return []
    zh = "、".join(f"“{word}”（在“{label}”的 {own:.0%} 行里，其他行 {other:.1%}）" for label, word, own, other in found[:_MANY])
    en = ", ".join(f"'{word}' (in {own:.0%} of the rows of '{label}', {other:.1%} of the others)" for label, word, own, other in found[:_MANY])
    return [
        Message(
            f"标签可能泄露在文本里，新的投诉里不会有，实际效果会比这里的数字差：{zh}；请从文本中去掉标签、派单结果等字段",
            f"the label may have leaked into the texts; new complaints won't hold it and real figures will be worse than these: {en}; take labels "
            "and results of dispatching out of the text",
        )
    ]


def other_scripts(texts: Iterable[tuple[int, str]]) -> list[Message]:
    """A warning on texts (row, folded) that are hardly Chinese, Latin ones and those of other scripts counted apart."""
    latin: list[int] = []
    others: list[int] = []
    total = 0
    for row, text in texts:
        total += 1
        if text.isascii():
            if any(map(str.isalpha, text)):
                latin.append(row)
            continue
        seen = [c for c in text if c.isalpha()]
        han = sum("\u3400" <= c <= "\u9fff" or "\U00020000" <= c <= "\U000323af" for c in seen)
        if seen and han < _HAN * len(seen):
            (latin if sum(map(str.isascii, seen)) > len(seen) / 2 else others).append(row)
    out = []
    if latin:
        out.append(
            Message(
                f"{len(latin)} 行（{len(latin) / total:.0%}）几乎没有中文，按拉丁字母的单词学习（{rows_zh(latin)}）",
                f"{len(latin)} rows ({len(latin) / total:.0%}) hold hardly any Chinese; their Latin words are learnt as they stand ({rows_en(latin)})",
            )
        )
    if others:
        out.append(
            Message(
                f"{len(others)} 行（{len(others) / total:.0%}）是分词不认识的文字，学到的很少（{rows_zh(others)}）",
                f"{len(others)} rows ({len(others) / total:.0%}) are in scripts that aren't cut into words; little is learnt of them ({rows_en(others)})",
            )
        )
    return out


def likely_meant(label: str, counts: Mapping[str, int]) -> str | None:
    """The label that a rare one may be a misspelling of: much alike, and ten times as frequent."""
    near = [
        (SequenceMatcher(None, label, other).ratio(), other)
        for other, n in counts.items()
        if other != label and n >= 10 * counts[label] and abs(len(other) - len(label)) <= 2
    ]
    ratio, other = max(near, default=(0.0, ""))
    return other if ratio >= _ALIKE or (len(label) >= 3 and ratio >= (len(label) - 1) / len(label)) else None


def rows_zh(rows: Sequence[int]) -> str:
    """The first few row numbers."""
    return "第 " + "、".join(map(str, rows[:5])) + (" 行" if len(rows) <= 5 else " 等行")


def rows_en(rows: Sequence[int]) -> str:
    """The first few row numbers."""
    return "rows " + ", ".join(map(str, rows[:5])) + ("" if len(rows) <= 5 else ", ...")
