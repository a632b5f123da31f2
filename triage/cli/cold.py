"""`triage train --cold`: a model without labels, from cue phrases and the dump itself; and labels of people put where they belong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage.cli.console import say, table, tell, text_of
from triage.cli.progress import Progress
from triage.cli.review_file import matched, read_review, resolved, tell_lost
from triage.errors import UsageError
from triage.message import Message

if TYPE_CHECKING:
    from triage.domain.pack import Pack
    from triage.tags.model import Model

COLD_ROWS = 50_000
"""Rows that a cold start keeps of a longer dump: weak labels gain little from more."""


def reviewed_rows(file: str | None, pack: Pack | None, texts: Sequence[str]) -> dict[int, str]:
    """Place of each text that people have labelled in `file` -> its category. Says which labels find no text.

    Raises UsageError (labels that the pack doesn't have, contradictions, another kind of file), DumpError.
    """
    if file is None:
        return {}
    entries = read_review(Path(file))
    found, lost = matched(resolved(Path(file), entries, pack), texts)
    if (said := tell_lost(Path(file), entries, lost)) is not None:
        tell(text_of(Message("提示：", "note: ")) + text_of(said), "yellow")
    if not found:
        raise UsageError(
            Message(f"{file} 里没有一条标签能用于这份数据", f"{file} holds no label for this dump"),
            Message(
                "填写 label 列，并检查 --text 是否与 triage review 时相同",
                "fill the column label, and give the same --text as to `triage review`",
            ),
        )
    return found


def train_cold(
    dump: str,
    pack: str,
    output: str | None,
    shipped: bool,
    reviewed: str | None,
    seed: int,
    max_rows: int,
    reading: dict[str, Any],
) -> int:
    """Run it. Raises UsageError, DumpError, PackError, ModelError."""
    from triage.cli.engine import pack_of
    from triage.cli.labelled import labelled_rows
    from triage.tags.cold import cold_start
    from triage.text.segment import segmenter

    found = pack_of(pack)
    rows = labelled_rows(dump, {}, reading, min(max_rows, COLD_ROWS), seed)
    given = reviewed_rows(reviewed, found, rows.texts)
    cutter = segmenter("auto", found.lexicon)
    model = shipped_model(found, cutter) if shipped else None
    out = output or f"{Path(dump).name.partition('.')[0]}.model"
    with Progress() as progress:
        metrics = cold_start(
            rows.texts,
            found,
            out,
            shipped=model,
            reviewed=given,
            seed=seed,
            progress=progress,
            segmenter=cutter,
            numbers=rows.numbers,
        )
    for warning in metrics["warnings"]:
        tell(text_of(Message("提示：", "note: ")) + text_of(warning), "yellow")
    if rows.unreadable:
        tell(Message(f"有 {rows.unreadable} 行读不出，没有使用。", f"{rows.unreadable} rows couldn't be read and were left out."))
    report(out, metrics, model is not None)
    return 0


def shipped_model(pack: Pack, cutter: Any) -> Model | None:
    """The model that comes with the pack, if there is one."""
    from triage.packs.resources import models_dir
    from triage.tags.model import Model

    folder = models_dir() / pack.id
    return Model.load(folder, cutter) if (folder / "model.json").is_file() else None


def report(out: str, metrics: dict[str, Any], shipped: bool) -> None:
    """What came of it, and how little is known of how right it is."""
    cold = metrics["cold"]
    by = (
        Message("线索词和规则包自带的模型", "cue phrases and the pack's own model")
        if shipped
        else Message("线索词", "cue phrases")
    )
    say(
        Message(
            f"模型已写入 {out}：依据{by.zh}，{cold['texts']} 条文本。",
            f"model written to {out}: by {by.en}, {cold['texts']} texts.",
        )
    )
    if cold["reviewed"]:
        say(Message(f"用上了 {cold['reviewed']} 条人工标注。", f"{cold['reviewed']} texts carry labels of people."))
    expected = f"{metrics['accuracy']:.0%}"
    say(
        Message(
            f"含线索词的文本占 {cold['voiced']:.0%}；若弱标签可信，预计约 {expected} 判对——这不是测出来的，往往偏高。"
            "标注几十条再用 triage evaluate 量一量。",
            f"{cold['voiced']:.0%} of the texts hold a cue; if weak labels are as good as they seem, some {expected} of the answers will be right. "
            "That is an expectation, often too high, and no measurement: label a few dozen and run `triage evaluate`.",
        )
    )
    counts = sorted(cold["classes"].items(), key=lambda item: (-item[1], item[0]))
    say(table([[name, str(n)] for name, n in counts]))
