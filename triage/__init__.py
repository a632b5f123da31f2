"""Rules-based complaint triage: text in, explained decision out.

    from triage import Triage

    triage = Triage.load("telecom-cn")
    decision = triage.decide("充电宝着火了，客服三天不回")
    decision.severity, decision.queue, [reason.rule for reason in decision.reasons]

This module is the public interface; the names are loaded when first used, so that `import triage` costs next to nothing.
Messages go to the standard logger `triage`, which says nothing unless the host asks for it.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING

from triage._version import __version__

if TYPE_CHECKING:
    from triage.diagnostics import Diagnostic, Place
    from triage.domain.complaint import Complaint
    from triage.domain.decision import Decision, Evidence, Reason
    from triage.domain.tags import Span, Tags
    from triage.dumps.arrow import decide_arrow
    from triage.errors import DumpError, ModelError, PackError, TriageError, UsageError
    from triage.explain import WhyNot
    from triage.message import Message
    from triage.packs.load import load_pack
    from triage.pipeline import Triage
    from triage.rendering import decision_dict, decision_text

logging.getLogger("triage").addHandler(logging.NullHandler())

__all__ = [
    # the engine
    "Triage", "Complaint", "load_pack", "decide_arrow",
    # what comes out
    "Decision", "Reason", "Evidence", "WhyNot", "Tags", "Span", "decision_dict", "decision_text",
    # findings and errors
    "Message", "Diagnostic", "Place", "TriageError", "UsageError", "PackError", "ModelError", "DumpError",
    "__version__",
]  # fmt: skip

_HOMES = {
    "Triage": "triage.pipeline",
    "Complaint": "triage.domain.complaint",
    "load_pack": "triage.packs.load",
    "decide_arrow": "triage.dumps.arrow",
    "Decision": "triage.domain.decision",
    "Reason": "triage.domain.decision",
    "Evidence": "triage.domain.decision",
    "WhyNot": "triage.explain",
    "Tags": "triage.domain.tags",
    "Span": "triage.domain.tags",
    "decision_dict": "triage.rendering",
    "decision_text": "triage.rendering",
    "Message": "triage.message",
    "Diagnostic": "triage.diagnostics",
    "Place": "triage.diagnostics",
    "TriageError": "triage.errors",
    "UsageError": "triage.errors",
    "PackError": "triage.errors",
    "ModelError": "triage.errors",
    "DumpError": "triage.errors",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'triage' has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
