"""Loading of pack and model for the commands; a pack with errors is shown as `triage check` shows it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triage.domain.pack import Pack
    from triage.pipeline import Triage
    from triage.tags.model import Model


def load(pack: str, model: str = "auto", matcher: str = "auto") -> Triage:
    """The engine for `--pack`, `--model` and `--matcher`. Raises PackError, ModelError, UsageError."""
    from triage.cli.findings import sources_of
    from triage.errors import PackError
    from triage.pipeline import Triage

    try:
        return Triage.load(pack, model=None if model == "none" else model, matcher=matcher)
    except PackError as error:
        sources_of(error, pack)
        raise


def pack_of(ref: str) -> Pack:
    """The pack alone. Raises PackError."""
    from triage.cli.findings import sources_of
    from triage.dumps.port import PipelineSource
    from triage.errors import PackError

    try:
        return PipelineSource(ref).pack()
    except PackError as error:
        sources_of(error, ref)
        raise


def model_at(ref: str) -> Model:
    """A model by its folder, or by the name of a shipped one. Raises ModelError."""
    from triage.packs.resources import models_dir
    from triage.tags.model import Model

    folder = Path(ref)
    if not folder.exists() and (models_dir() / ref / "model.json").is_file():
        folder = models_dir() / ref
    return Model.load(folder)
