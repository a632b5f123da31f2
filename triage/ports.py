"""What one may implement in place of ours: a matcher, and the engine behind a run over a dump.

    Matcher   flags in, rules that hold out (`triage.match`): `builtin` and `durable` are the two that come with the program
    Engine    complaints in, decisions out (`triage.dumps.port`): what `triage run` drives; `Triage` is ours
"""

from triage.dumps.port import Engine, EngineSource
from triage.match import Matcher, Program

__all__ = ["Engine", "EngineSource", "Matcher", "Program"]
