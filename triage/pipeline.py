"""The engine as a host uses it: `Triage.load(...)`, then `decide`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage.domain.complaint import Complaint
from triage.domain.decision import Decision
from triage.domain.pack import SEVERITIES, Pack
from triage.engine import Engine
from triage.errors import ModelError, PackError, UsageError
from triage.explain import WhyNot
from triage.message import Message

if TYPE_CHECKING:
    from triage.tags.model import Model

log = logging.getLogger("triage")
BATCH = 512
BATCH_CHARACTERS = 400_000
"""A batch ends at whichever comes first: the longer a batch, the more of it finds what it needs in the processor's caches."""


class Triage:
    """The engine as a host uses it. `Triage.load(...)` once, then `decide` as often as you like, from any thread.

    >>> from triage import Triage
    >>> triage = Triage.load("telecom-cn")
    >>> triage.decide("再不处理我就找记者曝光").severity
    'critical'
    """

    def __init__(self, engine: Engine, settings: Mapping[str, Any]) -> None:
        self._engine = engine
        self._settings = dict(settings)
        self._lock = threading.Lock()

    @classmethod
    def load(
        cls, pack: str | Path | Pack = "government-cn", *, model: str | Path | Model | None = "auto", matcher: str = "auto", segmenter: str = "auto"
    ) -> Triage:
        """Load a pack (a built-in id, a folder, or a loaded Pack) and its model.

        model      "auto": the shipped model of the pack's name, if there is one; None: categories by cue phrases; or a folder
        matcher    "auto" (durable where durable_rules can be imported), "builtin", "durable"; the decisions are the same
        segmenter  "auto" (rjieba), "jieba", "rjieba"; the words are the same

        Raises PackError with every finding, ModelError, UsageError.
        """
        settings = {"pack": pack, "model": model, "matcher": matcher, "segmenter": segmenter}
        return cls(_build(settings), settings)

    def reload(self) -> bool:
        """Load pack and model again and change over between two decisions. True if the meaning changed.

        Raises what `load` raises, and then goes on with what it had.
        """
        with self._lock:
            engine = _build(self._settings)
            old, self._engine = self._engine, engine  # one assignment: a decision sees the old or the new, never both
        log.info("pack %s reloaded, fingerprint %s", engine.pack.id, engine.pack.fingerprint[:12])
        return (old.pack.fingerprint, _fingerprint(old.model)) != (engine.pack.fingerprint, _fingerprint(engine.model))

    @property
    def pack(self) -> Pack:
        """The loaded pack."""
        return self._engine.pack

    @property
    def model(self) -> Model | None:
        """The loaded model, or None where categories come from cue phrases."""
        return self._engine.model

    @property
    def matcher_name(self) -> str:
        """builtin or durable."""
        return self._engine.matcher.name

    @property
    def segmenter_name(self) -> str:
        """jieba or rjieba."""
        return str(self._engine.segmenter.name)

    @property
    def timings(self) -> dict[str, float]:
        """CPU seconds spent per stage since loading, in this process."""
        return self._engine.timings

    @property
    def used_facts(self) -> frozenset[str]:
        """The facts that rules of the pack read."""
        return self._engine.used

    @property
    def fingerprints(self) -> dict[str, str]:
        """What a decision hangs on besides the facts: pack and model, by the hash of their meaning."""
        return {"pack": self.pack.fingerprint, "model": _fingerprint(self.model)}

    def decide(self, complaint: str | Complaint, now: datetime | None = None) -> Decision:
        """Decide one complaint. No writes, no network, no clock: `now` (aware) is its time of receipt unless given.

        Raises UsageError for tags that the pack doesn't have; whatever else is wrong with it stands in `Decision.errors`.
        """
        return self._engine.decide_batch([_complaint(complaint)], _aware(now))[0]

    def decide_many(self, complaints: Iterable[str | Complaint], now: datetime | None = None) -> Iterator[Decision]:
        """Decisions in order, lazily, in small batches: memory doesn't grow with their number."""
        engine, now = self._engine, _aware(now)
        source = iter(complaints)
        while batch := _next_batch(source):
            yield from engine.decide_batch(batch, now)

    def why_not(self, complaint: str | Complaint, rule: str, now: datetime | None = None) -> WhyNot:
        """Why `rule` (its id) isn't among the reasons for this complaint, and the nearest change that would make it."""
        return self._engine.why_not(_complaint(complaint), str(rule), _aware(now))


def _next_batch(source: Iterator[str | Complaint]) -> list[Complaint]:
    batch: list[Complaint] = []
    size = 0
    for complaint in islice(source, BATCH):
        batch.append(_complaint(complaint))
        size += len(batch[-1].text)
        if size >= BATCH_CHARACTERS:
            break
    return batch


def _complaint(complaint: object) -> Complaint:
    if isinstance(complaint, str):
        return Complaint(complaint)
    if not isinstance(complaint, Complaint):
        kind = type(complaint).__name__
        raise UsageError(
            Message(f"投诉应是文本或 Complaint，不是 {kind}", f"a complaint is a str or a Complaint, not {kind}"),
            Message("如 Complaint(text, facts={...})", "such as Complaint(text, facts={...})"),
        )
    if not complaint.by_hand:
        return complaint
    bad = set(complaint.by_hand) - {"severity", "queue", "owner"}
    severity = complaint.by_hand.get("severity")
    if bad or (severity is not None and severity not in SEVERITIES):
        what = "、".join(sorted(bad)) or f"severity={severity}"
        raise UsageError(
            Message(f"by_hand 里有不能由人设定的内容：{what}", f"by_hand has something that can't be set: {what}"),
            Message("可设：severity（low medium high critical）、queue、owner", "settable: severity (low medium high critical), queue, owner"),
        )
    return complaint


def _aware(now: datetime | None) -> datetime | None:
    # callers without types may hand in a date or a text
    if now is not None and (not isinstance(now, datetime) or now.utcoffset() is None):  # type: ignore[redundant-expr]
        raise UsageError(Message("now 必须带时区", "now must be aware (with a UTC offset)"), Message("例：2026-03-16T09:00:00+08:00", "for example 2026-03-16T09:00:00+08:00"))
    return now


def _fingerprint(model: Model | None) -> str:
    return "" if model is None else model.fingerprint


def _build(settings: Mapping[str, Any]) -> Engine:
    pack = settings["pack"]
    if not isinstance(pack, Pack):
        from triage.packs.load import load_pack

        loaded = load_pack(pack)
        errors = [d for d in loaded.findings if d.level == "error"]
        if loaded.pack is None or errors:
            first = min(errors, key=lambda d: d.sort_key) if errors else None
            where = f"{first.place}: " if first else ""
            raise PackError(
                Message(
                    f"规则包 {pack} 有 {len(errors)} 处错误" + (f"；第一处：{where}{first.message.zh}" if first else ""),
                    f"pack {pack} has {len(errors)} error(s)" + (f"; the first: {where}{first.message.en}" if first else ""),
                ),
                loaded.findings,
                Message(f"运行 triage check {pack} 看全部", f"run: triage check {pack}"),
            )
        pack = loaded.pack
    return Engine(pack, _model(settings["model"], pack), settings["matcher"], settings["segmenter"])


def _model(ref: Any, pack: Pack) -> Model | None:
    if ref is None or ref == "none":
        return None
    from triage.packs.resources import models_dir
    from triage.tags.model import Model

    if isinstance(ref, Model):
        model = ref
    elif ref == "auto":
        folder = models_dir() / pack.id
        if not (folder / "model.json").is_file():
            return None
        model = Model.load(folder)
    else:
        folder = Path(ref)
        if not folder.exists() and (models_dir() / str(ref) / "model.json").is_file():
            folder = models_dir() / str(ref)
        model = Model.load(folder)
    known = {category.path for category in pack.taxonomy.categories}
    strange = sorted(set(model.labels) - known)
    if strange:
        some = "、".join(strange[:5])
        raise ModelError(
            Message(f"模型的类别不在规则包 {pack.id} 的类别树里：{some}", f"the model has categories that pack {pack.id} doesn't: {', '.join(strange[:5])}"),
            Message(
                "换用为这个规则包训练的模型，或把这些类别加进 taxonomy.yaml，或用 --model none 只靠线索词",
                "use a model trained for this pack, add the categories to taxonomy.yaml, or go without (--model none)",
            ),
        )
    return model
