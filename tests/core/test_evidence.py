"""Reasons and `why_not` tell the truth: quotes are in the text and matter, states agree with the decision, changes do what they say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.core.corpus import BUILT_IN, LONG, complaints, engine, pack
from triage.conditions.evaluate import evaluate
from triage.domain.condition import Check, FactOperand, Test
from triage.domain.condition import tests as atoms_of
from triage.domain.decision import Decision
from triage.domain.pack import Pack, Rule
from triage.domain.tags import Span
from triage.text.scan import TEXT_OPS

COUNT = 2000 if LONG else 200


def rules_of(whole: Pack) -> dict[str, Rule]:
    return {rule.id: rule for rule in whole.rules}


@pytest.mark.parametrize("name", BUILT_IN)
def test_spans_lie_in_the_text_and_are_sorted(name: str) -> None:
    quoted = 0
    for complaint, decision in zip(given := complaints(name, COUNT, 8), engine(name).decide_many(given), strict=True):
        assert decision.text == complaint.text
        spans = [e.spans for reason in decision.reasons for e in reason.evidence] + list(decision.tags.spans.values())
        for places in spans:
            assert list(places) == sorted(set(places))
            for place in places:
                assert 0 <= place.start < place.end <= len(complaint.text), (place, complaint.text)
                quoted += 1
    assert quoted > COUNT


@pytest.mark.parametrize("name", BUILT_IN)
def test_phrases_are_quoted_as_the_rule_names_them(name: str) -> None:
    """What is quoted for a rule that asks for plain phrases is, folded, one of these phrases."""
    from triage.text.fold import fold, fold_pattern

    rules, checked = rules_of(pack(name)), 0
    given = complaints(name, COUNT, 9)
    for decision in engine(name).decide_many(given):
        for reason in decision.reasons:
            asked = [c for t in atoms_of(rules[reason.rule].when) if t.fact == "complaint.text" for c in t.checks if c.op in TEXT_OPS]
            if not asked or any(c.op == "matches" for c in asked):
                continue
            phrases = {fold_pattern(str(p)) for c in asked for p in (c.operand if isinstance(c.operand, tuple) else (c.operand,))}
            for evidence in reason.evidence:
                if evidence.fact == "complaint.text":
                    for span in evidence.spans:
                        assert fold(decision.text[span.start : span.end]).folded in phrases
                        checked += 1
    assert checked > COUNT // 20


def told(decision: Decision, rule: str) -> Any:
    return next(((r.evidence) for r in decision.reasons if r.rule == rule), None)


@pytest.mark.parametrize("name", BUILT_IN)
def test_without_what_it_quotes_a_reason_is_gone_or_another(name: str) -> None:
    """Cut out everything that a reason quotes: the reason isn't given in the same words."""
    triage, tried = engine(name), 0
    for complaint in complaints(name, COUNT, 10):
        decision = triage.decide(complaint)
        for reason in decision.reasons:
            places = sorted({span for e in reason.evidence for span in e.spans})
            if not places:
                continue
            kept = cut(complaint.text, places)
            again = told(triage.decide(replace(complaint, text=kept)), reason.rule)
            assert again != reason.evidence, (reason.rule, complaint.text, kept)
            if again is not None:  # something else now speaks for it; then that is what is quoted
                assert all(span.end <= len(kept) for e in again for span in e.spans)
            tried += 1
    assert tried > COUNT // 10


def cut(text: str, places: list[Span]) -> str:
    """The text without these spans; a full stop instead, so that what stood apart doesn't grow together."""
    out, at = [], 0
    for start, end in places:
        if start >= at:
            out += [text[at:start], "。"]
        at = max(at, end)
    return "".join(out) + text[at:]


@pytest.mark.parametrize("name", BUILT_IN)
def test_why_not_agrees_with_the_decision(name: str) -> None:
    triage = engine(name)
    rules = rules_of(triage.pack)
    seen: dict[str, int] = {}
    for complaint in complaints(name, 60 if LONG else 6, 11, garbage=0.1):
        decision = triage.decide(complaint)
        counted = {reason.rule for reason in decision.reasons}
        replaced = dict(decision.replaced)
        missing = {m.rule for m in decision.unknown}
        for rule in rules:
            told = triage.why_not(complaint, rule)
            seen[told.state] = seen.get(told.state, 0) + 1
            assert (told.state == "held") == (rule in counted), (rule, told.state)
            assert (told.state == "trial") == (rule in decision.trial)
            if told.state == "replaced":
                assert told.by == replaced[rule]
            elif told.state == "outranked":
                assert told.by in counted
            elif told.state in ("false", "unknown"):
                assert told.failed and told.nearest and set(told.nearest) <= set(told.failed), rule
                assert (told.state == "unknown") or rule not in missing, rule
                for test in told.failed:
                    assert test.asked.zh and test.asked.en and test.change.zh and test.change.en and test.seen.zh and test.seen.en
            if told.state == "false":
                assert any(test.truth is not None for test in told.nearest)  # under a `not` it is true that is in the way
            elif told.state == "unknown":
                assert all(test.truth is None for test in told.nearest)
    # base-cn has no categories and no routes: nothing in it is unknown or outranked
    assert {"held", "false"} <= seen.keys() and (name == "base-cn" or {"unknown", "outranked"} <= seen.keys()), seen


def wanted(test: Test) -> Any:
    """A host's value that satisfies a single check, or None where it isn't plain."""
    if len(test.checks) != 1 or isinstance(test.checks[0].operand, FactOperand):
        return None
    check: Check = test.checks[0]
    match check.op:
        case "eq" | "gte" | "lte":
            return check.operand
        case "in":
            assert isinstance(check.operand, tuple)
            return check.operand[0]
        case "gt" if isinstance(check.operand, int) and not isinstance(check.operand, bool):
            return check.operand + 1
        case "lt" if isinstance(check.operand, int) and not isinstance(check.operand, bool):
            return check.operand - 1
    return None


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_nearest_change_is_enough(name: str) -> None:
    """Where every test that `why_not` names asks for a plain value that a host can give, giving these makes the rule hold."""
    triage, tried = engine(name), 0
    declared = triage.pack.facts
    for complaint in complaints(name, 60 if LONG else 8, 12):
        for rule in triage.pack.rules:
            told = triage.why_not(complaint, rule.id)
            if told.state not in ("false", "unknown"):
                continue
            facts, tags = dict(complaint.facts), dict(complaint.tags)
            for failed in told.nearest:
                asked = [t for t in atoms_of(rule.when) if t.fact == failed.fact]
                value = wanted(asked[0]) if len(asked) == 1 else None
                category = failed.fact == "tags.category" and len(asked) == 1 and asked[0].checks[0].op in ("under", "in", "exactly")
                if category and not failed.asked.zh.startswith("不能"):
                    operand = asked[0].checks[0].operand
                    tags["category"] = operand[0] if isinstance(operand, tuple) else operand
                elif value is None or declared[failed.fact].origin not in ("host", "case", "counts") or failed.asked.zh.startswith("不能"):
                    break
                else:
                    facts[failed.fact] = [value] if declared[failed.fact].type.many else value
            else:
                changed = replace(complaint, facts=facts, tags=tags)
                state = triage.why_not(changed, rule.id).state
                assert state in ("held", "replaced", "outranked", "trial"), (rule.id, state, told.nearest, changed)
                tried += 1
    assert tried > (5 if name == "base-cn" else 40)


def test_the_reference_says_of_each_rule_what_the_decision_says() -> None:
    triage = engine("telecom-cn")
    for complaint in complaints("telecom-cn", COUNT // 2, 13, garbage=0.1):
        decision = triage.decide(complaint)
        said = {r.rule for r in decision.reasons} | {target for target, _ in decision.replaced}
        for rule in triage.pack.rules:
            truth = evaluate(rule.when, decision.facts, triage._engine.context)
            if rule.id in said:
                assert truth is True, rule.id
            elif rule.id in {m.rule for m in decision.unknown} and not any(a.dynamic for a in rule.actions):
                assert truth is not False, rule.id
