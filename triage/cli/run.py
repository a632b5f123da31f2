"""`triage run`: a dump of complaints in, a decision for each row out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from triage.cli.command import command as bilingual
from triage.cli.command import option
from triage.cli.console import language, say, tell
from triage.cli.options import dump_options, now_option, pack_option, read_now
from triage.message import Message

if TYPE_CHECKING:
    from triage.dumps.run import RunOptions, Status


@bilingual(
    "run",
    Message(
        "整理一批投诉：INPUT 是 CSV、JSONL、Excel 或 Parquet（可多个），结果写入一个文件，每行一个带理由的决定。\n\n"
        "正文、编号、时间和事实的列按中英文列名自动寻找，也可指明；常用的写进当前文件夹的 triage.toml。"
        "结果要么完整出现，要么不出现；中断后加 --resume 接着跑。读不出的行写入 --rejects。",
        "Decide every row of INPUT (CSV, JSONL, Excel or Parquet; several may be given) and write one decision a row, with its reasons.\n\n"
        "Columns of the text, the id, the time and the facts are found by their names, Chinese or English, or told; put what you use "
        "often in triage.toml in the current folder. The output appears whole or not at all; after an interruption go on with --resume. "
        "Rows that can't be read go to --rejects.",
    ),
)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@option(
    "-o",
    "--output",
    metavar="FILE",
    help=Message(
        "结果文件，以 .csv、.jsonl 或 .parquet 结尾；不写则为“输入名.decided.csv”。",
        "Output, ending in .csv, .jsonl or .parquet; INPUT.decided.csv if not given.",
    ),
)
@pack_option
@dump_options
@now_option
@option("--keep", is_flag=True, help=Message("结果里保留原有各列。", "Write the original columns too."))
@option("--rejects", metavar="FILE", help=Message("读不出的行写到哪里。", "Where rows that can't be read are listed."))
@option("--summary", metavar="FILE.json", help=Message("摘要另存为 JSON。", "Write the summary as JSON too."))
@option("--resume", is_flag=True, help=Message("从上次中断处接着跑。", "Go on where an interrupted run stopped."))
@option(
    "--workers",
    type=click.IntRange(1, 1024),
    metavar="N",
    help=Message("进程数；不写则用全部核心。", "Processes; all cores if not given."),
)
@option(
    "--segmenter",
    type=click.Choice(("auto", "jieba", "rjieba")),
    default="auto",
    show_default=True,
    help=Message("分词实现；结果相同。", "Segmenter; they cut the same."),
)
@option(
    "--output-format",
    type=click.Choice(("csv", "jsonl", "parquet")),
    help=Message("结果格式；不写则看文件名。", "Format of the output; by its name if not given."),
)
@option(
    "--raw-cells",
    is_flag=True,
    help=Message(
        "CSV 单元格不防公式注入（默认在 = + - @ 开头的单元格前加 '）。",
        "Leave CSV cells that begin like formulas as they are (by default they get a ').",
    ),
)
@option("--no-progress", is_flag=True, help=Message("不显示进度条。", "No progress bar."))
@option("-q", "--quiet", is_flag=True, help=Message("不显示摘要。", "Don't print the summary."))
def command(inputs: tuple[str, ...], no_progress: bool, quiet: bool, **options: Any) -> int:
    from triage.cli.findings import sources_of
    from triage.cli.progress import Progress
    from triage.dumps.checkpoint import shown
    from triage.dumps.run import run_dump
    from triage.errors import PackError

    chosen = run_options(inputs, options)
    with Progress(not no_progress and not quiet) as bar:

        def show(status: Status) -> None:
            bar(f"{status.rows}", status.done, 1.0)

        try:
            summary = run_dump(chosen, show if bar.shown else None)
        except PackError as error:
            sources_of(error, chosen.pack)
            raise
    if not quiet:
        say(summary.as_text(language()))
        place = shown(chosen.output)
        tell(Message(f"结果：{place}", f"output: {place}"))
    return 0


def run_options(inputs: tuple[str, ...], options: dict[str, Any]) -> RunOptions:
    """The options of a run, from those of the command line."""
    from triage.cli.rows import column_options, read_options
    from triage.dumps.run import RunOptions

    def path(name: str) -> Path | None:
        return Path(options[name]) if options[name] is not None else None

    output = path("output") or Path(f"{Path(inputs[0]).name.partition('.')[0]}.decided.{options['output_format'] or 'csv'}")
    return RunOptions(
        inputs=tuple(map(Path, inputs)),
        output=output,
        pack=options["pack"],
        model=options["model"],
        matcher=options["matcher"],
        segmenter=options["segmenter"],
        now=read_now(options["now"]),
        reading=read_options(options),
        columns=column_options(options),
        rejects=path("rejects"),
        summary=path("summary"),
        workers=options["workers"],
        keep=options["keep"],
        raw_cells=options["raw_cells"],
        resume=options["resume"],
        output_format=options["output_format"],
    )
