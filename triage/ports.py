"""What one may implement in place of ours: a matcher, the engine behind a run over a dump, what authority asks of a history.

    Matcher   flags in, rules that hold out (`triage.match`): `builtin` and `durable` are the two that come with the program
    Engine    complaints in, decisions out (`triage.dumps.port`): what `triage run` drives; `Triage` is ours
    History   earlier grants and requests as sums (`triage.authority.ports`): what a store answers from its counters
    Deadlines when a term ends that is counted from an instant, working time included
"""

from triage.authority.ports import Deadlines, History, Query
from triage.dumps.port import Engine, EngineSource
from triage.match import Matcher, Program

__all__ = ["Deadlines", "Engine", "EngineSource", "History", "Matcher", "Program", "Query"]
