"""Values of `authority:`: limits and amounts in a remedy's unit, windows, whose sums are kept, terms."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from triage.conditions.operands import Operands
from triage.conditions.suggest import did_you_mean
from triage.domain.authority import CASE_LIMIT, PERS, UNLIMITED, WINDOW_KINDS, CapLimit, Window
from triage.domain.condition import FactOperand
from triage.domain.durations import Duration, parse_duration
from triage.domain.facts import FactType
from triage.domain.numerals import parse_numeral
from triage.packs.draft import Draft
from triage.packs.nodes import known
from triage.source import Map, Node, Text

ALIASES = {"customer.id": "customer", "order.id": "order", "case.id": "case", "handler.id": "handler"}
_DIVISIBLE = frozenset(("kb", "mb", "gb", "tb", "k", "m", "g", "t", "小时", "h", "kg", "g", "公斤", "千克", "斤", "克", "吨", "l", "升", "米", "公里", "km", "度", "kwh", "%"))


def decimals_of(unit: str) -> int:
    """How many digits after the point amounts have unless the pack says: two for money and for what is measured, none for
    what is counted (张, 次, 月)."""
    return 2 if not unit or unit.casefold() in _DIVISIBLE else 0


class Values:
    """Reads values against a draft; findings go to the draft's."""

    def __init__(self, draft: Draft) -> None:
        self.draft, self.findings = draft, draft.findings
        self.operands = Operands(draft.vocabulary_now, draft.findings)

    def amount(self, node: Node, unit: str, decimals: int = 6) -> Decimal | None:
        """An amount in a unit ("" for money), zero or more."""
        if not isinstance(node, Text) or node.is_null:
            self.findings.add("TR203", node.place, "这里应是数额", "an amount is wanted here")
            return None
        value = self._number(node, unit)
        if value is None:
            return None
        if value < 0:
            self.findings.add("TR203", node.place, f"“{node.text}”是负数", f"{node.text!r} is negative", ("额度从 0 起", "limits start at 0"))
            return None
        if -int(value.normalize().as_tuple().exponent) > decimals:
            self.findings.add("TR203", node.place, f"“{node.text}”的小数太多（最多 {decimals} 位）", f"{node.text!r} has too many decimals (at most {decimals})")
            return None
        return value

    def _number(self, node: Text, unit: str) -> Decimal | None:
        if not unit:
            found = self.operands.typed(node, FactType("money"))
            return found if isinstance(found, Decimal) else None
        bare = node.text.strip()
        if bare.casefold().endswith(unit.casefold()):
            bare = bare[: len(bare) - len(unit)].rstrip()
        try:
            value = parse_numeral(bare.removeprefix("-"))
            return value.copy_negate() if bare.startswith("-") else value
        except ValueError:
            self.findings.add("TR203", node.place, f"“{node.text}”不是以{unit}计的数额", f"{node.text!r} isn't an amount in {unit}", (f"写成 5 或 5{unit}", f"write 5 or 5{unit}"))
            return None

    def limit(self, node: Node, unit: str, decimals: int) -> tuple[Decimal, bool] | None:
        """One rank's limit, and whether it is `yes`."""
        if isinstance(node, Text) and node.text in ("unlimited", "yes"):
            return UNLIMITED, node.text == "yes"
        found = self.amount(node, unit, decimals)
        return None if found is None else (found, False)

    def cap_limit(self, node: Node, unit: str, counting: bool, ranks: Collection[str]) -> CapLimit | None:
        """A cap's limit: amounts by rank, case_limit, a fact or a multiple of one, or one amount."""
        if isinstance(node, Map):
            found = {}
            for entry in node.entries:
                if not known(entry.key, ranks, "TR128", "级别", "rank", self.findings):
                    continue
                value = self.limit(entry.value, unit, 6) if not counting else self.count(entry.value)
                if value is not None:
                    found[entry.key.text] = value[0]
            if not node.entries:
                self.findings.add("TR201", node.place, "limit 是空的", "this `limit` is empty", ("写上各级的上限", "give each rank's limit"))
            # by the order of ranks, not of the file
            return {rank: found[rank] for rank in ranks if rank in found} if len(found) == len(node.entries) and found else None
        if isinstance(node, Text) and node.text == CASE_LIMIT:
            if counting:
                self.findings.add("TR129", node.place, "case_limit 是数额，不能用来限次数", "case_limit is an amount and can't bound a count",
                                  ("写成次数，如 limit: 1", "write a number, such as limit: 1"))  # fmt: skip
                return None
            return CASE_LIMIT
        kind = FactType("integer") if counting else FactType("decimal" if unit else "money")
        operand = self.operands.fact(node, kind, ordered=True)
        if operand is False:
            return None
        if isinstance(operand, FactOperand):
            return operand
        if counting:
            count = self.count(node)
            return None if count is None else count[0]
        return self.amount(node, unit)

    def count(self, node: Node) -> tuple[Decimal, bool] | None:
        """How many times."""
        found = self.operands.scalar(node, FactType("integer"))
        if isinstance(found, int) and found >= 0:
            return Decimal(found), False
        if found is not None:
            self.findings.add("TR203", node.place, "次数从 0 起", "a count starts at 0")
        return None

    def window(self, node: Node | None) -> Window | None:
        """`in:`: a length of elapsed time, or a calendar window; all that ever was where it isn't given."""
        if node is None:
            return Window()
        if isinstance(node, Text) and node.text in WINDOW_KINDS:
            return Window(node.text)
        if isinstance(node, Text):
            try:
                term = parse_duration(node.text)
            except ValueError:
                hint = did_you_mean(node.text, WINDOW_KINDS) if "calendar" in node.text or "_" in node.text else None
                self.findings.add("TR203", node.place, f"“{node.text}”不是一段时间", f"{node.text!r} isn't a stretch of time",
                                  hint or ("滚动的写 30d，自然的写 calendar_day、calendar_month", "write 30d, or calendar_day, calendar_month"))  # fmt: skip
                return None
            if term.elapsed:
                return Window("rolling", term.elapsed)
            self.findings.add("TR203", node.place, f"“{node.text}”没有固定长度", f"{node.text!r} has no fixed length",
                              ("当天写 calendar_day；滚动的写 24h、30d", "write calendar_day, or 24h, 30d"))  # fmt: skip
            return None
        self.findings.add("TR203", node.place, "这里应是一段时间", "a stretch of time is wanted here")
        return None

    def per(self, node: Node | None) -> str | None:
        """Whose sums: case, customer, handler, order, or a fact."""
        if not isinstance(node, Text) or node.is_null:
            return None
        if node.text in PERS or node.text in ALIASES:
            return ALIASES.get(node.text, node.text)
        fact = self.draft.facts.get(node.text)
        if fact is None:
            self.findings.add("TR110", node.place, f"per 不认识“{node.text}”", f"`per` doesn't know {node.text!r}", did_you_mean(node.text, [*PERS, *self.draft.facts]))
            return None
        if fact.type.many:
            self.findings.add("TR203", node.place, f"“{node.text}”是列表，不能按它合计", f"{node.text!r} is a list: sums can't be kept per it")
            return None
        return node.text

    def term(self, node: Node | None) -> Duration | None:
        """How long a request may wait, in elapsed or working time."""
        if node is None:
            return None
        if isinstance(node, Text):
            try:
                found = parse_duration(node.text)
            except ValueError as error:
                reason = error.args[1]
                self.findings.add("TR203", node.place, reason.zh, reason.en)
                return None
            if found.amount > 0 and (found.unit != "working_day" or found.amount == int(found.amount)):
                return found
        self.findings.add("TR203", node.place, "期限要大于零，工作日要整数", "a term is more than zero, working days are whole",
                          ("写成 2 working_hours、24h 或 5 working_days", "write 2 working_hours, 24h or 5 working_days"))  # fmt: skip
        return None
