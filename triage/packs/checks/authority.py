"""What `authority:` says and doesn't mean: limits that never count, rows never reached, sums that splitting gets round."""

from __future__ import annotations

from decimal import Decimal

from triage.diagnostics import Diagnostic
from triage.domain.authority import CASE_LIMIT, Authority, Remedy
from triage.domain.condition import ALWAYS
from triage.domain.pack import Pack
from triage.source import Findings


def check(pack: Pack) -> list[Diagnostic]:
    """All findings on a pack's authority."""
    findings = Findings()
    if pack.authority is not None:
        for remedy in pack.authority.remedies.values():
            _rows(remedy, findings)
            _falling(pack.authority, remedy, findings)
        _uncovered(pack.authority, findings)
        _pieces(pack.authority, findings)
        _owner_ranks(pack, pack.authority, findings)
    return findings


def _rows(remedy: Remedy, findings: Findings) -> None:
    """Rows after one that always holds, and tables without a last row for everything else."""
    sure = next((i for i, row in enumerate(remedy.rows) if row.when == ALWAYS), None)
    if sure is None:
        findings.add("TR303", remedy.place, f"“{remedy.id}”的表没有最后一行“其余”", f"the table of {remedy.id!r} has no last row for everything else",
                     ("加一行不带 when 的；没有它，各行都不成立时哪一级都没有额度", "add a row without `when`; without one nobody has a limit where no row holds"), level="warning")  # fmt: skip
        return
    for row in remedy.rows[sure + 1 :]:
        findings.add("TR302", row.place, "前面的行总是成立，这一行永远轮不到", "a row above always holds, so this one is never reached", ("把不带 when 的行移到最后", "move the row without `when` to the end"))


def _falling(authority: Authority, remedy: Remedy, findings: Findings) -> None:
    """Limits that are no more than a lower rank's."""
    for row in remedy.rows:
        top: tuple[str, Decimal] | None = None
        for rank in authority.ranks:
            limit = row.limits.get(rank)
            if limit is None:
                continue
            if top is not None and limit < top[1]:
                findings.add("TR314", row.places[rank], f"{rank} 的额度比下级 {top[0]} 还小，不起作用", f"the limit of {rank} is less than that of {top[0]} below and never counts",
                             (f"不写则继承 {top[0]} 的额度", f"leave it out: {top[0]}'s limit is inherited"), level="warning")  # fmt: skip
            else:
                top = rank, limit


def _uncovered(authority: Authority, findings: Findings) -> None:
    """Remedies of which splitting over cases, days or handlers can get more than a rank's limit."""
    covered = {name for cap in authority.caps if cap.limit == CASE_LIMIT for name in cap.of}
    bare = [r.id for r in authority.remedies.values() if not r.yes and r.id not in covered]
    if bare:
        findings.add("TR313", authority.place, f"拆成几单可以绕过单次额度：{'、'.join(bare)}", f"splitting over cases gets round the limits of: {', '.join(bare)}",
                     ("加一条封顶：{sum_of: [...], per: customer, in: 30d, limit: case_limit}", "add a cap: {sum_of: [...], per: customer, in: 30d, limit: case_limit}"), level="info")  # fmt: skip


def _pieces(authority: Authority, findings: Findings) -> None:
    """`count_of` counts grants, not pieces: said where more than one piece can be granted at once."""
    for cap in authority.caps:
        said = cap.title.zh != cap.id  # an author who gave it a title has said what is counted
        several = [
            name for name in cap.of
            if cap.counting == "grants" and not said and (remedy := authority.remedies[name]).unit and any(v > 1 for row in remedy.rows for v in row.limits.values()) and not remedy.yes
        ]  # fmt: skip
        if several:
            findings.add("TR315", cap.place, f"count_of 数的是授权次数：{'、'.join(several)} 一次给几个只算一次", f"`count_of` counts grants: several of {', '.join(several)} at once count as one",
                         ("要按个数封顶，写 sum_of；就是要数次数，给它写个 title", "to bound how many pieces, write sum_of; if grants are meant, give it a title that says so"), level="info")  # fmt: skip


def _owner_ranks(pack: Pack, authority: Authority, findings: Findings) -> None:
    """Ranks that green channels ask for and the ladder doesn't have."""
    for rule in pack.rules:
        for action in rule.actions:
            if action.slot == "owner_rank" and action.value not in authority.ladder:
                findings.add("TR316", rule.place, f"绿色通道“{rule.id}”要求的级别“{action.value}”不在 authority.ranks 里", f"green channel {rule.id!r} asks for rank {action.value!r}, which isn't in `authority.ranks`",
                             (f"可用的有：{'、'.join(authority.ladder)}", f"known: {', '.join(authority.ladder)}"), level="warning")  # fmt: skip
