"""Conditions as authors write them, and what they are read as."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from triage.conditions.parse import parse_condition
from triage.conditions.types import Vocabulary
from triage.domain.condition import All, AnyOf, Check, Condition, FactOperand, Not, Test
from triage.domain.facts import Fact, FactType, Kind
from triage.domain.pack import Action, Rule
from triage.message import Message
from triage.packs.builtin_facts import builtin_facts
from triage.packs.load import load_pack
from triage.packs.resources import rules_dir
from triage.packs.schema import json_schema
from triage.packs.strata import cycles, strata
from triage.source import Findings, parse


def _fact(path: str, kind: Kind, **type_: object) -> Fact:
    return Fact(path, FactType(kind, **type_))  # type: ignore[arg-type]


FACTS = builtin_facts({"risks": ("media", "legal"), "requests": ("refund", "gift")}) | {
    f.path: f
    for f in (
        _fact("customer.tier", "choice", domain=("normal", "vip", "svip"), ordered=True), _fact("customer.note", "text"),
        _fact("order.paid", "money"), _fact("order.items", "text", many=True), _fact("case.n", "integer"), _fact("case.open", "bool"),
        _fact("case.fees", "money", many=True), _fact("case.code", "text"),
    )
}  # fmt: skip
VOCABULARY = Vocabulary(FACTS, ("网络", "网络/断网", "网络/慢", "电视", "电视/慢"))


def read(when: str) -> Condition | str:
    root, _, faults = parse(f"when: {when}\n".encode(), "f")
    assert root is not None
    assert not faults
    findings = Findings()
    node = root.get("when")
    assert node is not None
    condition = parse_condition(node, VOCABULARY, findings)
    if condition is None:
        assert findings
        return findings[0].code
    assert not findings
    return condition


def one(fact: str, *checks: Check) -> Test:
    return Test(fact, checks)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("{tags.category: 断网}", one("tags.category", Check("under", "网络/断网"))),
        ("{tags.category: 网络}", one("tags.category", Check("under", "网络"))),
        ("{tags.category: 慢}", "TR204"),
        ("{tags.category: {exactly: 网络}}", one("tags.category", Check("exactly", "网络"))),
        ("{tags.category: {ne: 网络}}", one("tags.category", Check("not_in", ("网络",)))),
        ("{tags.category: [断网, 电视]}", one("tags.category", Check("in", ("网络/断网", "电视")))),
        ("{complaint.amount: 500元~5000元}", one("complaint.amount", Check("gte", Decimal(500)), Check("lte", Decimal(5000)))),
        ("{complaint.amount: 500元起}", one("complaint.amount", Check("gte", Decimal(500)))),
        ("{complaint.amount: {between: [1万, 2万]}}", one("complaint.amount", Check("gte", Decimal(10000)), Check("lte", Decimal(20000)))),
        ("{complaint.amount: {lte: order.paid}}", one("complaint.amount", Check("lte", FactOperand("order.paid")))),
        ("{complaint.amount: {lte: 3 × order.paid}}", one("complaint.amount", Check("lte", FactOperand("order.paid", Decimal(3))))),
        ("{complaint.amount: {lte: 0.5x order.paid}}", one("complaint.amount", Check("lte", FactOperand("order.paid", Decimal("0.5"))))),
        ("{complaint.amount: {lte: 2 * case.n}}", "TR203"),
        ("{complaint.amount: {lte: case.fees}}", "TR203"),
        ("{complaint.amount: {lte: order.payed}}", "TR110"),
        ("{case.code: no}", one("case.code", Check("eq", "no"))),
        ("{case.code: 0500}", one("case.code", Check("eq", "0500"))),
        ("{case.code: 9:00}", one("case.code", Check("eq", "9:00"))),
        ("{case.code: 1.10}", one("case.code", Check("eq", "1.10"))),
        ('{case.code: "12315"}', one("case.code", Check("eq", "12315"))),
        ("{case.code: {eq: customer.note}}", one("case.code", Check("eq", FactOperand("customer.note")))),
        ('{case.code: {eq: "customer.note"}}', one("case.code", Check("eq", "customer.note"))),
        ("{case.open: yes}", "TR203"),
        ('{case.open: "true"}', "TR203"),
        ("{case.open: true}", one("case.open", Check("eq", True))),
        ("{case.n: {exists: false}}", one("case.n", Check("exists", False))),
        ("{customer.tier: {gte: vip}}", one("customer.tier", Check("gte", "vip"))),
        ("{customer.tier: {between: [svip, vip]}}", "TR203"),
        ("{complaint.received_at: {within: 3d}}", one("complaint.received_at", Check("within", timedelta(days=3)))),
        ("{complaint.received_at: {within: 3个工作日}}", "TR203"),
        ("{complaint.received_at: {before: now}}", one("complaint.received_at", Check("before", FactOperand("now")))),
        ("{tags.risks: media}", one("tags.risks", Check("eq", "media"))),
        ("{tags.risks: {ne: media}}", one("tags.risks", Check("ne", "media"))),
        ("{case.fees: {gte: 5, lt: 9}}", one("case.fees", Check("gte", Decimal(5)), Check("lt", Decimal(9)))),
        (
            "{order.items: {ne: 宽带, starts_with: 光, ends_with: 猫, contains: 光猫}}",
            All((one("order.items", Check("ne", "宽带")), one("order.items", Check("contains", "光猫")),
                 one("order.items", Check("starts_with", "光"), Check("ends_with", "猫")))),
        ),
        ("{complaint.text: {words: 曝光, unless_negated: true}}", one("complaint.text", Check("words", ("曝光",), True))),
        ("{not: {case.n: 1, case.open: true}}", Not(All((one("case.n", Check("eq", 1)), one("case.open", Check("eq", True)))))),
        ("{any: [{case.n: 1}, {case.n: 2}]}", AnyOf((one("case.n", Check("eq", 1)), one("case.n", Check("eq", 2))))),
        ("{all: []}", "TR201"), ("{any: {case.n: 1}}", "TR202"), ("{not: []}", "TR202"), ("[]", "TR202"), ("{tags.risks: []}", "TR201"),
        ("{case.code: ''}", "TR203"), ("{complaint.text: {words: ['']}}", "TR203"), ("{case.n: 1.5}", "TR203"),
    ],
)  # fmt: skip
def test_reading(when: str, expected: Condition | str) -> None:
    assert read(when) == expected


def _rule(name: str, when: Condition, *actions: Action, **more: object) -> Rule:
    from triage.diagnostics import Place

    return Rule(name, Message.same(name), Place("f"), when, actions, **more)  # type: ignore[arg-type]


def test_strata_follow_slots_replacers_and_rows() -> None:
    high = one("decision.severity", Check("gte", "high"))
    rules = [
        _rule("reader", one("decision.queue", Check("eq", "a")), Action("notify", "x")),
        _rule("writer", one("case.n", Check("eq", 1)), Action("queue", "a")),
        _rule("replacer", high, Action("tag", "t"), replaces=("writer",)),
        _rule("raiser", one("case.n", Check("eq", 2)), Action("severity", "high")),
    ]
    assert strata(rules) == ((1, 3), (2,), (0,))
    assert cycles([_rule("a", high, Action("severity", "critical"))]) == [(0,)]
    rows = [
        _rule("row1", one("decision.owner", Check("eq", "x")), Action("queue", "a"), layer="routes", table="routes", row=1),
        _rule("row2", All(()), Action("queue", "b"), Action("owner", "x"), layer="routes", table="routes", row=2),
    ]
    assert cycles(rows) == [(0, 1)] or cycles(rows) == [(0,)]
    with pytest.raises(ValueError, match="row1"):
        strata(rows)


def test_schema_takes_the_builtin_packs_and_refuses_slips() -> None:
    schema = json_schema()
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    for file in sorted(rules_dir().rglob("*.yaml")):
        data = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        errors = [e for e in validator.iter_errors(data) if not _is_text_for_scalar(e)]
        assert not errors, (file, errors[0].message, list(errors[0].absolute_path))
    assert list(validator.iter_errors({"rulez": []}))
    assert list(validator.iter_errors({"rules": [{"id": "x", "title": "t", "when": {}, "then": {"sevrity": "high"}}]}))


def _is_text_for_scalar(error: jsonschema.ValidationError) -> bool:
    """Editors see numbers and booleans where the text-only loader sees their text."""
    return error.instance in ("true", "false") or (isinstance(error.instance, str) and error.instance.isdigit()) or any(map(_is_text_for_scalar, error.context or ()))


def test_a_replaced_rule_and_a_removed_one(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "pack.yaml").write_text(
        "pack: {id: p, version: 1}\nextends: [base-cn]\nremove: [ping-pong]\nrules:\n  - id: my-media\n    title: 自己的\n    replace: base-cn/media-exposure\n"
        "    when: {tags.risks: media}\n    then: {severity: high}\n",
        encoding="utf-8",
    )
    loaded = load_pack(folder)
    assert loaded.pack is not None, loaded.findings
    ids = {r.id: r.pack for r in loaded.pack.rules}
    assert "ping-pong" not in ids
    assert "media-exposure" not in ids
    assert ids["my-media"] == "p"
    assert ids["self-harm"] == "base-cn"


@pytest.mark.parametrize(
    ("intents", "named"),
    [
        ("", ["complaint"]), ("enquiry: {otherwise: true}", ["enquiry"]), ("complaint: {otherwise: false}", []),
        ("enquiry: {otherwise: false}", ["complaint"]), ("praise: {cues: [棒]}", ["complaint"]),
    ],
)  # fmt: skip
def test_an_extending_pack_may_declare_another_intent_of_what_nothing_speaks_for(tmp_path: Path, intents: str, named: list[str]) -> None:
    (tmp_path / "pack.yaml").write_text("pack: {id: mine, version: 1}\nextends: [base-cn]\n", encoding="utf-8")
    (tmp_path / "taxonomy.yaml").write_text(f"taxonomy:\n  intents:\n    {intents}\n" if intents else "", encoding="utf-8")
    pack = load_pack(tmp_path).pack
    assert pack is not None
    assert [value.id for value in pack.taxonomy.intents if value.otherwise] == named
    schema = jsonschema.Draft202012Validator(json_schema())
    assert not list(schema.iter_errors({"taxonomy": {"intents": {"enquiry": {"otherwise": True}}}}))
    assert list(schema.iter_errors({"taxonomy": {"requests": {"refund": {"otherwise": True}}}}))
