"""The wheel: one top-level name, every rule file inside, nothing that belongs to the repository alone."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from triage import __version__

pytest.importorskip("hatchling")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from the repository without fetching anything."""
    out = tmp_path_factory.mktemp("dist")
    root = Path(__file__).parents[1]
    code = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", code, str(out)], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return zipfile.ZipFile(next(out.glob("*.whl")))


def test_name_and_version(wheel: zipfile.ZipFile) -> None:
    assert wheel.filename is not None
    assert Path(wheel.filename).name == f"complaint_triage-{__version__}-py3-none-any.whl"


def test_one_top_level_name(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops == {"triage", f"complaint_triage-{__version__}.dist-info"}


def test_every_file_of_rules_is_inside(wheel: zipfile.ZipFile, root: Path) -> None:
    inside = set(wheel.namelist())
    files = [p.relative_to(root / "rules").as_posix() for p in (root / "rules").rglob("*") if p.is_file()]
    assert len(files) > 30
    assert [f for f in files if f"triage/_rules/{f}" not in inside] == []
    assert not [f for f in files if f.endswith(".py")], "a pack is data"


def test_models_are_inside_without_the_texts_they_were_learnt_from(wheel: zipfile.ZipFile, root: Path) -> None:
    inside = {name for name in wheel.namelist() if name.startswith("triage/_models/")}
    models = [p.parent for p in (root / "models").glob("*/model.json")]
    assert models
    for model in models:
        files = [p for p in model.iterdir() if p.is_file()]
        assert files
        assert all(f"triage/_models/{model.name}/{p.name}" in inside for p in files)
    assert not [name for name in inside if "/texts/" in name]


def test_data_files_and_types_are_inside(wheel: zipfile.ZipFile, root: Path) -> None:
    inside = set(wheel.namelist())
    assert "triage/py.typed" in inside
    data = [p for p in (root / "triage").rglob("*") if p.is_file() and p.suffix not in (".pyc", ".py")]
    assert [p for p in data if p.relative_to(root).as_posix() not in inside] == []


def test_two_commands(wheel: zipfile.ZipFile) -> None:
    points = wheel.read(f"complaint_triage-{__version__}.dist-info/entry_points.txt").decode()
    assert "triage = triage.cli.main:main" in points
    assert "complaint-triage = triage.cli.main:main" in points
    metadata = wheel.read(f"complaint_triage-{__version__}.dist-info/METADATA").decode()
    assert "Requires-Python: >=3.11\n" in metadata
    assert "scikit-learn" not in "".join(
        line for line in metadata.splitlines() if line.startswith("Requires-Dist") and "extra ==" not in line
    )
