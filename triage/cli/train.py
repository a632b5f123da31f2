"""`triage train`: a classification model from labelled complaints."""

from __future__ import annotations

from typing import Any

import click

from triage.cli.command import command as bilingual
from triage.cli.command import option
from triage.cli.console import language, say, table, tell, text_of
from triage.cli.options import TRAIN_ROWS, dump_options, max_rows_option
from triage.errors import UsageError
from triage.message import Message


@bilingual("train", Message(
    "用已标注的投诉 DUMP（CSV、JSONL、Excel、Parquet）训练分类模型，写入文件夹。需要可选组件 train。",
    "Train a model on the labelled complaints in DUMP (CSV, JSONL, Excel, Parquet) and write it to a folder. Needs the extra `train`.",
))  # fmt: skip
@click.argument("dump")
@option("--label", required=True, metavar="COL", help=Message("类别所在的列。", "Column of the category."))
@option("-o", "--output", required=True, metavar="DIR", help=Message("模型写入的文件夹。", "Folder for the model."))
@option(
    "-p",
    "--pack",
    metavar="PACK",
    help=Message(
        "规则包：类别须在其类别树里，其词典用于分词。", "Pack: categories must be in its tree, its lexicon joins the dictionary."
    ),
)
@option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help=Message("随机种子；同样的输入得到同样的模型。", "Seed; equal input gives an equal model."),
)
@max_rows_option(TRAIN_ROWS)
@dump_options
def command(dump: str, label: str, output: str, pack: str | None, seed: int, max_rows: int, **reading: Any) -> int:
    from triage.cli.labelled import labelled_rows
    from triage.cli.progress import Progress

    try:
        from triage.tags.train import train
    except ModuleNotFoundError as error:
        raise needs_train() from error
    found = None
    if pack is not None:
        from triage.cli.engine import pack_of

        found = pack_of(pack)
    rows = labelled_rows(dump, {"category": label}, reading, max_rows, seed)
    with Progress() as progress:
        try:
            metrics = train(rows.texts, rows.labels["category"], output, pack=found, seed=seed, progress=progress, numbers=rows.numbers)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] not in ("sklearn", "scipy"):
                raise
            raise needs_train() from error
    for warning in metrics.pop("warnings", []):
        tell(text_of(Message("提示：", "note: ")) + warning.text(language()), "yellow")
    if rows.unreadable:
        bad = rows.unreadable
        tell(Message(f"有 {bad} 行读不出，没有参加训练。", f"{bad} rows couldn't be read and were left out."))
    say(Message(f"模型已写入 {output}（{metrics['by']}）：", f"model written to {output} ({metrics['by']}):"))
    say(figures(metrics))
    return 0


def needs_train() -> UsageError:
    """What is said where scikit-learn isn't installed."""
    return UsageError(
        Message("训练需要 scikit-learn，这里没有安装", "training needs scikit-learn, which isn't installed here"),
        Message('pip install "complaint-triage[train]"', 'pip install "complaint-triage[train]"'),
    )


def figures(metrics: dict[str, Any]) -> str:
    """The main figures, and those of each label, as tables."""
    names = {
        "rows": Message("行数", "rows"), "accuracy": Message("准确率", "accuracy"), "macro_f1": Message("宏平均 F1", "macro F1"),
        "ece": Message("校准误差 ECE", "calibration error (ECE)"), "coverage": Message("作答比例", "share answered"),
        "accuracy_answered": Message("作答的准确率", "accuracy of the answered"), "docs_per_second": Message("每秒条数", "texts per second"),
    }  # fmt: skip
    rows = [[text_of(title), _number(metrics[key])] for key, title in names.items() if metrics.get(key) is not None]
    head = [
        text_of(m)
        for m in (
            Message("类别", "label"),
            Message("精确率", "precision"),
            Message("召回率", "recall"),
            Message("F1", "F1"),
            Message("行数", "rows"),
        )
    ]
    labels = [
        [name, *(_number(m[k]) for k in ("precision", "recall", "f1", "support"))] for name, m in metrics["per_label"].items()
    ]
    return table(rows) + "\n" + table([head, *labels])


def _number(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
