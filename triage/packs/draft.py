"""A pack while it is put together: what is declared so far, by whom, and the findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from triage.conditions.types import Vocabulary
from triage.diagnostics import Place
from triage.domain.condition import Period
from triage.domain.facts import Fact
from triage.domain.pack import Category, Table, TagValue
from triage.message import Message
from triage.packs.nodes import word
from triage.packs.reading import Folder
from triage.source import Findings, Map, Node, Text

TAG_GROUPS = ("intents", "requests", "risks", "emotions")


@dataclass
class Draft:
    """Everything declared in a pack and those it extends, by name."""

    folders: list[Folder]
    findings: Findings
    timezone: str = "Asia/Shanghai"
    queues: dict[str, Message] = field(default_factory=dict)
    people: dict[str, object] = field(default_factory=dict)
    chains: dict[str, Message] = field(default_factory=dict)
    periods: dict[str, Period] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    table_files: dict[str, str] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    categories: dict[str, Category] = field(default_factory=dict)
    tags: dict[str, dict[str, TagValue]] = field(default_factory=lambda: {group: {} for group in TAG_GROUPS})
    channels: list[str] = field(default_factory=list)
    facts: dict[str, Fact] = field(default_factory=dict)
    count_meanings: dict[str, object] = field(default_factory=dict)
    replaced_facts: set[str] = field(default_factory=set)
    places: dict[tuple[str, str], tuple[str, Place]] = field(default_factory=dict)
    """(section, name) -> the pack that declared it, and where."""

    @property
    def own(self) -> Folder:
        """The pack that is being loaded; the others are extended."""
        return self.folders[-1]

    def vocabulary(self) -> Vocabulary:
        """What conditions are checked against."""
        return Vocabulary(self.facts, tuple(self.categories), self.periods, self.timezone)

    @cached_property
    def vocabulary_now(self) -> Vocabulary:
        """The vocabulary once everything is declared, made once."""
        return self.vocabulary()

    def declared(self, section: str) -> Iterator[tuple[Folder, Text, Node]]:
        """All `name: value` of a section, base packs first; a name given twice in one pack is a finding and its second is left out."""
        for folder in self.folders:
            yield from self.unrepeated(section, folder, folder.entries(section))

    def unrepeated(self, section: str, folder: Folder, entries: list[tuple[Text, Node]]) -> Iterator[tuple[Folder, Text, Node]]:
        """Entries of one pack without those that repeat a name (in another file: YAML itself sees to one file)."""
        seen: dict[str, Text] = {}
        for key, value in entries:
            if key.text in seen:
                first = seen[key.text].place
                self.findings.add("TR105", key.place, f"“{key.text}”已在 {first.file} 第 {first.line} 行写过", f"{key.text!r} is already declared at {first.file}:{first.line}",
                                  ("删去一处", "remove one of them"))  # fmt: skip
                continue
            seen[key.text] = key
            yield folder, key, value

    def redeclared(self, section: str, folder: Folder, key: Text, value: Node, same: bool) -> bool:
        """Note a declaration: True if it counts. One that contradicts an extended pack's without saying `replace:` is a finding."""
        before = self.places.get((section, key.text))
        replace = word(value.get("replace")) if isinstance(value, Map) else None
        if replace is not None:
            wanted = before[0] if before else None
            if wanted is None:
                self.findings.add("TR118", replace.place, f"上游包里没有“{key.text}”，谈不上 replace", f"no extended pack declares {key.text!r}, so there is nothing to replace",
                                  ("删去 replace", "remove `replace`"))  # fmt: skip
            elif replace.text not in (wanted, f"{wanted}/{key.text}"):
                self.findings.add("TR118", replace.place, f"“{key.text}”来自“{wanted}”", f"{key.text!r} comes from {wanted!r}",
                                  (f"写 replace: {wanted}", f"write replace: {wanted}"))  # fmt: skip
        elif before is not None and before[0] != folder.id and not same:
            self.findings.add("TR124", key.place, f"“{key.text}”在“{before[0]}”里已有不同的定义（{before[1]}）", f"{key.text!r} is declared differently in {before[0]!r} ({before[1]})",
                              (f"换个名字；若确实要改，加上 replace: {before[0]}", f"use another name; to change it on purpose add `replace: {before[0]}`"))  # fmt: skip
            return False
        self.places[section, key.text] = (folder.id, key.place)
        return True
