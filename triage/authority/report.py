"""An answer as JSON-able data (the journal's and the command's form) and as text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from triage.authority import words
from triage.authority.amounts import name
from triage.authority.scope import Scope
from triage.domain.authority import Cap, FourEyes
from triage.domain.facts import Facts
from triage.domain.grants import ANSWER_FORMAT, Answer, Sum
from triage.domain.numerals import plain
from triage.domain.pack import Pack
from triage.message import Message


def amount_text(value: Decimal | None) -> str | None:
    """An amount as plain digits; "unlimited" where there is no limit; None for none."""
    if value is None:
        return None
    return format(plain(value), "f") if value.is_finite() else "unlimited"


def answer_dict(answer: Answer) -> dict[str, Any]:
    """An answer as plain data. Amounts are text, so that none becomes a float; keys are stable (docs/authority.md)."""
    return {
        "format": ANSWER_FORMAT,
        "verdict": answer.verdict,
        "by": answer.by or None,
        "approvers": answer.approvers,
        "may": list(answer.may),
        "remedy": answer.remedy,
        "amount": amount_text(answer.amount),
        "unit": answer.unit,
        "handler": answer.handler,
        "rank": answer.rank,
        "at": answer.at.isoformat(),
        "room": "unlimited" if answer.room is None else amount_text(answer.room),
        "limits": [{"rank": x.rank, "limit": amount_text(x.limit), "rules": list(x.rules)} for x in answer.limits],
        "sums": [sum_dict(s) for s in answer.sums],
        "rules": [{"id": r.id, "text": r.text._asdict(), "place": str(r.place)} for r in answer.rules],
        "why": [{"code": w.code, "text": w.text._asdict()} for w in answer.why],
        "unknown": [{"rule": m.rule, "facts": [{"fact": f, "reason": r} for f, r in m.facts]} for m in answer.unknown],
        "notices": [{"rule": n.rule, "share": amount_text(n.share), "notify": list(n.notify)} for n in answer.notices],
        "keys": dict(answer.keys),
        "rate": None if answer.rate is None else {"currency": answer.rate.currency, "worth": str(answer.rate.worth), "on": answer.rate.on.isoformat()},
        "policy": answer.policy,
    }


def sum_dict(item: Sum) -> dict[str, Any]:
    """One sum as plain data."""
    return {
        "rule": item.rule, "kind": item.kind, "per": item.per, "key": item.key, "rank": item.rank or None, "counting": item.counting,
        "since": None if item.since is None else item.since.isoformat(), "limit": amount_text(item.limit),
        "granted": amount_text(item.granted), "reserved": amount_text(item.reserved), "asked": amount_text(item.asked),
        "sum": amount_text(item.total), "room": amount_text(item.room), "holds": item.holds,
    }  # fmt: skip


def answer_text(pack: Pack, answer: Answer, facts: Facts, lang: str = "zh") -> str:
    """An answer as people read it: the verdict first, then limits, sums, rules with their places, and what was unknown."""
    scope = Scope(pack, facts, answer.at)
    remedy = scope.authority.remedies[answer.remedy]

    def said(message: Message) -> str:
        return message.text(lang)

    def amount(value: Decimal | None) -> str:
        if remedy.yes and value is not None:
            return said(Message("可以", "yes"))
        return said(words.number(value, remedy.unit, pack.currency))

    title, rank = name(remedy), scope.authority.title(answer.rank)
    what = said(title) if remedy.yes or answer.amount is None else f"{said(title)} {amount(answer.amount)}"
    lines = [said(Message(f"{rank.zh}，{what}：", f"{rank.en}, {what}: ")) + said(_verdict(scope, answer))]
    lines += [f"  {said(w.text)}" for w in answer.why]
    if answer.rate is not None:
        lines.append(said(Message(
            f"  按 {answer.rate.on} 汇率 1 {answer.rate.currency} = {answer.rate.worth} {pack.currency} 折算，向上取整",
            f"  converted at 1 {answer.rate.currency} = {answer.rate.worth} {pack.currency} of {answer.rate.on}, rounded up",
        )))  # fmt: skip
    if not remedy.yes:
        lines.append(said(Message("本人还能单独授予：", "may still be granted alone: ")) + (said(Message("不限", "no limit")) if answer.room is None else amount(answer.room)))
    lines.append(said(Message("各级额度（每单）：", "limits for one case:")))
    lines.append("  " + said(Message("、", ", ")).join(f"{said(scope.authority.title(x.rank))} {amount(x.limit)}" for x in answer.limits))
    shown = [s for s in answer.sums if s.rank in ("", answer.rank, answer.by) and not (remedy.yes and s.kind == "case")]
    if shown:
        lines.append(said(Message("累计：", "sums:")))
        lines += [f"  {'✓' if s.holds else '✗'} {_sum(scope, answer, s, lang)}" for s in shown]
    lines.append(said(Message("依据：", "rules:")))
    lines += [f"  {said(r.text)}  ({r.place})" for r in answer.rules]
    if answer.unknown:
        lines.append(said(Message("判断不出的规则（按最严的算）：", "rules that couldn't be told (taken at their strictest):")))
        lines += [f"  {m.rule}: {', '.join(f for f, _ in m.facts) or '-'}" for m in answer.unknown]
    lines += [said(Message(f"通知 {'、'.join(n.notify)}：{n.rule} 达到 {n.share:%}", f"tell {', '.join(n.notify)}: {n.rule} reaches {n.share:%}")) for n in answer.notices]
    return "\n".join(lines)


def _verdict(scope: Scope, answer: Answer) -> Message:
    if answer.verdict == "allowed":
        return Message("可以", "allowed")
    if answer.verdict == "refused":
        return Message("不可以，谁也不能批", "refused, whoever approves")
    by = scope.authority.title(answer.by)
    if answer.approvers == 2:
        return Message(f"须{by.zh}或以上两人审批", f"needs the approval of two persons, from {by.en} up")
    if scope.authority.ranks and answer.by == answer.rank:
        return Message(f"须另一位{by.zh}或以上复核（双人）", f"needs a second person, {by.en} or above")
    return Message(f"须{by.zh}审批", f"needs the approval of {by.en}")


def _sum(scope: Scope, answer: Answer, item: Sum, lang: str) -> str:
    """One sum: whose, over which window, what it is made of, its limit and its room."""
    bounds: list[Cap | FourEyes] = [*scope.authority.caps, *scope.authority.four_eyes]
    rule = next((r for r in bounds if r.id == item.rule), None)
    counted = item.counting == "grants"

    def shown(value: Decimal) -> str:
        if counted:
            return f"{plain(value)}" if value.is_finite() else Message("不限", "unlimited").text(lang)
        return words.number(value, answer.unit, scope.pack.currency).text(lang)

    if rule is None:
        whose = words.per(scope, "case").text(lang)
    else:
        who, when, what = words.per(scope, rule.per), words.window(rule.window), words.remedies(scope, rule.of)
        whose = Message(f"{who.zh} {when.zh} {what.zh}", f"{who.en}, {when.en}, {what.en}").text(lang)
    rank = Message("（任何人）", " (anybody)") if not item.rank else Message(f"（{scope.authority.title(item.rank).zh}）", f" ({scope.authority.title(item.rank).en})")
    if item.kind == "four_eyes":
        rank = Message("（双人起点）", " (where two approvers begin)")
    parts = Message(
        f"已授 {shown(item.granted)} + 待批 {shown(item.reserved)} + 本次 {shown(item.asked)} = {shown(item.total)}，上限 {shown(item.limit)}，余 {shown(item.room)}",
        f"granted {shown(item.granted)} + waiting {shown(item.reserved)} + asked {shown(item.asked)} = {shown(item.total)} of {shown(item.limit)}, room {shown(item.room)}",
    ).text(lang)
    return f"{whose}{rank.text(lang)}{'：' if lang == 'zh' else ': '}{parts}"
