"""`triage train`: a classification model from labelled complaints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import click

from triage.cli.command import command as bilingual
from triage.cli.command import option
from triage.cli.console import language, say, table, tell, text_of
from triage.cli.options import TRAIN_ROWS, dump_options, max_rows_option, read_pairs, training_pack_option
from triage.errors import UsageError
from triage.message import Message


@bilingual("train", Message(
    "用已标注的投诉 DUMP（CSV、JSONL、Excel、Parquet）训练分类模型，写入文件夹。需要可选组件 train。\n\n"
    "还没有标签时用 --cold：依据规则包的线索词、规则包自带的模型（如有）和这批投诉本身。",
    "Train a model on the labelled complaints in DUMP (CSV, JSONL, Excel, Parquet) and write it to a folder. Needs the extra `train`.\n\n"
    "Without any labels, --cold starts from the pack's cue phrases, the model that comes with the pack (if one does) and the dump itself.",
))  # fmt: skip
@click.argument("dump")
@option("--label", metavar="COL", help=Message("类别所在的列。", "Column of the category."))
@option(
    "-o",
    "--output",
    metavar="DIR",
    help=Message(
        "模型写入的文件夹；--cold 时不写则为“文件名.model”。", "Folder for the model; with --cold NAME.model if not given."
    ),
)
@option(
    "--tag",
    "tags",
    multiple=True,
    metavar="TYPE=COL",
    help=Message(
        "其他标签所在的列，如 risks=风险（intent、requests、risks、emotion）；多个值用 ; 或 | 分隔，requests、risks 空着表示没有；可多次。",
        "Column of another tag (intent, requests, risks, emotion), e.g. risks=风险; several values parted by ; or |; an empty cell of requests or risks says none; repeatable.",
    ),
)
@option("--cold", is_flag=True, help=Message("没有标签，冷启动。", "Start without labels."))
@option(
    "--no-shipped",
    is_flag=True,
    help=Message("冷启动时不参考规则包自带的模型。", "A cold start that doesn't ask the pack's own model."),
)
@option(
    "--reviewed",
    metavar="FILE",
    help=Message("triage review 的清单，其中人工填的标签优先。", "A list made by `triage review`: labels of people go first."),
)
@training_pack_option
@option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help=Message("随机种子；同样的输入得到同样的模型。", "Seed; equal input gives an equal model."),
)
@max_rows_option(TRAIN_ROWS)
@dump_options
def command(
    dump: str, label: str | None, output: str | None, tags: Sequence[str], cold: bool, no_shipped: bool, reviewed: str | None, pack: str | None, seed: int,
    max_rows: int, **reading: Any,
) -> int:  # fmt: skip
    from triage.cli.cold import reviewed_rows, train_cold
    from triage.cli.labelled import labelled_rows
    from triage.cli.progress import Progress

    try:
        import sklearn  # noqa: F401

        from triage.tags.train import train
    except ModuleNotFoundError as error:
        raise needs_train() from error
    if cold:
        if label is not None or tags or pack is None:
            raise COLD_TAKES
        return train_cold(dump, pack, output, not no_shipped, reviewed, seed, max_rows, reading)
    if label is None or output is None:
        raise LABEL_NEEDED
    columns = tag_columns(tags)
    found = None
    if pack is not None:
        from triage.cli.engine import pack_of

        found = pack_of(pack)
    rows = labelled_rows(dump, {"category": label, **columns}, reading, max_rows, seed)
    labels = rows.labels["category"]
    given = reviewed_rows(reviewed, found, rows.texts)
    weights = [REVIEWED if i in given else 1.0 for i in range(len(labels))] if given else None
    labels = [given.get(i, label) for i, label in enumerate(labels)]
    with Progress() as progress:
        try:
            metrics = train(
                rows.texts, labels, output, weights=weights, pack=found, seed=seed, progress=progress, numbers=rows.numbers,
                tags={kind: rows.labels[kind] for kind in columns},
            )  # fmt: skip
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
    for kind, measured in metrics.get("tags", {}).items():
        say(f"\n{kind}")
        say(per_value(measured.get("at_threshold", measured["per_label"])))
    return 0


REVIEWED = 2.0
"""What a label of `triage review` counts beside one that stood in the dump."""
COLD_TAKES = UsageError(
    Message("--cold 需要 --pack，且不与 --label、--tag 同用", "--cold takes --pack, and no --label or --tag"),
    Message("triage train DUMP --cold -p PACK -o DIR", "triage train DUMP --cold -p PACK -o DIR"),
)
LABEL_NEEDED = UsageError(
    Message(
        "训练需要 --label（类别列）和 --output（模型文件夹）",
        "training takes --label (column of the category) and --output (folder for the model)",
    ),
    Message("还没有标签？用 --cold -p PACK", "no labels yet? use --cold -p PACK"),
)


def tag_columns(tags: Sequence[str]) -> dict[str, str]:
    """`--tag TYPE=COL` as tag type -> column. Raises UsageError for a type that isn't learnt beside the category."""
    from triage.tags.heads import TYPES

    columns = read_pairs(tags, "--tag")
    for kind in columns:
        if kind == "category":
            raise UsageError(Message("类别所在的列用 --label 指明", "name the column of the category with --label"))
        if kind not in TYPES:
            near = get_close_matches(kind, TYPES[1:], 1, 0.5)
            raise UsageError(
                Message(f"--tag：没有标签类型“{kind}”", f"--tag: no tag type '{kind}'"),
                Message(
                    (f"是不是 {near[0]}？" if near else "") + "可用：" + "、".join(TYPES[1:]),
                    (f"did you mean {near[0]}? " if near else "") + "use one of: " + ", ".join(TYPES[1:]),
                ),
            )
    return columns


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
    return table(rows) + "\n" + per_value(metrics["per_label"])


def per_value(measured: Mapping[str, Mapping[str, Any]]) -> str:
    """Precision, recall, F1 and rows of each label, as a table."""
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
        [name, *(_number(m[k]) for k in ("precision", "recall", "f1", "support"))] for name, m in measured.items()
    ]
    return table([head, *labels])


def _number(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
