"""From a pack's folder to its files: where packs are found, and what was read of each, with findings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from triage.conditions.suggest import did_you_mean
from triage.diagnostics import Place
from triage.packs.resources import builtin_packs, rules_dir
from triage.packs.schema import check_shape
from triage.source import MAX_BYTES, Findings, Items, Map, Node, Text, parse
from triage.source_faults import decode

MAX_FILES = 2000


@dataclass
class Folder:
    """One pack's folder as read: sections by name, each with the values given in its files; tables, templates, lexicon."""

    path: Path
    label: str
    id: str = ""
    sections: dict[str, list[tuple[Text, Node]]] = field(default_factory=dict)
    tables: dict[str, tuple[str, str]] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    lexicon: tuple[str, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    readable: bool = True

    @property
    def place(self) -> Place:
        """The pack as a whole: its pack.yaml."""
        return Place(f"{self.label}/pack.yaml")

    def entries(self, section: str) -> list[tuple[Text, Node]]:
        """All `name: value` of a section that is a mapping, over its files."""
        return [(e.key, e.value) for _, node in self.sections.get(section, []) if isinstance(node, Map) for e in node.entries]

    def items(self, section: str) -> list[Node]:
        """All items of a section that is a list, over its files."""
        return [item for _, node in self.sections.get(section, []) if isinstance(node, Items) for item in node.items]


def find_pack(ref: str | Path, search: Sequence[Path] = ()) -> tuple[Path, str] | None:
    """The folder of a pack and how it is named in places: a built-in id, the id of a pack beside, or a path."""
    text = os.fspath(ref)
    if not text:
        return None
    if isinstance(ref, str) and text and "/" not in text and "\\" not in text and not text.startswith("."):
        for parent in search:
            if (parent / text / "pack.yaml").is_file():
                builtin = parent.resolve() == rules_dir().resolve()
                return parent / text, f"rules/{text}" if builtin else (parent / text).as_posix()
        if text in builtin_packs():
            return rules_dir() / text, f"rules/{text}"
    path = Path(text)
    try:
        if path.name == "pack.yaml" and path.is_file():
            path = path.parent
        return (path, path.as_posix().rstrip("/")) if path.is_dir() else None
    except (OSError, ValueError):  # a name that no file system takes
        return None


def not_found(ref: str | Path, place: Place, findings: Findings) -> None:
    """The finding for a pack that isn't there."""
    name = os.fspath(ref)
    with suppress(OSError, ValueError):
        if Path(name).is_file():
            findings.add("TR121", place, f"“{name}”是文件，规则包是文件夹", f"{name!r} is a file; a pack is a folder",
                         ("给出 pack.yaml 所在的文件夹", "name the folder that holds pack.yaml"))  # fmt: skip
            return
    findings.add("TR121", place, f"找不到规则包“{name}”", f"no such pack: {name!r}", did_you_mean(Path(name).name, builtin_packs()))


def read_folder(path: Path, label: str, findings: Findings) -> Folder:
    """Everything in a pack's folder. What can't be read is a finding, and the rest is still read."""
    folder = Folder(path, label)
    names: list[str] = []
    for root, directories, files in os.walk(path):
        directories[:] = sorted(d for d in directories if not d.startswith((".", "__")))
        names += [(Path(root) / f).relative_to(path).as_posix() for f in files if not f.startswith((".", "~"))]
    if "pack.yaml" not in names:
        findings.add("TR010", folder.place, "文件夹里没有 pack.yaml", "there is no pack.yaml in the folder",
                     ("新建一个：triage new pack", "make one: triage new pack"))  # fmt: skip
        folder.readable = False
        return folder  # somebody's other folder: its files aren't ours to judge
    wanted = sorted(n for n in names if n.endswith((".yaml", ".yml", ".csv", ".md")) or n == "lexicon.txt")
    if len(wanted) > MAX_FILES:
        findings.add("TR007", folder.place, f"文件夹里有 {len(wanted)} 个文件，上限 {MAX_FILES}", f"{len(wanted)} files in the folder, the limit is {MAX_FILES}")
        wanted = wanted[:MAX_FILES]
    for name in wanted:
        file = f"{label}/{name}"
        try:
            with (path / name).open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            folder.readable = False
            findings.add("TR010", Place(file), f"读不了文件：{error.strerror}", f"can't read the file: {error.strerror}")
            continue
        if name.endswith((".yaml", ".yml")):
            _yaml(folder, name, file, data, findings)
        else:
            _other(folder, name, file, data, findings)
    return folder


def _yaml(folder: Folder, name: str, file: str, data: bytes, findings: Findings) -> None:
    root, text, faults = parse(data, file)
    folder.sources[file] = text
    findings.extend(faults)
    if any(f.level == "error" for f in faults):
        folder.readable = False
    if root is None:
        return
    check_shape(root, findings)
    for entry in root.entries:
        folder.sections.setdefault(entry.key.text, []).append((entry.key, entry.value))


def _other(folder: Folder, name: str, file: str, data: bytes, findings: Findings) -> None:
    """A table, a template, the lexicon: text in UTF-8."""
    if len(data) > MAX_BYTES:
        findings.add("TR007", Place(file), f"文件超过上限 {MAX_BYTES // 1024 // 1024} MB", f"the file is larger than {MAX_BYTES // 1024 // 1024} MB")
        return
    text, faults = decode(data, file)
    findings.extend(faults)
    if text is None:
        return
    folder.sources[file] = text
    if name.endswith(".csv"):
        folder.tables[name] = (file, text)
    elif name.startswith("templates/") and name.endswith(".md"):
        folder.templates[name.removeprefix("templates/").removesuffix(".md")] = text
    elif name == "lexicon.txt":
        lines = (line.split("#")[0].strip() for line in text.splitlines())
        folder.lexicon = tuple(dict.fromkeys(line for line in lines if line))
