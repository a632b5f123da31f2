"""`triage evaluate`: how right a model is on labelled complaints that it wasn't trained on."""

from __future__ import annotations

from typing import Any

import click
import orjson

from triage.cli.command import command as bilingual
from triage.cli.command import option
from triage.cli.console import say, table, tell, text_of
from triage.cli.options import dump_options
from triage.message import Message


@bilingual("evaluate", Message(
    "用已标注的投诉 DUMP 评估 DIR 里的模型（没有参加训练的投诉才说明问题）。",
    "Measure the model in DIR on the labelled complaints in DUMP (which tell something only if it wasn't trained on them).",
))  # fmt: skip
@click.argument("model_dir", metavar="DIR")
@click.argument("dump")
@option("--label", required=True, metavar="COL", help=Message("类别所在的列。", "Column of the category."))
@option("-p", "--pack", metavar="PACK", help=Message("规则包，其词典用于分词。", "Pack whose lexicon joins the dictionary."))
@option("--json", "as_json", is_flag=True, help=Message("输出 JSON。", "Print JSON."))
@dump_options
def command(model_dir: str, dump: str, label: str, pack: str | None, as_json: bool, **reading: Any) -> int:
    from triage.cli.engine import model_at, pack_of
    from triage.cli.rows import labelled
    from triage.tags.evaluate import evaluate
    from triage.text.segment import segmenter

    model = model_at(model_dir)
    lexicon = pack_of(pack).lexicon if pack is not None else ()
    texts, labels, bad = labelled(dump, label, reading)
    metrics = evaluate(model, texts, labels, segmenter=segmenter("auto", lexicon))
    metrics["unreadable"] = bad
    if as_json:
        say(orjson.dumps({"format": 1, **metrics}, option=orjson.OPT_INDENT_2).decode())
        return 0
    from triage.cli.train import figures

    say(figures(metrics))
    wrong = metrics["confusion"][:10]
    if wrong:
        say(Message("最常见的混淆（应为 → 判为）：", "most frequent mistakes (right -> said):"))
        say(table([[right, "→", said, str(n)] for right, said, n in wrong]))
    if metrics["unknown_labels"]:
        names = ", ".join(f"{name} ({n})" for name, n in metrics["unknown_labels"].items())
        tell(
            text_of(Message("模型不认识的类别（计为错）：", "labels that the model doesn't know (counted as wrong): ")) + names,
            "yellow",
        )
    if bad:
        tell(Message(f"有 {bad} 行读不出。", f"{bad} rows couldn't be read."))
    return 0
