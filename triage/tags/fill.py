"""What a model's heads add to the tags that were read from cues: values that no cue names, with the words that weighed most."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from triage.domain.pack import Taxonomy
from triage.domain.tags import Span, Tags
from triage.tags.heads import SEVERAL
from triage.tags.model import Model, Prediction
from triage.text.fold import fold
from triage.text.reading import Reading
from triage.text.scan import Found

_Quote = Callable[[str, str], tuple[Span, ...]]
"""(text, "risks:legal") -> where the words stand that weighed most for that value."""


class NamedPlaces(Mapping[str, tuple[Span, ...]]):
    """Where the tags of one text were read: those of cues as they are, those that heads alone named found when somebody looks.

    named   the latter, as "risks:legal"
    """

    __slots__ = ("_cues", "_quote", "_text", "named")

    def __init__(self, cues: Mapping[str, tuple[Span, ...]], named: tuple[str, ...], text: str, quote: _Quote) -> None:
        self._cues, self.named, self._text, self._quote = cues, named, text, quote

    def __getitem__(self, key: str) -> tuple[Span, ...]:
        return self._quote(self._text, key) if key in self.named else self._cues[key]

    def __iter__(self) -> Iterator[str]:
        yield from self._cues
        yield from self.named

    def __len__(self) -> int:
        return len(self._cues) + len(self.named)

    def __repr__(self) -> str:
        return repr(dict(self))


class HeadFiller:
    """The heads of one model beside the cues of one pack. Only values that the pack has are named.

    `hiding`: value ("risks:legal") -> the checks that say nothing for it and hide what lies inside them.
    """

    def __init__(self, taxonomy: Taxonomy, hiding: Mapping[str, frozenset[int]], model: Model, cut: Callable[[str], Sequence[str]]) -> None:
        self._model, self._cut, self._hiding = model, cut, hiding
        known = {"intent": taxonomy.intents, "requests": taxonomy.requests, "risks": taxonomy.risks, "emotion": taxonomy.emotions}
        self._known = frozenset(f"{kind}:{value.id}" for kind, values in known.items() for value in values)

    def fill(self, tags: list[Tags], predictions: Sequence[Prediction | None], readings: Sequence[Reading], found: Found) -> None:
        """Put what the heads are sure of where cues are silent, into `tags`; `found` are the hits of cues, in the original texts.

        risks     values that the head names, beside those of cues
        requests  likewise, where cues name none: beside a definite request, words of the matter are no other one
        intent, emotion   the head's where no cue speaks for one; so it replaces the intent declared `otherwise`, which needs no cue

        The word that weighed most for a risk or request must stand somewhere unnegated, and outside what hides the value's cues.
        """
        for n, said in enumerate(predictions):
            if said is None:
                continue
            _, _, _, _, intent, requests, risks, emotion = said
            mine = tags[n]
            if requests or risks or (intent is not None and intent != mine.intent) or (emotion is not None and mine.emotion is None):
                tags[n] = self._filled(mine, said, n, readings[n], found)

    def _filled(self, tags: Tags, said: Prediction, n: int, reading: Reading, found: Found) -> Tags:
        cues, known = tags.spans, self._known
        intent, emotion, named = tags.intent, tags.emotion, []
        key = f"intent:{said.intent}"
        if said.intent != intent and key in known and f"intent:{intent}" not in cues:
            intent = said.intent
            named.append(key)
        if emotion is None and (key := f"emotion:{said.emotion}") in known:
            emotion = said.emotion
            named.append(key)
        sets = {}
        for kind in SEVERAL:
            ours = getattr(tags, kind)
            more = [
                value for value in (getattr(said, kind) if not ours or kind == "risks" else ())
                if value not in ours and (key := f"{kind}:{value}") in known and self._stands(key, n, reading, found)
            ]  # fmt: skip
            named += [f"{kind}:{value}" for value in more]
            sets[kind] = tuple(sorted((*ours, *more))) if more else ours
        if not named:
            return tags
        places = NamedPlaces(cues, tuple(named), reading.text.original, self._quote)
        return Tags(tags.category, tags.confidence, tags.abstained, tags.alternatives, intent, sets["requests"], sets["risks"], emotion, places)

    def _stands(self, key: str, n: int, reading: Reading, found: Found) -> bool:
        """Whether the word that weighed most for a value stands somewhere where it says so."""
        hiding, mine = self._hiding.get(key, frozenset()), np.flatnonzero(found.text == n)
        covers = [(a, b) for check, a, b in zip(*(column[mine].tolist() for column in found[1:]), strict=True) if check in hiding]
        ends = reading.ends
        kind, _, value = key.partition(":")
        for place in self._model.reasons(reading.tokens, kind, value, most=1):
            start = ends[place] - len(reading.tokens[place])
            span = reading.text.span(start, ends[place])
            if span is not None and not any(a <= span.start and span.end <= b for a, b in covers) and not reading.is_negated(start):
                return True
        return False

    def _quote(self, text: str, key: str) -> tuple[Span, ...]:
        """The text is folded and cut again: tags that are kept don't keep the words of all texts."""
        reading = Reading(fold(text), self._cut)
        tokens, ends = reading.tokens, reading.ends
        kind, _, value = key.partition(":")
        return reading.spans([(ends[i] - len(tokens[i]), ends[i]) for i in self._model.reasons(tokens, kind, value)])
