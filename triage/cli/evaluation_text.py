"""The report of `triage evaluate` on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from triage.cli import plots
from triage.cli.console import paint, safe, say, table, tell, text_of, width
from triage.cli.report_words import COMPARED, DRIFT, FIGURES, KINDS, VERDICTS
from triage.message import Message

MISTAKES = 8
DIFFERENT = 20

Excerpt = Callable[[int], str]


def show(report: Mapping[str, Any], excerpt: Excerpt) -> None:
    """Print everything. `excerpt` gives masked beginnings of rows."""
    for kind, found in report["tags"].items():
        _tag(kind, found, excerpt)
    for kind, found in report.get("against", {}).get("tags", {}).items():
        _compared(kind, found, excerpt)
    if "drift" in report:
        _drift(report["drift"])
    if report["unreadable"]:
        bad = report["unreadable"]
        tell(Message(f"有 {bad} 行读不出。", f"{bad} rows couldn't be read."))
    speed = report["docs_per_second"]
    tell(Message(f"每秒 {speed} 条（单进程，含分词）。", f"{speed} texts per second (one process, segmentation included)."))


def _title(text: Message | str) -> None:
    say()
    say(paint(text_of(text), "bold"))


def _tag(kind: str, found: Mapping[str, Any], excerpt: Excerpt) -> None:
    name, boot = KINDS.get(kind, Message.same(kind)), found["bootstrap"]
    at = f"（第 {found['level']} 级）" if found["level"] else ""
    at_en = f", level {found['level']}" if found["level"] else ""
    _title(
        Message(
            f"{name.zh}{at}：{found['rows']} 行，{found['groups']} 组互不相似的文本；95% 区间按组重抽 {boot['draws']} 次，种子 {boot['seed']}",
            f"{name.en}{at_en}: {found['rows']} rows in {found['groups']} groups of near-duplicates; 95% intervals, groups drawn {boot['draws']} times, seed {boot['seed']}",
        )
    )
    rows = [
        [text_of(title), number(found[key]), span(found["intervals"].get(key))] for key, title in FIGURES.items() if key in found and key != "rows"
    ]
    say(fitted(rows))
    head = [text_of(m) for m in (Message("标签", "label"), Message("精确", "prec."), Message("召回", "rec."), Message.same("F1"), Message("F1 区间", "95% of F1"), Message("行数", "rows"))]
    each = found["intervals"]["per_label"]
    say(fitted([
        [safe(label), *(f"{v[k]:.3f}" for k in ("precision", "recall", "f1")), span(each[label]["f1"]), str(v["support"])]
        for label, v in found["per_label"].items()
    ], head))  # fmt: skip
    if "calibration" in found:
        low, high = found["ece_if_calibrated"]
        _title(
            Message(
                f"校准：误差 {found['ece']:.3f}；完全校准时凭偶然也会有 {low:.3f}，95% 情况下不超过 {high:.3f}",
                f"Calibration: error {found['ece']:.3f}; by chance a perfectly calibrated tagger shows {low:.3f}, in 95% of cases at most {high:.3f}",
            )
        )
        say(plots.calibration(found["calibration"]))
    if "curve" in found:
        _title(Message("只答最有把握的一部分时", "If only the most confident rows are answered"))
        say(plots.curve(found["curve"]))
    if found["confusion"]:
        _title(Message("最常见的错误（应为 → 判为）", "Most frequent mistakes (right → said)"))
        for (right, said, n), (_, _, examples) in list(zip(found["confusion"], found["examples"], strict=True))[:MISTAKES]:
            say(f"  {_value(right)} → {_value(said)}  {n}")
            for row in examples:
                quote(excerpt(row), 6)


def _value(label: str) -> str:
    return safe(label) or text_of(Message("（无）", "(none)"))


def _compared(kind: str, found: Mapping[str, Any], excerpt: Excerpt) -> None:
    name = KINDS.get(kind, Message.same(kind))
    _title(Message(f"与另一模型比较：{name.zh}（同一批行，成对）", f"Against the other model: {name.en} (same rows, paired)"))
    rows = [
        [text_of(FIGURES.get(key, key)), number(v["one"]), number(v["other"]), f"{v['difference']:+.4f}", span(v["interval"])]
        for key, v in found["difference"].items()
    ]
    say(fitted(rows, [text_of(m) for m in COMPARED]))
    say(
        Message(
            f"  只有本模型答对 {found['only_one']} 行，只有另一模型答对 {found['only_other']} 行；按组 {found['groups_one']} 比 {found['groups_other']}，McNemar 精确检验 {chance(found['mcnemar'])}",
            f"  only this right: {found['only_one']} rows, only the other: {found['only_other']}; by groups {found['groups_one']} to {found['groups_other']}, McNemar's exact {chance(found['mcnemar'])}",
        )
    )
    differ = found["differ"]
    if differ:
        say(Message(f"  答案不同的 {len(differ)} 行（前 {DIFFERENT}；应为：本模型 / 另一模型）", f"  {len(differ)} rows answered differently (first {DIFFERENT}; right: this / other)"))
        for row, right, one, other in differ[:DIFFERENT]:
            say(f"    {_value(right)}: {_value(one)} / {_value(other)}")
            quote(excerpt(row), 6)


def _drift(found: Mapping[str, Any]) -> None:
    words, labels = found["vocabulary"], found["labels"]
    _title(Message(f"与训练文本相比的漂移（{found['texts']} 条比 {found['training_texts']} 条）", f"Drift against the training texts ({found['texts']} texts to {found['training_texts']})"))
    say("  " + paint(text_of(VERDICTS[found["verdict"]]), {"none": "green", "small": "yellow", "large": "red"}[found["verdict"]]))
    say(Message(f"  词频：训练文本随机对半拆分，{words['chance']:.1%} 有这么大的差异（JS {words['jensen_shannon']:.3f}）", f"  words: {words['chance']:.1%} of random splits of the training texts are as far apart (JS {words['jensen_shannon']:.3f})"))
    say(Message(f"  标签：按训练时的比例抽取，{labels['chance']:.1%} 有这么大的差异（稳定性指数 {labels['stability']:.3f}）", f"  labels: {labels['chance']:.1%} of draws from the shares in training are as far (stability index {labels['stability']:.3f})"))
    head = [Message.same(""), Message("训练时", "training"), Message("现在", "now"), Message.same("z")]
    rows = [[text_of(title), number(found[key]["then"]), number(found[key]["now"]), f"{found[key]['z']:+.1f}"] for key, title in DRIFT.items()]
    say(fitted(rows, [text_of(m) for m in head]))
    say(table([[safe(label), f"{a:.1%}", f"{b:.1%}"] for label, (a, b) in labels["shares"].items()]))
    if found["grown"]:
        say(Message("  增长最多的词（每千条文本；* 模型不认识）", "  words that grew most (of 1,000 texts; * unknown to the model)"))
        say(table([[safe(w) + ("" if known else " *"), f"{a:g}", "→", f"{b:g}"] for w, a, b, known in found["grown"]], "    "))


def fitted(rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
    """Rows as a table, or, where the terminal is too narrow for it, each row on lines of its own with the columns' names."""
    whole = table([head, *rows] if head else rows)
    room = plots.columns()
    if max(map(width, whole.splitlines()), default=0) <= room:
        return whole
    lines = []
    for first, *cells in rows:
        lines.append(f"  {first}")
        line = "   "
        for name, cell in zip(head[1:] if head else [""] * len(cells), cells, strict=True):
            part = f" {name} {cell}".replace("  ", " ")
            if width(line) + width(part) > room:
                lines.append(line)
                line = "   "
            line += part
        lines.append(line)
    return "\n".join(lines)


def number(value: Any) -> str:
    """A figure with four decimals; counts as they are."""
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def span(interval: Any) -> str:
    """An interval, or nothing."""
    return "" if interval is None else f"[{interval[0]:.3f}, {interval[1]:.3f}]"


def chance(p: float) -> str:
    """A probability, never as zero."""
    return f"p = {p:.3g}" if p >= 1e-6 else "p < 0.000001"


def quote(excerpt: str, indent: int) -> None:
    """An excerpt on one line of the terminal, cut where it ends."""
    room, shown = plots.columns() - indent, ""
    for character in excerpt:
        if width(shown) + width(character) > room - 1:
            shown += "…"
            break
        shown += character
    say(" " * indent + paint(shown, "dim"))
