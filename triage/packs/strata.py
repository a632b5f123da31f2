"""Which rules wait for which: a rule that reads `decision.*` or `derived.*` comes after all that may change what it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from triage.domain.condition import facts_read
from triage.domain.facts import Fact, FromFact, Lookup
from triage.domain.pack import Rule

_SLOT_FACTS = {"severity": "decision.severity", "queue": "decision.queue", "owner": "decision.owner", "green_channel": "decision.green_channel", "tag": "decision.tags"}
_NONE: Mapping[str, Fact] = {}


def lookup_cycle(facts: Mapping[str, Fact]) -> list[str]:
    """Looked-up facts that are looked up by themselves in the end, sorted."""
    graph = {p: [b for b in f.lookup.by if b in facts] for p, f in facts.items() if f.lookup is not None}
    index = {p: i for i, p in enumerate(graph)}
    names = list(graph)
    edges = [[index[b] for b in graph[p] if b in index] for p in names]
    return sorted(names[i] for part in components(edges) if len(part) > 1 or part[0] in edges[part[0]] for i in part)


def reads(rule: Rule, facts: Mapping[str, Fact] = _NONE) -> frozenset[str]:
    """The facts that a rule's condition and its computed values read, those behind looked-up facts included."""
    found = set(facts_read(rule.when))
    for action in rule.actions:
        if isinstance(action.value, FromFact):
            found.add(action.value.path)
        elif isinstance(action.value, Lookup):
            found.update(action.value.by)
    waiting = list(found)
    while waiting:
        fact = facts.get(waiting.pop())
        if fact is not None and fact.lookup is not None:
            more = [b for b in fact.lookup.by if b not in found]
            found.update(more)
            waiting.extend(more)
    return frozenset(found)


def writes(rule: Rule) -> frozenset[str]:
    """The facts that a rule may change: slots that can be read, and derived facts. A rule in trial changes nothing."""
    if rule.status != "active":
        return frozenset()
    found = {_SLOT_FACTS[a.slot] for a in rule.actions if a.slot in _SLOT_FACTS}
    found.update(a.key for a in rule.actions if a.slot == "set")
    return frozenset(found)


def graph(rules: Sequence[Rule], facts: Mapping[str, Fact] = _NONE) -> list[list[int]]:
    """What must be known before what. Nodes are the rules by index, then one per fact that rules change; a rule waits for the
    facts it reads, a fact for the rules that may change it.

    Whether a writer counts also hangs on its replacers, on the other channels (for a channel's queue, owner and the
    channel itself) and on the earlier rows of its table.
    """
    index = {rule.id: i for i, rule in enumerate(rules)}
    replacers: dict[int, set[int]] = {}
    for i, rule in enumerate(rules):
        if rule.status == "active":
            for target in rule.replaces:
                if target in index:
                    replacers.setdefault(index[target], set()).add(i)
    channels = [i for i, r in enumerate(rules) if r.layer == "green_channels" and r.status == "active"]
    tables: dict[str, list[int]] = {}
    for i in sorted(range(len(rules)), key=lambda i: rules[i].row):
        if rules[i].table and rules[i].status == "active":
            tables.setdefault(rules[i].table, []).append(i)

    behind: dict[str, set[int]] = {}
    last_row: dict[tuple[str, str], int] = {}
    for i, rule in enumerate(rules):
        for path in writes(rule):
            gate = behind.setdefault(path, set())
            gate.add(i)
            if rule.layer == "green_channels" and path in ("decision.queue", "decision.owner", "decision.green_channel"):
                gate.update(channels)
            if rule.table:
                last_row[path, rule.table] = max(last_row.get((path, rule.table), 0), rule.row)
    for (path, table), row in last_row.items():
        behind[path].update(i for i in tables[table] if rules[i].row <= row)
    for gate in behind.values():
        for i in list(gate):
            gate |= replacers.get(i, set())
    paths = sorted(behind)
    node_of = {path: len(rules) + n for n, path in enumerate(paths)}
    waits = [sorted(node_of[p] for p in reads(rule, facts) if p in node_of) for rule in rules]
    return waits + [sorted(behind[path]) for path in paths]


def components(edges: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Strongly connected parts, those depended on first (Tarjan, without recursion)."""
    count = 0
    number: dict[int, int] = {}
    low: dict[int, int] = {}
    on_stack: set[int] = set()
    stack: list[int] = []
    for root in range(len(edges)):
        if root in number:
            continue
        work = [(root, iter(edges[root]))]
        number[root] = low[root] = count
        count += 1
        stack.append(root)
        on_stack.add(root)
        while work:
            node, following = work[-1]
            for successor in following:
                if successor not in number:
                    number[successor] = low[successor] = count
                    count += 1
                    stack.append(successor)
                    on_stack.add(successor)
                    work.append((successor, iter(edges[successor])))
                    break
                if successor in on_stack:
                    low[node] = min(low[node], number[successor])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    part: list[int] = []
                    while not part or part[-1] != node:
                        part.append(stack.pop())
                        on_stack.discard(part[-1])
                    yield part


def cycles(rules: Sequence[Rule], facts: Mapping[str, Fact] = _NONE) -> list[tuple[int, ...]]:
    """Rules that wait for each other, by index; none in a pack that loads."""
    found = (tuple(sorted(i for i in part if i < len(rules))) for part in components(graph(rules, facts)) if len(part) > 1)
    return sorted(found)


def replacement_cycles(rules: Sequence[Rule]) -> list[tuple[int, ...]]:
    """Rules that replace each other in a circle, by index."""
    index = {rule.id: i for i, rule in enumerate(rules)}
    edges = [[index[t] for t in rule.replaces if t in index] for rule in rules]
    return sorted(tuple(sorted(part)) for part in components(edges) if len(part) > 1 or part[0] in edges[part[0]])


def strata(rules: Sequence[Rule], facts: Mapping[str, Fact] = _NONE) -> tuple[tuple[int, ...], ...]:
    """Indexes of rules by stratum: a rule reads only what rules of earlier strata change. Raises ValueError on a cycle.

    `facts` are the pack's, for facts that are looked up by `decision.*` or `derived.*`.
    """
    edges = graph(rules, facts)
    level = [0] * len(edges)
    for part in components(edges):
        if len(part) > 1:
            raise ValueError("rules wait for each other: " + ", ".join(sorted(rules[i].id for i in part if i < len(rules))))
        node = part[0]
        step = 1 if node >= len(rules) else 0  # what reads a fact is one stratum after what changes it
        level[node] = max((level[i] + step for i in edges[node]), default=0)
    levels = level[: len(rules)]
    out: list[list[int]] = [[] for _ in range(max(levels, default=-1) + 1)]
    for i, stratum in enumerate(levels):
        out[stratum].append(i)
    return tuple(tuple(part) for part in out)
