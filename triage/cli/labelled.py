"""Labelled rows of a dump for training and measuring: texts and label columns, in bounded memory however long the dump."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triage.cli.console import tell
from triage.cli.progress import Progress
from triage.cli.rows import column_options, read_options, text_of_row
from triage.dumps.columns import ColumnOptions, plan_columns
from triage.dumps.open import open_dump
from triage.dumps.record import Reject, as_text, clean
from triage.errors import UsageError
from triage.message import Message
from triage.tags.sample import GUARD, Reservoir


@dataclass
class LabelledRows:
    """Rows as far as they were kept.

    texts     title and text as one
    labels    tag type -> value of each row, as written
    numbers   number of each row in the dump, from 1
    seen      rows read, `unreadable` ones apart
    """

    texts: list[str]
    labels: dict[str, list[str]]
    numbers: list[int]
    seen: int
    unreadable: int


def labelled_rows(file: str, columns: Mapping[str, str], options: Mapping[str, Any], cap: int, seed: int = 0) -> LabelledRows:
    """Texts and the label columns (tag type -> column name), at most `cap` rows and GUARD of each label beside. Says so, if it draws.

    Raises UsageError (no such column, a label column that is also read as text, one that holds no labels), DumpError.
    """
    path = Path(file)
    dump = open_dump(path, read_options(options))
    header = not options.get("no_header")
    plan = plan_columns(path, dump.columns, dump.sample, {}, column_options(options), header)
    where = {
        kind: plan_columns(path, dump.columns, dump.sample, {}, ColumnOptions(text=(name,), text_option="--label" if kind == "category" else "--tag"), header).text[0]
        for kind, name in columns.items()
    }
    for kind, at in where.items():
        if at in plan.text:
            name = columns[kind]
            raise UsageError(
                Message(f"标签列 {name} 同时被当作投诉文本，答案会泄露给模型", f"column {name} is both label and text: the model would read the answer"),
                Message("用 --text 指明投诉文本所在的列", "name the columns of the text with --text"),
            )  # fmt: skip
    reservoir, bad = Reservoir(cap, seed, next(iter(columns.values()), "")), 0
    with Progress() as progress:
        for number, record in enumerate(dump.records(), 1):
            if number % 5000 == 0:
                progress("read", dump.done, 1.0)
            if isinstance(record, Reject):
                bad += 1
                continue
            values = tuple(clean(as_text(record[at]).strip())[0] for at in where.values())
            reservoir.add(number, text_of_row(record, plan), values)
    seen = reservoir.seen
    kept = reservoir.rows()
    if len(kept) < seen:
        tell(
            Message(
                f"共 {seen} 行，抽取 {len(kept)} 行使用（随机，种子 {seed}；每个标签至少保留 {GUARD} 行）。用 --max-rows 改变。",
                f"{seen} rows; {len(kept)} of them were drawn (at random, seed {seed}; of each label at least {GUARD}). --max-rows changes it.",
            ),
            "yellow",
        )
    return LabelledRows(
        [text for _, text, _ in kept],
        {kind: [values[n] for _, _, values in kept] for n, kind in enumerate(where)},
        [number for number, _, _ in kept],
        seen,
        bad,
    )
