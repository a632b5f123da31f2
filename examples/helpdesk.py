"""A helpdesk takes a ticket in: decide it, file it, and keep the reasons. Run it: `python examples/helpdesk.py`."""

from datetime import datetime, timedelta, timezone

import orjson

from triage import Complaint, Triage, decision_dict

CHINA = timezone(timedelta(hours=8))
TICKETS = [
    {"id": "T-1", "text": "家里断网三天了，师傅一直没来，再不处理我就去工信部投诉", "tier": "normal", "at": "2026-03-16T09:00"},
    {"id": "T-2", "text": "营业厅的小李服务很好，特别感谢", "tier": "silver", "at": "2026-03-16T09:05"},
    {"id": "T-3", "text": "话费多扣了320元，要求退费", "tier": "vip", "at": "2026-03-16T09:10"},
]


def main() -> None:
    """Decide three tickets; print where each goes and how many bytes of reasons would be stored."""
    triage = Triage.load("telecom-cn")
    complaints = [
        Complaint(t["text"], t["id"], datetime.fromisoformat(t["at"]).replace(tzinfo=CHINA), {"customer.tier": t["tier"]})
        for t in TICKETS
    ]
    for decision in triage.decide_many(complaints):
        stored = orjson.dumps(decision_dict(decision))
        rules = ", ".join(reason.rule for reason in decision.reasons)
        print(f"{decision.id}: {decision.severity} -> {decision.queue} ({rules}); {len(stored)} bytes of reasons")


if __name__ == "__main__":
    main()
