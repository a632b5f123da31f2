"""`triage evaluate`: how right tags are on labelled complaints that nobody learnt from, how sure of it one may be, and whether texts drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import orjson

from triage.cli.command import command as bilingual
from triage.cli.command import option
from triage.cli.console import language, say, tell
from triage.cli.options import EVALUATE_ROWS, dump_options, max_rows_option, read_pairs
from triage.errors import UsageError
from triage.message import Message


@bilingual("evaluate", Message(
    "用已标注的投诉 DUMP 评估模型（没有参加训练的投诉才说明问题），给出 95% 区间；--drift 看新投诉与训练文本差多远。",
    "Measure a model on the labelled complaints in DUMP (they tell something only if it wasn't trained on them), with 95% intervals; --drift "
    "tells how far new complaints are from those of training.",
))  # fmt: skip
@click.argument("dump")
@option("--model", metavar="DIR", help=Message("模型文件夹；不写则用规则包自带的。", "Folder of the model; the pack's own if not given."))
@option("-p", "--pack", metavar="PACK", help=Message("规则包：词典、类别树、提示词。", "Pack: lexicon, categories, cue phrases."))
@option("--cues", is_flag=True, help=Message("评估模型加提示词的结果，即 run 给出的标签；需要 -p。", "Measure model and cue phrases together, as `run` tags; needs -p."))
@option("--label", metavar="COL", help=Message("类别所在的列。", "Column of the category."))
@option("--tag", "tags", multiple=True, metavar="TYPE=COL", help=Message("其他标签所在的列，如 risks=风险；多个值用 ; 或 | 分隔；可多次。", "Column of another tag, e.g. risks=风险; several values parted by ; or |; repeatable."))
@option("--level", type=click.IntRange(1), metavar="N", help=Message("类别只比到第 N 级；不写则比到标签列的深度。", "Compare categories down to level N; as deep as the column goes if not given."))
@option("--against", metavar="DIR", help=Message("同时与另一个模型成对比较。", "Compare with another model, paired, too."))
@option("--drift", is_flag=True, help=Message("与训练文本比较；此时可以没有标签。", "Compare with the training texts; needs no labels."))
@option("--html", "html", metavar="FILE", help=Message("另写一份 HTML 报告（含遮盖后的文本摘录）。", "Write an HTML report too (with masked excerpts)."))
@option("--json", "as_json", is_flag=True, help=Message("输出 JSON（不含任何文本）。", "Print JSON (no text in it)."))
@option("--seed", type=int, default=0, show_default=True, help=Message("重抽样的种子。", "Seed of the resampling."))
@option("--draws", type=click.IntRange(100, 100_000), default=1000, show_default=True, metavar="N", help=Message("重抽样次数。", "Times to resample."))
@max_rows_option(EVALUATE_ROWS)
@dump_options
def command(
    dump: str, model: str | None, pack: str | None, cues: bool, label: str | None, tags: Sequence[str], level: int | None, against: str | None,
    drift: bool, html: str | None, as_json: bool, seed: int, draws: int, max_rows: int, **reading: Any,
) -> int:  # fmt: skip
    from triage.cli.evaluation import Subject, measure
    from triage.cli.labelled import labelled_rows

    columns = read_pairs(tags, "--tag")
    if label is not None:
        if "category" in columns:
            raise UsageError(Message("--label 和 --tag category= 只能写一个", "give either --label or --tag category=, not both"))
        columns = {"category": label, **columns}
    if not columns and not drift:
        raise UsageError(
            Message("缺少 --label", "--label is missing"),
            Message("用 --label 指明类别所在的列，或用 --tag TYPE=COL", "name the column of the category with --label, or use --tag TYPE=COL"),
        )
    if html is not None:
        check_target(Path(html))
    subject = Subject.load(model, pack, cues)
    other = Subject.load(against, pack, cues) if against is not None else None
    rows = labelled_rows(dump, columns, reading, max_rows, seed)
    report = measure(rows, subject, other, columns, level, drift, draws, seed)
    report = {"format": 1, "dump": Path(dump).name, **report}
    if html is not None:
        from triage.cli.evaluation import excerpts
        from triage.cli.report_html import page

        write(Path(html), page(report, excerpts(rows, 200), language()))
        tell(Message(f"报告已写入 {html}", f"report written to {html}"))
    if as_json:
        say(orjson.dumps(as_numbers(report, rows.numbers), option=orjson.OPT_INDENT_2).decode())
        return 0
    from triage.cli.evaluation import excerpts
    from triage.cli.evaluation_text import show

    show(report, excerpts(rows, 60))
    return 0


def check_target(path: Path) -> None:
    """Raise UsageError now, and not after minutes of work, where the report can't be written."""
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(
            Message(f"--html 无法写入 {path}：应为已有文件夹里的文件", f"--html can't write {path}: give a file in a folder that exists")
        )


def write(path: Path, text: str) -> None:
    """The file as a whole or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(text, "utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def as_numbers(report: Mapping[str, Any], numbers: Sequence[int]) -> dict[str, Any]:
    """The report with rows by their number in the dump, from 1."""
    out = {**report, "tags": {}}
    for kind, found in report["tags"].items():
        examples = [[right, said, [numbers[row] for row in rows]] for right, said, rows in found["examples"]]
        out["tags"][kind] = {**found, "examples": examples}
    if "against" in report:
        compared = {
            kind: {**found, "differ": [[numbers[row], *rest] for row, *rest in found["differ"]]}
            for kind, found in report["against"]["tags"].items()
        }
        out["against"] = {**report["against"], "tags": compared}
    return out
