"""What bounds grants in `authority:`: adjustments, caps, four eyes, and whom a complaint keeps out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Literal

from triage.conditions.parse import parse_condition
from triage.domain.authority import Adjust, Cap, FourEyes, Remedy, Step
from triage.domain.condition import Condition
from triage.domain.facts import FactType
from triage.domain.values import read_value
from triage.packs.authority_values import Values
from triage.packs.draft import Draft
from triage.packs.lower import condition_of
from triage.packs.nodes import flag, known, message, text, word, words
from triage.source import Items, Map, Text


class Bounds:
    """Reads the rows of adjust, caps and four_eyes against the ranks and remedies of their pack."""

    def __init__(self, draft: Draft, values: Values, pack: str, ranks: Sequence[str], remedies: Mapping[str, Remedy], names: Collection[str]) -> None:
        self.draft, self.findings, self.values, self.pack = draft, draft.findings, values, pack
        self.ranks, self.remedies = tuple(ranks), remedies
        self.names = names
        """All remedies that are written, those with mistakes too: naming one isn't another mistake."""
        self.ids: dict[str, Text | None] = dict.fromkeys(remedies)

    def id(self, node: Map, kind: str, number: int) -> str:
        """A row's id: its own, or its kind and number."""
        own = word(node.get("id"))
        name = f"{kind}-{number}" if own is None else own.text
        if name in self.ids and own is not None:
            self.findings.add("TR105", own.place, f"编号“{name}”已经用过", f"id {name!r} is already used", ("换一个编号", "choose another id"))
        self.ids[name] = own
        return name

    def counts(self, node: Map) -> bool:
        """Whether a row counts: drafts, retired ones and those on trial don't."""
        return text(node.get("status"), "active") == "active"

    def known_remedies(self, names: list[Text]) -> tuple[str, ...]:
        """The remedies that a row names, each declared."""
        found = [name.text for name in names if known(name, self.names, "TR128", "授权项目", "remedy", self.findings)]
        return tuple(dict.fromkeys(name for name in found if name in self.remedies))

    def adjusts(self, nodes: list[Map]) -> list[Adjust]:
        """`adjust:`"""
        out = []
        for number, node in enumerate(nodes, 1):
            name = self.id(node, "adjust", number)
            when = condition_of(self.draft, node, optional=True)
            ranks = tuple(r.text for r in words(node.get("ranks")) if known(r, self.ranks, "TR128", "级别", "rank", self.findings))
            remedies = self.known_remedies(words(node.get("remedies")))
            if node.get("remedies") is None:
                remedies = tuple(r.id for r in self.remedies.values() if not r.yes)
            for item in words(node.get("remedies")):
                if item.text in self.remedies and self.remedies[item.text].yes:
                    self.findings.add("TR129", item.place, f"“{item.text}”没有金额，不能乘", f"{item.text!r} has no amount to multiply", ("从这里去掉它", "remove it here"))
            times = self.times(node)
            if when is None or times is None or not self.counts(node):
                continue
            listed = tuple(r for r in self.ranks if r in ranks) if node.get("ranks") is not None else self.ranks
            out.append(Adjust(name, times, listed, remedies, when, message(node.get("title"), name), node.place))
        return out

    def times(self, node: Map) -> Decimal | None:
        """The factor: 1 or more."""
        written = word(node.get("times"))
        if written is None:
            return None
        try:
            value = read_value(written.text, FactType("decimal"))
        except ValueError:
            value = None
        if isinstance(value, Decimal) and 1 <= value <= 1000:
            return value
        self.findings.add("TR129", written.place, f"times 应是 1 到 1000 的数，“{written.text}”不行", f"`times` is a number from 1 to 1000, {written.text!r} isn't",
                          ("要收紧额度，用 caps，或把额度写成表", "to tighten limits use `caps`, or a table of limits"))  # fmt: skip
        return None

    def caps(self, nodes: list[Map]) -> list[Cap]:
        """`caps:`"""
        out = []
        for number, node in enumerate(nodes, 1):
            name = self.id(node, "cap", number)
            counting = node.get("count_of") is not None
            if counting == (node.get("sum_of") is not None):
                self.findings.add("TR103", node.place, "封顶要写 sum_of 或 count_of 其中之一", "a cap has one of `sum_of` and `count_of`", ("写成 sum_of: [refund]", "write sum_of: [refund]"))
                continue
            names = words(node.get("count_of" if counting else "sum_of"))
            of = self.known_remedies(names)
            unit = self.unit(names, counting)
            per, window = self.values.per(node.get("per")), self.values.window(node.get("in"))
            limit_node = node.get("limit")
            limit = None if limit_node is None or unit is None else self.values.cap_limit(limit_node, unit, counting, self.ranks)
            if node.get("over") is not None and not isinstance(limit_node, Map) and text(limit_node) != "case_limit":
                self.findings.add("TR129", node.get("over").place, "一个数的封顶谁也不能超，没有上一级可转", "a cap with one limit is passed by nobody, so it goes to no next rank",  # type: ignore[union-attr]  # it is there
                                  ("删去 over，或把 limit 写成各级的数额", "remove `over`, or give each rank's limit"))  # fmt: skip
            condition, unless = self.conditions(node)
            steps = self.steps(node)
            if condition is None or unless is False or not of or len(of) < len({n.text for n in names}) or per is None or window is None or limit is None or not self.counts(node):
                continue
            kind: Literal["grants", "amount"] = "grants" if counting else "amount"
            out.append(Cap(
                name, of, per, limit, window, kind, condition, unless or None, steps, message(node.get("title"), name), node.place, self.pack,
                flag(node.get("locked"), self.findings),
            ))  # fmt: skip
        return out

    def four_eyes(self, nodes: list[Map]) -> list[FourEyes]:
        """`four_eyes:`"""
        out = []
        for number, node in enumerate(nodes, 1):
            name = self.id(node, "four-eyes", number)
            names = words(node.get("sum_of"))
            of, unit = self.known_remedies(names), self.unit(names, False)
            start_node = node.get("from")
            start = None if start_node is None or unit is None else self.values.amount(start_node, unit)
            per, window = self.values.per(node.get("per")), self.values.window(node.get("in"))
            condition, unless = self.conditions(node)
            if condition is None or unless is False or not of or len(of) < len({n.text for n in names}) or start is None or per is None or window is None or not self.counts(node):
                continue
            out.append(FourEyes(
                name, of, start, per, window, condition, unless or None, message(node.get("title"), name), node.place, self.pack, flag(node.get("locked"), self.findings),
            ))  # fmt: skip
        return out

    def conditions(self, node: Map) -> tuple[Condition | None, Condition | None | Literal[False]]:
        """`when` (None: an error) and `unless` (None: none, False: an error)."""
        written = node.get("unless")
        unless = None if written is None else parse_condition(written, self.draft.vocabulary_now, self.findings)
        return condition_of(self.draft, node, optional=True), False if written is not None and unless is None else unless

    def unit(self, names: list[Text], counting: bool) -> str | None:
        """The one unit of the remedies summed; None with a finding if they have several, or no amount."""
        found = [(name, self.remedies[name.text]) for name in names if name.text in self.remedies]
        if counting:
            return ""
        if len(found) < len(names):
            return None  # one of them is reported already
        for name, remedy in found:
            if remedy.yes:
                self.findings.add("TR129", name.place, f"“{name.text}”没有金额，不能合计", f"{name.text!r} has no amount to sum", ("用 count_of 限次数", "bound how often it is granted with count_of"))
                return None
        first = found[0][1].unit
        for name, remedy in found[1:]:
            if remedy.unit != first:
                self.findings.add("TR129", name.place, f"单位不同，不能合计：{remedy.unit or '元'} 与 {first or '元'}", f"units differ and can't be summed: {remedy.unit or 'money'} and {first or 'money'}",
                                  ("分开写两条，或用 count_of", "write two caps, or use count_of"))  # fmt: skip
                return None
        return first

    def steps(self, node: Map) -> tuple[Step, ...]:
        """`steps:` of a cap."""
        out = []
        items = node.get("steps")
        for item in items.items if isinstance(items, Items) else ():
            if not isinstance(item, Map):
                continue
            at = word(item.get("at"))
            share: object = None
            if at is not None:
                try:
                    share = read_value(at.text, FactType("decimal"))
                except ValueError:
                    share = None
                if not isinstance(share, Decimal) or not 0 < share <= 1 or not at.text.endswith(("%", "％")):
                    self.findings.add("TR203", at.place, f"“{at.text}”不是百分比", f"{at.text!r} isn't a share", ("写成 80%，不超过 100%", "write 80%, at most 100%"))
                    share = None
            people = tuple(p.text for p in words(item.get("notify")) if known(p, self.draft.people, "TR112", "人员", "person", self.findings))
            if isinstance(share, Decimal):
                out.append(Step(share, people))
        return tuple(out)

    def never(self, names: list[Text]) -> list[str]:
        """`never:` facts that name persons."""
        out = []
        for name in names:
            if not known(name, self.draft.facts, "TR110", "事实", "fact", self.findings):
                continue
            if self.draft.facts[name.text].type.kind not in ("text", "person", "choice"):
                self.findings.add("TR203", name.place, f"“{name.text}”不是人名", f"{name.text!r} doesn't name a person", ("写一个 person 或 text 的事实", "name a fact of type person or text"))
            elif name.text not in out:
                out.append(name.text)
        return out
