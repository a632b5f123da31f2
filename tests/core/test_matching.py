"""builtin = durable = the slow reference, on random packs and complaints: each operator with missing, unknown, list and Chinese values."""

from __future__ import annotations

import os
from random import Random

import pytest

from tests.core import generate
from triage.conditions.evaluate import Context, evaluate
from triage.conditions.flags import FlagTable
from triage.match import Program, build, durable_available
from triage.text.fold import fold
from triage.text.reading import Reading
from triage.text.scan import Scanner, check_hits
from triage.text.segment import segmenter

PACKS = int(os.environ.get("TRIAGE_PACKS", "2400" if os.environ.get("TRIAGE_LONG") else "200"))
COMPLAINTS = 50
CUT = segmenter("auto").cut


def reader() -> tuple[Context, dict[str, Reading]]:
    known: dict[str, Reading] = {}

    def read(text: str) -> Reading:
        if text not in known:
            known[text] = Reading(fold(text), CUT)
        return known[text]

    return Context(generate.declared(), "Asia/Shanghai", read), known


@pytest.mark.parametrize("part", range(4))
def test_matchers_agree_with_the_reference(part: int) -> None:
    """200 packs in a quick run, 2,400 in the long one (TRIAGE_LONG=1), 50 complaints each."""
    matchers = ["builtin", *(["durable"] if durable_available() else [])]
    held = unknown = 0
    for seed in range(part, PACKS, 4):
        rng = Random(seed)
        conditions = [generate.condition(rng) for _ in range(rng.randint(1, 25))]
        context, _ = reader()
        table = FlagTable(conditions, context)
        scanner = Scanner(table.text_checks)
        strata = (tuple(range(len(conditions))),)
        built = [build(name, Program(tuple(table.terms), strata, table.rarity)) for name in matchers]
        for _ in range(COMPLAINTS):
            facts = generate.facts(rng)
            reading = context.read(facts["complaint.text"])
            flags = table.complete(table.early(facts, scanner.scan(reading)), facts)
            truth = [evaluate(c, facts, context) for c in conditions]
            sure = [i for i, t in enumerate(truth) if t]
            possible = [i for i, t in enumerate(truth) if t is not False]
            for matcher in built:
                assert list(matcher.match(0, flags)) == sure, (seed, matcher.name, facts)
                assert list(matcher.match(0, flags.possible())) == possible, (seed, matcher.name, facts)
            held += len(sure)
            unknown += len(possible) - len(sure)
        for matcher in built:
            matcher.close()
    assert held > PACKS and unknown > PACKS  # the generator does reach all three values


def test_the_scanner_is_the_plain_meaning() -> None:
    rng = Random(5)
    for _ in range(60):
        checks = tuple({t.checks[0]: 0 for t in (generate.test_of(rng) for _ in range(120)) if t.fact == "complaint.text" and t.checks[0].op not in ("exists", "eq", "ne")})
        if not checks:
            continue
        scanner = Scanner(checks)
        for _ in range(30):
            reading = Reading(fold(generate.text(rng, 25)), CUT)
            expected = {i: hits for i, c in enumerate(checks) if (hits := check_hits(reading, c))}
            assert scanner.scan(reading) == expected, reading.text.original


@pytest.mark.skipif(not durable_available(), reason="durable_rules can't be imported here")
def test_durable_survives_an_engine_that_fails() -> None:
    rng = Random(1)
    conditions = [generate.condition(rng) for _ in range(30)]
    context, _ = reader()
    table = FlagTable(conditions, context)
    matcher = build("durable", Program(tuple(table.terms), (tuple(range(30)),), table.rarity))
    facts = generate.facts(rng, 0, 0)
    scanner = Scanner(table.text_checks)
    flags = table.complete(table.early(facts, scanner.scan(context.read(facts["complaint.text"]))), facts)
    before = list(matcher.match(0, flags))
    broken = matcher._strata[0].sets[0][0]  # type: ignore[attr-defined]

    def fail(_: object) -> list[int]:
        raise RuntimeError("boom")

    broken.fire = fail
    assert list(matcher.match(0, flags)) == before


def test_an_expression_matches_only_where_its_literals_stand() -> None:
    from triage.text.regex import Need, RegexError, compile_regex

    rng = Random(9)
    atoms = ["退", "款", "记者", "[吗呢]", "[^，]", ".", "[0-9]", "[!！]{2,}", "停{2}", "b+", "(?:不|没)", r"\.", r"\d", "^", "$"]

    def expression(depth: int) -> str:
        if depth == 0:
            return rng.choice(atoms)
        parts = [expression(depth - 1) for _ in range(rng.randint(1, 3))]
        body = "|".join(parts) if rng.random() < 0.4 else "".join(parts)
        return rng.choice([body, f"({body})", f"({body})?", f"({body})*", f"(?:{body}){{0,2}}", f"({body})+", f"({body}){{2,}}", f"(?i:{body})"])

    def stands(branch: Need, folded: str) -> bool:
        reach = len(folded) if branch.longest is None else branch.longest
        part = folded[:reach] if branch.anchor == "^" else folded[max(0, len(folded) - reach) :] if branch.anchor == "$" else folded
        return all(any(x in part for x in group) for group in branch.groups)

    matched = needed = 0
    for _ in range(3000):
        try:
            regex = compile_regex(expression(3))
        except RegexError:
            continue
        for _ in range(8):
            folded = fold("".join(rng.choice("退款记者吗呢，。3!停b不没.x") for _ in range(rng.randint(0, 14)))).folded
            if regex.search(folded.encode()) is not None:
                matched += 1
                if regex.needs:
                    needed += 1
                    assert any(stands(branch, folded) for branch in regex.needs), (regex.pattern, folded)
    assert matched > 500 and needed > 100
