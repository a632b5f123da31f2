"""Categories and the values of the other tags, with their cue phrases."""

from __future__ import annotations

from dataclasses import replace

from triage.conditions.parse import parse_check
from triage.conditions.suggest import did_you_mean
from triage.domain.condition import Check
from triage.domain.pack import Category, Cue, TagValue, Taxonomy
from triage.packs.draft import TAG_GROUPS, Draft
from triage.packs.nodes import message, text, word
from triage.packs.reading import Folder
from triage.source import Entry, Items, Map, Node, Text

_CHECK_KEYS = frozenset(("contains", "contains_any", "contains_all", "words", "matches", "starts_with", "ends_with"))


def _group(folder: Folder, group: str) -> list[tuple[Text, Node]]:
    """Entries of one part of `taxonomy:`, over the pack's files."""
    maps = [node.get(group) for _, node in folder.sections.get("taxonomy", []) if isinstance(node, Map)]
    return [(e.key, e.value) for m in maps if isinstance(m, Map) for e in m.entries]


def declare_taxonomy(draft: Draft) -> None:
    """Names first: categories, owners, values of tags. Cues are read later, when facts are known."""
    for folder in draft.folders:
        for _, key, value in draft.unrepeated("categories", folder, _group(folder, "categories")):
            _category(draft, folder, key, value)
        for group in TAG_GROUPS:
            parts = [n.get(group) for _, n in folder.sections.get("taxonomy", []) if isinstance(n, Map) and n.get(group) is not None]
            if group in ("intents", "emotions") and len(parts) > 1 and parts[1] is not None:
                draft.findings.add("TR105", parts[1].place, f"{group} 的先后有意义，只能写在一个文件里", f"the order of {group} counts, so they stand in one file")
            for _, key, value in draft.unrepeated(group, folder, _group(folder, group)):
                before = draft.tags[group].get(key.text)
                title = message(value.get("title") if isinstance(value, Map) else None, "")
                if before is None:
                    draft.tags[group][key.text] = TagValue(key.text, title if title.zh else message(None, key.text), (), key.place)
                elif title.zh:
                    draft.tags[group][key.text] = replace(before, title=title)
        _otherwise(draft, folder)
    for path, category in draft.categories.items():
        parent = path.rpartition("/")[0]
        if parent and parent not in draft.categories:
            draft.findings.add("TR111", category.place, f"上级分类“{parent}”没有声明", f"the parent category {parent!r} isn't declared",
                               did_you_mean(parent, draft.categories) if len(draft.categories) > 1 else None)  # fmt: skip


def _otherwise(draft: Draft, folder: Folder) -> None:
    """The intent of texts that have no cue of any: what a pack says takes the place of what the packs that it extends say."""
    intents = draft.tags["intents"]
    said = [(key, node) for key, value in _group(folder, "intents") if isinstance(value, Map) and (node := value.get("otherwise")) is not None]
    chosen = [(key, node) for key, node in said if _is_true(node)]
    if len(chosen) > 1:
        draft.findings.add("TR105", chosen[1][1].place, f"意图“{chosen[0][0].text}”已经写了 otherwise，只能有一个",
                           f"the intent {chosen[0][0].text!r} has `otherwise` already, and only one can", ("删去其中一个", "remove one of them"))  # fmt: skip
    # `otherwise: false` of an extending pack takes it from an intent, `true` from all others
    lost = set(intents) if chosen else {key.text for key, _ in said}
    for name in lost & set(intents):
        intents[name] = replace(intents[name], otherwise=False)
    if chosen and chosen[0][0].text in intents:
        intents[chosen[0][0].text] = replace(intents[chosen[0][0].text], otherwise=True)


def _is_true(node: Node | None) -> bool:
    return text(node, "").strip().lower() == "true"


def _category(draft: Draft, folder: Folder, key: Text, value: Node) -> None:
    path = key.text
    if any(not part.strip() or part != part.strip() for part in path.split("/")):
        draft.findings.add("TR104", key.place, f"分类路径“{path}”不对", f"{path!r} isn't a category's path", ("写成 上级/下级，中间不留空", "write parent/child, no part empty"))
        return
    node = value if isinstance(value, Map) else None
    owner = word(node.get("owner")) if node else None
    before = draft.categories.get(path)
    same = before is None or owner is None or owner.text == before.owner
    draft.redeclared("categories", folder, key, value, same)
    title = message(node.get("title")) if node and node.get("title") is not None else None
    if before is None:
        draft.categories[path] = Category(path, owner.text if owner else "", (), title, key.place)
    else:
        draft.categories[path] = replace(before, owner=owner.text if owner else before.owner, title=title or before.title)


def check_owners(draft: Draft) -> None:
    """Owning departments are queues or people that are declared."""
    names = [*draft.queues, *draft.people]
    for folder in draft.folders:
        for _, value in _group(folder, "categories"):
            owner = word(value.get("owner")) if isinstance(value, Map) else None
            if owner is not None and owner.text not in draft.queues and owner.text not in draft.people:
                draft.findings.add("TR113", owner.place, f"没有队列或人员“{owner.text}”", f"{owner.text!r} is neither a queue nor a person", did_you_mean(owner.text, names))


def read_cues(draft: Draft) -> None:
    """Cues of all packs, appended to what extended packs give."""
    for folder in draft.folders:
        for key, value in _group(folder, "categories"):
            if key.text in draft.categories:
                category = draft.categories[key.text]
                draft.categories[key.text] = replace(category, cues=_merged(category.cues, _cues(draft, value)))
        for group in TAG_GROUPS:
            for key, value in _group(folder, group):
                if (tag := draft.tags[group].get(key.text)) is not None:
                    draft.tags[group][key.text] = replace(tag, cues=_merged(tag.cues, _cues(draft, value)))


def _merged(before: tuple[Cue, ...], more: list[Cue]) -> tuple[Cue, ...]:
    return tuple(dict.fromkeys([*before, *more]))


def _cues(draft: Draft, node: Node) -> list[Cue]:
    cues = node.get("cues") if isinstance(node, Map) else None
    found = [_cue(draft, item) for item in cues.items] if isinstance(cues, Items) else []
    return [cue for cue in found if cue is not None]


def _cue(draft: Draft, node: Node) -> Cue | None:
    if isinstance(node, Text):
        if not node.text.strip():
            draft.findings.add("TR203", node.place, "提示语是空的", "the cue is empty", ("删去它", "remove it"))
            return None
        return Cue(Check("contains", node.text))
    if not isinstance(node, Map):
        return None
    ops = [e for e in node.entries if e.key.text in _CHECK_KEYS]
    if len(ops) != 1:
        if not any(e.key.text not in _CHECK_KEYS | {"unless_negated", "weight", "alone"} for e in node.entries):
            draft.findings.add("TR102", node.place, "一条提示语里要有且只有一种检查", "a cue holds exactly one kind of check",
                               ("拆成几条，每条一个 contains、words 或 matches", "make several cues of it, each with one of contains, words, matches"))  # fmt: skip
        return None
    kept: tuple[Entry, ...] = tuple(e for e in node.entries if e.key.text in _CHECK_KEYS or e.key.text == "unless_negated")
    checks = parse_check(draft.facts["complaint.text"], Map(kept, node.place), draft.vocabulary(), draft.findings)
    weight = text(node.get("weight"), "1")
    strength = int(weight) if weight.isdigit() and weight.isascii() and len(weight) < 7 else 1
    return Cue(checks[0], strength, _is_true(node.get("alone"))) if checks else None


def taxonomy(draft: Draft) -> Taxonomy:
    """What was declared, as the pack carries it; a category without an owner has its parent's."""
    owners: dict[str, str] = {}
    for path in sorted(draft.categories, key=lambda p: p.count("/")):
        owners[path] = draft.categories[path].owner or owners.get(path.rpartition("/")[0], "")
    categories = tuple(replace(c, owner=owners[c.path]) for c in draft.categories.values())
    groups = {group: tuple(values.values()) for group, values in draft.tags.items()}
    return Taxonomy(categories, groups["intents"], groups["requests"], groups["risks"], groups["emotions"])
