"""Triage: text in, explained decision out. The only place that knows the order of the stages.

fold -> segment -> scan -> tag -> gather -> match (stratum by stratum) -> decide. Each stage runs over a small batch, so that one
complaint and a million take the same path and the time of each stage is known.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from triage import match
from triage.conditions.evaluate import Context
from triage.conditions.flags import Answer, Flags, FlagTable
from triage.decide import Decider, Settled
from triage.domain.complaint import Complaint
from triage.domain.condition import Check, facts_read
from triage.domain.decision import Decision, Fault, Missing, Reason
from triage.domain.facts import Unknown, Value
from triage.domain.pack import SEVERITIES, Pack
from triage.domain.tags import Tags
from triage.errors import ModelError, PackError, UsageError
from triage.explain import Evidences, WhyNot, Witness, why_not
from triage.gather import ENTITY_FACTS, PENDING, Gathered, Gatherer
from triage.match.narrow import Narrowing
from triage.message import Message
from triage.text.fold import fold
from triage.text.reading import Reading
from triage.text.scan import Scanner
from triage.text.segment import Name as SegmenterName
from triage.text.segment import segmenter as find_segmenter

if TYPE_CHECKING:
    from triage.tags.model import Model

log = logging.getLogger("triage")
BATCH = 128
STAGES = ("fold", "segment", "scan", "tag", "gather", "match", "decide")
_KEPT = 8192
"""How many outcomes are kept in memory."""

_LATE_SLOTS = {
    "decision.severity": "severity", "decision.queue": "queue", "decision.owner": "owner", "decision.tags": "tag",
    "decision.green_channel": "green_channel",
}  # fmt: skip
"""Facts that tell the decision so far, and the slots that they tell."""

_Missing = tuple[dict[str, tuple[str, ...]], tuple[Missing, ...], tuple[str, ...]]
_COMPLETE: _Missing = ({}, (), ())
_Hits: TypeAlias = Mapping[int, Sequence[tuple[int, int]]]
_More: TypeAlias = "tuple[tuple[Value | Unknown | None, ...], tuple[tuple[str, str], ...]]"
_Resolved: TypeAlias = "tuple[_Outcome, dict[int, Sequence[tuple[int, int]]]]"


class _Outcome(NamedTuple):
    """What matching and the merge laws came to; or, where `asks` isn't empty, the kinds of entities that must be looked for first."""

    held: tuple[int, ...]
    flags: Flags
    settled: Settled | None
    late: Mapping[str, Value | Unknown | None]
    """The facts that hang on the decision so far; None where one is missing."""
    asks: frozenset[str] = frozenset()


class _SoFar(NamedTuple):
    """What rules that wait for the decision see of it: facts, and the answers to the tests of them."""

    late: Mapping[str, Value | Unknown | None]
    answer: Answer


class Engine:
    """One pack and one model, compiled. Immutable from outside; safe to use from several threads."""

    def __init__(self, pack: Pack, model: Model | None, matcher: str, segmenter: SegmenterName) -> None:
        from triage.packs.strata import strata
        from triage.tags.cues import CueTagger

        self.pack, self.model = pack, model
        self.segmenter = find_segmenter(segmenter, pack.lexicon)
        self.timings = dict.fromkeys(STAGES, 0.0)
        self._readings: dict[str, Reading] = {}
        self.context = Context(dict(pack.facts), pack.timezone, self._read)
        self.tagger = CueTagger(pack.taxonomy)
        late = {p for p in pack.facts if p.startswith(("decision.", "derived."))}
        self._underived = {a.key: pack.facts[a.key].default for r in pack.rules for a in r.actions if a.slot == "set"}
        self._late_lookups = _late_lookups(pack, late)
        late.update(self._late_lookups)
        self.table = FlagTable([rule.when for rule in pack.rules], self.context, late)
        checks: dict[Check, int] = {}
        for check in (*self.tagger.checks, *self.table.text_checks):
            checks.setdefault(check, len(checks))
        self.scanner = Scanner(tuple(checks))
        text = {checks[c]: i for i, c in enumerate(self.table.text_checks)}
        # checks of the tagger come first, so that it finds them by its own indexes; of these the hits may lie inside each other
        self._mixed = frozenset(i for i, c in enumerate(self.tagger.checks) if c.op in ("contains_all", "starts_with", "ends_with"))
        self._test_of = [text.get(i) for i in range(len(checks))]
        self._tests_read = frozenset(text)
        used = frozenset().union(*(facts_read(rule.when) for rule in pack.rules)) if pack.rules else frozenset()
        self.used = used | _read_by_actions(pack)
        self._shown = sorted(self.used)
        self.gatherer = Gatherer(pack, self.used, _read_by_actions(pack))
        self._kinds_read = {
            i: kinds for i, rule in enumerate(pack.rules)
            if (kinds := frozenset(ENTITY_FACTS[path] for path in facts_read(rule.when) if path in ENTITY_FACTS))
        }  # fmt: skip
        self.strata = strata(pack.rules, pack.facts)
        program = match.Program(tuple(self.table.terms), self.strata, self.table.rarity)
        self.matcher = match.build(matcher, program)
        self.narrowing = Narrowing(program)
        self.decider = Decider(pack)
        self.evidences = Evidences(self.table)
        self._matched: dict[object, tuple[tuple[int, ...], tuple[int, ...]]] = {}
        self._settled: dict[object, Settled] = {}
        self._waited: dict[object, _SoFar] = {}
        self._nothing_yet = self.table.late({})
        # what rules ask about the decision so far: facts, and the slots that they come from
        self._asked_late = frozenset(late & self.used)
        self._slots_late = frozenset(_LATE_SLOTS.get(path, "set") for path in self._asked_late)
        # what else than tests an outcome hangs on: facts from which actions take their values
        self._taken_from = tuple(sorted({p for rule in pack.rules for action in rule.actions for p in _paths(action.value)}))
        self._closed = not self._late_lookups and not self.table.late_reads_more and not any(p in late for p in self._taken_from)
        self._bearing = self.decider.bearing(self._slots_late)
        self._lacking: dict[object, tuple[Settled, _Missing]] = {}
        self._by_id = {rule.id: i for i, rule in enumerate(pack.rules)}
        self._rule_facts = [
            tuple(sorted({*facts_read(rule.when), *(p for a in rule.actions for p in _paths(a.value))})) for rule in pack.rules
        ]
        self._categories = _categories(pack)

    def _read(self, text: str) -> Reading:
        """A text field as rules see it; the last few are kept."""
        reading = self._readings.get(text)
        if reading is None:
            reading = Reading(fold(text), self.segmenter.cut)
            if len(self._readings) >= 64:
                self._readings.clear()
            self._readings[text] = reading
        return reading

    def decide_batch(self, complaints: Sequence[Complaint], now: datetime | None) -> list[Decision]:
        """Decisions of a few complaints, in order."""
        spent, clock = self.timings, process_time
        t0 = clock()
        texts = [fold(c.text) for c in complaints]
        t1 = clock()
        cut = self.segmenter.cut
        tokens = [cut(t.folded) for t in texts]
        t2 = clock()
        readings = [Reading(t, cut, words) for t, words in zip(texts, tokens, strict=True)]
        scan = self.scanner.scan
        hits = [scan(reading) for reading in readings]
        t3 = clock()
        tags = self._tag(complaints, readings, tokens, hits)
        t4 = clock()
        moments = [c.received_at if now is None else now for c in complaints]
        gathered = [
            self.gatherer.gather(c, t, tag, moment)
            for c, t, tag, moment in zip(complaints, texts, tags, moments, strict=True)
        ]
        t5 = clock()
        outcomes = [
            self._resolve(complaint, reading, hit, found)
            for complaint, reading, hit, found in zip(complaints, readings, hits, gathered, strict=True)
        ]
        t6 = clock()
        out = [
            self._decision(*parts) for parts in zip(complaints, readings, tags, gathered, outcomes, strict=True)
        ]
        t7 = clock()
        for stage, seconds in zip(STAGES, (t1 - t0, t2 - t1, t3 - t2, t4 - t3, t5 - t4, t6 - t5, t7 - t6), strict=True):
            spent[stage] += seconds
        return out

    def _tag(
        self, complaints: Sequence[Complaint], readings: Sequence[Reading], tokens: Sequence[Sequence[str]],
        hits: Sequence[Mapping[int, Sequence[tuple[int, int]]]],
    ) -> list[Tags]:  # fmt: skip
        predictions: Sequence[Any] = self.model.predict_many(tokens) if self.model is not None else [None] * len(complaints)
        mixed, tags_of = self._mixed, self.tagger.tags
        out = []
        for complaint, reading, found, prediction in zip(complaints, readings, hits, predictions, strict=True):
            if reading.text.offsets is not None or not mixed.isdisjoint(found):
                found = {i: reading.spans(places) for i, places in found.items()}
            tags = tags_of(found, len(reading.text.folded), prediction)
            out.append(self._pin(complaint, tags) if complaint.tags else tags)
        return out

    def _pin(self, complaint: Complaint, tags: Tags) -> Tags:
        """Tags with those that a person or a test has set."""
        given = complaint.tags
        unknown = set(given) - {"category", "intent", "requests", "risks", "emotion", "abstained", "confidence"}
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
        taxonomy = self.pack.taxonomy
        for name, many, known in (
            ("intent", False, taxonomy.intents), ("emotion", False, taxonomy.emotions),
            ("requests", True, taxonomy.requests), ("risks", True, taxonomy.risks),
        ):  # fmt: skip
            if name not in given:
                values[name] = getattr(tags, name)
                continue
            raw = given[name]
            items = [str(x) for x in raw] if isinstance(raw, list | tuple | set | frozenset) else [] if raw is None else [str(raw)]
            for item in items:
                if item not in {v.id for v in known}:
                    raise UsageError(
                        Message(f"规则包里没有 {name} 标签“{item}”", f"the pack has no {name} tag {item!r}"),
                        Message("可用：" + "、".join(v.id for v in known), "use one of: " + ", ".join(v.id for v in known)),
                    )
                spans.pop(f"{name}:{item}", None)
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

    def _resolve(self, complaint: Complaint, reading: Reading, hits: _Hits, found: Gathered) -> _Resolved:
        """Which rules hold, which can't be told, and what they settle; and where the text checks of rules hold."""
        test_of = self._test_of
        tested = {j: places for i, places in hits.items() if (j := test_of[i]) is not None}
        by_hand = tuple(sorted(complaint.by_hand.items())) if complaint.by_hand else ()
        while True:
            outcome = self._strata(self.table.early(found.facts, tested), found, by_hand)
            if not outcome.asks:
                return outcome, tested
            # some rule hangs on what hasn't been looked for in the text yet
            self.gatherer.look_for(outcome.asks, reading.text, found)

    def _strata(self, early: Answer, found: Gathered, by_hand: tuple[tuple[str, str], ...]) -> _Outcome:
        """Stratum by stratum; each waits for what the ones before it settle."""
        # where actions or lookups read what is decided so far, they must find it among the facts
        facts = found.facts if self._closed else dict(found.facts)
        more = (tuple([facts.get(path) for path in self._taken_from]), by_hand)
        held: tuple[int, ...] = ()
        maybe: tuple[int, ...] = ()
        late: Mapping[str, Value | Unknown | None] = {}
        flags = self.table.join(early, self._nothing_yet if self._closed else self.table.late(facts))
        for stratum in range(len(self.strata)):
            if stratum:
                late, answer = self._so_far(held, maybe, facts, more)
                flags = self.table.join(early, answer)
            new, perhaps = self._match(stratum, flags)
            if perhaps and found.pending:
                asks = frozenset(kind for i in perhaps for kind in self._kinds_read.get(i, ()) if kind in found.pending)
                if asks:
                    return _Outcome(held, flags, None, late, asks)
            held = tuple(sorted(held + new)) if held and new else held or new
            maybe = tuple(sorted(maybe + perhaps)) if maybe and perhaps else maybe or perhaps
        return _Outcome(held, flags, self._settle(held, maybe, facts, more), late)

    def _match(self, stratum: int, flags: Flags) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The rules of a stratum that hold, and those that can't be told; equal questions are answered from memory."""
        near = self.narrowing.near(stratum, flags)
        true, unknown = flags.true & near, flags.unknown & near
        key = (stratum, near, true, unknown)
        found = self._matched.get(key)
        if found is None:
            flags = self.narrowing.within(flags, near)
            held = tuple(self.matcher.match(stratum, flags))
            possible = self.matcher.match(stratum, flags.possible()) if unknown else ()
            found = held, tuple([i for i in possible if i not in held])
            _keep(self._matched, key, found)
        return found

    def _settle(self, held: tuple[int, ...], maybe: tuple[int, ...], facts: dict[str, Value | Unknown], more: _More) -> Settled:
        """What the rules settle. `more`: what it hangs on besides them."""
        key = (held, maybe, more)
        settled = self._settled.get(key) if self._closed else None
        if settled is None:
            settled = self.decider.settle(held, maybe, facts, dict(more[1]))
            _keep(self._settled, key, settled)
        return settled

    def _so_far(self, held: tuple[int, ...], maybe: tuple[int, ...], facts: dict[str, Value | Unknown], more: _More) -> _SoFar:
        """What waiting rules see of the decision so far."""
        held = tuple([i for i in held if i in self._bearing])
        maybe = tuple([i for i in maybe if i in self._bearing])
        key = (held, maybe, more)
        found = self._waited.get(key) if self._closed else None
        if found is None:
            settled = self.decider.settle_so_far(held, maybe, facts, dict(more[1]), self._slots_late)
            late = self._late(settled, facts if not self._closed else {})
            found = _SoFar(late, self.table.late({path: v for path, v in late.items() if v is not None} if self._closed else facts))
            _keep(self._waited, key, found)
        return found

    def _decision(
        self, complaint: Complaint, reading: Reading, tags: Tags, found: Gathered, resolved: _Resolved
    ) -> Decision:
        """The decision, with the evidence of every rule that counts."""
        (held, flags, settled, late, _), tested = resolved
        assert settled is not None
        facts = found.facts
        for path, value in late.items():
            if value is None:
                facts.pop(path, None)
            else:
                facts[path] = value
        witness = Witness(facts, flags, reading, tested, tags, found.spans)
        rules = self.pack.rules
        reasons = tuple(
            Reason(rules[i].id, rules[i].title, self.evidences.of(i, witness), rules[i].layer, rules[i].because, rules[i].place)
            for i in settled.counted
        )
        faults = tuple(found.faults)
        incomplete, unknown, failed = self._missing(settled, flags.unknown, facts) if settled.loose else _COMPLETE
        if failed:
            faults += tuple(Fault(p, Message(f"含 {p} 的条件求值失败", f"a condition on {p} failed in evaluation")) for p in failed)
        return Decision(
            complaint.id, complaint.text, tags, settled.severity, settled.green_channel, settled.queue, settled.owner,
            settled.actions, reasons, settled.conflicts, incomplete, unknown, settled.replaced, self.decider.trial(held), faults,
            {path: facts[path] for path in self._shown if path in facts and facts[path] is not PENDING}, self.pack.id, self.pack.fingerprint,
            self.model.fingerprint if self.model is not None else "", self.matcher.name,
        )  # fmt: skip

    def _late(self, settled: Settled, facts: dict[str, Value | Unknown]) -> dict[str, Value | Unknown | None]:
        """Put the decision so far among the facts, for the rules that wait for it. Returns what was put (None: taken away)."""
        loose, unknown = settled.loose, Unknown("incomplete")
        late: dict[str, Value | Unknown | None] = {
            "decision.severity": unknown if "severity" in loose else settled.severity,
            "decision.queue": unknown if "queue" in loose else settled.queue,
            "decision.owner": unknown if "owner" in loose else settled.owner,
            "decision.green_channel": unknown if "green_channel" in loose else settled.green_channel,
            "decision.tags": unknown if "tag" in loose else settled.actions.get("tag", ()),
            **self._underived,  # one that was set so far may be set no longer: its rule was replaced by a later one
            **settled.derived,
        }
        late = {path: value for path, value in late.items() if path in self._asked_late}
        for path, value in late.items():
            if value is None:
                facts.pop(path, None)
            else:
                facts[path] = value
        for path in self._late_lookups:
            facts.pop(path, None)
            self.gatherer.look_up(self.pack.facts[path], facts)
            late[path] = facts.get(path)
        return late

    def _missing(self, settled: Settled, unknown: int, facts: Mapping[str, Value | Unknown]) -> _Missing:
        """Per incomplete slot the facts that were unknown, the rules that lacked them, and the facts whose tests failed."""
        why = tuple((path, value.reason) for path, value in facts.items() if isinstance(value, Unknown))
        key = (id(settled), unknown, why)  # the same tests can be unknown for different reasons
        found = self._lacking.get(key)
        if found is None or found[0] is not settled:
            lacks = {i: self._lacks(i, facts) for loose in settled.loose.values() for i in loose}
            incomplete = {
                slot: tuple(sorted({path for i in loose for path, _ in lacks[i]})) for slot, loose in settled.loose.items()
            }
            rules = tuple(sorted((Missing(self.pack.rules[i].id, lack) for i, lack in lacks.items()), key=lambda m: m.rule))
            failed = tuple(sorted({path for lack in lacks.values() for path, reason in lack if reason == "failed"}))
            if len(self._lacking) >= _KEPT:
                self._lacking.clear()
            found = self._lacking[key] = (settled, (incomplete, rules, failed))
        return found[1]

    def _lacks(self, i: int, facts: Mapping[str, Value | Unknown]) -> tuple[tuple[str, str], ...]:
        """The facts for want of which rule i can't be told, with why each is unknown."""
        out = []
        for path in self._rule_facts[i]:
            value = facts.get(path)
            if isinstance(value, Unknown):
                out.append((path, value.reason))
        return tuple(dict.fromkeys(out)) or tuple((path, "failed") for path in self._rule_facts[i])

    def why_not(self, complaint: Complaint, rule_id: str, now: datetime | None) -> WhyNot:
        """Why a rule isn't among the reasons for this complaint."""
        from difflib import get_close_matches

        if rule_id not in self._by_id:
            close = get_close_matches(rule_id, list(self._by_id), 3, 0.5)
            raise UsageError(
                Message(f"规则包 {self.pack.id} 里没有启用的规则 {rule_id}", f"pack {self.pack.id} has no active rule {rule_id}"),
                Message("是不是：" + "、".join(close), "did you mean: " + ", ".join(close)) if close else None,
            )
        rule = self.pack.rules[self._by_id[rule_id]]
        text = fold(complaint.text)
        reading = Reading(text, self.segmenter.cut)
        hits = self.scanner.scan(reading)
        tags = self._tag([complaint], [reading], [reading.tokens], [hits])[0]
        found = self.gatherer.gather(complaint, text, tags, complaint.received_at if now is None else now, whole=True)
        decision = self._decision(complaint, reading, tags, found, self._resolve(complaint, reading, hits, found))
        truth, failed, nearest = why_not(rule, found.facts, self.context)
        state, by = {True: "held", False: "false", None: "unknown"}[truth], ""
        if rule.status == "trial":
            state = "trial" if truth else state
        elif truth:
            by = next((by for target, by in decision.replaced if target == rule_id), "")
            counted = {reason.rule for reason in decision.reasons}
            if by:
                state = "replaced"
            elif rule_id not in counted:
                state = "outranked"
                by = next((r.rule for r in decision.reasons if r.layer == rule.layer), "")
        return WhyNot(rule_id, rule.title, state, by, failed, nearest, str(rule.place))


def _keep(memory: dict[Any, Any], key: object, value: object) -> None:
    """Remember an answer; a memory that is full begins anew."""
    if len(memory) >= _KEPT:
        memory.clear()
    memory[key] = value


def _confidence(raw: object) -> float:
    try:
        value = float(str(raw))
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise UsageError(Message(f"confidence 应是 0 到 1 的数，不是“{str(raw)[:40]}”", f"confidence is a number from 0 to 1, not {str(raw)[:40]!r}"))
    return value


def _paths(value: object) -> tuple[str, ...]:
    from triage.domain.facts import FromFact, Lookup

    return (value.path,) if isinstance(value, FromFact) else value.by if isinstance(value, Lookup) else ()


def _late_lookups(pack: Pack, late: Collection[str]) -> tuple[str, ...]:
    """Facts that are looked up by the decision so far or by derived facts, directly or through another lookup, in that order."""
    found: list[str] = []
    while True:
        more = [
            path for path, fact in sorted(pack.facts.items())
            if fact.lookup is not None and path not in found and any(p in late or p in found for p in fact.lookup.by)
        ]  # fmt: skip
        if not more:
            return tuple(found)
        found += more


def _read_by_actions(pack: Pack) -> frozenset[str]:
    found = {p for rule in pack.rules for action in rule.actions for p in _paths(action.value)}
    found |= {p for fact in pack.facts.values() if fact.lookup is not None for p in fact.lookup.by}
    return frozenset(found)


def _categories(pack: Pack) -> dict[str, tuple[str, ...]]:
    """Paths by every name under which a category may be called: its path and, where that is unambiguous, any tail of it."""
    found: dict[str, list[str]] = {}
    for category in pack.taxonomy.categories:
        parts = category.path.split("/")
        for i in range(len(parts)):
            found.setdefault("/".join(parts[i:]), []).append(category.path)
    return {name: (name,) if name in paths else tuple(paths) for name, paths in found.items()}


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
        while batch := [_complaint(c) for c in islice(source, BATCH)]:
            yield from engine.decide_batch(batch, now)

    def why_not(self, complaint: str | Complaint, rule: str, now: datetime | None = None) -> WhyNot:
        """Why `rule` (its id) isn't among the reasons for this complaint, and the nearest change that would make it."""
        return self._engine.why_not(_complaint(complaint), str(rule), _aware(now))


def _complaint(complaint: object) -> Complaint:
    if isinstance(complaint, str):
        return Complaint(complaint)
    if not isinstance(complaint, Complaint):
        kind = type(complaint).__name__
        raise UsageError(
            Message(f"投诉应是文本或 Complaint，不是 {kind}", f"a complaint is a str or a Complaint, not {kind}"),
            Message("如 Complaint(text, facts={...})", "such as Complaint(text, facts={...})"),
        )
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
