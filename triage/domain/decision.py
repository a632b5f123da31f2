"""What was decided, and all that is needed to say why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from triage.diagnostics import Place
from triage.domain.facts import Unknown, Value
from triage.domain.tags import Span, Tags
from triage.message import Message

DECISION_FORMAT = 1
"""Version of the JSON form of a decision and of the output columns."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a test held: the fact and its value, and for what was read in the text, where."""

    fact: str
    value: Value | None
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that held and counted. `place` is carried and not compared."""

    rule: str
    title: Message
    evidence: tuple[Evidence, ...]
    layer: str = "rules"
    because: Message | None = None
    place: Place = field(default=Place(""), compare=False)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two or more rules of one layer gave different values to a slot that holds one."""

    slot: str
    values: tuple[tuple[str, tuple[str, ...]], ...]
    """(value, rules that gave it), sorted by value."""
    chosen: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A rule that couldn't be told true or false, and the facts it lacked, with why each is unknown."""

    rule: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that went wrong while deciding; the decision came back all the same."""

    where: str
    message: Message


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one complaint. Equal facts, pack and model give an equal decision (places aren't compared).

    actions     slot -> values, sorted: notify, require, tag, escalate, propose, visible_to, assist, mute, approver, owner_rank;
                "template" -> ("purpose=name", ...), "clock" -> ("name=duration", ...), "set" -> ("path=value", ...)
    incomplete  slots that unknown rules could still change -> facts that were unknown; such a slot holds the pack's fallback
    unknown     rules that couldn't be told, with what they lacked
    replaced    (rule, by which rule): held, but another that holds replaces it
    trial       rules in trial that held; they decided nothing
    """

    id: str
    text: str
    tags: Tags
    severity: str
    green_channel: str | None
    queue: str
    owner: str | None
    actions: Mapping[str, tuple[str, ...]]
    reasons: tuple[Reason, ...]
    conflicts: tuple[Conflict, ...] = ()
    incomplete: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: tuple[Missing, ...] = ()
    replaced: tuple[tuple[str, str], ...] = ()
    trial: tuple[str, ...] = ()
    errors: tuple[Fault, ...] = ()
    facts: Mapping[str, Value | Unknown] = field(default_factory=dict)
    pack: str = ""
    pack_fingerprint: str = ""
    model_fingerprint: str = ""
    matcher: Literal["builtin", "durable"] = field(default="builtin", compare=False)

    @property
    def category(self) -> str | None:
        return self.tags.category
