"""One pack and one model, compiled: texts in, explained decisions out. The only place that knows the order of the stages.

fold -> segment -> scan -> tag -> gather -> match -> decide. Each stage runs over a small batch, so that one complaint and a million
take the same path and the time of each stage is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from time import process_time
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from triage.conditions.evaluate import Context
from triage.conditions.flags import FlagTable
from triage.decide import Decider
from triage.domain.complaint import Complaint
from triage.domain.condition import Check, facts_read
from triage.domain.decision import Decision, Fault, Reason
from triage.domain.pack import Pack
from triage.domain.tags import Tags
from triage.errors import UsageError
from triage.explain import Evidences, WhyNot, Witness, why_not
from triage.gather import PENDING, Gathered, Gatherer
from triage.lacking import Lacks
from triage.message import Message
from triage.pins import Pins
from triage.resolve import Outcome, Resolver, late_facts, read_by_actions
from triage.text.fold import Batch, fold, fold_many
from triage.text.reading import Reading
from triage.text.scan import Found, Scanner
from triage.text.segment import Name as SegmenterName
from triage.text.segment import segmenter as find_segmenter

if TYPE_CHECKING:
    from triage.tags.model import Model

STAGES = ("fold", "segment", "scan", "tag", "gather", "match", "decide")

_Tested: TypeAlias = "dict[int, list[tuple[int, int]]]"
"""The text checks of rules that hold for one complaint, by index into the flag table's -> where, in the folded text."""


class Engine:
    """Immutable from outside; safe to use from several threads."""

    def __init__(self, pack: Pack, model: Model | None, matcher: str, segmenter: SegmenterName) -> None:
        from triage.tags.cues import CueTagger
        from triage.tags.fill import HeadFiller

        self.pack, self.model = pack, model
        self.segmenter = find_segmenter(segmenter, pack.lexicon)
        self.timings = dict.fromkeys(STAGES, 0.0)
        self._readings: dict[str, Reading] = {}
        self.context = Context(dict(pack.facts), pack.timezone, self._read)
        self.tagger = CueTagger(pack.taxonomy)
        self._filler = None
        if model is not None and len(model.heads) > 1:
            self._filler = HeadFiller(pack.taxonomy, self.tagger.hiding(), model, self.segmenter.cut)
        self.table = FlagTable([rule.when for rule in pack.rules], self.context, late_facts(pack)[0])
        checks: dict[Check, int] = {}
        for check in (*self.tagger.checks, *self.table.text_checks):
            checks.setdefault(check, len(checks))
        self.scanner = Scanner(tuple(checks))
        # checks of the tagger come first, so that it finds them by its own indexes; of these the hits may lie inside each other
        self._mixed = frozenset(i for i, c in enumerate(self.tagger.checks) if c.op in ("contains_all", "starts_with", "ends_with"))
        self._test_of = np.full(len(checks), -1, dtype=np.int64)
        for i, check in enumerate(self.table.text_checks):
            self._test_of[checks[check]] = i
        used = frozenset().union(*(facts_read(rule.when) for rule in pack.rules)) if pack.rules else frozenset()
        taken = read_by_actions(pack)
        self.used = used | taken
        self.gatherer = Gatherer(pack, self.used, taken)
        self.decider = Decider(pack)
        self.resolver = Resolver(pack, self.table, self.gatherer, self.decider, matcher, self.used)
        self.matcher = self.resolver.matcher
        self.evidences = Evidences(self.table)
        self._lacks = Lacks(pack.rules)
        self._pins = Pins(pack)
        self._by_id = {rule.id: i for i, rule in enumerate(pack.rules)}

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
        if not complaints:
            return []
        spent, clock = self.timings, process_time
        t0 = clock()
        batch = fold_many([c.text for c in complaints])
        t1 = clock()
        tokens = self.segmenter.cut_many(batch)
        t2 = clock()
        cut = self.segmenter.cut
        readings = [Reading(t, cut, words) for t, words in zip(batch.texts, tokens, strict=True)]
        found = self.scanner.scan_many(readings, batch)
        t3 = clock()
        tags = self._tag(complaints, readings, tokens, found)
        t4 = clock()
        gather = self.gatherer.gather
        gathered = [
            gather(c, reading.text, tag, c.received_at if now is None else now)
            for c, reading, tag in zip(complaints, readings, tags, strict=True)
        ]
        t5 = clock()
        tested = self._tested(found, len(complaints))
        resolve = self.resolver.resolve
        outcomes = [
            resolve(reading.text, hits, facts, c.by_hand)
            for c, reading, hits, facts in zip(complaints, readings, tested, gathered, strict=True)
        ]
        t6 = clock()
        out = list(map(self._decision, complaints, readings, tags, gathered, tested, outcomes))
        t7 = clock()
        for stage, seconds in zip(STAGES, (t1 - t0, t2 - t1, t3 - t2, t4 - t3, t5 - t4, t6 - t5, t7 - t6), strict=True):
            spent[stage] += seconds
        return out

    def _tag(self, complaints: Sequence[Complaint], readings: Sequence[Reading], tokens: Sequence[Sequence[str]], found: Found) -> list[Tags]:
        predictions: Sequence[Any] = self.model.predict_many(tokens) if self.model is not None else [None] * len(complaints)
        hits = self._originals(readings, found)
        tags = self.tagger.tags_many(hits, [len(r.text.folded) for r in readings], predictions)
        if self._filler is not None:
            self._filler.fill(tags, predictions, readings, hits)
        for n, complaint in enumerate(complaints):
            if complaint.tags:
                tags[n] = self._pins.pin(complaint.tags, tags[n])
        return tags

    def _originals(self, readings: Sequence[Reading], found: Found) -> Found:
        """The hits of cues, placed in the original texts; of a check whose hits may lie inside each other, the outermost."""
        uneven = [n for n, reading in enumerate(readings) if reading.text.offsets is not None]
        mixed = np.isin(found.check, list(self._mixed)) if self._mixed else np.zeros(len(found.check), dtype=bool)
        apart = mixed | np.isin(found.text, uneven) if uneven else mixed
        if not apart.any():
            return found
        places: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for n, i, a, b in zip(*(column[apart].tolist() for column in found), strict=True):
            places.setdefault((n, i), []).append((a, b))
        rows = [(n, i, *span) for (n, i), hits in places.items() for span in readings[n].spans(hits)]
        more = np.array(rows, dtype=np.int64).reshape(len(rows), 4).T
        return Found(*(np.concatenate([column[~apart], extra]) for column, extra in zip(found, more, strict=True)))

    def _tested(self, found: Found, size: int) -> list[_Tested]:
        """For each complaint the text checks of rules that hold."""
        out: list[_Tested] = [{} for _ in range(size)]
        tests = self._test_of[found.check] if len(found.check) else found.check
        picked = np.flatnonzero(tests >= 0)
        columns = (found.text[picked], tests[picked], found.start[picked], found.end[picked])
        for n, i, a, b in zip(*(column.tolist() for column in columns), strict=True):
            mine = out[n]
            if i in mine:
                mine[i].append((a, b))
            else:
                mine[i] = [(a, b)]
        return out

    def _decision(
        self, complaint: Complaint, reading: Reading, tags: Tags, found: Gathered, tested: _Tested, outcome: Outcome
    ) -> Decision:
        """The decision, with the evidence of every rule that counts."""
        settled, flags, facts, rules, used = outcome.settled, outcome.flags, found.facts, self.pack.rules, self.used
        assert settled is not None
        witness = Witness(facts, flags, reading, tested, tags, found.spans)
        evidence = self.evidences.of
        reasons = tuple([
            Reason((rule := rules[i]).id, rule.title, evidence(i, witness), rule.layer, rule.because, rule.place) for i in settled.counted
        ])  # fmt: skip
        faults = tuple(found.faults)
        incomplete, unknown, failed = self._lacks.of(settled, flags.unknown, facts)
        if failed:
            faults += tuple(Fault(p, Message(f"含 {p} 的条件求值失败", f"a condition on {p} failed in evaluation")) for p in failed)
        return Decision(
            complaint.id, complaint.text, tags, settled.severity, settled.green_channel, settled.queue, settled.owner,
            settled.actions, reasons, settled.conflicts, incomplete, unknown, settled.replaced, self.decider.trial(outcome.held), faults,
            {path: value for path, value in facts.items() if path in used and value is not PENDING}, self.pack.id, self.pack.fingerprint,
            self.model.fingerprint if self.model is not None else "", self.matcher.name,
        )  # fmt: skip

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
        batch: Batch = fold_many([complaint.text])
        text = batch.texts[0]
        reading = Reading(text, self.segmenter.cut)
        hits = self.scanner.scan_many([reading], batch)
        tags = self._tag([complaint], [reading], [reading.tokens], hits)[0]
        found = self.gatherer.gather(complaint, text, tags, complaint.received_at if now is None else now, whole=True)
        tested = self._tested(hits, 1)[0]
        outcome = self.resolver.resolve(text, tested, found, complaint.by_hand)
        decision = self._decision(complaint, reading, tags, found, tested, outcome)
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
