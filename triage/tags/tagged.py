"""Labels of the other tag types in training rows: read from cells, held against the pack, and rows that carry nothing else kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches

from triage.domain.pack import Pack
from triage.errors import UsageError
from triage.message import Message
from triage.tags.evaluate import values_of
from triage.tags.groups import near_duplicates
from triage.tags.heads import SEVERAL, TYPES
from triage.tags.prepare import Prepared, Progress, prepare

Given = Mapping[str, Sequence[tuple[str, ...] | None]]
"""Tag type -> the values of each row; None where nothing is known of it."""


def read_tags(tags: Mapping[str, Sequence[str | None]], rows: int, pack: Pack | None, numbers: Sequence[int] | None = None) -> Given:
    """Values of each cell. `numbers` is what errors call the rows, 1, 2, ... if not given. None and, for single-valued types, an empty cell say that nothing is known of a row.

    Raises UsageError for types that aren't learnt, cells that aren't one per row, several values where one may be, and values that the pack
    doesn't have.
    """
    out: dict[str, list[tuple[str, ...] | None]] = {}
    for kind, cells in tags.items():
        if kind not in TYPES[1:]:
            raise UsageError(
                Message(f"没有标签类型“{kind}”", f"no tag type '{kind}'"),
                Message("可用：" + "、".join(TYPES[1:]), "use one of: " + ", ".join(TYPES[1:])),
            )
        if len(cells) != rows:
            raise UsageError(
                Message(f"{kind} 有 {len(cells)} 格，文本 {rows} 行，应一样多", f"{kind}: {len(cells)} cells for {rows} texts; there must be as many")
            )
        read = [None if cell is None else tuple(values_of(cell)) for cell in cells]
        _check(kind, read, pack, numbers if numbers is not None else range(1, rows + 1))
        out[kind] = read if kind in SEVERAL else [value or None for value in read]
    return out


def _check(kind: str, values: Sequence[tuple[str, ...] | None], pack: Pack | None, numbers: Sequence[int]) -> None:
    if kind not in SEVERAL:
        for row, value in zip(numbers, values, strict=True):
            if value and len(value) > 1:
                raise UsageError(
                    Message(
                        f"第 {row} 行的 {kind} 有 {len(value)} 个值（{'、'.join(value)}），只能有一个",
                        f"row {row} has {len(value)} values of {kind} ({', '.join(value)}); there may be one",
                    )
                )
    if pack is None:
        return
    taxonomy = pack.taxonomy
    known = {
        "intent": taxonomy.intents, "requests": taxonomy.requests, "risks": taxonomy.risks, "emotion": taxonomy.emotions,
    }[kind]  # fmt: skip
    ids = [value.id for value in known]
    strange: dict[str, int] = {}
    for value in values:
        for name in value or ():
            if name not in ids:
                strange[name] = strange.get(name, 0) + 1
    if strange:
        listed = list(strange.items())[:5]
        near = {name: get_close_matches(name, ids, 1, 0.5) for name, _ in listed}
        raise UsageError(
            Message(
                f"规则包 {pack.id} 没有这些 {kind}："
                + "、".join(f"“{name}”（{n} 行" + (f"，是不是“{near[name][0]}”" if near[name] else "") + "）" for name, n in listed),
                f"pack {pack.id} doesn't have these {kind}: "
                + ", ".join(f"'{name}' ({n} rows" + (f", did you mean '{near[name][0]}'" if near[name] else "") + ")" for name, n in listed),
            ),
            Message("可用：" + "、".join(ids), "use one of: " + ", ".join(ids)),
        )


def prepare_all(
    texts: Sequence[str], labels: Sequence[str], given: Given, read: Callable[[str], tuple[str, list[str]]], pack: Pack | None,
    progress: Progress | None, numbers: Sequence[int] | None,
) -> Prepared:  # fmt: skip
    """As `prepare`, and rows without a category that carry other labels are kept, their category empty.

    Copies of a text among those rows share a group; those of one row with a category and one without don't.
    """
    apart = [
        row for row in range(min(len(texts), len(labels)))
        if not labels[row].strip() and any(values[row] is not None for values in given.values())
    ]  # fmt: skip
    if not apart:
        return prepare(texts, labels, read, pack, progress, numbers)
    without = set(apart)
    rest = [row for row in range(len(texts)) if row not in without]
    called = numbers if numbers is not None else range(1, len(texts) + 1)
    out = prepare([texts[i] for i in rest], [labels[i] for i in rest], read, pack, progress, [called[i] for i in rest])
    out.rows = [rest[i] for i in out.rows]
    folded = []
    first = max(out.groups, default=-1) + 1
    for row in apart:
        plain, words = read(texts[row])
        if words:
            out.tokens.append(words)
            out.labels.append("")
            out.rows.append(row)
            folded.append(plain)
    out.groups = [*out.groups, *(first + group for group in near_duplicates(folded))]
    return out
