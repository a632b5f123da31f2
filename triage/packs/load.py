"""A pack's folder -> a `Pack`, or findings: everything wrong in all of its files at once, and never an exception for bad input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from triage.diagnostics import Diagnostic, Place, has_errors, ordered
from triage.domain.pack import LANGUAGE, Pack, Rule
from triage.packs.authority import read_authority
from triage.packs.draft import Draft
from triage.packs.extends import chain, extended
from triage.packs.facts import declare_facts, declare_periods
from triage.packs.fingerprint import fingerprint
from triage.packs.header import Header, read_header
from triage.packs.lower import lower
from triage.packs.pack_tests import read_tests
from triage.packs.people import declare_chains, declare_people, declare_queues
from triage.packs.reading import find_pack, not_found
from triage.packs.shapes import LATER
from triage.packs.strata import cycles, replacement_cycles
from triage.packs.tables import read_tables
from triage.packs.taxonomy import check_owners, declare_taxonomy, read_cues, taxonomy
from triage.source import Findings, plain


@dataclass(frozen=True)
class Loaded:
    """What came of a pack: the pack (None if it has errors), all findings in order, and the text of each file by its name in places."""

    pack: Pack | None
    findings: list[Diagnostic]
    sources: Mapping[str, str]


def load_pack(ref: str | Path, *, search: Sequence[Path] = ()) -> Loaded:
    """Load a built-in pack by its id, or one from a folder. `search` are further folders in which extended packs are looked for."""
    findings = Findings()
    found = find_pack(ref, search)
    if found is None:
        not_found(ref, Place(str(ref)), findings)
        return Loaded(None, findings, {})
    folders = chain(*found, search, findings)
    if not folders[-1].sources and not folders[-1].readable:
        return Loaded(None, ordered(findings), {})
    draft = Draft(folders, findings)
    header = read_header(draft)
    draft.timezone = header.timezone
    _declare(draft)
    rules = lower(draft)
    authority = read_authority(draft, header.currency)
    tests = read_tests(draft, {rule.id for rule in rules}, authority)
    _cycles(draft, rules)
    _later(draft)
    sources = {file: text for folder in folders for file, text in folder.sources.items()}
    done = ordered(_causes(findings))
    if has_errors(done) or not all(folder.readable for folder in folders):
        return Loaded(None, done, sources)
    pack = _pack(draft, header, rules, sources)
    pack = replace(pack, tests=tuple(tests), authority=authority, fingerprint=fingerprint(pack))
    return Loaded(pack, done, sources)


def _causes(findings: Findings) -> list[Diagnostic]:
    """Findings without those that only follow from full-width punctuation on the same line."""
    lines = {(d.place.file, d.place.line) for d in findings if d.code == "TR004"}
    return [d for d in findings if d.code < "TR100" or (d.place.file, d.place.line) not in lines]


def check_pack(ref: str | Path, *, search: Sequence[Path] = ()) -> Loaded:
    """Load a pack and run all checks on it. Errors that only a check finds leave `pack` as it was loaded."""
    from triage.packs.checks import check

    loaded = load_pack(ref, search=search)
    if loaded.pack is None:
        return loaded
    return Loaded(loaded.pack, ordered([*loaded.findings, *check(loaded.pack)]), loaded.sources)


def _declare(draft: Draft) -> None:
    """Names first, then what uses them."""
    declare_queues(draft)
    declare_chains(draft)
    declare_periods(draft)
    declare_taxonomy(draft)
    read_tables(draft)
    for folder in draft.folders:
        draft.templates.update(folder.templates)
        draft.channels += [i for node in folder.items("green_channels") if (i := channel_id(node)) and i not in draft.channels]
    declare_facts(draft)
    declare_people(draft)
    check_owners(draft)
    read_cues(draft)


def channel_id(node: object) -> str:
    """The id of a green channel as written."""
    from triage.packs.nodes import text
    from triage.source import Map

    return text(node.get("id")) if isinstance(node, Map) else ""


def _cycles(draft: Draft, rules: Sequence[Rule]) -> None:
    for part in cycles(rules, draft.facts):
        names = [rules[i].id for i in part]
        draft.findings.add("TR126", rules[part[0]].place, f"规则互相等待，成环：{'、'.join(names)}", f"rules wait for each other: {', '.join(names)}",
                           ("其中一条不要读 decision.* 或 derived.*，或不要改别人所读的", "let one of them not read decision.* or derived.*, or not change what the others read"))  # fmt: skip
    for part in replacement_cycles(rules):
        names = [rules[i].id for i in part]
        if len(names) > 1:
            draft.findings.add("TR127", rules[part[0]].place, f"规则互相替换，成环：{'、'.join(names)}", f"rules replace each other in a circle: {', '.join(names)}",
                               ("去掉其中一个 replaces", "remove one `replaces`"))  # fmt: skip


def _later(draft: Draft) -> None:
    for folder in draft.folders:
        for section in LATER:
            for key, _ in folder.sections.get(section, [])[:1]:
                draft.findings.add("TR108", key.place, f"本版本还不执行“{section}”一节，内容照样带着", f"this version carries {section!r} along and doesn't act on it", level="warning")


def _pack(draft: Draft, header: Header, rules: Sequence[Rule], sources: Mapping[str, str]) -> Pack:
    sections: dict[str, object] = {}
    for folder in draft.folders:
        for name in (*LATER, "escalations"):
            values = [plain(node) for _, node in folder.sections.get(name, [])]
            for value in values:
                before = sections.get(name)
                sections[name] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    sections["orders"] = {"queues": list(header.queue_order), "channels": list(header.channel_order)}
    queues = [*header.queue_order, *sorted(q for q in draft.queues if q not in header.queue_order)]
    live = {rule.id for rule in rules if rule.layer == "green_channels"}
    channels = [*header.channel_order, *sorted(c for c in live if c not in header.channel_order)]
    return Pack(
        id=draft.own.id,
        version=header.version,
        fingerprint="",
        rules=tuple(sorted(rules, key=lambda r: (r.layer, r.table, r.row, r.id))),
        facts=dict(sorted(draft.facts.items())),
        taxonomy=taxonomy(draft),
        title=header.title,
        language=LANGUAGE,
        locale=header.locale,
        currency=header.currency,
        timezone=header.timezone,
        owner=header.owner,
        approved_by=header.approved_by,
        extends=tuple(name.text for name in extended(draft.own)),
        default_severity=header.severity,
        default_queue=header.queue,
        layers=header.layers,
        queues=tuple(queues),
        channels=tuple(c for c in channels if c in live),
        periods=dict(draft.periods),
        tables=dict(draft.tables),
        people=dict(draft.people),
        templates=dict(draft.templates),
        lexicon=tuple(dict.fromkeys(word for folder in draft.folders for word in folder.lexicon)),
        sections=sections,
        sources=sources,
    )


