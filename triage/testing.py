"""What helps to test code that embeds triage: a complaint with everything filled in, and packs from a few lines of YAML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from triage.domain.complaint import Complaint
from triage.pipeline import Triage

__all__ = ["a_complaint", "a_triage", "write_pack"]

_PACK = """\
pack: {{id: {id}, version: "1", language: 1}}
defaults: {{severity: low, queue: manual-triage}}
queues: {{manual-triage: 人工分派, urgent: 加急}}
"""


def a_complaint(text: str = "宽带断了三天，客服一直不回电话，请尽快修好", **facts: object) -> Complaint:
    """A complaint received at nine on a working day. Facts by name, "__" for the dot: `a_complaint(customer__tier="vip")`."""
    given = {name.replace("__", "."): value for name, value in facts.items()}
    return Complaint(text, "test-1", datetime(2026, 3, 16, 9, tzinfo=ZoneInfo("Asia/Shanghai")), given)


def write_pack(folder: Path, rules: str = "rules: []", others: Mapping[str, str] | None = None, pack_id: str = "test-pack") -> Path:
    """Write a small pack: queues `manual-triage` and `urgent`, the rules given as YAML, and other files by name. Returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {"pack.yaml": _PACK.format(id=pack_id), "rules.yaml": rules, **(others or {})}.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
    return folder


def a_triage(folder: Path, rules: str = "rules: []", others: Mapping[str, str] | None = None) -> Triage:
    """An engine over a small pack written to `folder`, without a model, on the built-in matcher: quick, and the same everywhere."""
    return Triage.load(write_pack(folder, rules, others), model=None, matcher="builtin")
