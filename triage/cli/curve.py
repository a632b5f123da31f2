"""`triage curve`: how many labels buy how much."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
import orjson

from triage.cli.command import command as bilingual
from triage.cli.command import option
from triage.cli.console import say, table, tell, text_of
from triage.cli.options import TRAIN_ROWS, dump_options, max_rows_option, training_pack_option
from triage.errors import UsageError
from triage.message import Message

BAR = 40
"""Columns of a bar for macro-F1 1."""


@bilingual("curve", Message(
    "学习曲线：用 DUMP 里 50、100、200……条标注各训练一次，看多少标注换来多少准确度，并粗略外推。需要可选组件 train。",
    "The learning curve: train on 50, 100, 200... of the labels in DUMP and see how many labels buy how much, with a rough extrapolation. "
    "Needs the extra `train`.",
))  # fmt: skip
@click.argument("dump")
@option("--label", required=True, metavar="COL", help=Message("类别所在的列。", "Column of the category."))
@training_pack_option
@option("-o", "--output", metavar="FILE.csv|.json", help=Message("另存为 CSV 或 JSON。", "Write it as CSV or JSON too."))
@option("--seed", type=int, default=0, show_default=True, help=Message("随机种子。", "Seed."))
@max_rows_option(TRAIN_ROWS)
@dump_options
def command(dump: str, label: str, pack: str | None, output: str | None, seed: int, max_rows: int, **reading: Any) -> int:
    from triage.cli.labelled import labelled_rows
    from triage.cli.progress import Progress
    from triage.cli.train import needs_train

    try:
        import sklearn  # noqa: F401

        from triage.tags.curve import Point, as_rows, learning_curve
    except ModuleNotFoundError as error:
        raise needs_train() from error
    path = Path(output) if output is not None else None
    if path is not None and path.suffix.lower() not in (".csv", ".json"):
        raise UsageError(Message(f"{path}：请以 .csv 或 .json 结尾", f"{path}: let the name end in .csv or .json"))
    found = None
    if pack is not None:
        from triage.cli.engine import pack_of

        found = pack_of(pack)
    rows = labelled_rows(dump, {"category": label}, reading, max_rows, seed)
    with Progress() as progress:
        points, warnings = learning_curve(rows.texts, rows.labels["category"], pack=found, seed=seed, progress=progress)
    for warning in warnings:
        tell(text_of(Message("提示：", "note: ")) + text_of(warning), "yellow")
    if path is not None:
        write(path, as_rows(points))

    def line(p: Point) -> list[str]:
        bar = ("░" if p.guessed else "█") * round(p.macro_f1 * BAR)
        between = "" if p.low is None or p.high is None else f"{p.low:.3f}–{p.high:.3f}"
        return [
            str(p.labels),
            ("≈" if p.guessed else "") + f"{p.macro_f1:.3f}",
            between,
            "" if p.guessed else f"{p.accuracy:.3f}",
            bar,
        ]

    head = (
        Message("标注数", "labels"),
        Message("宏平均 F1", "macro F1"),
        Message("95% 区间", "95% interval"),
        Message("准确率", "accuracy"),
    )
    say(table([[*map(text_of, head), ""], *map(line, points)]))
    if any(p.guessed for p in points):
        say(Message("≈ 是按幂律外推的粗略估计，不是测出来的；前提是新标注与已有的同类。", "≈ is a rough extrapolation by a power law, not measured; it supposes that more labels would be like these."))  # fmt: skip
    return 0


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    """The points as a file, whole or not at all. Raises UsageError."""
    from triage.dumps.output import BOM, csv_bytes

    if path.suffix.lower() == ".json":
        data = orjson.dumps({"format": 1, "points": rows}, option=orjson.OPT_INDENT_2) + b"\n"
    else:
        cells = [["" if v is None else str(v).lower() if isinstance(v, bool) else v for v in row.values()] for row in rows]
        data = BOM + csv_bytes([list(rows[0]), *cells])
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageError(Message(f"无法写入 {path}：{error.strerror}", f"can't write {path}: {error.strerror}")) from error
