"""What `triage evaluate` measures: a model alone or the tags of whole decisions, on the rows of a dump."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from time import perf_counter
from typing import TYPE_CHECKING, Any

from triage.cli.console import safe, tell
from triage.cli.labelled import LabelledRows
from triage.cli.progress import Progress
from triage.errors import ModelError, UsageError
from triage.message import Message

if TYPE_CHECKING:
    from triage.domain.pack import Pack
    from triage.pipeline import Triage
    from triage.tags.answers import Answers
    from triage.tags.model import Cutter, Model

_BATCH = 2000


@dataclass
class Subject:
    """What is measured: a model alone, or an engine whose tags come from model and cue phrases together."""

    name: str
    model: Model | None
    engine: Triage | None
    pack: Pack | None
    segmenter: Cutter

    @classmethod
    def load(cls, ref: str | None, pack_ref: str | None, cues: bool) -> Subject:
        """By `--model`, `--pack` and `--cues`. Raises UsageError, ModelError (not a model, other tokens, made for another pack), PackError."""
        from triage.cli.engine import load, model_at, pack_of
        from triage.text.segment import segmenter

        if ref is None and pack_ref is None:
            raise UsageError(
                Message("缺少 --model 或 -p", "--model or -p is missing"),
                Message("--model 指明模型文件夹；-p PACK 用规则包自带的模型", "--model names the folder of a model; -p PACK takes the pack's own"),
            )
        if cues and pack_ref is None:
            raise UsageError(Message("--cues 需要 -p PACK", "--cues needs -p PACK"))
        pack = pack_of(pack_ref) if pack_ref is not None else None
        model = model_at(ref) if ref is not None else _own(pack)
        if pack is not None and model is not None:
            check_pack(model, pack)
        if cues or model is None:
            assert pack is not None and pack_ref is not None
            engine = load(pack_ref, ref or "auto")
            return cls(f"{pack.id} + {ref or 'auto'} (run)", engine.model, engine, pack, segmenter("auto", pack.lexicon))
        cutter = segmenter("auto", pack.lexicon if pack is not None else _lexicon(model))
        model.check_segmenter(cutter)
        return cls(str(ref or f"{pack_ref} (auto)"), model, None, pack, cutter)

    def answers(self, texts: Sequence[str], tokens: Sequence[Sequence[str]]) -> dict[str, Answers]:
        """The answers to all texts, by tag type."""
        from triage.tags.answers import of_model, of_tags

        if self.engine is None:
            assert self.model is not None
            return of_model(self.model, tokens)
        assert self.pack is not None
        tags = []
        with Progress() as progress:
            for start in range(0, len(texts), _BATCH):
                progress("decide", start, len(texts))
                tags += [decision.tags for decision in self.engine.decide_many(texts[start : start + _BATCH])]
        tree = self.pack.taxonomy
        return of_tags(tags, {
            "category": [c.path for c in tree.categories], "intent": [v.id for v in tree.intents], "requests": [v.id for v in tree.requests],
            "risks": [v.id for v in tree.risks], "emotion": [v.id for v in tree.emotions],
        })  # fmt: skip


def _own(pack: Pack | None) -> Model | None:
    """The model that comes with a pack, if one does."""
    from triage.cli.engine import model_at
    from triage.packs.resources import models_dir

    return model_at(pack.id) if pack is not None and (models_dir() / pack.id / "model.json").is_file() else None


def _lexicon(model: Model) -> Any:
    """The lexicon of the built-in pack that a model says it was trained for; none where there is no such pack."""
    from triage.cli.engine import pack_of
    from triage.errors import PackError

    try:
        return pack_of(model.pack).lexicon if model.pack is not None else ()
    except (PackError, UsageError):
        return ()


def check_pack(model: Model, pack: Pack) -> None:
    """Raise ModelError where a model was made for another pack and answers categories that this one doesn't have."""
    known = {category.path for category in pack.taxonomy.categories}
    strange = [label for label in model.labels if label not in known]
    if model.pack not in (None, pack.id) and strange:
        raise ModelError(
            Message(
                f"模型是为规则包 {model.pack} 训练的，不是 {pack.id}；有 {len(strange)} 个类别（共 {len(model.labels)} 个）不在 {pack.id} 的类别树里，如“{strange[0]}”",
                f"the model was trained for pack {model.pack}, not for {pack.id}; {len(strange)} of its {len(model.labels)} categories aren't in {pack.id}, e.g. '{strange[0]}'",
            ),
            Message(f"用 -p {model.pack}，或换用为 {pack.id} 训练的模型", f"use -p {model.pack}, or a model trained for {pack.id}"),
        )


def measure(
    rows: LabelledRows, subject: Subject, other: Subject | None, columns: Mapping[str, str], level: int | None, with_drift: bool,
    draws: int, seed: int,
) -> dict[str, Any]:  # fmt: skip
    """The report: figures by tag type, comparison, drift. Rows by their number among those that were read."""
    from triage.tags.compare import compare
    from triage.tags.drift import drift
    from triage.tags.evaluate import cut, score, types_of
    from triage.tags.groups import near_duplicates

    started = perf_counter()
    tokens, folded, _ = cut(rows.texts, subject.segmenter)
    answers = subject.answers(rows.texts, tokens)
    seconds = perf_counter() - started
    groups = near_duplicates(folded)
    report: dict[str, Any] = {
        "subject": subject.name, "model": subject.model.fingerprint if subject.model is not None else None, "seen": rows.seen,
        "used": len(rows.texts), "unreadable": rows.unreadable, "docs_per_second": round(len(rows.texts) / max(seconds, 1e-9)), "tags": {},
    }  # fmt: skip
    theirs: dict[str, Answers] = {}
    if other is not None:
        theirs = other.answers(rows.texts, cut(rows.texts, other.segmenter)[0])
        report["against"] = {"subject": other.name, "model": other.model.fingerprint if other.model is not None else None, "tags": {}}
    for kind in types_of(columns, list(answers)):
        labels, found, depth = _ready(kind, rows.labels[kind], answers[kind], level, subject.pack)
        report["tags"][kind] = {"level": depth, **score(kind, found, labels, groups, draws, seed)}
        _warn_unknown(report["tags"][kind]["unknown_labels"], found.labels)
        if kind in theirs:
            second = _ready(kind, rows.labels[kind], theirs[kind], depth, subject.pack)[1]
            report["against"]["tags"][kind] = compare(found, second, labels, groups, draws, seed)
    if with_drift:
        if subject.model is None:
            raise ModelError(Message("没有模型，无法比较漂移", "there is no model; drift can't be told"))
        alone = answers["category"] if subject.engine is None else _alone(subject.model, tokens)
        guesses = [alone.labels[i] for i in alone.said.argmax(axis=1).tolist()]
        report["drift"] = drift(
            subject.model.manifest.get("training"), subject.model.words, tokens, folded, guesses, alone.answered.tolist(), seed
        )
    return report


def _alone(model: Model, tokens: Sequence[Sequence[str]]) -> Answers:
    from triage.tags.answers import of_model

    return of_model(model, tokens)["category"]


def _ready(
    kind: str, labels: Sequence[str], answers: Answers, level: int | None, pack: Pack | None
) -> tuple[list[str], Answers, int | None]:
    """Labels as paths, and answers no deeper than they are; the level that both are cut to (None: not cut)."""
    from triage.tags.answers import at_level, merge

    if kind != "category":
        return list(labels), answers, None
    known = [category.path for category in pack.taxonomy.categories] if pack is not None else list(answers.labels)
    by_name: dict[str, list[str]] = {}
    for path in known:
        by_name.setdefault(path.rsplit("/", 1)[-1], []).append(path)
    paths = set(known) | {"/".join(path.split("/")[:n]) for path in known for n in range(1, path.count("/") + 1)}
    named = [label if label in paths or len(by_name.get(label, ())) != 1 else by_name[label][0] for label in map(str.strip, labels)]
    if level is None:
        deepest = max((label.count("/") + 1 for label in named if label), default=1)
        level = deepest if deepest < max((label.count("/") + 1 for label in answers.labels), default=1) else None
    return at_level(named, level), merge(answers, level), level


def _warn_unknown(unknown: Mapping[str, int], labels: Sequence[str]) -> None:
    if not unknown:
        return
    zh, en = [], []
    for label, rows in sorted(unknown.items(), key=lambda item: (-item[1], item[0]))[:8]:
        near = get_close_matches(label, [x for x in labels if x not in unknown], 1, 0.4)
        zh.append(f"“{safe(label)}” {rows} 行" + (f"（是不是“{near[0]}”？）" if near else ""))
        en.append(f"'{safe(label)}' {rows} rows" + (f" (did you mean '{near[0]}'?)" if near else ""))
    tell(
        Message(
            f"提示：有 {len(unknown)} 种标签不会作答，计为错：{'、'.join(zh)}",
            f"note: {len(unknown)} labels are never answered and count as wrong: {', '.join(en)}",
        ),
        "yellow",
    )


def excerpts(rows: LabelledRows, size: int) -> Callable[[int], str]:
    """The number of a row in the dump and the beginning of its text, personal data masked, for people's eyes."""
    from triage.text.masking import mask

    def excerpt(row: int) -> str:
        text = " ".join(mask(rows.texts[row][: 4 * size], orders=True).split())
        return f"[{rows.numbers[row]}] " + safe(text[:size] + ("…" if len(text) > size else ""))

    return excerpt
