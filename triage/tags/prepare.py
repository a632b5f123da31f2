"""Rows of a training file made ready: masked, folded, cut into words; bad rows and bad labels found and counted first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from triage.domain.pack import Pack
from triage.errors import ModelError, UsageError
from triage.message import Message
from triage.tags.groups import near_duplicates, same_letters
from triage.tags.suspicions import leaks, likely_meant, other_scripts, rows_en, rows_zh

MIN_ROWS = 3
"""Rows that a label needs, copies of one text counting once: one to learn from, one to measure on, one to set thresholds on."""

AGREED = 2 / 3
"""Share of the rows of one text that must carry the same label to settle a contradiction."""

Progress = Callable[[str, int, int], None]
"""Called with a stage ("cut", "fold"), how much is done, and of how much."""


@dataclass(slots=True)
class Prepared:
    """Training rows that are fit to learn from. `warnings` say what was left out and why, with counts and examples."""

    tokens: list[list[str]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    """Number of each row in the input, from 0."""
    warnings: list[Message] = field(default_factory=list)


def resolve_labels(labels: Sequence[str], pack: Pack | None, numbers: Sequence[int] | None = None) -> list[str]:
    """The labels as categories of the pack: their path, or the last name of one path alone. Without a pack: as they are.

    Raises UsageError naming every label that the pack doesn't have, with the closest category it has.
    """
    names = [label.strip() for label in labels]
    if pack is None or not pack.taxonomy.categories:
        return names
    paths = [category.path for category in pack.taxonomy.categories]
    by_name: dict[str, list[str]] = {}
    for path in paths:
        by_name.setdefault(path.rsplit("/", 1)[-1], []).append(path)
    known: dict[str, str | None] = {path: path for path in paths}
    wrong: dict[str, list[int]] = {}
    for row, name in zip(numbers if numbers is not None else range(1, len(names) + 1), names, strict=True):
        if name and name not in known:
            found = by_name.get(name, [])
            known[name] = found[0] if len(found) == 1 else None
        if name and known[name] is None:
            wrong.setdefault(name, []).append(row)
    if wrong:
        zh, en = [], []
        for name, rows in sorted(wrong.items(), key=lambda item: -len(item[1]))[:8]:
            near = by_name.get(name) or get_close_matches(name, [*paths, *by_name], n=1, cutoff=0.4)
            zh.append(f"“{name[:40]}”（{len(rows)} 行，" + (f"是不是“{'”或“'.join(near)}”？）" if near else f"{rows_zh(rows)}）"))
            en.append(f"'{name[:40]}' ({len(rows)} rows, " + (f"did you mean '{' or '.join(near)}'?)" if near else f"{rows_en(rows)})"))
        total = sum(map(len, wrong.values()))
        more_zh, more_en = (f"等 {len(wrong)} 个", f" and {len(wrong) - 8} more") if len(wrong) > 8 else ("", "")
        raise UsageError(
            Message(
                f"{total} 行（共 {len(names)} 行）的标签不在规则包 {pack.id} 的分类树里：" + "、".join(zh) + more_zh,
                f"{total} of {len(names)} rows have labels that aren't categories of pack {pack.id}: " + ", ".join(en) + more_en,
            ),
            Message(
                "改正标签列，或先在 taxonomy.yaml 里声明这些分类",
                "mend the label column, or declare these categories in taxonomy.yaml first",
            ),
        )
    return [known[name] or "" if name else "" for name in names]


def prepare(
    texts: Sequence[str],
    labels: Sequence[str],
    read: Callable[[str], tuple[str, list[str]]],
    pack: Pack | None,
    progress: Progress | None,
    numbers: Sequence[int] | None = None,
) -> Prepared:
    """Check and cut all rows. `read` gives a text's folded, masked form and its feature words; `numbers` is what messages call the rows (1, 2,
    ... if not given).

    Raises UsageError for arguments that don't fit, ModelError where too little is left to learn from.
    """
    if len(texts) != len(labels):
        raise UsageError(
            Message(
                f"文本 {len(texts)} 行，标签 {len(labels)} 行，应一样多",
                f"{len(texts)} texts and {len(labels)} labels; there must be as many",
            )
        )
    called = numbers if numbers is not None else range(1, len(texts) + 1)
    labels = resolve_labels(labels, pack, called)
    _check_two(labels)
    out = Prepared()
    folded: list[str] = []
    one: dict[str, str] = {}  # one object a word, however many texts hold it: most of the memory otherwise
    without_label: list[int] = []
    without_words: list[int] = []
    for row, (text, label) in enumerate(zip(texts, labels, strict=True)):
        if progress is not None and row % 200 == 0:
            progress("cut", row, len(texts))
        if not label:
            without_label.append(row)
            continue
        plain, words = read(text)
        if not words:
            without_words.append(row)
            continue
        out.tokens.append([one.setdefault(word, word) for word in words])
        out.labels.append(label)
        out.rows.append(row)
        folded.append(plain)
    for rows, zh, en in (
        (without_label, "没有标签", "have no label"),
        (without_words, "文本为空或没有可用的词", "hold no text, or no word to learn from"),
    ):
        if rows:
            named = [called[row] for row in rows[:6]]
            out.warnings.append(
                Message(f"{len(rows)} 行{zh}，未使用（{rows_zh(named)}）", f"{len(rows)} rows {en}; not used ({rows_en(named)})")
            )
    out.groups = near_duplicates(folded)
    folded = _settle_contradictions(out, folded, called)
    out.warnings += other_scripts((called[row], text) for row, text in zip(out.rows, folded, strict=True))
    out.warnings += leaks(out.tokens, folded, out.labels)
    _drop_rare(out)
    return out


def _check_two(labels: Sequence[str]) -> None:
    """Raise ModelError at once where there is one label only: no need to cut a million texts to find out."""
    counts = Counter(filter(None, labels))
    if len(counts) == 1:
        ((label, rows),) = counts.items()
        raise ModelError(
            Message(
                f"无法训练：{rows} 行都是同一个标签“{label}”，至少要 2 个标签",
                f"can't train: all {rows} rows have one label, '{label}'; at least 2 are needed",
            ),
            Message("检查 --label 所指的列，或补充其他类别的投诉", "check the column that --label names, or add complaints of other categories"),
        )


def _settle_contradictions(out: Prepared, folded: Sequence[str], called: Sequence[int]) -> list[str]:
    """Of a text that carries different labels in different rows, keep the rows of the label that AGREED of them carry; where there is
    none, nobody can tell which is right, and all its rows are left out. Returns the folded texts that are left."""
    by_text: dict[int, list[int]] = {}
    for i, first in enumerate(same_letters(folded).tolist()):
        by_text.setdefault(first, []).append(i)
    clashing: list[list[int]] = []
    dropped: set[int] = set()
    settled = 0
    for where in by_text.values():
        counts = Counter(out.labels[i] for i in where)
        if len(counts) > 1:
            clashing.append(where)
            label, n = counts.most_common(1)[0]
            kept = n >= AGREED * len(where)
            settled += kept
            dropped.update(i for i in where if not kept or out.labels[i] != label)
    if not clashing:
        return list(folded)
    first_pair = {out.labels[i]: i for i in reversed(clashing[0])}
    pairs_zh = "、".join(f"第 {called[out.rows[i]]} 行“{label}”" for label, i in sorted(first_pair.items(), key=lambda x: x[1])[:3])
    pairs_en = ", ".join(f"row {called[out.rows[i]]} '{label}'" for label, i in sorted(first_pair.items(), key=lambda x: x[1])[:3])
    out.warnings.append(
        Message(
            f"{len(clashing)} 段相同的文本带有不同的标签（例如{pairs_zh}）：{settled} 段依三分之二以上的多数，其余不用；共 {len(dropped)} 行未使用",
            f"{len(clashing)} texts carry different labels in different rows (e.g. {pairs_en}): {settled} settled by a majority of two thirds, the "
            f"others left out; {len(dropped)} rows not used",
        )
    )
    kept_rows = [i for i in range(len(out.labels)) if i not in dropped]
    _keep(out, kept_rows)
    return [folded[i] for i in kept_rows]


def _drop_rare(out: Prepared) -> None:
    """Leave out labels with too few texts; raise ModelError where fewer than two labels are left."""
    texts = {
        label: len({g for g, x in zip(out.groups, out.labels, strict=True) if x == label}) for label in sorted(set(out.labels))
    }
    rare = {label: n for label, n in texts.items() if n < MIN_ROWS}
    meant = {label: near for label in rare if (near := likely_meant(label, texts))}
    listed = "、".join(f"“{label}”{n}" + (f"（是不是“{meant[label]}”？）" if label in meant else "") for label, n in list(rare.items())[:10])
    listed_en = ", ".join(f"'{label}' {n}" + (f" (did you mean '{meant[label]}'?)" if label in meant else "") for label, n in list(rare.items())[:10])
    if len(texts) - len(rare) < 2:
        why_zh = f"；不足 {MIN_ROWS} 条不同文本的标签：{listed}" if rare else ""
        why_en = f"; labels with fewer than {MIN_ROWS} different texts: {listed_en}" if rare else ""
        raise ModelError(
            Message(
                f"无法训练：{len(out.labels)} 行可用，只有 {len(texts) - len(rare)} 个标签够用，至少要 2 个{why_zh}",
                f"can't train: {len(out.labels)} usable rows, {len(texts) - len(rare)} labels with enough of them, at least 2 needed{why_en}",
            ),
            Message(
                f"补充标注，每个标签至少 {MIN_ROWS} 条不同的文本（30 条以上才有用）；没有标注时可先只用线索词",
                f"label more: at least {MIN_ROWS} different texts per label (30 or more to be of use); without labels, cue phrases alone work too",
            ),
        )
    if rare:
        dropped = sum(1 for label in out.labels if label in rare)
        out.warnings.append(
            Message(
                f"{len(rare)} 个标签不足 {MIN_ROWS} 条不同文本，共 {dropped} 行，模型不会给出这些标签：{listed}",
                f"{len(rare)} labels have fewer than {MIN_ROWS} different texts ({dropped} rows); the model won't answer them: {listed_en}",
            )
        )
        _keep(out, [i for i, label in enumerate(out.labels) if label not in rare])


def _keep(out: Prepared, kept: Sequence[int]) -> None:
    out.tokens = [out.tokens[i] for i in kept]
    out.labels = [out.labels[i] for i in kept]
    out.groups = [out.groups[i] for i in kept]
    out.rows = [out.rows[i] for i in kept]
