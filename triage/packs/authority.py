"""`authority:` of a pack -> `Authority`: ranks, remedies and their limits here, what bounds them in authority_bounds."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from triage.diagnostics import Place
from triage.domain.authority import Approvals, Authority, Cap, FourEyes, LimitRow, Remedy
from triage.domain.condition import ALWAYS
from triage.message import Message
from triage.packs.authority_bounds import Bounds
from triage.packs.authority_values import Values, decimals_of
from triage.packs.draft import Draft
from triage.packs.fingerprint import authority_fingerprint
from triage.packs.lower import condition_of
from triage.packs.nodes import known, message, text, word, words
from triage.packs.reading import Folder
from triage.source import Items, Map, Node, Text

KEYS = ("ranks", "above_top", "remedies", "adjust", "caps", "four_eyes", "never", "approvals")
_ONCE = ("ranks", "above_top", "approvals")
_RESERVED = ("unit", "title", "decimals", "rows", "when")
"""Keys of a remedy that aren't ranks."""


def read_authority(draft: Draft, currency: str) -> Authority | None:
    """The authority that counts: the pack's own, else that of the nearest pack that it extends; it is taken whole, never mixed.
    Only caps and four eyes that an extended pack has locked stay beside the pack's own."""
    givers = [folder for folder in draft.folders if any(isinstance(n, Map) for _, n in folder.sections.get("authority", []))]
    if not givers:
        return None
    authority = _Reader(draft, givers[-1]).read()
    if authority is None:
        return None
    for folder in givers[:-1]:
        before = len(draft.findings)
        inherited = _Reader(draft, folder).read()
        del draft.findings[before:]  # what is wrong there is that pack's to mend
        if inherited is not None:
            authority = _with_locked(draft, authority, inherited)
    return replace(authority, fingerprint=authority_fingerprint(authority))


def _with_locked(draft: Draft, authority: Authority, inherited: Authority) -> Authority:
    """The authority with what an extended pack has locked."""
    bounds: list[Cap | FourEyes] = [*inherited.caps, *inherited.four_eyes]
    for item in bounds:
        missing = [name for name in item.of if item.locked and name not in authority.remedies]
        if missing:
            draft.findings.add("TR123", authority.place, f"上游锁定了“{item.id}”（{item.place}），这里却没有 {'、'.join(missing)}", f"{item.id!r} ({item.place}) is locked and sums {', '.join(missing)}, which isn't declared here",
                               ("在 remedies 里保留它", "keep it under `remedies`"))  # fmt: skip
    kept = {cap.id for cap in authority.caps}
    caps = tuple(replace(c, id=c.id if c.id not in kept else f"{c.pack}/{c.id}") for c in inherited.caps if c.locked)
    eyes = {rule.id for rule in authority.four_eyes}
    four_eyes = tuple(replace(f, id=f.id if f.id not in eyes else f"{f.pack}/{f.id}") for f in inherited.four_eyes if f.locked)
    return replace(authority, caps=(*authority.caps, *caps), four_eyes=(*authority.four_eyes, *four_eyes))


class _Reader:
    """Reads one pack's authority."""

    def __init__(self, draft: Draft, folder: Folder) -> None:
        self.draft, self.findings, self.folder = draft, draft.findings, folder
        self.values = Values(draft)
        self.sections: dict[str, list[tuple[Text, Node]]] = {key: [] for key in KEYS}
        self.place = Place("")
        self.written: list[str] = []
        for section, node in folder.sections.get("authority", []):
            self.place = self.place if self.place.file else section.place
            for entry in node.entries if isinstance(node, Map) else ():
                if entry.key.text in self.sections:
                    self.sections[entry.key.text].append((entry.key, entry.value))

    def read(self) -> Authority | None:
        """All of it; None if it has errors that leave nothing to go on."""
        before = len(self.findings)
        for name in _ONCE:
            for key, _ in self.sections[name][1:]:
                first = self.sections[name][0][0].place
                self.findings.add("TR105", key.place, f"“{name}”已在 {first} 写过", f"{name!r} is already given at {first}", ("删去一处", "remove one of them"))
        titles = self.ranks()
        if not titles:
            return None
        ranks = tuple(titles)
        above = self.above_top(ranks)
        remedies = self.remedies(ranks)
        bounds = Bounds(self.draft, self.values, self.folder.id, ranks, remedies, self.written)
        adjust = bounds.adjusts(self.listed("adjust"))
        caps = bounds.caps(self.listed("caps"))
        four_eyes = bounds.four_eyes(self.listed("four_eyes"))
        never = bounds.never([name for _, node in self.sections["never"] for name in words(node)])
        approvals = self.approvals()
        if any(f.level == "error" for f in self.findings[before:]):
            return None
        return Authority(
            ranks, remedies, above, tuple(adjust), tuple(caps), tuple(four_eyes), tuple(never), approvals,
            {rank: title for rank, title in titles.items() if title.zh != rank}, self.place,
        )  # fmt: skip

    def listed(self, name: str) -> list[Map]:
        """The rows of a list, over all files."""
        return [item for _, node in self.sections[name] if isinstance(node, Items) for item in node.items if isinstance(item, Map)]

    def ranks(self) -> dict[str, Message]:
        """The ranks with their titles, from the lowest."""
        found: dict[str, Message] = {}
        for _, node in self.sections["ranks"][:1]:
            pairs: list[tuple[Text, Node | None]]
            pairs = [(e.key, e.value) for e in node.entries] if isinstance(node, Map) else [(name, None) for name in words(node)]
            for key, title in pairs:
                if key.text in found:
                    self.findings.add("TR105", key.place, f"级别“{key.text}”写了两次", f"rank {key.text!r} is given twice", ("删去一个", "remove one"))
                elif key.text in _RESERVED or key.text == "":
                    self.findings.add("TR104", key.place, f"“{key.text}”不能作级别的名字", f"{key.text!r} can't be a rank's name", ("换一个名字", "use another name"))
                else:
                    found[key.text] = message(title, key.text)
        if not found and not any(self.sections["ranks"]):
            self.findings.add("TR103", self.place, "authority 缺少 ranks：从低到高的级别", "`authority` needs `ranks`, from the lowest to the highest",
                              ("写成 ranks: [agent, supervisor, manager]", "write ranks: [agent, supervisor, manager]"))  # fmt: skip
        elif not found:
            self.findings.add("TR201", self.sections["ranks"][0][0].place, "ranks 是空的", "`ranks` is empty", ("写上至少一个级别", "name at least one rank"))
        return found

    def above_top(self, ranks: tuple[str, ...]) -> str:
        """Who decides above the ranks."""
        for _, node in self.sections["above_top"][:1]:
            found = word(node)
            if found is not None and found.text in ranks:
                self.findings.add("TR105", found.place, f"“{found.text}”已是一个级别", f"{found.text!r} is a rank already", ("above_top 写级别之上的决定者，如 总经理办公会", "name who decides above the ranks"))
            elif found is not None:
                return found.text
        return ""

    def approvals(self) -> Approvals:
        """How long requests wait."""
        for key, node in self.sections["approvals"][:1]:
            if isinstance(node, Map):
                answer_in = self.values.term(node.get("answer_in"))
                then = node.get("then")
                if then is not None and node.get("answer_in") is None:
                    self.findings.add("TR103", then.place, "then 要有 answer_in：多久不答复才转", "`then` needs `answer_in`: after how long", ("加上 answer_in: 2 working_hours", "add answer_in: 2 working_hours"))
                return Approvals(answer_in, self.values.term(node.get("expire")), key.place)
        return Approvals()

    def remedies(self, ranks: tuple[str, ...]) -> dict[str, Remedy]:
        """Everything that may be granted, by id."""
        found: dict[str, Remedy] = {}
        places: dict[str, Place] = {}
        for _, node in self.sections["remedies"]:
            for entry in node.entries if isinstance(node, Map) else ():
                name = entry.key.text
                if name in places:
                    self.findings.add("TR105", entry.key.place, f"“{name}”已在 {places[name]} 写过", f"{name!r} is already given at {places[name]}", ("删去一处", "remove one of them"))
                    continue
                places[name] = entry.key.place
                self.written.append(name)
                remedy = self.remedy(entry.key, entry.value, ranks)
                if remedy is not None:
                    found[name] = remedy
        if not places:
            self.findings.add("TR103", self.place, "authority 缺少 remedies：能授权什么", "`authority` needs `remedies`: what may be granted",
                              ("写成 remedies: {refund: {agent: 100}}", "write remedies: {refund: {agent: 100}}"))  # fmt: skip
        return found

    def remedy(self, key: Text, node: Node, ranks: tuple[str, ...]) -> Remedy | None:
        """One remedy: limits by rank, or a table of them."""
        body = node if isinstance(node, Map) else None
        unit = text(body.get("unit")) if body else ""
        written = text(body.get("decimals")) if body else ""
        decimals = int(written) if written in tuple("0123456") else decimals_of(unit)
        rows_node = node if isinstance(node, Items) else body.get("rows") if body else None
        kinds: set[bool] = set()
        rows: list[LimitRow] = []
        if isinstance(rows_node, Items):
            if body is not None and (extra := [e.key for e in body.entries if e.key.text not in _RESERVED]):
                self.findings.add("TR129", extra[0].place, "有了 rows，额度就写在各行里", "with `rows` the limits stand in the rows", ("移到某一行", "move it into a row"))
            for item in rows_node.items:
                row = self.row(item, ranks, unit, decimals, kinds) if isinstance(item, Map) else None
                if row is not None:
                    rows.append(row)
            if not rows_node.items:
                self.findings.add("TR201", key.place, f"“{key.text}”的表是空的", f"the table of {key.text!r} is empty", ("写上至少一行", "write at least one row"))
        elif body is not None:
            if body.get("when") is not None:
                self.findings.add("TR129", body.get("when").place, "有条件的额度要写成表", "limits with a condition are a table",  # type: ignore[union-attr]  # it is there
                                  ("写成 [{when: ..., agent: 50}, {agent: 20}]", "write [{when: ..., agent: 50}, {agent: 20}]"))  # fmt: skip
            row = self.row(body, ranks, unit, decimals, kinds)
            rows = [row] if row is not None else []
        if kinds == {True, False}:
            self.findings.add("TR129", key.place, f"“{key.text}”一处写 yes，一处写数额", f"{key.text!r} has both `yes` and amounts", ("没有金额的一律写 yes，有金额的不封顶写 unlimited", "write `yes` everywhere, or amounts and `unlimited`"))
            return None
        if not rows:
            return None
        title = message(body.get("title") if body else None, key.text)
        return Remedy(key.text, tuple(rows), title, unit, decimals, kinds == {True}, key.place)

    def row(self, node: Map, ranks: tuple[str, ...], unit: str, decimals: int, kinds: set[bool]) -> LimitRow | None:
        """One row: its condition, and the limits of the ranks that it names. `kinds` collects whether they are `yes`."""
        when = condition_of(self.draft, node, optional=True) if node.get("when") is not None else ALWAYS
        limits: dict[str, Decimal] = {}
        places: dict[str, Place] = {}
        bad = when is None
        for entry in node.entries:
            if entry.key.text in _RESERVED:
                continue
            if not known(entry.key, (*ranks, *_RESERVED), "TR128", "级别", "rank", self.findings):
                bad = True
                continue
            found = self.values.limit(entry.value, unit, decimals)
            if found is None:
                bad = True
                continue
            limits[entry.key.text], yes = found
            places[entry.key.text] = entry.value.place
            if found[0].is_finite() or yes:  # `unlimited` goes with amounts and says nothing by itself
                kinds.add(yes)
        if not limits and not bad:
            self.findings.add("TR201", node.place, "没有写哪一级能授权多少", "no rank is given a limit", ("例如 agent: 100", "such as agent: 100"))
            return None
        assert bad or when is not None
        return None if bad or when is None else LimitRow({r: limits[r] for r in ranks if r in limits}, when, node.place, places)
