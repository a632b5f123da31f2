"""Matches to decision: the merge laws. Pure: which rules hold and which can't be told, in; every slot settled, out.

Nothing here depends on the order of rules or files. Order inside a table, of channels, of layers and of queues is declared by
the author and counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from triage.domain.decision import Conflict
from triage.domain.facts import Facts, FromFact, Lookup, Unknown, Value
from triage.domain.pack import SEVERITIES, UNION_SLOTS, Pack, Rule

_CHANNEL_OWN = frozenset({"queue", "owner", "owner_rank", "clock"})
"""What counts only of the channel that wins; a losing channel's other actions (severity, notify...) count all the same."""

_OPEN = object()
"""A value that can't be told because the fact it is taken from is unknown."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Every slot, settled. `counted`: indexes of rules that hold and count; `loose`: per incomplete slot the rules that could change it."""

    severity: str
    green_channel: str | None
    queue: str
    owner: str | None
    actions: Mapping[str, tuple[str, ...]]
    counted: tuple[int, ...]
    conflicts: tuple[Conflict, ...]
    loose: Mapping[str, tuple[int, ...]]
    replaced: tuple[tuple[str, str], ...]
    derived: Mapping[str, Value | Unknown] = field(default_factory=dict)


def taken(value: Any, pack: Pack, facts: Facts) -> Any:
    """An action's value: itself, or what its lookup or fact yields; None if that yields nothing, `_OPEN` if it is unknown."""
    if isinstance(value, FromFact):
        found = facts.get(value.path)
        if isinstance(found, Unknown):
            return _OPEN
        return str(found) if found is not None else value.otherwise
    if isinstance(value, Lookup):
        key = []
        for path in value.by:
            found = facts.get(path)
            if isinstance(found, Unknown):
                return _OPEN
            if found is None:
                return value.otherwise
            key.append(str(found))
        return pack.tables[value.table].rows.get(tuple(key), value.otherwise)
    return value


class Decider:
    """The merge laws of one pack."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.rules: tuple[Rule, ...] = pack.rules
        by_id = {rule.id: i for i, rule in enumerate(pack.rules)}
        replacers: dict[int, list[int]] = {}
        for i, rule in enumerate(pack.rules):
            if rule.status == "active":
                for target in rule.replaces:
                    if target in by_id:
                        replacers.setdefault(by_id[target], []).append(i)
        self.replacers = {target: tuple(found) for target, found in replacers.items()}
        self.trial_rules = frozenset(i for i, rule in enumerate(pack.rules) if rule.status == "trial")
        order = {name: n for n, name in enumerate(pack.queues)}
        self.queue_rank = order
        self.channel_rank = {name: n for n, name in enumerate(pack.channels)}
        self.channel_of = {
            i: next(str(a.value) for a in rule.actions if a.slot == "green_channel")
            for i, rule in enumerate(pack.rules)
            if rule.layer == "green_channels" and any(a.slot == "green_channel" for a in rule.actions)
        }
        self.given = [tuple((a.slot, a.key, a.value) for a in rule.actions) for rule in pack.rules]
        self._dynamic = {i: rule.actions for i, rule in enumerate(pack.rules) if any(a.dynamic for a in rule.actions)}

    def trial(self, held: Iterable[int]) -> tuple[str, ...]:
        """Rules in trial that held, by id."""
        return tuple(sorted(self.rules[i].id for i in held if i in self.trial_rules))

    def gives(self, i: int, facts: Facts) -> Sequence[tuple[str, str, Any]]:
        """(slot, key, value) for each thing that rule i gives here; what a lookup or a fact doesn't yield isn't given."""
        if i not in self._dynamic:
            return self.given[i]
        found = [(slot, key, taken(value, self.pack, facts)) for slot, key, value in self.given[i]]
        return [item for item in found if item[2] is not None]

    def dynamic_values(self, held: Sequence[int], maybe: Sequence[int], facts: Facts) -> tuple[object, ...]:
        """What the lookups of these rules yield; with the rules it determines what `settle` answers."""
        if not self._dynamic:
            return ()
        return tuple(
            taken(action.value, self.pack, facts)
            for i in (*held, *maybe) if i in self._dynamic
            for action in self._dynamic[i] if action.dynamic
        )  # fmt: skip

    def settle(self, held: Sequence[int], maybe: Sequence[int], facts: Facts, by_hand: Mapping[str, str]) -> Settled:
        """Settle every slot. `held`: rules known to hold; `maybe`: rules that can't be told; both as indexes into the pack's rules."""
        return _Settling(self, held, maybe, facts, by_hand).result()

    def bearing(self, slots: Collection[str]) -> frozenset[int]:
        """The rules on which these slots hang: those that give one, the other rows of their tables, the channels if it is theirs
        to give, and whatever replaces any of them."""
        found = {i for i, items in enumerate(self.given) if any(slot in slots for slot, _, _ in items)}
        tables = {self.rules[i].table for i in found} - {""}
        found |= {i for i, rule in enumerate(self.rules) if rule.table in tables}
        if not _CHANNEL_OWN.isdisjoint(slots) or "green_channel" in slots:
            found |= set(self.channel_of)
        waiting = list(found)
        while waiting:
            more = set(self.replacers.get(waiting.pop(), ())) - found
            found |= more
            waiting += more
        return frozenset(found)

    def settle_so_far(
        self, held: Sequence[int], maybe: Sequence[int], facts: Facts, by_hand: Mapping[str, str], slots: Collection[str]
    ) -> Settled:
        """Settle only what rules that wait for the decision ask about: the slots named, `set` for all derived facts."""
        return _Settling(self, held, maybe, facts, by_hand).so_far(slots)


class _OneOf:
    """Rules of which the first that holds wins: a table's rows, or the green channels.

    candidates  those that could win, in order; after the first that is sure to hold none could
    winner      the first known to hold: it wins, as far as is known
    closed      whether one of the candidates is sure to win
    """

    __slots__ = ("candidates", "closed", "winner")

    def __init__(self, settling: _Settling, ordered: Iterable[int]) -> None:
        self.candidates: list[int] = []
        self.winner: int | None = None
        self.closed = False
        for i in ordered:
            self.candidates.append(i)
            if self.winner is None and settling.known(i):
                self.winner = i
            if settling.solid(i):
                self.closed = True
                return

    @property
    def loose(self) -> list[int]:
        """Candidates on which it hangs who wins: all but the last, and the last too unless it is sure."""
        return self.candidates[:-1] if self.closed else self.candidates


class _Settling:
    """One run of the merge laws."""

    def __init__(self, decider: Decider, held: Sequence[int], maybe: Sequence[int], facts: Facts, by_hand: Mapping[str, str]) -> None:
        self.d, self.facts, self.by_hand = decider, facts, by_hand
        self.rules, self.pack = decider.rules, decider.pack
        self.conflicts: list[Conflict] = []
        self.loose: dict[str, set[int]] = {}
        self.replaced: list[tuple[str, str]] = []
        held_set = {i for i in held if i not in decider.trial_rules}
        maybe_set = {i for i in maybe if i not in decider.trial_rules}
        self.may_go: dict[int, tuple[int, ...]] = {}
        gone = set()
        for i in held_set | maybe_set if decider.replacers else ():
            by = decider.replacers.get(i, ())
            sure = [r for r in by if r in held_set]
            if sure:
                gone.add(i)
                if i in held_set:
                    self.replaced.append((self.rules[i].id, min(self.rules[r].id for r in sure)))
            elif perhaps := tuple(r for r in by if r in maybe_set):
                self.may_go[i] = perhaps
        self._known = held_set - gone
        self._open = maybe_set - gone
        rows: dict[str, list[int]] = {}
        for i in self._known | self._open:
            if self.rules[i].table:
                rows.setdefault(self.rules[i].table, []).append(i)
        self.tables = {
            table: _OneOf(self, sorted(mine, key=lambda i: self.rules[i].row)) for table, mine in sorted(rows.items())
        }
        rank, channel_of = decider.channel_rank, decider.channel_of
        self.channel = _OneOf(
            self,
            sorted(
                (i for i in self._known | self._open if i in channel_of),
                key=lambda i: (rank.get(channel_of[i], len(rank)), channel_of[i]),
            ),
        )
        if self.channel.loose:
            self.loose["green_channel"] = self._causes(self.channel.loose)
        self.given = {i: decider.gives(i, facts) for i in self._known | self._open}
        self.by_slot: dict[str, list[tuple[str, Any, int]]] = {}
        for i, items in self.given.items():
            if not self.rules[i].table:
                for slot, key, value in items:
                    self.by_slot.setdefault(slot, []).append((key, value, i))
        self.slots = {slot for items in self.given.values() for slot, _, _ in items}
        self.certain = not self._open and not self.may_go and not any(v is _OPEN for items in self.given.values() for _, _, v in items)
        """Whether nothing at all is open: then what is given is what stays."""

    def known(self, i: int) -> bool:
        """Known to hold and not replaced, as far as is known."""
        return i in self._known

    def solid(self, i: int) -> bool:
        """Known to hold, and nothing that can't be told could replace it."""
        return i in self._known and i not in self.may_go

    def gives(self, i: int, slot: str, key: str | None = None) -> list[Any]:
        """The values that a rule gives a slot (of a key: a template's purpose, a derived fact)."""
        return [value for s, k, value in self.given.get(i, ()) if s == slot and (key is None or k == key)]

    def stays(self, i: int, gives: Callable[[int], bool]) -> bool:
        """Whether something is sure to be given: by rule i, known to hold, or by whatever replaces it."""
        return i in self._known and gives(i) and all(self._stands_in(r, gives) for r in self.may_go.get(i, ()))

    def stays_given(self, i: int, slot: str, value: Any, key: str | None = None) -> bool:
        """Whether a slot is sure to be given this value: by rule i, known to hold, or by whatever replaces it."""
        return self.stays(i, lambda j: value in self.gives(j, slot, key))

    def _stands_in(self, i: int, gives: Callable[[int], bool]) -> bool:
        return i in self._open and gives(i) and all(self._stands_in(r, gives) for r in self.may_go.get(i, ()))

    def _causes(self, rules: Iterable[int]) -> set[int]:
        """The rules that can't be told on which it hangs whether these count."""
        out: set[int] = set()
        for i in rules:
            if i in self._open or i not in self.may_go:
                out.add(i)
            out.update(self.may_go.get(i, ()))
        return out

    def groups(self, slot: str) -> list[_OneOf]:
        """The tables and, for what only a winning channel gives, the channels."""
        return [*self.tables.values(), *([self.channel] if slot in _CHANNEL_OWN else [])]

    def free_pairs(self, slot: str, keep: Callable[[Rule], bool] | None = None, key: str | None = None) -> list[tuple[Any, int]]:
        """(value, rule) of rules that count on their own; not rows, nor channels for what only the winner gives."""
        channels = self.d.channel_of if slot in _CHANNEL_OWN else {}
        return [
            (v, i) for k, v, i in self.by_slot.get(slot, ())
            if i not in channels and (key is None or k == key) and (keep is None or keep(self.rules[i]))
        ]  # fmt: skip

    def settle_free(self, pairs: Sequence[tuple[Any, int]], slot: str, place: Callable[[Any], Any], key: str | None = None) -> tuple[set[Any], bool, set[int]]:
        """Of rules that count on their own, where the first value in the order of `place` settles differences: the values that
        could come out, whether one is sure to, and the rules on which it hangs."""
        if self.certain:
            sure = [v for v, _ in pairs]
        else:
            sure = [v for v, i in pairs if v is not _OPEN and self.stays_given(i, slot, v, key)]
        if sure:
            base = min(sure, key=place)
            rivals = [(v, i) for v, i in pairs if v is _OPEN or place(v) < place(base)]
            return {base, *(v for v, _ in rivals)}, True, {i for _, i in rivals}
        return {v for v, _ in pairs}, False, {i for _, i in pairs}

    def severity(self) -> str:
        order = SEVERITIES.index
        hand = self.by_hand.get("severity")
        pairs = [(order(str(v)), i) for v, i in self.free_pairs("severity") if hand is None or self.rules[i].override]
        for group in self.tables.values():
            pairs += [(order(str(v)), i) for i in group.candidates if i == group.winner or i in self._open for v in self.gives(i, "severity")]
        floor = order(self.pack.default_severity if hand is None else hand)
        given = [(rank, i) for rank, i in pairs if i in self._known]
        if hand is not None:
            given.append((floor, -1))
        best = max((rank for rank, _ in given), default=floor)
        could = {i for rank, i in pairs if i in self._open and (rank > best or (not given and rank != best))}
        top = [i for rank, i in given if rank == best]

        def keeps(j: int) -> bool:
            return any(order(str(v)) >= best for v in self.gives(j, "severity"))

        if given and not any(i < 0 or self.stays(i, keeps) for i in top):
            lower = {r for i in top for r in self.may_go.get(i, ()) if not keeps(r)}
            if floor != best or any(rank < best for rank, _ in given) or any(self.gives(r, "severity") for r in lower if r in self._open):
                could |= lower
        if could:
            self.loose["severity"] = self._causes(could)
            best = max(best, floor)
        return SEVERITIES[best]

    def single(self, slot: str, default: str | None) -> str | None:
        """A slot that holds one value, settled by layers, strongest first; unsettled it falls back to the default."""
        rank = self.d.queue_rank if slot == "queue" else {}

        def place(value: Any) -> tuple[int, str]:
            return (rank.get(value, len(rank)), str(value))

        hand = self.by_hand.get(slot)
        stages: list[tuple[str, Callable[[Rule], bool]]]
        if hand is not None:
            stages = [("override", lambda r: r.override)]
        else:
            stages = [("locked", lambda r: r.locked)]
            stages += [(layer, lambda r, layer=layer: r.layer == layer and not r.locked) for layer in self.pack.layers]  # type: ignore[misc]
        fallback = hand if hand is not None else default
        outcomes: set[Any] = set()
        causes: set[int] = set()
        chosen: Any = None
        closed = False
        for layer, keep in stages:
            pairs = self.free_pairs(slot, keep)
            values = sorted({v for v, i in pairs if i in self._known and v is not _OPEN}, key=place)
            if len(values) > 1 and chosen is None and not closed:
                self.conflicts.append(Conflict(slot, self._who([p for p in pairs if p[1] in self._known], values), values[0]))
            if values and chosen is None:
                chosen = values[0]
            found, closed, why = self.settle_free(pairs, slot, place)
            outcomes |= found
            causes |= why
            if closed:
                break
            for group in self.groups(slot) if hand is None else ():
                mine = [i for i in group.candidates if keep(self.rules[i])]
                if not mine:
                    continue
                given = {i: self.gives(i, slot) for i in mine}
                if group.winner in given and given[group.winner] and chosen is None:
                    chosen = given[group.winner][0]
                outcomes |= {v for values in given.values() for v in values}
                closed = group.closed and all(given.values())
                causes |= set(mine)
                if closed:
                    break
            if closed:
                break
        if not closed:
            outcomes.add(fallback)
        if len(outcomes) > 1 or _OPEN in outcomes:
            self.loose[slot] = self._unsettled(causes)
            return fallback
        return chosen if chosen is not None else fallback

    def _unsettled(self, rules: Iterable[int]) -> set[int]:
        """Of these, what can't be told: open ones, replacers that are open, and rules whose value hangs on an unknown fact."""
        found = self._causes(rules)
        return {i for i in found if i in self._open or i not in self._known} or found

    def _who(self, given: Sequence[tuple[Any, int]], values: Sequence[Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return tuple(
            (str(value), tuple(sorted({self.rules[i].id for v, i in given if v == value})))
            for value in sorted(values, key=str)
        )

    def union(self, slot: str) -> tuple[str, ...]:
        """A slot that holds all values given."""
        pairs = self.free_pairs(slot)
        here = {str(v) for v, i in pairs if i in self._known and v is not _OPEN}
        if self.certain:
            return tuple(sorted(here.union(*([str(v) for v in self.gives(g.winner, slot)] for g in self.groups(slot) if g.winner is not None))))
        sure = {str(v) for v, i in pairs if v is not _OPEN and self.stays_given(i, slot, v)}
        for group in self.groups(slot):
            each = [{str(v) for v in self.gives(i, slot) if v is not _OPEN} for i in group.candidates]
            if group.winner is not None:
                here |= {str(v) for v in self.gives(group.winner, slot) if v is not _OPEN}
            if group.closed:
                sure |= set.intersection(*each)
        for group in self.groups(slot):
            pairs += [(v, i) for i in group.candidates for v in self.gives(i, slot)]
        could = {i for v, i in pairs if v is _OPEN or str(v) not in sure}
        if could:
            for group in self.groups(slot):  # a row may be kept out by any unknown row before it
                if any(i in could for i in group.candidates):
                    could |= set(group.loose)
            self.loose[slot] = self._unsettled(could)
        return tuple(sorted(here))

    def keys(self, slot: str) -> list[str]:
        """The keys under which anything is given: purposes of templates, derived facts, clocks."""
        return sorted({key for items in self.given.values() for s, key, _ in items if s == slot}) if slot in self.slots else []

    def templates(self) -> tuple[str, ...]:
        """One template per purpose; rows and channels count like rules."""
        out = []
        for purpose in self.keys("template"):
            pairs = self.free_pairs("template", None, purpose)
            for group in self.tables.values():
                pairs += [(v, i) for i in group.candidates if i == group.winner or i in self._open for v in self.gives(i, "template", purpose)]
            known = [(v, i) for v, i in pairs if i in self._known and v is not _OPEN]
            values = sorted({str(v) for v, _ in known})
            if len(values) > 1:
                self.conflicts.append(Conflict(f"template.{purpose}", self._who(known, values), values[0]))
            if values:
                out.append(f"{purpose}={values[0]}")
            outcomes, closed, why = self.settle_free(pairs, "template", str, purpose)
            if len(outcomes) + (not closed) > 1 or _OPEN in outcomes:
                self.loose.setdefault("template", set()).update(self._unsettled(why))
        return tuple(out)

    def clocks(self) -> tuple[str, ...]:
        """Clocks that the winning channel starts; all clocks run side by side."""
        channel = self.channel

        def of(i: int) -> set[str]:
            return {f"{key}={value}" for slot, key, value in self.given[i] if slot == "clock"}

        each = [of(i) for i in channel.candidates]
        if channel.loose and len({frozenset(c) for c in (*each, *(() if channel.closed else [set[str]()]))}) > 1:
            self.loose["clock"] = self._unsettled(channel.loose)
        return tuple(sorted(of(channel.winner))) if channel.winner is not None else ()

    def derived(self) -> tuple[dict[str, Value | Unknown], tuple[str, ...]]:
        """Facts that rules set, merged as declared; one that unknown rules could change is unknown."""
        values: dict[str, Value | Unknown] = {}
        shown = []
        for path in self.keys("set"):
            pairs = self.free_pairs("set", None, path)
            known = [(v, i) for v, i in pairs if i in self._known and v is not _OPEN]
            result = self._merge(path, [v for v, _ in known], known)
            sure = [v for v, i in pairs if v is not _OPEN and self.stays_given(i, "set", v, path)]
            most = self._merge(path, [v for v, _ in pairs if v is not _OPEN], None)
            least = self._merge(path, sure, None)
            if any(v is _OPEN for v, _ in pairs) or most != least or most != result:
                self.loose[path] = self._unsettled({i for v, i in pairs if v not in sure})
                values[path] = Unknown("incomplete")
            elif result is not None:
                values[path] = result
                texts = result if isinstance(result, tuple) else (result,)
                shown.append(f"{path}={','.join(str(t) for t in texts)}")
        return values, tuple(shown)

    def _merge(self, path: str, values: Sequence[Any], known: Sequence[tuple[Any, int]] | None) -> Any:
        """Values of a derived fact merged as it declares; with `known` a difference under `unique` is a conflict."""
        if not values:
            return None
        fact = self.pack.facts[path]
        kind, how = fact.type, fact.merge or "unique"
        if how == "union":
            return tuple(sorted({x for v in values for x in (v if isinstance(v, tuple) else (v,))}, key=str))
        ranked = sorted(set(values), key=(lambda v: kind.domain.index(v)) if kind.domain and kind.ordered else (lambda v: v))
        if how == "max":
            return ranked[-1]
        if len(ranked) > 1 and how == "unique" and known is not None:
            self.conflicts.append(Conflict(f"set.{path}", self._who(known, ranked), str(ranked[0])))
        return ranked[0]

    def _counted(self) -> tuple[int, ...]:
        """Rules that hold and count, by layer and name: of a table its winning row, and no channel that loses and says nothing else."""
        layers = {layer: n for n, layer in enumerate(self.pack.layers)}
        winners = {group.winner for group in self.tables.values()}
        out = []
        for i in self._known:
            rule = self.rules[i]
            if rule.table and i not in winners:
                continue
            if i in self.d.channel_of and i != self.channel.winner and all(
                a.slot in _CHANNEL_OWN or a.slot == "green_channel" for a in rule.actions
            ):
                continue
            out.append(i)
        return tuple(sorted(out, key=lambda i: (layers.get(self.rules[i].layer, 9), self.rules[i].id)))

    def so_far(self, slots: Collection[str]) -> Settled:
        """Only these slots; the others stay empty."""
        winner = self.channel.winner
        return Settled(
            severity=self.severity() if "severity" in slots else "",
            green_channel=self.d.channel_of[winner] if winner is not None else None,
            queue=str(self.single("queue", self.pack.default_queue)) if "queue" in slots else "",
            owner=self.single("owner", None) if "owner" in slots else None,
            actions={"tag": self.union("tag")} if "tag" in slots else {},
            counted=(), conflicts=(), replaced=(),
            derived=self.derived()[0] if "set" in slots else {},
            loose={slot: tuple(sorted(could)) for slot, could in self.loose.items()},
        )  # fmt: skip

    def result(self) -> Settled:
        severity = self.severity()
        queue = self.single("queue", self.pack.default_queue)
        owner = self.single("owner", None) if "owner" in self.slots or "owner" in self.by_hand else None
        actions: dict[str, tuple[str, ...]] = {}
        for slot in (*UNION_SLOTS, "owner_rank"):
            if slot in self.slots and (values := self.union(slot)):
                actions[slot] = values
        if found := self.templates():
            actions["template"] = found
        if found := self.clocks():
            actions["clock"] = found
        derived, shown = self.derived()
        if shown:
            actions["set"] = shown
        winner = self.channel.winner
        return Settled(
            severity, self.d.channel_of[winner] if winner is not None else None, str(queue), owner,
            actions, self._counted(), tuple(sorted(self.conflicts, key=lambda c: c.slot)),
            {slot: tuple(sorted(could)) for slot, could in sorted(self.loose.items())},
            tuple(sorted(self.replaced)), derived,
        )  # fmt: skip
