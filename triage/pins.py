"""Tags that a person or a test has set: they take the place of those that were read from the text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triage.domain.pack import Pack
from triage.domain.tags import Tags
from triage.errors import UsageError
from triage.message import Message

_PINNED = frozenset({"category", "intent", "requests", "risks", "emotion", "abstained", "confidence"})


class Pins:
    """The names under which one pack's tags may be set."""

    def __init__(self, pack: Pack) -> None:
        self._categories = _categories(pack)
        taxonomy = pack.taxonomy
        self._values = (
            ("intent", False, {v.id for v in taxonomy.intents}), ("emotion", False, {v.id for v in taxonomy.emotions}),
            ("requests", True, {v.id for v in taxonomy.requests}), ("risks", True, {v.id for v in taxonomy.risks}),
        )  # fmt: skip

    def pin(self, given: Mapping[str, object], tags: Tags) -> Tags:
        """Tags with those that are given. Raises UsageError for tags that the pack doesn't have."""
        unknown = set(given) - _PINNED
        if unknown:
            raise UsageError(Message(f"没有这样的标签：{'、'.join(sorted(unknown))}", f"no such tag: {', '.join(sorted(unknown))}"))
        category, confidence, abstained, alternatives = tags.category, tags.confidence, tags.abstained, tags.alternatives
        spans = dict(tags.spans)
        if "category" in given:
            category, confidence, abstained, alternatives = self._category(given["category"]), 1.0, False, ()
            spans.pop("category", None)
        if given.get("abstained") in (True, "true"):
            category, abstained = None, True
        if "confidence" in given:
            confidence = _confidence(given["confidence"])
        values: dict[str, Any] = {}
        for name, many, known in self._values:
            if name not in given:
                values[name] = getattr(tags, name)
                continue
            raw = given[name]
            items = [str(x) for x in raw] if isinstance(raw, list | tuple | set | frozenset) else [] if raw is None else [str(raw)]
            for item in items:
                if item not in known:
                    raise UsageError(
                        Message(f"规则包里没有 {name} 标签“{item}”", f"the pack has no {name} tag {item!r}"),
                        Message("可用：" + "、".join(sorted(known)), "use one of: " + ", ".join(sorted(known))),
                    )
            values[name] = tuple(sorted(set(items))) if many else (items[0] if items else None)
            spans = {k: v for k, v in spans.items() if not k.startswith(f"{name}:")}
        return Tags(category, confidence, abstained, alternatives, values["intent"], values["requests"], values["risks"], values["emotion"], spans)

    def _category(self, raw: object) -> str | None:
        if raw is None:
            return None
        found = self._categories.get(str(raw), ())
        if len(found) == 1:
            return found[0]
        raise UsageError(
            Message(f"类别“{raw}”" + ("不止一个，请写全路径：" + "、".join(found) if found else "不在规则包里"),
                    f"category {str(raw)!r} " + ("is ambiguous, write its path: " + ", ".join(found) if found else "isn't in the pack"))
        )  # fmt: skip


def _confidence(raw: object) -> float:
    try:
        value = float(str(raw))
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise UsageError(Message(f"confidence 应是 0 到 1 的数，不是“{str(raw)[:40]}”", f"confidence is a number from 0 to 1, not {str(raw)[:40]!r}"))
    return value


def _categories(pack: Pack) -> dict[str, tuple[str, ...]]:
    """Paths by every name under which a category may be called: its path and, where that is unambiguous, any tail of it."""
    found: dict[str, list[str]] = {}
    for category in pack.taxonomy.categories:
        parts = category.path.split("/")
        for i in range(len(parts)):
            found.setdefault("/".join(parts[i:]), []).append(category.path)
    return {name: (name,) if name in paths else tuple(paths) for name, paths in found.items()}
