"""The durable_rules matcher: a boolean network over flags, in the one pattern of that library that was proved safe.

One fixed session per ruleset, no threads of its own: assert one fact, collect the rules that fire, retract it, all under a lock.
Only `{"T": 1}` (the type marker) and flags that are 1 reach the engine, which answers wrongly or crashes on richer input; every
term is a rule of its own, and a ruleset holds at most 60 of them, because the engine can't have more than 64 conditions open at once.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

from triage.conditions.flags import Flags
from triage.conditions.terms import Term
from triage.errors import TriageError
from triage.match import MatcherName, Program
from triage.message import Message

TERMS_PER_RULESET = 12
"""The engine takes up to 64 conditions open at once; few terms to a ruleset, so that most rulesets needn't be asked at all."""
FLAGS_PER_RULESET = 200
"""The engine takes 252 properties in a message."""

_cause: list[str | None] = []


def why_not_available() -> str | None:
    """Why durable_rules can't be used here; None if it can. Asked by importing: it may be installed and fail to load."""
    if not _cause:
        try:
            import durable_rules_engine  # noqa: F401
        except BaseException as error:  # an extension that fails to load can raise anything, SystemError too
            _cause.append(f"{type(error).__name__}: {error}")
        else:
            _cause.append(None)
    return _cause[0]


def available() -> bool:
    """Whether durable_rules can be used here."""
    return why_not_available() is None


class _Ruleset:
    """One ruleset of the engine: some terms, the flags they need, and which rule each term belongs to."""

    def __init__(self, engine: Any, terms: Sequence[Term], name: str) -> None:
        self._engine = engine
        self._true = {flag: f',"t{flag}":1' for term in terms for flag in term.true}
        self._false = {flag: f',"f{flag}":1' for term in terms for flag in term.false}
        self.keys = 0
        """A flag of each term; where none of them is true no term holds. 0: some term has no flag that must be true."""
        if all(term.true for term in terms):
            for term in terms:
                self.keys |= 1 << term.true[0]
        rules: dict[str, object] = {
            f"r{i}": {"all": [{"m": {"$and": [{"T": 1}, *({f"t{f}": 1} for f in term.true), *({f"f{f}": 1} for f in term.false)]}}]}
            for i, term in enumerate(terms)
        }
        rules["warm"] = {"all": [{"m": {"T": 0}}]}
        self._handle = engine.create_ruleset(name, json.dumps(rules))
        # the first action initialises the session; without it, closing frees what was never set
        _, offset = engine.assert_event(self._handle, '{"id":"w","T":0}')
        engine.start_action_for_state(self._handle, offset)
        engine.complete_and_start_action(self._handle, offset)

    def fire(self, flags: Flags) -> list[int]:
        """Positions of the terms that hold."""
        engine, found = self._engine, []
        known = self._true
        parts = [known[f] for f in flags.on if f in known]
        parts += [text for f, text in self._false.items() if flags.false >> f & 1]
        status, offset = engine.assert_fact(self._handle, '{"id":"c","T":1' + "".join(parts) + "}")
        if status == 0:
            action = engine.start_action_for_state(self._handle, offset)
            if action is None:
                raise RuntimeError("the fact was handled and no action came")
            text = action[1]
            while text is not None:
                found.append(int(text[3 : text.index('"', 3)]))
                text = engine.complete_and_start_action(self._handle, offset)
        elif status != 1:  # 1: nothing matched
            raise RuntimeError(f"unexpected status {status}")
        engine.retract_fact(self._handle, '{"id":"c"}')
        return found

    def close(self) -> None:
        self._engine.delete_state(self._handle, None)
        self._engine.delete_ruleset(self._handle)


class _Stratum:
    def __init__(self, engine: Any, program: Program, rules: Sequence[int], name: str) -> None:
        owners: dict[Term, list[int]] = {}
        uses = Counter(flag for terms in program.terms for term in terms for flag in term.true)
        self.always: list[int] = []
        for rule in rules:
            for term in program.terms[rule]:
                if term == Term():
                    self.always.append(rule)
                else:
                    # rarest first: the network leaves a term at its first condition that fails
                    key = Term(tuple(sorted(term.true, key=lambda f: (program.rarity(f), uses[f], f))), term.false)
                    owners.setdefault(key, []).append(rule)
        self.sets: list[tuple[_Ruleset, list[list[int]]]] = []
        self.wide: list[tuple[Term, list[int]]] = []
        batch: list[Term] = []
        used: set[tuple[bool, int]] = set()

        def finish() -> None:
            if batch:
                self.sets.append((_Ruleset(engine, batch, f"{name}.{len(self.sets)}"), [owners[t] for t in batch]))
            batch.clear()
            used.clear()

        for term in sorted(owners):
            needs = {(True, f) for f in term.true} | {(False, f) for f in term.false}
            if len(needs) > FLAGS_PER_RULESET // 2:
                self.wide.append((term, owners[term]))  # no message of the engine holds it: compared here
                continue
            if len(batch) == TERMS_PER_RULESET or len(used | needs) > FLAGS_PER_RULESET:
                finish()
            batch.append(term)
            used |= needs
        finish()


class DurableMatcher:
    """See `triage.match.Matcher`. Calls are serialised by a lock: the engine isn't safe on several threads."""

    name: MatcherName = "durable"

    def __init__(self, program: Program) -> None:
        self._program = program
        self._lock = threading.Lock()
        self._strata: list[_Stratum] = []
        self._build()

    def _build(self) -> None:
        import durable_rules_engine as engine

        self._strata = [_Stratum(engine, self._program, rules, f"s{i}") for i, rules in enumerate(self._program.strata)]

    def match(self, stratum: int, flags: Flags) -> list[int]:
        """Indexes of the rules of a stratum that hold, ascending. An engine that fails is rebuilt and asked once more."""
        with self._lock:
            try:
                return self._match(stratum, flags)
            except BaseException as error:
                # whatever was asserted may still be in there: nothing of this engine is used again
                self._close()
                self._build()
                if not isinstance(error, Exception):
                    raise
            try:
                return self._match(stratum, flags)
            except Exception as error:
                raise TriageError(
                    Message(f"durable_rules 引擎两次出错：{error}", f"the durable_rules engine failed twice: {error}"),
                    Message("改用 --matcher builtin，结果相同", "use --matcher builtin; the results are the same"),
                ) from error

    def _match(self, stratum: int, flags: Flags) -> list[int]:
        part = self._strata[stratum]
        found = set(part.always)
        for ruleset, owners in part.sets:
            if not ruleset.keys or flags.true & ruleset.keys:
                for position in ruleset.fire(flags):
                    found.update(owners[position])
        for term, rules in part.wide:
            if all(flags.true >> f & 1 for f in term.true) and all(flags.false >> f & 1 for f in term.false):
                found.update(rules)
        return sorted(found)

    def _close(self) -> None:
        for part in self._strata:
            for ruleset, _ in part.sets:
                ruleset.close()
        self._strata = []

    def close(self) -> None:
        """Free the engine's rulesets; they aren't freed otherwise."""
        with self._lock:
            self._close()

    def __del__(self) -> None:
        # a pack that was reloaded leaves its matcher to the collector; nothing can be in a call then
        if not sys.is_finalizing() and self.__dict__.get("_strata"):
            self._close()
