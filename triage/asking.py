"""A question of authority put by hand: facts as text, a history as plain data, and stand-ins for whom it doesn't name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from triage.authority.keys import all_keys
from triage.authority.records import STAND_INS, Defaults, history_of
from triage.authority.scope import Scope
from triage.authority.verdict import authorize
from triage.conditions.suggest import did_you_mean
from triage.domain.decision import Decision
from triage.domain.facts import Facts, Unknown, Value
from triage.domain.grants import Answer, Ask
from triage.domain.pack import Pack
from triage.domain.values import read_value
from triage.errors import UsageError
from triage.gather import Gatherer
from triage.message import Message


def ask_by_hand(
    pack: Pack, ask: Ask, facts: Facts, rows: Iterable[Mapping[str, Any]], now: datetime, links: Mapping[str, str] | None = None,
) -> Answer:  # fmt: skip
    """The answer to a question put by hand.

    Where case, customer or order aren't named, one and the same is meant in the question and in the entries of its history that
    don't name one either; every other key and fact that a cap needs must be given. A handler who isn't named stands for anybody
    with that rank, except where the complaint names persons who must keep out. Raises UsageError.
    """
    scope = Scope(pack, facts, now)

    def named_or_stand_in(key: str, given: str) -> str:
        return given if given or f"{key}.id" in scope.facts else STAND_INS[key]

    whole = replace(
        ask, case=named_or_stand_in("case", ask.case), customer=named_or_stand_in("customer", ask.customer), order=named_or_stand_in("order", ask.order),
    )  # fmt: skip
    named = any(path in scope.facts for path in scope.authority.never)
    if not ask.handler and not named:
        whole = replace(whole, handler=STAND_INS["handler"])
    defaults = Defaults(whole, all_keys(scope, whole), now)
    return authorize(pack, whole, facts, history_of(rows, pack, defaults, links), now)


def typed_facts(pack: Pack, given: Mapping[str, object], now: datetime | None) -> Facts:
    """Facts given as text, as their declared types; what the pack looks up and defaults besides.
    Without `now` rules that read it can't be told. Raises UsageError."""
    found: dict[str, Value | Unknown] = {path: fact.default for path, fact in pack.facts.items() if fact.default is not None}
    for path, raw in given.items():
        fact = pack.facts.get(path)
        if fact is None:
            near = did_you_mean(path, pack.facts)
            raise UsageError(Message(f"规则包没有声明事实 {path}", f"the pack declares no fact {path}"), None if near is None else Message(*near))
        if fact.type.kind == "category":
            paths = [c.path for c in pack.taxonomy.categories if raw == c.path or c.path.endswith(f"/{raw}")]
            if len(paths) != 1:
                near = did_you_mean(str(raw), [c.path for c in pack.taxonomy.categories])
                raise UsageError(Message(f"没有分类“{raw}”，或不止一个", f"no category {raw!r}, or several"), None if near is None else Message(*near))
            found[path] = paths[0]
            continue
        try:
            found[path] = read_value(raw, fact.type, timezone=pack.timezone)
        except ValueError as error:
            reason = error.args[1] if len(error.args) > 1 else Message.same(str(error))
            raise UsageError(Message(f"{path} 的值“{raw}”读不出：{reason.zh}", f"the value {raw!r} of {path} can't be read: {reason.en}")) from None
    found["now"] = Unknown("incomplete", "no instant given") if now is None else now
    gatherer = Gatherer(pack, ())
    for fact in pack.facts.values():
        if fact.lookup is not None:
            gatherer.look_up(fact, found)
    return found


def decided_facts(decision: Decision) -> dict[str, Value | Unknown]:
    """What a decision adds to the facts that authority may read: tags (an abstained category is unknown), what it looked up,
    derived and decided."""
    tags = decision.tags
    found: dict[str, Value | Unknown] = dict(decision.facts)
    found["tags.category"] = Unknown("abstained") if tags.abstained or tags.category is None else tags.category
    found |= {"tags.abstained": tags.abstained, "tags.requests": tags.requests, "tags.risks": tags.risks}
    found |= {f"tags.{name}": value for name, value in (("intent", tags.intent), ("emotion", tags.emotion)) if value is not None}
    found |= {"complaint.text": decision.text, "decision.severity": decision.severity, "decision.queue": decision.queue}
    if decision.green_channel is not None:
        found["decision.green_channel"] = decision.green_channel
    return found
