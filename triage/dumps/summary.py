"""What a run ended with: counts, and times; as JSON and as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from triage.domain.condition import facts_read
from triage.domain.pack import Pack
from triage.message import Message

SUMMARY_FORMAT = 1
TOP = 20

COUNTS = ("categories", "severities", "queues", "channels", "rules", "conflicts", "incomplete", "errors", "abstained")


@dataclass(slots=True)
class Summary:
    """Counts of a run. rows_in = rows_out + rejected, always. Equal inputs give an equal summary, `times` apart.

    starved   rules that could not fire because no column gives their facts -> those facts
    times     CPU seconds by stage over all processes; "wall" is the time on the clock
    """

    inputs: list[dict[str, Any]] = field(default_factory=list)
    output: str = ""
    rejects: str = ""
    pack: str = ""
    fingerprints: dict[str, str] = field(default_factory=dict)
    rows_in: int = 0
    rows_out: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    blank: int = 0
    duplicate_ids: int = 0
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in COUNTS})
    starved: dict[str, tuple[str, ...]] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)
    workers: int = 1

    def add(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        """Add a batch's counts."""
        for name, more in counts.items():
            self.counts.setdefault(name, Counter()).update(more)

    def state(self) -> dict[str, Any]:
        """What must survive a kill."""
        return {
            "rows_in": self.rows_in, "rows_out": self.rows_out, "rejected": dict(self.rejected),
            "counts": {name: dict(counter) for name, counter in self.counts.items()},
        }  # fmt: skip

    def restore(self, state: Mapping[str, Any]) -> None:
        self.rows_in, self.rows_out = state["rows_in"], state["rows_out"]
        self.rejected = Counter(state["rejected"])
        self.counts = {name: Counter(counter) for name, counter in state["counts"].items()}

    def as_dict(self) -> dict[str, Any]:
        """The summary as JSON-able data, format 1; counters by falling count, then name."""
        counts = self.counts
        wall = self.times.get("wall", 0.0)
        return {
            "format": SUMMARY_FORMAT,
            "inputs": self.inputs, "output": self.output, "rejects": self.rejects, "pack": self.pack, "fingerprints": self.fingerprints,
            "rows": {"in": self.rows_in, "out": self.rows_out, "rejected": sum(self.rejected.values()), "blank": self.blank, "duplicate_ids": self.duplicate_ids},
            "rejected": _ranked(self.rejected),
            "categories": _ranked(counts["categories"]), "severities": _ranked(counts["severities"]), "queues": _ranked(counts["queues"]),
            "green_channels": _ranked(counts["channels"]),
            "abstained": counts["abstained"]["rows"],
            "incomplete": _rows_by(counts["incomplete"], "slot:", "slots"),
            "conflicts": _rows_by(counts["conflicts"], "slot:", "slots"),
            "errors": _rows_by(counts["errors"], "where:", "where"),
            "rules": _ranked(counts["rules"]),
            "starved_rules": {rule: list(facts) for rule, facts in sorted(self.starved.items())},
            "times": {
                "workers": self.workers,
                "wall_seconds": round(wall, 3),
                "cpu_seconds": {name: round(seconds, 3) for name, seconds in self.times.items() if name != "wall"},
                "rows_per_second": round(self.rows_in / wall, 1) if wall else None,
            },
        }  # fmt: skip

    def as_json(self) -> bytes:
        return orjson.dumps(self.as_dict(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    def as_text(self, lang: str = "zh") -> str:
        """The summary for people."""
        return render(self.as_dict(), lang)


def _ranked(counter: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))


def _rows_by(counter: Counter[str], prefix: str, name: str) -> dict[str, Any]:
    parts = {key.removeprefix(prefix): n for key, n in counter.items() if key.startswith(prefix)}
    return {"rows": counter["rows"], name: _ranked(parts)}


def starved_rules(pack: Pack, given: Sequence[set[str]]) -> dict[str, tuple[str, ...]]:
    """Rules that read a fact which no input's columns give, nor the engine itself, nor a default: rule -> those facts.

    Such a rule may still hold where its condition has another way (any:), so this is a question to ask, not an error.
    """
    host = {
        path for path, fact in pack.facts.items()
        if fact.origin in ("host", "counts", "case") and fact.default is None
    } - set().union(*given)  # fmt: skip
    out = {}
    for rule in pack.rules:
        lacking = tuple(sorted(facts_read(rule.when) & host))
        if lacking and not _possible(rule.when, host):
            out[rule.id] = lacking
    return out


def _possible(condition: Any, missing: set[str]) -> bool:
    """Whether a condition can hold where the facts `missing` are never there. (A test of a missing fact is false, `exists: false` aside.)"""
    from triage.domain.condition import All, AnyOf, Not, Test

    match condition:
        case Test():
            absent = condition.fact in missing
            if absent and all(c.op == "exists" for c in condition.checks):
                return any(c.operand is False for c in condition.checks)
            return not absent and not (facts_read(condition) & missing)
        case All(parts):
            return all(_possible(p, missing) for p in parts)
        case AnyOf(parts):
            return any(_possible(p, missing) for p in parts)
        case Not(_):
            return True
    return True


_TITLES = {
    "categories": Message("类别", "categories"), "severities": Message("严重程度", "severities"), "queues": Message("队列", "queues"),
    "green_channels": Message("绿色通道", "green channels"), "rules": Message("成立最多的规则", "top rules"),
}  # fmt: skip
_STAGES = {
    "read": "读取", "fold": "归一", "segment": "分词", "scan": "扫描", "tag": "打标签", "gather": "取事实", "match": "匹配", "decide": "决定", "write": "写出",
}  # fmt: skip


def render(data: Mapping[str, Any], lang: str = "zh") -> str:
    """A summary (as_dict) as text."""
    zh = lang == "zh"
    rows = data["rows"]
    out = [
        (f"读入 {rows['in']} 行，写出 {rows['out']} 行，拒收 {rows['rejected']} 行" if zh
         else f"{rows['in']} rows in, {rows['out']} rows out, {rows['rejected']} rejected")
    ]  # fmt: skip
    for code, n in data["rejected"].items():
        out.append(f"  {code}: {n}")
    if data["rejects"] and rows["rejected"]:
        out.append(("  拒收明细：" if zh else "  rejects: ") + data["rejects"])
    for key, title in _TITLES.items():
        items = list(data[key].items())
        if not items:
            continue
        out.append(title.text(lang) + ("：" if zh else ":"))
        width = max(len(str(n)) for _, n in items)
        for name, n in items[:TOP]:
            share = f"{100 * n / rows['out']:5.1f}%" if rows["out"] else ""
            out.append(f"  {n:>{width}}  {share}  {name or ('（没有把握）' if zh else '(abstained)')}")
        if len(items) > TOP:
            out.append(f"  … +{len(items) - TOP}")
    pairs = (
        ("没有把握" if zh else "abstained", data["abstained"]), ("决定不完整" if zh else "incomplete", data["incomplete"]["rows"]),
        ("有冲突" if zh else "with conflicts", data["conflicts"]["rows"]), ("有错误记录" if zh else "with errors", data["errors"]["rows"]),
        ("编号重复" if zh else "repeated ids", rows["duplicate_ids"]), ("空行（跳过）" if zh else "blank rows (skipped)", rows["blank"]),
    )  # fmt: skip
    out.append(("；" if zh else "; ").join(f"{name} {n}" for name, n in pairs))
    if data["starved_rules"]:
        out.append("因为没有列提供所需事实而不可能成立的规则：" if zh else "rules that could not fire because no column gives their facts:")
        for rule, facts in list(data["starved_rules"].items())[:TOP]:
            out.append(f"  {rule} ← {', '.join(facts)}")
        if len(data["starved_rules"]) > TOP:
            out.append(f"  … +{len(data['starved_rules']) - TOP}")
    times = data["times"]
    stages = "  ".join(f"{_STAGES.get(name, name) if zh else name} {seconds:.2f}" for name, seconds in times["cpu_seconds"].items())
    out.append(f"CPU 秒：{stages}" if zh else f"CPU seconds: {stages}")
    speed = times["rows_per_second"] or 0
    out.append(
        f"用时 {times['wall_seconds']:.1f} 秒，{times['workers']} 个进程，每秒 {speed:.0f} 行" if zh
        else f"{times['wall_seconds']:.1f} s, {times['workers']} processes, {speed:.0f} rows/s"
    )  # fmt: skip
    return "\n".join(out)
