"""Tags from cue phrases: scores the phrases that were found in a text, and refines or replaces the classifier's category by them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from triage.domain.condition import Check
from triage.domain.pack import Cue, Taxonomy
from triage.domain.tags import Span, Tags
from triage.tags.model import Prediction

_Pair = tuple[int, int]
Hits = Mapping[int, Sequence[_Pair]]
"""Index of each check of `CueTagger.checks` that hit -> where, as [start, end) in the original text, in order, without repeats."""

_span: Callable[[_Pair], Span] = partial(tuple.__new__, Span)
"""A pair as a Span, several times as fast as through the constructor; pairs that nobody will see stay pairs."""

_TIMES = (0, 64, 108, 134, 153, 167, 179, 189, 197)
"""What n hits of one phrase weigh, n = 0..8 and more: 64 (1 + ln n), so that a phrase said ten times isn't ten reasons."""
_LENGTH = (0, 2, 4, 5, 6, 7, 8, 9, 10)
"""What a phrase of n characters weighs: a long phrase says more than a short one."""
_EXPRESSION = 6
"""What a regular expression or `contains_all` weighs: as a phrase of four characters."""

_OPENING = 40
"""A phrase that begins within so many characters counts once more: a complaint's title or first sentence says what it is about."""

SMOOTHING = 8 * 64
"""Added to all evidence when that of one category is turned into a share: two short phrases alone give a share of 1/2."""
ANSWER = 0.5
"""Least confidence at which cues name a category where no classifier is, or where it abstains and its best guess is the same."""
ALONE = 0.7
"""Least confidence at which cues name a category other than the best guess of a classifier that abstains."""
OVERRULE = 0.9
"""Least confidence at which cues name a category other than the classifier's answer, if that one is no surer than `UNSURE`."""
UNSURE = 0.7
NAMING = 3
"""A phrase of this weight or more in a letter's opening names its matter, however sure the classifier is of another."""
CLEAR = 1.5
"""How many times the evidence of the next a level below must have to be named: short mentions in passing don't decide a desk."""
_PER_CHARACTER, _ENOUGH = 2, 1000
"""Evidence that a level below needs, for each character of the text and at most: one passing word in a long letter isn't its subject."""


_NOTHING, _ALONE = 0, -1
"""A request's or risk's cue that says nothing and hides what lies inside it, and one that counts only if nothing else of its kind does."""


class _Speaks(NamedTuple):
    """What one check speaks for. `phrase`: its hits are as long as what was written (an expression's aren't)."""

    phrase: bool
    nodes: frozenset[int]
    """Categories, and what a hit adds to each of them and of the nodes above: (node, weight)."""
    lifts: tuple[tuple[int, int], ...]
    intents: tuple[tuple[int, int], ...]
    sets: tuple[tuple[str, str], ...]
    """("requests" or "risks", value)."""
    quiet: tuple[tuple[str, str, int], ...]
    """As `sets`, for cues that don't simply name their value, with `_NOTHING` or `_ALONE`."""
    emotion: int


_SETS = ("requests", "risks")
_Hit = tuple[int, int, int]
"""Start, minus end (so that sorting puts the longest first), index of the check."""


class CueTagger:
    """The cue phrases of a taxonomy, compiled.

    checks   every distinct check to look for; `contains_any` and `words` lists are split into their phrases, so that each counts
             for itself
    tags     what the hits of one text say
    """

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._paths = tuple(category.path for category in taxonomy.categories)
        self._intents = tuple(value.id for value in taxonomy.intents)
        self._emotions = tuple(value.id for value in taxonomy.emotions)
        number = {path: i for i, path in enumerate(self._paths)}
        self._number = number
        # own node first, then its ancestors
        self._upwards = tuple(
            tuple(number[a] for a in _ancestors(path) if a in number) for path in self._paths
        )  # fmt: skip
        self._above = tuple(line[1] if len(line) > 1 else -1 for line in self._upwards)
        self._is_root = tuple(len(line) == 1 for line in self._upwards)
        # a category, what is above it and what is below it: whose phrases are evidence for it
        self._related = tuple(
            frozenset(line) | {k for k, other in enumerate(self._upwards) if i in other} for i, line in enumerate(self._upwards)
        )
        self.checks, self._speaks = self._compile(taxonomy)

    def _compile(self, taxonomy: Taxonomy) -> tuple[tuple[Check, ...], tuple[_Speaks, ...]]:
        places: dict[Check, dict[str, dict[int | str, int]]] = {}

        def add(kind: str, key: int | str, cues: Iterable[Cue]) -> None:
            for cue in cues:
                for check in split(cue.check):
                    weights = places.setdefault(check, {}).setdefault(kind, {})
                    weight = _ALONE if cue.alone and kind in ("requests", "risks") else cue.weight
                    weights[key] = max(weights.get(key, weight), weight)

        for i, category in enumerate(taxonomy.categories):
            add("categories", i, category.cues)
        for i, value in enumerate(taxonomy.intents):
            add("intents", i, value.cues)
        for value in taxonomy.requests:
            add("requests", value.id, value.cues)
        for value in taxonomy.risks:
            add("risks", value.id, value.cues)
        for i, value in enumerate(taxonomy.emotions):
            add("emotions", i, value.cues)
        speaks = []
        for check, kinds in places.items():
            lifts: dict[int, int] = {}
            for node, weight in kinds.get("categories", {}).items():
                for ancestor in self._upwards[int(node)]:
                    lifts[ancestor] = lifts.get(ancestor, 0) + weight
            speaks.append(
                _Speaks(
                    check.op not in ("matches", "contains_all"),
                    frozenset(map(int, kinds.get("categories", ()))),
                    tuple(lifts.items()),
                    tuple((int(k), w) for k, w in kinds.get("intents", {}).items()),
                    tuple((kind, str(name)) for kind in _SETS for name, weight in kinds.get(kind, {}).items() if weight > 0),
                    tuple((kind, str(name), weight) for kind in _SETS for name, weight in kinds.get(kind, {}).items() if weight <= 0),
                    max((int(i) for i, weight in kinds.get("emotions", {}).items() if weight), default=-1),
                )
            )
        return tuple(places), tuple(speaks)

    def tags(self, hits: Hits, length: int, prediction: Prediction | None = None) -> Tags:
        """The tags of a text of `length` characters, given where the checks hit and, if there is one, the classifier's answer.

        category  the classifier's, refined to the descendant that the cues speak for; where it abstains or there is none, the
                  cues' own if their evidence is enough and unambiguous
        intent    the value with the most evidence; the first in the taxonomy's order among equals
        requests, risks   every value with a cue that isn't hidden; one that counts alone only where there is none other
        emotion   the strongest (last in the taxonomy) with a cue

        Indexes past those of `checks` may be among the hits, and say nothing.
        """
        speaks, own = self._speaks, len(self._speaks)
        category_hits: list[_Hit] = []
        intent_hits: list[_Hit] = []
        places: dict[str, Collection[_Pair]] = {}
        quiet: list[tuple[str, str, int, Sequence[_Pair]]] | None = None
        emotion = -1
        felt: list[_Pair] = []
        for i, pairs in hits.items():
            if i >= own:
                continue
            _, nodes, _, intents, sets, unsaid, mood = speaks[i]
            if nodes:
                for a, b in pairs:
                    category_hits.append((a, -b, i))
            if intents:
                for a, b in pairs:
                    intent_hits.append((a, -b, i))
            for kind, name in sets:
                key = f"{kind}:{name}"
                places[key] = {*places[key], *pairs} if key in places else pairs
            if unsaid:
                quiet = quiet or []
                quiet += [(kind, name, how, pairs) for kind, name, how in unsaid]
            if mood >= 0 and mood >= emotion:
                if mood > emotion:
                    emotion, felt = mood, []
                felt += pairs
        if quiet is not None:
            _hide(places, quiet)
        found = {key: _spans(at) for key, at in sorted(places.items())} if places else {}
        requests = tuple([key[9:] for key in found if key.startswith("requests:")])
        risks = tuple([key[6:] for key in found if key.startswith("risks:")])
        intent = None
        if intent_hits:
            intent, found_at = self._intent(intent_hits)
            if intent is not None:
                found["intent:" + intent] = found_at
        feeling = None
        if emotion >= 0:
            feeling = self._emotions[emotion]
            found["emotion:" + feeling] = _spans(felt)
        category, confidence, abstained, alternatives = self._category(category_hits, prediction, found, length)
        return Tags(
            category, confidence, abstained, alternatives, intent, requests, risks, feeling, found,
        )  # fmt: skip

    def _intent(self, hits: list[_Hit]) -> tuple[str | None, tuple[Span, ...]]:
        speaks = self._speaks
        scores: dict[int, int] = {}
        strengths = self._strengths(hits)
        for i, strength, _ in strengths:
            for value, weight in speaks[i].intents:
                if weight:
                    scores[value] = scores.get(value, 0) + strength * weight
        if not scores:
            return None, ()
        best = min(scores, key=lambda value: (-scores[value], value)) if len(scores) > 1 else next(iter(scores))
        if len(strengths) > 1:
            strengths = [strong for strong in strengths if any(value == best and weight for value, weight in speaks[strong[0]].intents)]
        return self._intents[best], _spans([pair for _, _, pairs in strengths for pair in pairs])

    def _strengths(self, hits: list[_Hit]) -> list[tuple[int, int, list[_Pair]]]:
        """(check, strength, where) of the hits that count: one that lies inside a longer phrase doesn't."""
        speaks = self._speaks
        kept: dict[int, list[_Pair]] = {}
        if len(hits) == 1:
            a, minus, i = hits[0]
            kept[i] = [(a, -minus)]
        else:
            hits.sort()
            start, end = -1, -1
            for a, minus, i in hits:
                b = -minus
                if speaks[i][0]:
                    if b > end:
                        start, end = a, b
                    elif b != end or a != start:
                        continue
                if i in kept:
                    kept[i].append((a, b))
                else:
                    kept[i] = [(a, b)]
        out = []
        for i, pairs in kept.items():
            a, b = pairs[0]
            base = (_LENGTH[b - a] if b - a < 8 else _LENGTH[8]) if speaks[i][0] else _EXPRESSION
            times = len(pairs)
            strength = _TIMES[times] if times < 8 else _TIMES[8]
            out.append((i, base * (strength + 64 if a < _OPENING else strength), pairs))
        return out

    def _category(
        self, hits: list[_Hit], prediction: Prediction | None, found: dict[str, tuple[Span, ...]], length: int
    ) -> tuple[str | None, float, bool, tuple[tuple[str, float], ...]]:
        """Category, confidence, abstained, alternatives; adds the places that speak for the category to `found`."""
        if not hits:
            return _as_predicted(prediction)
        speaks = self._speaks
        strengths = self._strengths(hits)
        totals: dict[int, int] = {}
        for i, strength, _ in strengths:
            for node, weight in speaks[i][2]:
                totals[node] = totals.get(node, 0) + strength * weight
        least = min(_PER_CHARACTER * length, _ENOUGH)
        named = {
            node
            for i, _, spans in strengths
            if spans[0][0] < _OPENING
            for node, weight in speaks[i].lifts
            if weight >= NAMING and self._is_root[node]
        }
        start, confidence, alternatives = self._start(totals, prediction, least, named)
        if start is None:
            return _as_predicted(prediction) if prediction is not None else (None, confidence, True, alternatives)
        category = self._refine(start, totals, least) if start in totals else start
        related = self._related[category]
        places = [pair for i, _, pairs in strengths if not related.isdisjoint(speaks[i][1]) for pair in pairs]
        if places:
            found["category"] = _spans(places)
        return self._paths[category], confidence, False, alternatives

    def _start(
        self, totals: Mapping[int, int], prediction: Prediction | None, least: int, named: set[int]
    ) -> tuple[int | None, float, tuple[tuple[str, float], ...]]:
        """The node from which to refine (None: abstain, or the model's label isn't in the tree), its confidence, alternatives."""
        if prediction is not None and not prediction.abstained and prediction.confidence > UNSURE and not named:
            return self._number.get(prediction.label), prediction.confidence, prediction.alternatives
        root = self._is_root
        ranked = sorted([(-total, node) for node, total in totals.items() if root[node]])
        whole = SMOOTHING - sum([minus for minus, _ in ranked])
        node, confidence = ranked[0][1], confidence_of(-ranked[0][0], whole)
        unique = len(ranked) == 1 or ranked[0][0] < ranked[1][0]
        if prediction is None:
            alternatives = tuple([(self._paths[n], confidence_of(-minus, whole)) for minus, n in ranked[:3]])
            return (node if unique and confidence >= ANSWER else None), confidence, alternatives
        same = prediction.label.split("/", 1)[0] == self._paths[node]
        if len(named) == 1 and node in named and not same:
            return node, confidence, prediction.alternatives
        if not prediction.abstained and (same or not unique or -ranked[0][0] < least or confidence < OVERRULE):
            return self._number.get(prediction.label), prediction.confidence, prediction.alternatives
        if unique and (same or -ranked[0][0] >= least) and confidence >= (ANSWER if same else ALONE):
            return node, max(confidence, prediction.confidence if same else 0.0), prediction.alternatives
        return None, prediction.confidence, prediction.alternatives

    def _refine(self, node: int, totals: Mapping[int, int], least: int) -> int:
        """Down from `node`, as long as one child has clearly more evidence than each other, and `least` at any rate."""
        above = self._above
        while True:
            scored = sorted([(-total, child) for child, total in totals.items() if above[child] == node])
            if not scored or -scored[0][0] < least or (len(scored) > 1 and scored[0][0] > CLEAR * scored[1][0]):
                return node
            node = scored[0][1]


def _hide(places: dict[str, Collection[_Pair]], quiet: Iterable[tuple[str, str, int, Sequence[_Pair]]]) -> None:
    """Takes out of `places` what lies inside a phrase that says nothing for the same value, then adds what counts alone."""
    alone: dict[str, dict[str, Collection[_Pair]]] = {}
    covers: dict[str, list[_Pair]] = {}
    for kind, name, how, pairs in quiet:
        key = f"{kind}:{name}"
        if how == _ALONE:
            values = alone.setdefault(kind, {})
            values[key] = [*values.get(key, ()), *pairs]
        else:
            covers.setdefault(key, []).extend(pairs)
    groups: list[dict[str, Collection[_Pair]]] = [places, *alone.values()]
    for found in groups:
        for key in found.keys() & covers.keys():
            left = [(a, b) for a, b in found[key] if not any(c <= a and b <= d for c, d in covers[key])]
            if left:
                found[key] = left
            else:
                del found[key]
    for kind, values in alone.items():
        if not any(key.startswith(kind) for key in places):
            places.update(values)


def split(check: Check) -> list[Check]:
    """A check that any of several phrases satisfies, as one check per phrase; other checks alone."""
    if check.op in ("contains_any", "words") and isinstance(check.operand, tuple):
        op = "contains" if check.op == "contains_any" else "words"
        return [Check(op, phrase if op == "contains" else (phrase,), check.unless_negated) for phrase in check.operand]  # type: ignore[arg-type]
    return [check]


def _ancestors(path: str) -> list[str]:
    """The path itself, then each node above it."""
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(len(parts), 0, -1)]


def _spans(pairs: Collection[_Pair]) -> tuple[Span, ...]:
    """By place, without repeats."""
    return tuple(map(_span, sorted(set(pairs)) if len(pairs) > 1 else pairs))


def confidence_of(part: int, whole: int) -> float:
    """Confidence from evidence: 1 - (1 - share)**2, 4 decimals, in whole numbers.

    Not fitted to labels, which a pack may not have; checked on 5,409 real messages with the built-in pack for citizens' hotlines,
    where cues alone, told nothing of labels, were right in 60% of rows at a mean confidence of 0.56, 67% at 0.65, 81% at 0.75, 89% at
    0.85 and 97% at 0.94.
    """
    square, rest = whole * whole, (whole - part) * (whole - part)
    return ((square - rest) * 20000 + square) // (2 * square) / 10000


def _as_predicted(prediction: Prediction | None) -> tuple[str | None, float, bool, tuple[tuple[str, float], ...]]:
    """The classifier's answer as it stands; abstained where there is none."""
    if prediction is None:
        return None, 0.0, True, ()
    return (
        None if prediction.abstained else prediction.label,
        prediction.confidence,
        prediction.abstained,
        prediction.alternatives,
    )
