"""Matches to decision: the merge laws. Pure: which rules hold and which can't be told, in; every slot settled, out.

Nothing here depends on the order of rules or files. Order inside a table, of channels, of layers and of queues is declared by
the author and counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from triage.domain.decision import Conflict
from triage.domain.facts import Facts, FromFact, Lookup, Unknown, Value
from triage.domain.pack import SEVERITIES, SINGLE_SLOTS, UNION_SLOTS, Action, Pack, Rule

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
        self._replacers = {target: tuple(found) for target, found in replacers.items()}
        self._trial = frozenset(i for i, rule in enumerate(pack.rules) if rule.status == "trial")
        order = {name: n for n, name in enumerate(pack.queues)}
        self._queue_rank = order
        self._channel_rank = {name: n for n, name in enumerate(pack.channels)}
        self._channel_of = {
            i: next(str(a.value) for a in rule.actions if a.slot == "green_channel")
            for i, rule in enumerate(pack.rules)
            if rule.layer == "green_channels" and any(a.slot == "green_channel" for a in rule.actions)
        }
        self._dynamic = {i: rule.actions for i, rule in enumerate(pack.rules) if any(a.dynamic for a in rule.actions)}
        self.gives_late = bool(self._late_slots())

    def _late_slots(self) -> frozenset[str]:
        return frozenset(a.slot for rule in self.rules for a in rule.actions if a.slot == "set")

    def trial(self, held: Iterable[int]) -> tuple[str, ...]:
        """Rules in trial that held, by id."""
        return tuple(sorted(self.rules[i].id for i in held if i in self._trial))

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

    # what a rule gives
    def value(self, action: Action, facts: Facts) -> Any:
        return taken(action.value, self.pack, facts) if action.dynamic else action.value


class _Settling:
    """One run of the merge laws."""

    def __init__(self, decider: Decider, held: Sequence[int], maybe: Sequence[int], facts: Facts, by_hand: Mapping[str, str]) -> None:
        self.d, self.facts, self.by_hand = decider, facts, by_hand
        self.rules = decider.rules
        trial, replacers = decider._trial, decider._replacers
        self.conflicts: list[Conflict] = []
        self.loose: dict[str, set[int]] = {}
        self.replaced: list[tuple[str, str]] = []
        known = [i for i in held if i not in trial]
        open_ = [i for i in maybe if i not in trial]
        known_set, open_set = set(known), set(open_)
        gone: set[int] = set()
        self.may_go: dict[int, tuple[int, ...]] = {}
        if replacers:
            for i in (*known, *open_):
                by = replacers.get(i)
                if by:
                    sure = [r for r in by if r in known_set]
                    if sure:
                        gone.add(i)
                        if i in known_set:
                            self.replaced.append((self.rules[i].id, min(self.rules[r].id for r in sure)))
                    elif perhaps := tuple(r for r in by if r in open_set):
                        self.may_go[i] = perhaps
        self.known = [i for i in known if i not in gone]
        self.open = [i for i in open_ if i not in gone]
        self._open_set = set(self.open)
        self._tables()
        self._channels()

    def solid(self, i: int) -> bool:
        """Known to hold, and nothing that can't be told could replace it."""
        return i not in self._open_set and i not in self.may_go

    def _first(self, ordered: Iterable[int]) -> tuple[list[int], int | None, int | None]:
        """Of rules in order of precedence where the first that holds wins: (those that could win, the one known to win if what
        can't be told doesn't hold, the sure winner)."""
        candidates: list[int] = []
        winner = None
        for i in ordered:
            candidates.append(i)
            if i not in self._open_set and winner is None:
                winner = i
            if self.solid(i):
                return candidates, winner, i if len(candidates) == 1 else None
        return candidates, winner, None

    def _tables(self) -> None:
        """Keep of each table only the rows that could win."""
        rows = [i for i in (*self.known, *self.open) if self.rules[i].table]
        self.rows: dict[str, list[int]] = {}
        self.row_sure: dict[int, bool] = {}
        dropped: set[int] = set()
        for table in sorted({self.rules[i].table for i in rows}):
            mine = sorted((i for i in rows if self.rules[i].table == table), key=lambda i: self.rules[i].row)
            candidates, winner, sure = self._first(mine)
            self.rows[table] = candidates
            for i in mine:
                if i not in candidates or (i not in self._open_set and i != winner):
                    dropped.add(i)
                else:
                    self.row_sure[i] = i == sure
        if dropped:
            self.known = [i for i in self.known if i not in dropped]
            self.open = [i for i in self.open if i not in dropped]

    def _channels(self) -> None:
        rank = self.d._channel_rank
        mine = sorted(
            (i for i in (*self.known, *self.open) if i in self.d._channel_of),
            key=lambda i: (rank.get(self.d._channel_of[i], len(rank)), self.d._channel_of[i]),
        )
        self.channel_candidates, self.channel, self.channel_sure = self._first(mine)
        if self.channel is not None and self.channel_sure is None and len(self.channel_candidates) > 1:
            self.loose["green_channel"] = {i for i in self.channel_candidates if not self.solid(i)}
        elif self.channel is None and self.channel_candidates:
            self.loose["green_channel"] = set(self.channel_candidates)
        elif self.channel is not None and not self.solid(self.channel):
            self.loose["green_channel"] = {self.channel, *self.may_go.get(self.channel, ())}

    def gives(self, i: int, slot: str) -> list[Any]:
        """The values that a rule gives a slot; what only a winning channel gives isn't given by others."""
        if slot in _CHANNEL_OWN and i in self.d._channel_of and i not in self.channel_candidates:
            return []
        return [v for a in self.rules[i].actions if a.slot == slot and (v := self.d.value(a, self.facts)) is not None]

    def sure_of(self, i: int, slot: str) -> bool:
        """Whether what a rule gives this slot is sure to count."""
        if not self.solid(i):
            return False
        if i in self.row_sure:
            return self.row_sure[i]
        if slot in _CHANNEL_OWN and i in self.d._channel_of:
            return i == self.channel_sure
        return True

    def counts(self, i: int, slot: str) -> bool:
        """Whether what a known rule gives counts as things stand (what can't be told, left aside)."""
        if slot in _CHANNEL_OWN and i in self.d._channel_of:
            return i == self.channel
        return True

    def severity(self) -> str:
        order = SEVERITIES.index
        hand = self.by_hand.get("severity")
        given = [
            (order(str(v)), i) for i in self.known for v in self.gives(i, "severity")
            if hand is None or self.rules[i].override
        ]  # fmt: skip
        floor = self.d.pack.default_severity if hand is None else hand
        if hand is not None:
            given.append((order(hand), -1))
        best = max((rank for rank, _ in given), default=order(floor))
        could = {
            i for i in self.open for v in self.gives(i, "severity")
            if order(str(v)) > best and (hand is None or self.rules[i].override)
        }  # fmt: skip
        top = [i for rank, i in given if rank == best]
        if not given:  # nothing speaks yet: an unknown rule that says less than the default could still lower it
            could |= {i for i in self.open for v in self.gives(i, "severity") if order(str(v)) != best}
        elif top and all(
            i >= 0 and (not self.sure_of(i, "severity")) and self._could_lower(i, best) for i in top
        ):
            could |= {r for i in top for r in self.may_go.get(i, ())} | {c for i in top if i in self.row_sure for c in self._row_rivals(i)}
        if could:
            self.loose["severity"] = could
            if hand is None:
                best = max(best, order(self.d.pack.default_severity))
        return SEVERITIES[best]

    def _could_lower(self, i: int, best: int) -> bool:
        if i in self.row_sure and not self.row_sure[i]:
            return True
        return any(
            all(SEVERITIES.index(str(v)) < best for v in self.gives(r, "severity")) for r in self.may_go.get(i, ())
        )

    def _row_rivals(self, i: int) -> list[int]:
        return [c for c in self.rows.get(self.rules[i].table, ()) if c != i and not self.solid(c)]

    def single(self, slot: str, default: str | None) -> str | None:
        """A slot that holds one value, settled by layers, strongest first."""
        rank = self.d._queue_rank if slot == "queue" else {}

        def place(value: Any) -> tuple[int, str]:
            return (rank.get(value, len(rank)), str(value))

        hand = self.by_hand.get(slot)
        stages: list[tuple[str, list[int], list[int]]] = []

        def stage(name: str, keep: Any) -> None:
            stages.append((name, [i for i in self.known if keep(self.rules[i])], [i for i in self.open if keep(self.rules[i])]))

        if hand is not None:
            stage("override", lambda r: r.override)
        else:
            stage("locked", lambda r: r.locked and not r.table)
            for layer in self.d.pack.layers:
                stage(layer, lambda r, layer=layer: r.layer == layer and not (r.locked and not r.table))
        outcomes: set[Any] = set()
        could: set[int] = set()
        chosen: Any = None
        decided = False
        for name, known, unknown in stages:
            given = [(v, i) for i in known if self.counts(i, slot) for v in self.gives(i, slot)]
            sure = [v for v, i in given if v is not _OPEN and self.sure_of(i, slot)]
            here = [v for v, _ in given if v is not _OPEN]
            if here and chosen is None:
                values = sorted(set(here), key=place)
                chosen = values[0]
                if len(values) > 1 and not decided and name in ("rules", "locked", "override"):
                    self.conflicts.append(Conflict(slot, self._who(given, values), chosen))
            perhaps = [(v, i) for v, i in given if v is _OPEN or not self.sure_of(i, slot)]
            perhaps += [(v, i) for i in unknown for v in self.gives(i, slot)]
            if sure:
                base = min(sure, key=place)
                outcomes.add(base)
                rivals = [(v, i) for v, i in perhaps if v is _OPEN or place(v) < place(base)]
                if name not in ("rules", "locked", "override"):  # of rows and channels one wins: any candidate may
                    rivals = [(v, i) for v, i in perhaps if v is _OPEN or v != base]
                outcomes |= {v for v, _ in rivals}
                could |= {i for _, i in rivals}
                decided = True
                break
            outcomes |= {v for v, _ in perhaps}
            could |= {i for _, i in perhaps}
        if not decided:
            outcomes.add(hand if hand is not None else default)
            if chosen is None:
                chosen = hand if hand is not None else default
        if len(outcomes) > 1 and could:
            self.loose[slot] = {r for i in could for r in self._causes(i)}
            return hand if hand is not None else default
        return next(iter(outcomes)) if len(outcomes) == 1 and _OPEN not in outcomes else (chosen if chosen is not None else default)

    def _causes(self, i: int) -> list[int]:
        """The rules that can't be told and on which it hangs whether rule i counts."""
        if i in self._open_set:
            return [i]
        found = [*self.may_go.get(i, ()), *(self._row_rivals(i) if i in self.row_sure else ())]
        if i in self.d._channel_of:
            found += [c for c in self.channel_candidates if c != i and not self.solid(c)]
        return found or [i]

    def _who(self, given: Sequence[tuple[Any, int]], values: Sequence[Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return tuple(
            (str(value), tuple(sorted({self.rules[i].id for v, i in given if v == value})))
            for value in sorted(values, key=str)
        )

    def union(self, slot: str) -> tuple[str, ...]:
        sure: set[str] = set()
        here: set[str] = set()
        could: set[int] = set()
        for i in self.known:
            if not self.counts(i, slot):
                continue
            for v in self.gives(i, slot):
                if v is _OPEN:
                    could.add(i)
                    continue
                here.add(str(v))
                if self.sure_of(i, slot):
                    sure.add(str(v))
        for i in self.open:
            if any(v is _OPEN or str(v) not in sure for v in self.gives(i, slot)):
                could.add(i)
        if here - sure:
            could |= {
                r for i in self.known for v in self.gives(i, slot) if str(v) in here - sure for r in self._causes(i)
            }
        if could:
            self.loose[slot] = could
        return tuple(sorted(here))

    def keyed(self, slot: str) -> dict[str, list[tuple[Any, int, bool]]]:
        """template, clock, set: key -> (value, rule, sure)."""
        found: dict[str, list[tuple[Any, int, bool]]] = {}
        for i in (*self.known, *self.open):
            if i not in self._open_set and not self.counts(i, slot):
                continue
            if slot in _CHANNEL_OWN and i in self.d._channel_of and i not in self.channel_candidates:
                continue
            for action in self.rules[i].actions:
                if action.slot == slot:
                    value = self.d.value(action, self.facts)
                    if value is not None:
                        found.setdefault(action.key, []).append((value, i, self.sure_of(i, slot)))
        return found

    def templates(self) -> tuple[str, ...]:
        out = []
        for purpose, given in sorted(self.keyed("template").items()):
            known = [(v, i) for v, i, _ in given if i not in self._open_set]
            values = sorted({str(v) for v, _ in known})
            if len(values) > 1:
                self.conflicts.append(Conflict(f"template.{purpose}", self._who(known, values), values[0]))
            if values:
                out.append(f"{purpose}={values[0]}")
            rest = {i for v, i, sure in given if not sure and (not values or str(v) != values[0])}
            if rest:
                self.loose.setdefault("template", set()).update(r for i in rest for r in self._causes(i))
        return tuple(out)

    def clocks(self) -> tuple[str, ...]:
        out, could = set(), set()
        for name, given in self.keyed("clock").items():
            for v, i, sure in given:
                if i not in self._open_set:
                    out.add(f"{name}={v}")
                if not sure:
                    could.update(self._causes(i))
        if could:
            self.loose["clock"] = could
        return tuple(sorted(out))

    def derived(self) -> tuple[dict[str, Value | Unknown], tuple[str, ...]]:
        """Facts that rules set, merged as declared; one that unknown rules could change is unknown."""
        values: dict[str, Value | Unknown] = {}
        shown = []
        for path, given in sorted(self.keyed("set").items()):
            fact = self.d.pack.facts[path]
            known = [(v, i) for v, i, _ in given if i not in self._open_set and v is not _OPEN]
            unsure = [(v, i) for v, i, sure in given if not sure or v is _OPEN]
            result = self._merge(fact.merge or "unique", [v for v, _ in known], path, known)
            if unsure:
                could = self._merge(fact.merge or "unique", [v for v, _, _ in given if v is not _OPEN], path, None)
                firm = self._merge(fact.merge or "unique", [v for v, i, sure in given if sure and v is not _OPEN], path, None)
                if could != result or firm != result or any(v is _OPEN for v, _ in unsure):
                    self.loose.setdefault(path, set()).update(r for _, i in unsure for r in self._causes(i))
                    values[path] = Unknown("incomplete")
                    continue
            if result is not None:
                values[path] = result
                texts = result if isinstance(result, tuple) else (result,)
                shown.append(f"{path}={','.join(str(t) for t in texts)}")
        return values, tuple(shown)

    def _merge(self, how: str, values: list[Any], path: str, known: Sequence[tuple[Any, int]] | None) -> Any:
        if not values:
            return None
        kind = self.d.pack.facts[path].type
        if how == "union":
            flat = {x for v in values for x in (v if isinstance(v, tuple) else (v,))}
            return tuple(sorted(flat, key=str))
        ranked = sorted(set(values), key=(lambda v: kind.domain.index(v)) if kind.domain and kind.ordered else (lambda v: v))
        if how == "max":
            return ranked[-1]
        if len(ranked) > 1 and how == "unique" and known is not None:
            self.conflicts.append(Conflict(f"set.{path}", self._who(known, ranked), str(ranked[0])))
        return ranked[0]

    def result(self) -> Settled:
        severity = self.severity()
        queue = self.single("queue", self.d.pack.default_queue)
        owner = self.single("owner", None)
        actions: dict[str, tuple[str, ...]] = {}
        for slot in (*UNION_SLOTS, "owner_rank"):
            if values := self.union(slot):
                actions[slot] = values
        if found := self.templates():
            actions["template"] = found
        if found := self.clocks():
            actions["clock"] = found
        derived, shown = self.derived()
        if shown:
            actions["set"] = shown
        counted = []
        for i in self.known:
            if i in self.d._channel_of and i != self.channel and all(a.slot in _CHANNEL_OWN or a.slot == "green_channel" for a in self.rules[i].actions):
                continue  # a channel that loses and says nothing that counts
            counted.append(i)
        layers = {layer: n for n, layer in enumerate(self.d.pack.layers)}
        counted.sort(key=lambda i: (layers.get(self.rules[i].layer, 9), self.rules[i].id))
        return Settled(
            severity, self.d._channel_of[self.channel] if self.channel is not None else None, str(queue), owner,
            actions, tuple(counted), tuple(sorted(self.conflicts, key=lambda c: c.slot)),
            {slot: tuple(sorted(could)) for slot, could in sorted(self.loose.items())},
            tuple(sorted(self.replaced)), derived,
        )  # fmt: skip


__all__ = ["SINGLE_SLOTS", "Decider", "Settled", "taken"]
