"""What running a dump needs of the engine, and the engine of this product behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from triage.domain.complaint import Complaint
from triage.domain.decision import Decision
from triage.domain.pack import Pack


class Engine(Protocol):
    """Decides complaints, one decision for each, in order; counts its CPU seconds by stage in `timings`."""

    @property
    def timings(self) -> Mapping[str, float]: ...

    @property
    def matcher_name(self) -> str: ...

    @property
    def fingerprints(self) -> Mapping[str, str]: ...

    def decide_many(self, complaints: Iterable[Complaint], now: datetime | None = None) -> Iterator[Decision]: ...


class EngineSource(Protocol):
    """Where each process gets its engine from. It is sent to worker processes, so it must be cheap to pickle."""

    def pack(self) -> Pack:
        """The pack alone, without dictionary or model: all that the reading process needs."""
        ...

    def engine(self) -> Engine:
        """The whole engine; called once in each process that decides."""
        ...

    def cells(self, decision: Decision) -> Mapping[str, str]:
        """The output cells of a decision, all columns but `row`; JSON inside list cells."""
        ...


@dataclass(frozen=True, slots=True)
class PipelineSource:
    """The engine of this product: `Triage.load(...)`."""

    ref: str
    model: str = "auto"
    matcher: str = "auto"
    segmenter: str = "auto"

    def pack(self) -> Pack:
        """Raises PackError with every finding where the pack has errors."""
        from triage.errors import PackError
        from triage.message import Message
        from triage.packs.load import load_pack

        loaded = load_pack(self.ref)
        if loaded.pack is None:
            raise PackError(Message(f"规则包 {self.ref} 有错误", f"pack {self.ref} has errors"), loaded.findings)
        return loaded.pack

    def engine(self) -> Engine:
        from triage.pipeline import Triage

        engine: Engine = Triage.load(self.ref, model=self.model, matcher=self.matcher, segmenter=self.segmenter)
        return engine

    def cells(self, decision: Decision) -> Mapping[str, str]:
        from triage.rendering import row_cells

        return row_cells(decision)
