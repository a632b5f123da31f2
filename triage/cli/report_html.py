"""The evaluation as one HTML file: no script, nothing from elsewhere, both languages in it, plots as SVG with their tables beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from triage.cli.evaluation_text import chance
from triage.cli.report_svg import calibration_svg, curve_svg, interval_svg
from triage.cli.report_words import COMPARED, DRIFT, FIGURES, KINDS, VERDICTS
from triage.message import LANGUAGES, Message

STYLE = """
:root{color-scheme:light dark;--ink:#1d2129;--soft:#4e5969;--line:#c9cdd4;--paper:#fff;--panel:#f4f6f9;--mark:#0b5cad;--band:#bcd7f2;--warn:#a3341b}
@media (prefers-color-scheme:dark){:root{--ink:#e8eaee;--soft:#b4bac4;--line:#4a505a;--paper:#16181d;--panel:#20242b;--mark:#7db8f5;--band:#29486b;--warn:#ffab91}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","WenQuanYi Micro Hei",sans-serif}
.bar,main{max-width:60rem;margin:0 auto;padding:.75rem 1rem}.bar{display:flex;gap:.25rem;justify-content:flex-end}
.pick{position:absolute;opacity:0;width:1px;height:1px}.bar label{padding:.25rem .75rem;border:1px solid var(--line);border-radius:.4rem;cursor:pointer}
#zh:checked~.bar label[for=zh],#en:checked~.bar label[for=en]{background:var(--mark);color:var(--paper);border-color:var(--mark)}
#zh:focus-visible~.bar label[for=zh],#en:focus-visible~.bar label[for=en]{outline:3px solid var(--mark);outline-offset:2px}
#zh:checked~main .en,#en:checked~main .zh,#zh:checked~.bar .en,#en:checked~.bar .zh{display:none}
h1{font-size:1.4rem;margin:.2rem 0 1rem}h2{font-size:1.2rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}h3{font-size:1rem;margin:1.5rem 0 .5rem}
p{margin:.5rem 0}.soft{color:var(--soft)}.warn{color:var(--warn)}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}caption{text-align:left;color:var(--soft);padding:.25rem 0}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}th:first-child,td:first-child,.text td,.text th{text-align:left}
th{font-weight:600;color:var(--soft)}tbody th{color:var(--ink);overflow-wrap:break-word;min-width:6.5em}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:1rem}figure{margin:0;background:var(--panel);border-radius:.5rem;padding:.75rem}
figcaption{font-size:.9rem;color:var(--soft)}svg{display:block;width:100%;height:auto}svg text{fill:var(--soft);font-size:11px}td{white-space:nowrap}.text td{white-space:normal;overflow-wrap:anywhere}td svg{width:8rem;margin-left:auto}
@media (max-width:30rem){table{font-size:.85rem}th,td{padding:.3rem .3rem}td svg{display:none}}
.grid{stroke:var(--line);stroke-width:1}.ideal{stroke:var(--soft);stroke-dasharray:4 4}.span{stroke:var(--mark);stroke-width:2;opacity:.55}.dot{fill:var(--mark)}.line{fill:none;stroke:var(--mark);stroke-width:2}.band{fill:var(--band)}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--mark)}blockquote{margin:.3rem 0 .3rem .5rem;padding-left:.6rem;border-left:3px solid var(--line);overflow-wrap:anywhere}
@media print{.bar{display:none}}
"""

Excerpt = Callable[[int], str]
"""Number of a row that was read (from 0) -> its row in the dump and its masked beginning, for people to read."""


def both(message: Message) -> str:
    """A message in both languages; the style shows one."""
    if message.zh == message.en:
        return escape(message.zh)
    return f'<span class="zh" lang="zh-CN">{escape(message.zh)}</span><span class="en" lang="en">{escape(message.en)}</span>'


def page(report: Mapping[str, Any], excerpt: Excerpt, lang: str = "zh") -> str:
    """The whole file, shown in `lang` first. `report` is what `triage evaluate --json` prints; texts come through `excerpt` alone."""
    parts = [_head(report)]
    for kind, found in report["tags"].items():
        parts.append(_tag(kind, found, excerpt))
    for kind, found in report.get("against", {}).get("tags", {}).items():
        parts.append(_compared(kind, found, excerpt))
    if "drift" in report:
        parts.append(_drift(report["drift"]))
    shown = {name: " checked" if name == lang else "" for name in LANGUAGES}
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>标签评估 · Tag evaluation</title><style>{STYLE}</style></head><body>"
        f'<input class="pick" type="radio" name="lang" id="zh" aria-label="中文"{shown["zh"]}>'
        f'<input class="pick" type="radio" name="lang" id="en" aria-label="English"{shown["en"]}>'
        '<div class="bar"><label for="zh">中文</label><label for="en">English</label></div>'
        f"<main>{''.join(parts)}</main></body></html>\n"
    )


def _head(report: Mapping[str, Any]) -> str:
    facts = [
        (Message("数据", "dump"), report["dump"]), (Message("评估对象", "measured"), report["subject"]),
        (Message("读取行数", "rows read"), f"{report['seen']:,}"), (Message("抽样使用", "rows used"), f"{report['used']:,}"),
    ]  # fmt: skip
    items = "".join(f"<tr><th scope=row>{both(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in facts)
    title = Message("标签评估", "Tag evaluation")
    return f'<h1>{both(title)}</h1><div class="wide"><table class="text"><tbody>{items}</tbody></table></div>'


def _tag(kind: str, found: Mapping[str, Any], excerpt: Excerpt) -> str:
    name = KINDS.get(kind, Message.same(kind))
    out = [f"<h2>{both(name)}</h2>"]
    note = Message(
        f"{found['rows']:,} 行，{found['groups']:,} 组互不相似的文本；区间为 95%，按组重抽 {found['bootstrap']['draws']} 次，种子 {found['bootstrap']['seed']}。",
        f"{found['rows']:,} rows in {found['groups']:,} groups of near-duplicates; 95% intervals, groups drawn {found['bootstrap']['draws']} times, seed {found['bootstrap']['seed']}.",
    )
    out.append(f'<p class="soft">{both(note)}</p>')
    rows = [(FIGURES[key], found[key], found["intervals"].get(key)) for key in FIGURES if key in found]
    out.append(
        _table(
            Message("总体", "overall"), (Message("指标", "figure"), Message("值", "value"), Message("95% 区间", "95%")),
            [[both(title), number(value), span(interval)] for title, value, interval in rows],
        )
    )  # fmt: skip
    if found["unknown_labels"]:
        listed = "、".join(f"{label} ({n})" for label, n in found["unknown_labels"].items())
        out.append(f'<p class="warn">{both(Message("不会作答的标签，计为错：", "labels that are never answered, counted as wrong: "))}{escape(listed)}</p>')
    heads = [Message("标签", "label"), Message("精确率", "precision"), Message("召回率", "recall"), Message("F1", "F1"), Message("F1 的区间", "interval of F1"), Message("行数", "rows")]
    body = []
    for label, values in found["per_label"].items():
        interval = found["intervals"]["per_label"][label]
        drawn = interval_svg(values["f1"], interval["f1"])
        body.append([escape(label), *(number(values[k]) for k in ("precision", "recall", "f1")), drawn + span(interval["f1"]), f"{values['support']:,}"])
    out.append(_table(Message("每个标签", "per label"), heads, body))
    if "calibration" in found:
        out.append(_plots(found))
    out.append(_confusions(found, excerpt))
    return "".join(out)


def _plots(found: Mapping[str, Any]) -> str:
    bins = found["calibration"]
    low, high = found["ece_if_calibrated"]
    caption = Message(
        f"校准图：横轴置信度，纵轴实际正确的比例，竖线为 95% 区间，虚线为理想。误差 {found['ece']:.3f}；完全校准时凭偶然也会有 {low:.3f}（95% 情况下不超过 {high:.3f}）。",
        f"Calibration: confidence across, share right upwards, bars are 95% intervals, the dashed line is ideal. Error {found['ece']:.3f}; by chance a perfectly calibrated tagger shows {low:.3f} (in 95% of cases at most {high:.3f}).",
    )
    table = _table(
        Message("校准，每组行数相同", "calibration, bins of equal mass"),
        (Message("置信度", "confidence"), Message("正确", "right"), Message("95% 区间", "95%"), Message("个数", "number")),
        [[number(b["confidence"]), number(b["right"]), span(b["interval"]), f"{b['rows']:,}"] for b in bins],
    )
    figures = [_figure(calibration_svg(bins), caption, table)]
    if "curve" in found:
        caption = Message(
            "作答曲线：只答最有把握的一部分（横轴）时正确的比例（纵轴），阴影为 95% 区间。",
            "Coverage: the share right (upwards) if only the most confident rows (across) are answered; the band is the 95% interval.",
        )
        table = _table(
            Message("作答曲线", "coverage curve"),
            (Message("作答比例", "answered"), Message("正确", "right"), Message("95% 区间", "95%"), Message("置信度不低于", "confidence from")),
            [[f"{p['coverage']:.0%}", number(p["accuracy"]), span(p["interval"]), number(p["confidence"])] for p in found["curve"]],
        )
        figures.append(_figure(curve_svg(found["curve"]), caption, table))
    return f'<div class="plots">{"".join(figures)}</div>'


def _figure(drawing: str, caption: Message, table: str) -> str:
    as_table = both(Message("看数字", "as a table"))
    return f"<figure>{drawing}<figcaption>{both(caption)}</figcaption><details><summary>{as_table}</summary>{table}</details></figure>"


def _confusions(found: Mapping[str, Any], excerpt: Excerpt) -> str:
    if not found["confusion"]:
        return ""
    title = Message("最常见的错误（应为 → 判为）", "Most frequent mistakes (right → said)")
    nothing = both(Message("（无）", "(none)"))
    out = [f"<h3>{both(title)}</h3>"]
    for (right, said, rows), (_, _, examples) in list(zip(found["confusion"], found["examples"], strict=True))[:12]:
        quotes = "".join(f"<blockquote>{escape(excerpt(row))}</blockquote>" for row in examples)
        pair = f"{escape(right) or nothing} → {escape(said) or nothing}"
        out.append(f"<details><summary>{pair} · {rows:,}</summary>{quotes}</details>")
    return "".join(out)


def _compared(kind: str, found: Mapping[str, Any], excerpt: Excerpt) -> str:
    name = KINDS.get(kind, Message.same(kind))
    title = Message(f"与另一模型比较：{name.zh}", f"Against the other model: {name.en}")
    body = [
        [both(FIGURES.get(key, Message.same(key))), number(v["one"]), number(v["other"]), f"{v['difference']:+.3f}", span(v["interval"])]
        for key, v in found["difference"].items()
    ]
    note = Message(
        f"只有本模型答对的 {found['only_one']} 行，只有另一模型答对的 {found['only_other']} 行；按组计 {found['groups_one']} 比 {found['groups_other']}，McNemar 精确检验 {chance(found['mcnemar'])}。",
        f"{found['only_one']} rows only this model gets right, {found['only_other']} only the other; by groups {found['groups_one']} to {found['groups_other']}, McNemar's exact test {chance(found['mcnemar'])}.",
    )
    quotes = "".join(
        f"<blockquote>{escape(right)}: {escape(one)} / {escape(other)} — {escape(excerpt(row))}</blockquote>" for row, right, one, other in found["differ"][:50]
    )
    listed = both(Message(f"答案不同的 {len(found['differ'])} 行（前 50）", f"{len(found['differ'])} rows answered differently (first 50)"))
    return (
        f"<h2>{both(title)}</h2>{_table(Message('同一批行，成对', 'same rows, paired'), COMPARED, body)}"
        f"<p>{both(note)}</p><details><summary>{listed}</summary>{quotes}</details>"
    )


def _drift(found: Mapping[str, Any]) -> str:
    words, labels = found["vocabulary"], found["labels"]
    lines = [
        Message(f"词频：与训练文本的随机对半拆分相比，{words['chance']:.1%} 的拆分有这么大的差异。", f"Words: {words['chance']:.1%} of random splits of the training texts are as far apart."),
        Message(f"标签：从训练时的比例随机抽取，{labels['chance']:.1%} 有这么大的差异；稳定性指数 {labels['stability']:.3f}。", f"Labels: {labels['chance']:.1%} of draws from the shares in training are as far; stability index {labels['stability']:.3f}."),
    ]
    body = [[both(title), number(found[key]["then"]), number(found[key]["now"]), f"{found[key]['z']:+.1f}"] for key, title in DRIFT.items()]
    shares = [[escape(label), f"{a:.1%}", f"{b:.1%}"] for label, (a, b) in labels["shares"].items()]
    grown = [[escape(w), f"{a:g}", f"{b:g}", both(Message("是", "yes") if k else Message("否", "no"))] for w, a, b, k in found["grown"]]
    now = (Message("训练时", "in training"), Message("现在", "now"))
    return (
        f"<h2>{both(Message('与训练文本相比的漂移', 'Drift against the training texts'))}</h2><p><strong>{both(VERDICTS[found['verdict']])}</strong></p>"
        + "".join(f"<p>{both(line)}</p>" for line in lines)
        + _table(Message("平均值；z 为相差几个标准误", "means; z is the difference in standard errors"), (Message("项目", "what"), *now, Message("z", "z")), body)
        + _table(Message("判为各标签的比例", "share said of each label"), (Message("标签", "label"), *now), shares)
        + _table(Message("增长最多的词（每千条文本）", "words that grew most (of 1,000 texts)"), (Message("词", "word"), *now, Message("模型认识", "known")), grown)
    )


def _table(caption: Message, heads: Sequence[Message], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th scope=col>{both(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<th scope=row>{c}</th>" if i == 0 else f"<td>{c}</td>" for i, c in enumerate(row)) + "</tr>" for row in rows)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption.zh)} / {escape(caption.en)}"><table><caption>{both(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def number(value: Any) -> str:
    """A figure with three decimals; counts with commas."""
    return f"{value:.3f}" if isinstance(value, float) else f"{value:,}"


def span(interval: Sequence[float] | None) -> str:
    """An interval, or a dash where there is none."""
    return "–" if interval is None else f"{interval[0]:.3f} – {interval[1]:.3f}"
