"""A pack after loading: everything an author wrote, resolved, typed and lowered to one kind of rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from triage.diagnostics import Place
from triage.domain.authority import Authority
from triage.domain.condition import Check, Condition, Period
from triage.domain.facts import Fact, FromFact, Lookup
from triage.message import Message

LANGUAGE = 1
"""Version of the rule language that this program reads."""

SEVERITIES = ("low", "medium", "high", "critical")

Layer: TypeAlias = Literal["green_channels", "rules", "routes"]
Status: TypeAlias = Literal["draft", "trial", "active", "retired"]

UNION_SLOTS = ("notify", "require", "tag", "escalate", "propose", "visible_to", "assist", "mute", "approver")
SINGLE_SLOTS = ("queue", "owner")
# besides: severity (most severe wins), template (one per purpose), clocks (union of name -> duration), set (derived facts)


@dataclass(frozen=True, slots=True)
class Action:
    """What a rule does to one slot.

    slot    severity | queue | owner | owner_rank | green_channel | clock | template | set | one of UNION_SLOTS
    key     for template its purpose ("acknowledge"), for clock its name, for set the derived fact's path; else ""
    value   the value; or where it is taken from (queue, owner, notify, assist may say Lookup or FromFact);
            for `set` the value as typed by the derived fact
    """

    slot: str
    value: object
    key: str = ""

    @property
    def dynamic(self) -> bool:
        return isinstance(self.value, Lookup | FromFact)


@dataclass(frozen=True, slots=True)
class Rule:
    """The one kind of rule underneath. Channels and table rows are lowered to it.

    A table's rows share `table` and count in `row` order: the first that holds wins. `when` already contains validity
    (`valid:`). Rules that are draft or retired aren't in `Pack.rules`; those in trial are, and decide nothing.
    """

    id: str
    title: Message
    place: Place
    when: Condition
    actions: tuple[Action, ...]
    layer: Layer = "rules"
    table: str = ""
    row: int = 0
    replaces: tuple[str, ...] = ()
    status: Status = "active"
    locked: bool = False
    override: bool = False
    pack: str = ""
    because: Message | None = None
    owner: str = ""
    source: str = ""
    review_by: str = ""


@dataclass(frozen=True, slots=True)
class Cue:
    """A phrase that speaks for a tag: a check on `complaint.text` (contains, words, matches...), and how strongly.

    weight  0: it says nothing, and what lies inside it (an event of trade, "refund policy") says nothing for this value either
    alone   intents, requests and risks: it counts only where no other value of its kind has a cue; among several such intents
            the one with the most evidence
    """

    check: Check
    weight: int = 1
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Category:
    """A node of the category tree. `path` is "网络质量/断网"; `owner` the owning department, inherited from above if empty."""

    path: str
    owner: str = ""
    cues: tuple[Cue, ...] = ()
    title: Message | None = None
    place: Place = Place("")


@dataclass(frozen=True, slots=True)
class TagValue:
    """A value of intent, requests, risks or emotion, with its cues. Order in the file is the order of precedence.

    otherwise  intents, one of them at most: a text for which no intent has a cue has this one
    """

    id: str
    title: Message
    cues: tuple[Cue, ...] = ()
    place: Place = Place("")
    otherwise: bool = False


@dataclass(frozen=True, slots=True)
class Taxonomy:
    categories: tuple[Category, ...] = ()
    intents: tuple[TagValue, ...] = ()
    requests: tuple[TagValue, ...] = ()
    risks: tuple[TagValue, ...] = ()
    emotions: tuple[TagValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV lookup table of a pack: key columns (text, as written), then the value column. Rows by key."""

    name: str
    keys: tuple[str, ...]
    rows: Mapping[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class PackTest:
    """A test that stands in the pack. `given` and `expect` are as written, checked for spelling by the loader:

    given   complaint: {text, id, source, amount, ...any fact under complaint.*}, customer: {...}, order: {...}, any other
            group of facts; tags: {...} pins tags; at: instant; by_hand: {...}
    expect  category, intent, emotion, severity, green_channel, queue, owner, incomplete: values; requests, risks, notify,
            require, tag, escalate, propose, visible_to, assist, reasons (rule ids), conflicts (slots): subsets;
            not: {...} none of these; only: {...} exactly these
    """

    name: str
    given: Mapping[str, object]
    expect: Mapping[str, object]
    place: Place
    kind: Literal["decision", "verdict", "journey", "stream"] = "decision"


@dataclass(frozen=True, slots=True)
class Pack:
    """A loaded pack. Equal meaning gives an equal `fingerprint`; places, comments and layout don't enter it."""

    id: str
    version: str
    fingerprint: str
    rules: tuple[Rule, ...]
    facts: Mapping[str, Fact]
    taxonomy: Taxonomy
    title: Message = Message("", "")
    language: int = LANGUAGE
    locale: str = "zh-CN"
    currency: str = "CNY"
    timezone: str = "Asia/Shanghai"
    owner: str = ""
    approved_by: tuple[str, ...] = ()
    extends: tuple[str, ...] = ()
    default_severity: str = "low"
    default_queue: str = "manual-triage"
    layers: tuple[Layer, ...] = ("green_channels", "rules", "routes")
    """Strongest first; what people set by hand stands above all."""
    queues: tuple[str, ...] = ()
    """Declared queues; the order settles conflicts inside a layer (first wins)."""
    channels: tuple[str, ...] = ()
    """Green channels, strongest first."""
    periods: Mapping[str, Period] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    people: Mapping[str, object] = field(default_factory=dict)
    """Receivers by name: None for a plain one, or Lookup / FromFact that yields one."""
    templates: Mapping[str, str] = field(default_factory=dict)
    lexicon: tuple[str, ...] = ()
    tests: tuple[PackTest, ...] = ()
    authority: Authority | None = None
    """Who may grant what; live, so it has a fingerprint of its own and doesn't enter the pack's."""
    sections: Mapping[str, object] = field(default_factory=dict)
    """Sections that other parts of the product act on (clocks, escalations, alerts...), as plain data."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Text of each file, by the name used in places."""
