"""The packs that a pack extends, base first: each read once, cycles and missing ones reported."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from triage.packs.nodes import text, words
from triage.packs.reading import Folder, find_pack, not_found, read_folder
from triage.source import Findings, Items, Map, Text

MAX_PACKS = 20


def chain(path: Path, label: str, search: Sequence[Path], findings: Findings) -> list[Folder]:
    """The folder at `path` last, everything it extends before it."""
    done: dict[Path, Folder] = {}
    order: list[Folder] = []

    def visit(path: Path, label: str, trail: tuple[Path, ...]) -> None:
        real = path.resolve()
        folder = done[real] = read_folder(path, label, findings)
        folder.id = pack_id(folder)
        beside = [path.parent, *search]
        for name in extended(folder):
            found = find_pack(name.text, beside)
            if found is None:
                candidates = [p for p in beside if p.is_dir()]
                _missing(name, candidates, findings)
            elif found[0].resolve() in (*trail, real):
                findings.add("TR122", name.place, f"extends 成环：“{name.text}”又引用回来", f"extends runs in a circle through {name.text!r}",
                             ("去掉其中一处 extends", "remove one of the extends"))  # fmt: skip
            elif found[0].resolve() not in done and len(done) < MAX_PACKS:
                visit(*found, (*trail, real))
        order.append(folder)

    visit(path, label, ())
    return order


def _missing(name: Text, parents: Sequence[Path], findings: Findings) -> None:
    from triage.conditions.suggest import nearest

    beside = [p.name for parent in parents for p in _children(parent) if (p / "pack.yaml").is_file()]
    near = nearest(name.text, beside)
    if near is None:
        not_found(name.text, name.place, findings)
    else:
        findings.add("TR121", name.place, f"找不到规则包“{name.text}”", f"no such pack: {name.text!r}", (f"是不是“{near}”？", f"did you mean {near!r}?"))


def _children(parent: Path) -> list[Path]:
    try:
        return sorted(parent.iterdir())[:500]
    except OSError:
        return []


def extended(folder: Folder) -> list[Text]:
    """The names under `extends:`."""
    return [name for _, node in folder.sections.get("extends", []) if isinstance(node, Items) for name in words(node)]


def pack_id(folder: Folder) -> str:
    """The pack's id as it says, or its folder's name."""
    for _, node in folder.sections.get("pack", []):
        if isinstance(node, Map) and (found := text(node.get("id"))):
            return found
    return folder.path.resolve().name
