"""Rows of a training file made ready: masked, folded, cut into words; bad rows and bad labels found and counted first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from triage.domain.pack import Pack
from triage.errors import ModelError, UsageError
from triage.message import Message
from triage.tags.groups import letters, near_duplicates

MIN_ROWS = 3
"""Rows that a label needs, copies of one text counting once: one to learn from, one to measure on, one to set thresholds on."""

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


def resolve_labels(labels: Sequence[str], pack: Pack | None) -> list[str]:
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
    wrong: Counter[str] = Counter()
    for name in names:
        if name and name not in known:
            found = by_name.get(name, [])
            known[name] = found[0] if len(found) == 1 else None
        if name and known[name] is None:
            wrong[name] += 1
    if wrong:
        zh, en = [], []
        for name, rows in wrong.most_common(8):
            near = by_name.get(name) or get_close_matches(name, [*paths, *by_name], n=1, cutoff=0.4)
            zh.append(f"“{name}”（{rows} 行" + (f"，是不是“{'”或“'.join(near)}”？）" if near else "）"))
            en.append(f"'{name}' ({rows} rows" + (f", did you mean '{' or '.join(near)}'?)" if near else ")"))
        more_zh, more_en = (f"等 {len(wrong)} 个", f" and {len(wrong) - 8} more") if len(wrong) > 8 else ("", "")
        raise UsageError(
            Message(
                f"标签不在规则包 {pack.id} 的分类树里：" + "、".join(zh) + more_zh,
                f"labels that aren't categories of pack {pack.id}: " + ", ".join(en) + more_en,
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
) -> Prepared:
    """Check and cut all rows. `read` gives a text's folded, masked form and its feature words.

    Raises UsageError for arguments that don't fit, ModelError where too little is left to learn from.
    """
    if len(texts) != len(labels):
        raise UsageError(
            Message(
                f"文本 {len(texts)} 行，标签 {len(labels)} 行，应一样多",
                f"{len(texts)} texts and {len(labels)} labels; there must be as many",
            )
        )
    labels = resolve_labels(labels, pack)
    out, folded = Prepared(), []
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
        out.tokens.append(words)
        out.labels.append(label)
        out.rows.append(row)
        folded.append(plain)
    for rows, zh, en in (
        (without_label, "没有标签", "have no label"),
        (without_words, "文本为空或没有可用的词", "hold no text, or no word to learn from"),
    ):
        if rows:
            out.warnings.append(
                Message(f"{len(rows)} 行{zh}，未使用（{_rows_zh(rows)}）", f"{len(rows)} rows {en}; not used ({_rows_en(rows)})")
            )
    out.groups = near_duplicates(folded)
    _drop_contradictions(out, folded)
    _drop_rare(out)
    return out


def _drop_contradictions(out: Prepared, folded: Sequence[str]) -> None:
    """Leave out texts that carry different labels in different rows: nobody can tell which is right."""
    by_text: dict[str, list[int]] = {}
    for i, text in enumerate(folded):
        by_text.setdefault(letters(text), []).append(i)
    clashing = [where for where in by_text.values() if len({out.labels[i] for i in where}) > 1]
    if clashing:
        first = clashing[0]
        pairs_zh = "、".join(f"第 {out.rows[i] + 1} 行“{out.labels[i]}”" for i in first[:3])
        pairs_en = ", ".join(f"row {out.rows[i] + 1} '{out.labels[i]}'" for i in first[:3])
        total = sum(map(len, clashing))
        out.warnings.append(
            Message(
                f"{len(clashing)} 段相同的文本带有不同的标签，共 {total} 行，未使用（例如{pairs_zh}）",
                f"{len(clashing)} texts carry different labels in different rows; {total} rows not used (e.g. {pairs_en})",
            )
        )
        _keep(out, sorted(set(range(len(out.labels))) - {i for where in clashing for i in where}))


def _drop_rare(out: Prepared) -> None:
    """Leave out labels with too few texts; raise ModelError where fewer than two labels are left."""
    texts = {
        label: len({g for g, x in zip(out.groups, out.labels, strict=True) if x == label}) for label in sorted(set(out.labels))
    }
    rare = {label: n for label, n in texts.items() if n < MIN_ROWS}
    listed = "、".join(f"“{label}”{n}" for label, n in list(rare.items())[:10])
    listed_en = ", ".join(f"'{label}' {n}" for label, n in list(rare.items())[:10])
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


def _rows_zh(rows: Sequence[int]) -> str:
    return "第 " + "、".join(str(r + 1) for r in rows[:5]) + (" 行" if len(rows) <= 5 else " 等行")


def _rows_en(rows: Sequence[int]) -> str:
    return "rows " + ", ".join(str(r + 1) for r in rows[:5]) + ("" if len(rows) <= 5 else ", ...")
