"""A decision as data (JSON), as cells of an output row, and as text for people. Nothing is computed here: it shows what a decision carries."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson

from triage.diagnostics import Place
from triage.domain.decision import DECISION_FORMAT, Decision, Evidence, Reason
from triage.domain.facts import Unknown
from triage.explain import WhyNot, show
from triage.message import Message

COLUMNS = (
    "id", "category", "confidence", "abstained", "intent", "requests", "risks", "emotion", "severity", "green_channel", "queue",
    "actions", "reasons", "conflicts", "incomplete", "errors",
)  # fmt: skip
"""Output columns after `row`, in order. Their meaning is documented in docs/dump-format.md; a change raises DECISION_FORMAT."""


def _plain(value: Any) -> Any:
    """A fact's value as JSON knows it: money and decimals as text, so that no digit is lost."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, Unknown):
        return {"unknown": value.reason}
    return value


def _bilingual(message: Message | None) -> dict[str, str] | None:
    return None if message is None else {"zh": message.zh, "en": message.en}


def _evidence(evidence: Evidence, text: str) -> dict[str, Any]:
    out: dict[str, Any] = {"fact": evidence.fact}
    if evidence.value is not None:
        out["value"] = _plain(evidence.value)
    if evidence.spans:
        out["spans"] = [[s.start, s.end, text[s.start : s.end]] for s in evidence.spans]
    return out


def _reason(reason: Reason, text: str) -> dict[str, Any]:
    out: dict[str, Any] = {
        "rule": reason.rule, "title": _bilingual(reason.title), "place": str(reason.place), "layer": reason.layer,
        "evidence": [_evidence(e, text) for e in reason.evidence],
    }  # fmt: skip
    if reason.because is not None:
        out["because"] = _bilingual(reason.because)
    return out


def _conflicts(decision: Decision) -> list[dict[str, Any]]:
    return [{"slot": c.slot, "chosen": c.chosen, "values": {value: list(rules) for value, rules in c.values}} for c in decision.conflicts]


def _faults(decision: Decision) -> list[dict[str, str]]:
    return [{"where": f.where, "zh": f.message.zh, "en": f.message.en} for f in decision.errors]


def _outcome(decision: Decision) -> dict[str, Any]:
    """Tags but the category, and the slots that hold one value."""
    tags = decision.tags
    return {
        "intent": tags.intent,
        "requests": list(tags.requests),
        "risks": list(tags.risks),
        "emotion": tags.emotion,
        "severity": decision.severity,
        "green_channel": decision.green_channel,
        "queue": decision.queue,
    }


def decision_dict(decision: Decision) -> dict[str, Any]:
    """A decision as JSON-able data. Spans are [start, end, quote] over the original text."""
    tags = decision.tags
    return {
        "format": DECISION_FORMAT,
        "id": decision.id,
        "category": tags.category,
        "confidence": tags.confidence,
        "abstained": tags.abstained,
        "alternatives": [[name, share] for name, share in tags.alternatives],
        **_outcome(decision),
        "owner": decision.owner,
        "actions": {slot: list(values) for slot, values in sorted(decision.actions.items())},
        "reasons": [_reason(r, decision.text) for r in decision.reasons],
        "conflicts": _conflicts(decision),
        "incomplete": {slot: list(facts) for slot, facts in sorted(decision.incomplete.items())},
        "unknown": [{"rule": m.rule, "facts": dict(m.facts)} for m in decision.unknown],
        "replaced": [list(pair) for pair in decision.replaced],
        "trial": list(decision.trial),
        "errors": _faults(decision),
        "facts": {path: _plain(value) for path, value in sorted(decision.facts.items()) if path != "complaint.text"},
        "pack": decision.pack,
        "pack_fingerprint": decision.pack_fingerprint,
        "model_fingerprint": decision.model_fingerprint,
    }


def _json(value: Any) -> str:
    return orjson.dumps(value).decode() if value else ""


def row_values(decision: Decision) -> dict[str, Any]:
    """One output row as typed values: lists stay lists, for JSONL and Parquet. Keys are COLUMNS."""
    tags = decision.tags
    actions: dict[str, Any] = {slot: list(values) for slot, values in sorted(decision.actions.items())}
    if decision.owner is not None:
        actions["owner"] = decision.owner
    text = decision.text
    return {
        "id": decision.id,
        "category": tags.category,
        "confidence": tags.confidence,
        "abstained": tags.abstained,
        **_outcome(decision),
        "actions": actions,
        "reasons": [
            {"rule": r.rule, "title": r.title.zh or r.title.en, "place": str(r.place), "evidence": [_evidence(e, text) for e in r.evidence]}
            for r in decision.reasons
        ],
        "conflicts": _conflicts(decision),
        "incomplete": {slot: list(facts) for slot, facts in sorted(decision.incomplete.items())},
        "errors": _faults(decision),
    }


@lru_cache(maxsize=4096)
def _head(rule: str, title: str, place: Place) -> str:
    """The beginning of a reason as JSON, up to its evidence: the same for all rows."""
    return orjson.dumps({"rule": rule, "title": title, "place": str(place)}).decode()[:-1] + ',"evidence":'


def row_cells(decision: Decision) -> dict[str, str]:
    """One output row as text cells: lists and mappings as JSON, empty ones as nothing."""
    tags, text = decision.tags, decision.text
    actions: dict[str, Any] = dict(sorted(decision.actions.items()))
    if decision.owner is not None:
        actions["owner"] = decision.owner
    reasons = ",".join([
        _head(r.rule, r.title.zh or r.title.en, r.place) + orjson.dumps([_evidence(e, text) for e in r.evidence]).decode() + "}"
        for r in decision.reasons
    ])  # fmt: skip
    return {
        "id": decision.id or "",
        "category": tags.category or "",
        "confidence": f"{tags.confidence:.4f}",
        "abstained": "true" if tags.abstained else "false",
        "intent": tags.intent or "",
        "requests": _json(tags.requests),
        "risks": _json(tags.risks),
        "emotion": tags.emotion or "",
        "severity": decision.severity,
        "green_channel": decision.green_channel or "",
        "queue": decision.queue,
        "actions": _json(actions),
        "reasons": f"[{reasons}]" if reasons else "",
        "conflicts": _json(_conflicts(decision)) if decision.conflicts else "",
        "incomplete": _json(dict(sorted(decision.incomplete.items()))) if decision.incomplete else "",
        "errors": _json(_faults(decision)) if decision.errors else "",
    }


_TITLES = {
    "zh": {
        "category": "类别", "intent": "意图", "requests": "诉求", "risks": "风险", "emotion": "情绪", "severity": "严重程度",
        "green_channel": "绿色通道", "queue": "队列", "owner": "负责人", "notify": "通知", "require": "必须", "tag": "标记", "escalate": "升级",
        "propose": "建议", "visible_to": "仅可见", "assist": "协办", "mute": "静音", "approver": "审批人", "owner_rank": "负责人级别",
        "template": "模板", "clock": "时限", "set": "推导", "reasons": "理由", "conflicts": "冲突", "incomplete": "不完整",
        "errors": "错误", "replaced": "被取代", "trial": "试行规则命中", "confidence": "置信度", "abstained": "没有把握", "alternatives": "候选",
    },
    "en": {},
}  # fmt: skip
_PAINT = {"critical": "\033[1;31m", "high": "\033[31m", "medium": "\033[33m", "low": "\033[32m"}


def _title(key: str, lang: str) -> str:
    return _TITLES.get(lang, {}).get(key, key.replace("_", " "))


def _quote(evidence: Evidence, decision: Decision, lang: str) -> str:
    quotes = [f"“{decision.text[s.start:s.end]}”[{s.start}:{s.end}]" for s in evidence.spans]
    joined = (" " if lang == "en" else "").join(quotes)
    if evidence.value is None:
        return f"{evidence.fact} {joined}".rstrip()
    return f"{evidence.fact} = {show(evidence.value, lang)}" + (f"  {joined}" if joined else "")


def _words(decision: Decision, tag: str) -> str:
    """For a tag that a model's head alone named, the words that weighed most."""
    if tag not in getattr(decision.tags.spans, "named", ()):
        return ""
    return " " + "".join(f"“{word}”" for word in dict.fromkeys(decision.text[s.start : s.end] for s in decision.tags.spans[tag]))


def decision_text(decision: Decision, lang: str = "zh", colour: bool = False) -> str:
    """A decision for people: what was decided, then why, then what was missing or went wrong."""

    def paint(text: str, code: str) -> str:
        return f"{code}{text}\033[0m" if colour else text

    tags = decision.tags
    sep = "：" if lang == "zh" else ": "
    comma = "、" if lang == "zh" else ", "
    rows: list[str] = []

    def row(key: str, value: str) -> None:
        rows.append(f"{_title(key, lang)}{sep}{value}")

    if tags.abstained or tags.category is None:
        guess = comma.join(f"{name} {share:.2f}" for name, share in tags.alternatives[:3])
        row("category", _title("abstained", lang) + (f" ({_title('alternatives', lang)}{sep}{guess})" if guess else ""))
    else:
        row("category", f"{tags.category} ({_title('confidence', lang)} {tags.confidence:.2f})")
    for key, values in (("intent", (tags.intent,)), ("requests", tags.requests), ("risks", tags.risks), ("emotion", (tags.emotion,))):
        if said := comma.join(value + _words(decision, f"{key}:{value}") for value in values if value):
            row(key, said)
    row("severity", paint(decision.severity, _PAINT[decision.severity]))
    if decision.green_channel:
        row("green_channel", decision.green_channel)
    row("queue", decision.queue)
    if decision.owner:
        row("owner", decision.owner)
    for slot, values in sorted(decision.actions.items()):
        row(slot, comma.join(values))
    rows.append(paint(_title("reasons", lang) + sep.rstrip(), "\033[1m"))
    if not decision.reasons:
        rows.append("  " + ("没有规则成立" if lang == "zh" else "no rule held"))
    for reason in decision.reasons:
        rows.append(f"  - {reason.rule}  {reason.title.text(lang)}  ({reason.place})")
        rows.extend(f"      {_quote(e, decision, lang)}" for e in reason.evidence)
        if reason.because is not None:
            rows.append(f"      {reason.because.text(lang)}")
    for target, by in decision.replaced:
        rows.append(f"  ~ {target}: " + (f"被 {by} 取代" if lang == "zh" else f"replaced by {by}"))
    for conflict in decision.conflicts:
        given = comma.join(f"{value} ({', '.join(rules)})" for value, rules in conflict.values)
        rows.append(f"{_title('conflicts', lang)}{sep}{conflict.slot}: {given} -> {conflict.chosen}")
    for slot, facts in sorted(decision.incomplete.items()):
        rows.append(f"{_title('incomplete', lang)}{sep}{slot} ← {comma.join(facts)}")
    if decision.trial:
        row("trial", comma.join(decision.trial))
    rows.extend(f"{_title('errors', lang)}{sep}{fault.message.text(lang)}" for fault in decision.errors)
    return "\n".join(rows)


_STATES = {
    "held": ("成立，并且算数", "holds, and counts"), "replaced": ("成立，但被 {by} 取代", "holds, but {by} replaces it"),
    "trial": ("成立，但还在试行，不作数", "holds, but is in trial and decides nothing"),
    "outranked": ("成立，但表中更早的一行或更强的通道 {by} 已经算了", "holds, but an earlier row or a stronger channel {by} won"),
    "false": ("不成立", "doesn't hold"), "unknown": ("无法判定", "can't be told"),
}  # fmt: skip


def why_not_text(answer: WhyNot, lang: str = "zh") -> str:
    """A why-not for people: the state, each test in the way with the value seen, and the nearest change."""
    zh = lang == "zh"
    state = _STATES[answer.state][0 if zh else 1].format(by=answer.by)
    rows = [f"{answer.rule}  {answer.title.text(lang)}  ({answer.place})" + ("：" if zh else ": ") + state]
    for test in answer.failed:
        mark = "?" if test.truth is None else "x"
        rows.append(f"  {mark} {test.asked.text(lang)}" + ("；实际：" if zh else "; seen: ") + test.seen.text(lang))
    if answer.nearest:
        rows.append("最近的改变：" if zh else "nearest change:")
        rows.extend(f"  -> {test.change.text(lang)}" for test in answer.nearest)
    return "\n".join(rows)


def why_not_dict(answer: WhyNot) -> dict[str, Any]:
    """A why-not as JSON-able data."""

    def tests(items: Any) -> list[dict[str, Any]]:
        return [
            {"fact": t.fact, "truth": t.truth, "asked": _bilingual(t.asked), "seen": _bilingual(t.seen), "change": _bilingual(t.change)}
            for t in items
        ]

    return {
        "rule": answer.rule, "title": _bilingual(answer.title), "state": answer.state, "by": answer.by, "place": answer.place,
        "failed": tests(answer.failed), "nearest": tests(answer.nearest),
    }  # fmt: skip
