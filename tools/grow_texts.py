"""Grows training texts: joins the topic phrases of tools/topics into short letters.

Run as `python tools/grow_texts.py [MODEL...]`. In models/<model>/texts/<category>.txt the lines above the first blank line are
written by hand and stay; those below are written anew, the same bytes each time.

A topic line reads `subject|subject => predicate|predicate`; every predicate is joined with one or two of the subjects, or with all. Openings, closings
and the passages of _background.txt (what letters tell of the writer, the family, the way through the offices) are drawn from one list for all
categories of a model, so that none of their words speaks for any of them.

The topics of government-cn stand in tools/topics itself and its openings here; another model has a folder there, with its openings and
closings in `_openings.txt` and `_closings.txt`.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
TOPICS = ROOT / "tools" / "topics"
BACKGROUND = 0.6
"""Share of the grown texts that tell of something besides their matter; few words of a real letter name it."""

OPENINGS = (
    "尊敬的领导：您好！", "市长您好，", "书记好！", "尊敬的局长：您好！", "厅长您好：", "县长，你好！", "领导，", "您好！", "你好，", "各位领导：",
    "尊敬的市委书记、市长：", "我想向您反映一个问题。", "请问一下，", "我要投诉。", "我要举报！", "咨询一下：", "建议：", "恳请领导关注：",
    "我是A市的一名普通市民，", "我是B县的一个普通老百姓，", "我们是C区的村民，", "本人家住D市，", "感谢您在百忙之中看信。", "有个情况反映给您。",
    "上次的回复已看到，", "希望政府管一管：", "强烈要求查处：", "反映E县的一个现象：", "我是外地人，", "作为一名退休干部，", "我在网上问政平台第一次留言。",
    "党和政府的政策是好的，可是", "我代表大家写这封信，", "尊敬的纪委领导：", "关于这件事我已经写过两封信。", "实名举报：", "请教领导：", "", "", "", "", "",
)  # fmt: skip
CLOSINGS = (
    "请领导重视，谢谢！", "盼回复。", "希望有关部门尽快解决。", "请问该找哪个部门？", "什么时候能解决？", "请依法查处。", "恳请市领导派人调查。", "请给老百姓一个说法。",
    "谢谢领导！", "此致敬礼！", "请问有没有相关政策文件？", "这样合理吗？", "政府到底管不管？", "多次反映没有结果。", "向当地政府反映，互相推诿。", "希望能给一个明确的答复。",
    "镇里和村里都说不归他们管。", "相关部门不作为。", "请书记为民做主。", "请问这合法吗？", "严重影响我们的生活。", "我们老百姓苦不堪言。", "请公开处理结果。", "期待您的回信。",
    "希望上级领导来实地看看。", "难道没有人管吗？", "请核实处理。", "祝您工作顺利！", "", "", "", "", "", "",
)  # fmt: skip


class Source(NamedTuple):
    """What one model's texts are grown from: their folder, that of topics, and the passages drawn from for all categories."""

    texts: Path
    topics: Path
    openings: tuple[str, ...]
    closings: tuple[str, ...]
    background: tuple[str, ...]
    all_pairs: bool
    """Whether each subject is joined with each predicate: for topics with few lines."""


def source(model: str) -> Source:
    """Where the texts of a model are grown from. Exits where there are no topics for it."""
    texts, topics = ROOT / "models" / model / "texts", TOPICS / model
    if model == "government-cn":
        return Source(texts, TOPICS, OPENINGS, CLOSINGS, _lines(TOPICS / "_background.txt"), all_pairs=False)
    if not topics.is_dir():
        sys.exit(f"no topics for {model} in {TOPICS}")
    openings, closings, background = (_lines(topics / f"_{name}.txt") for name in ("openings", "closings", "background"))
    nothing = ("",) * (len(openings) // 3)  # a letter may begin and end with its matter
    return Source(texts, topics, openings + nothing, closings + nothing, background, all_pairs=True)


def _lines(path: Path) -> tuple[str, ...]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def hand_written(path: Path) -> list[str]:
    """The lines of a text file that were written by hand."""
    text = path.read_text(encoding="utf-8")
    return [line.strip() for line in text.split("\n\n")[0].splitlines() if line.strip()]


def topic_phrases(path: Path, all_pairs: bool) -> list[str]:
    """Subjects joined with predicates, as written in a category's topic file; none if there is no such file."""
    if not path.exists():
        return []
    out = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if "=>" not in line or line.startswith("#"):
            continue
        subjects, predicates = ([part.strip() for part in side.split("|") if part.strip()] for side in line.split("=>", 1))
        if all_pairs:
            out += [subject + predicate for predicate in predicates for subject in subjects]
            continue
        longest = max(len(subjects), len(predicates))
        out += [
            subjects[i % len(subjects)] + predicates[(i * 7 + i // len(predicates)) % len(predicates)] for i in range(longest)
        ]
        out += [subjects[(i + 1) % len(subjects)] + predicates[i % len(predicates)] for i in range(longest)]
    return list(dict.fromkeys(out))


def grown(category: str, source: Source) -> list[str]:
    """The grown texts of a category."""
    draw = random.Random(category)
    phrases, out = topic_phrases(source.topics / f"{category}.txt", source.all_pairs), list[str]()
    draw.shuffle(phrases)
    while phrases:
        n = draw.choice((1, 1, 2, 3))
        text = draw.choice(source.openings) + "，".join(phrases[:n]) + "。" + draw.choice(source.closings)
        if draw.random() < BACKGROUND:
            besides = "".join(draw.sample(source.background, draw.choice((1, 1, 2))))
            text = besides + text if draw.random() < 0.5 else text + besides
        out.append(text)
        phrases = phrases[n:]
    return list(dict.fromkeys(out))


def main() -> None:
    for model in sys.argv[1:] or ["government-cn", *sorted(p.name for p in TOPICS.iterdir() if p.is_dir())]:
        where = source(model)
        for path in sorted(where.texts.glob("*.txt")):
            if path.name.startswith("_"):
                continue
            written, more = hand_written(path), grown(path.stem, where)
            path.write_text("\n".join(written) + "\n" + ("\n" + "\n".join(more) + "\n" if more else ""), encoding="utf-8")
            print(model, path.stem, len(written), "+", len(more))


if __name__ == "__main__":
    main()
