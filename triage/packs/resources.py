"""Where the built-in packs and models lie: inside the installed package, or beside it in a checkout."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def _beside(installed: str, checkout: str) -> Path:
    package = Path(str(files("triage")))
    inside = package / installed
    return inside if inside.is_dir() else package.parent / checkout


def rules_dir() -> Path:
    """The folder of the built-in packs."""
    return _beside("_rules", "rules")


def models_dir() -> Path:
    """The folder of the shipped models."""
    return _beside("_models", "models")


def builtin_packs() -> tuple[str, ...]:
    """Ids of the built-in packs, sorted."""
    root = rules_dir()
    if not root.is_dir():
        return ()
    return tuple(sorted(p.name for p in root.iterdir() if (p / "pack.yaml").is_file()))
