"""Runs the tests that stand in a pack: each gives a complaint and says what must, and what must not, be decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage.diagnostics import Place
from triage.domain.complaint import Complaint
from triage.domain.decision import Decision
from triage.domain.pack import PackTest
from triage.domain.values import parse_instant
from triage.errors import TriageError
from triage.message import Message
from triage.pipeline import Triage
from triage.verdicttests import differences, verdict_of

SINGLE = ("category", "intent", "emotion", "severity", "green_channel", "queue", "owner", "abstained")
LISTS = (
    "requests", "risks", "notify", "require", "tag", "escalate", "propose", "visible_to", "assist", "mute", "approver", "owner_rank",
    "template", "clock", "set", "reasons", "conflicts", "incomplete", "replaced", "trial",
)  # fmt: skip
NOT_A_FACT = ("tags", "at", "by_hand", "stream", "remedy", "amount", "granted", "pending")


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that wasn't met: of which key, what was expected and what came."""

    key: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test of a pack. `skipped` says why it can't be run by this version; a skipped test has neither passed nor failed."""

    __test__ = False

    name: str
    place: Place
    failures: tuple[Failure, ...] = ()
    error: Message | None = None
    skipped: Message | None = None
    reasons: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.failures and self.error is None and self.skipped is None


def complaint_of(test: PackTest, timezone: str) -> Complaint:
    """The complaint that a test gives."""
    given = dict(test.given)
    complaint: dict[str, Any] = dict(given.pop("complaint", None) or {})  # type: ignore[call-overload]  # the loader has checked the shape
    text = str(complaint.pop("text", "") or "")
    at = given.pop("at", None)
    tags = given.pop("tags", None) or {}
    by_hand = given.pop("by_hand", None) or {}
    facts: dict[str, object] = {f"complaint.{key}": value for key, value in complaint.items() if key != "id"}
    for group, values in given.items():
        if group in NOT_A_FACT:
            continue
        if isinstance(values, Mapping):
            facts |= {f"{group}.{key}": value for key, value in values.items()}
        else:
            facts[group] = values
    return Complaint(
        text, str(complaint.get("id", "")), None if at is None else parse_instant(str(at), timezone=timezone), facts,
        dict(tags), {str(k): str(v) for k, v in by_hand.items()},  # type: ignore[call-overload, attr-defined]  # as above
    )  # fmt: skip


def seen(decision: Decision, key: str) -> Any:
    """What a decision says under a key of `expect`: a value, or a tuple for keys that hold several."""
    match key:
        case "category" | "intent" | "emotion" | "requests" | "risks" | "abstained":
            return getattr(decision.tags, key)
        case "severity" | "green_channel" | "queue" | "owner":
            return getattr(decision, key)
        case "reasons":
            return tuple(reason.rule for reason in decision.reasons)
        case "conflicts":
            return tuple(conflict.slot for conflict in decision.conflicts)
        case "incomplete":
            return tuple(sorted(decision.incomplete))
        case "replaced":
            return tuple(target for target, _ in decision.replaced)
        case "trial":
            return decision.trial
        case "template" | "clock" | "set":
            full = decision.actions.get(key, ())
            return (*full, *(item.split("=", 1)[1] for item in full), *(item.split("=", 1)[0] for item in full))
        case _:
            return decision.actions.get(key, ())


def _items(value: Any) -> tuple[str, ...]:
    if isinstance(value, Mapping):
        return tuple(f"{k}={v}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return tuple(str(v) for v in value)
    return (str(value),)


def _same(key: str, expected: Any, got: Any) -> bool:
    if expected is None or str(expected) in ("null", "~", "none"):
        return got is None
    if key == "category":  # a name or a path; an inner node doesn't stand for what is below it
        return got is not None and (got == expected or str(got).endswith("/" + str(expected)))
    if key == "abstained":
        return str(got).lower() == str(expected).lower()
    return got is not None and str(got) == str(expected)


def failures(decision: Decision, expect: Mapping[str, Any]) -> list[Failure]:
    """The expectations that a decision doesn't meet."""
    out = []
    for key, wanted in expect.items():
        if key == "only":
            for name, values in wanted.items():
                got = decision.actions.get(name, ()) if name in ("template", "clock", "set") else seen(decision, name)
                got = got if isinstance(got, tuple) else (() if got is None else (got,))
                if sorted(map(str, got)) != sorted(_items(values)):
                    out.append(Failure(f"only.{name}", ", ".join(_items(values)) or "-", ", ".join(map(str, got)) or "-"))
        elif key == "not":
            for name, values in wanted.items():
                got = seen(decision, name)
                if name in LISTS:
                    both = [v for v in _items(values) if v in got]
                else:
                    both = [v for v in _items(values) if _same(name, v, got)]
                if both:
                    out.append(Failure(f"not.{name}", ", ".join(_items(values)), ", ".join(both)))
        elif key in LISTS:
            got = seen(decision, key)
            lacking = [v for v in _items(wanted) if v not in got]
            if lacking:
                out.append(Failure(key, ", ".join(_items(wanted)), ", ".join(map(str, got)) or "-"))
        else:
            got = seen(decision, key)
            choices = wanted if isinstance(wanted, list | tuple) else (wanted,)
            if not any(_same(key, choice, got) for choice in choices):
                out.append(Failure(key, " | ".join(map(str, choices)), "-" if got is None else str(got)))
    return out


def run_verdict(triage: Triage, test: PackTest) -> TestResult:
    """Run one test of a verdict."""
    try:
        answer = verdict_of(triage, test)
        found = tuple(Failure(*difference) for difference in differences(triage.pack, answer, test.expect))
    except (TriageError, ValueError) as error:
        message = error.message if isinstance(error, TriageError) else Message.same(str(error.args[0] if error.args else error))
        return TestResult(test.name, test.place, error=message)
    return TestResult(test.name, test.place, found, reasons=tuple(rule.id for rule in answer.rules))


def run_test(triage: Triage, test: PackTest) -> TestResult:
    """Run one test of a pack."""
    if test.kind == "verdict":
        return run_verdict(triage, test)
    if test.kind != "decision":
        return TestResult(
            test.name, test.place,
            skipped=Message(f"这一版还不运行 {test.kind} 类测试", f"this version doesn't run {test.kind} tests yet"),
        )  # fmt: skip
    try:
        decision = triage.decide(complaint_of(test, triage.pack.timezone))
    except (TriageError, ValueError) as error:
        message = error.message if isinstance(error, TriageError) else Message.same(str(error.args[0] if error.args else error))
        return TestResult(test.name, test.place, error=message)
    found = failures(decision, test.expect)
    if decision.errors and "errors" not in test.expect:
        fault = decision.errors[0]
        return TestResult(test.name, test.place, tuple(found), error=fault.message, reasons=tuple(r.rule for r in decision.reasons))
    return TestResult(test.name, test.place, tuple(found), reasons=tuple(r.rule for r in decision.reasons))


def run_tests(triage: Triage) -> list[TestResult]:
    """Run all tests of the loaded pack, in the order of their places."""
    return [run_test(triage, test) for test in triage.pack.tests]


def untested(triage: Triage, results: Sequence[TestResult]) -> list[str]:
    """Rules that no test made hold, by id."""
    held = {rule for result in results for rule in result.reasons}
    return sorted(rule.id for rule in triage.pack.rules if rule.id not in held and rule.status == "active")
