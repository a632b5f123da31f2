"""`triage doctor`: what is installed here, what is in use, and what is missing."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, distribution, requires, version
from pathlib import Path
from typing import Any

import orjson

from triage.cli.command import command as bilingual
from triage.cli.command import option
from triage.cli.console import language, paint, say, table, text_of
from triage.message import Message

CORE = (
    "pydantic",
    "click",
    "jieba",
    "rjieba",
    "google-re2",
    "orjson",
    "PyYAML",
    "numpy",
    "python-calamine",
    "tqdm",
)
EXTRAS = {"train": ("scikit-learn", "sklearn"), "durable": ("durable_rules", "durable.engine"), "parquet": ("pyarrow", "pyarrow")}
DURABLE_HINT = Message(
    "需要 C 编译器；Python 3.13 及以上：CPPFLAGS=-DPyEval_CallObject=PyObject_CallObject pip install --no-cache-dir durable_rules==2.0.28",
    "needs a C compiler; on Python 3.13 and newer: CPPFLAGS=-DPyEval_CallObject=PyObject_CallObject pip install --no-cache-dir durable_rules==2.0.28",
)


@bilingual(
    "doctor",
    Message(
        "显示版本、可选组件、所用匹配器、编码和安装大小。缺核心组件时退出码为 1。",
        "Show versions, extras, the matcher in use, encodings and the installed size. The exit code is 1 if a core part is missing.",
    ),
)
@option("--json", "as_json", is_flag=True, help=Message("输出 JSON。", "Print JSON."))
def command(as_json: bool) -> int:
    found = inspect()
    if as_json:
        say(orjson.dumps({"format": 1, **found}, option=orjson.OPT_INDENT_2).decode())
    else:
        _print(found)
    return 1 if any(v is None for v in found["core"].values()) or found["problems"] else 0


def inspect() -> dict[str, Any]:
    """All that the command shows, as plain data."""
    from triage._version import __version__

    core = {name: _version(name) for name in CORE}
    extras: dict[str, Any] = {}
    for extra, (name, module) in EXTRAS.items():
        installed = _version(name)
        extras[extra] = {"distribution": name, "version": installed, "works": installed is not None and _imports(module)}
    problems: list[str] = []
    found: dict[str, Any] = {
        "version": __version__,
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "platform": platform.platform(terse=True),
        "core": core,
        "extras": extras,
        "matcher": _try(_matcher, problems),
        "segmenter": _try(_segmenter, problems),
        "packs": _try(_packs, problems),
        "models": _try(_models, problems),
        "language": language(),
        "encodings": {
            "stdout": sys.stdout.encoding, "stderr": sys.stderr.encoding, "filesystem": sys.getfilesystemencoding(),
            "locale": os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or "",
        },
        "installed_mb": _size(),
    }  # fmt: skip
    found["problems"] = problems
    return found


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _imports(module: str) -> bool:
    from importlib import import_module

    try:
        import_module(module)
    except Exception:  # a broken extension may raise anything
        return False
    return True


def _try(ask: Any, problems: list[str]) -> Any:
    try:
        return ask()
    except Exception as error:  # the doctor reports what is broken and goes on
        problems.append(f"{ask.__name__.lstrip('_')}: {type(error).__name__}: {error}")
        return None


def _matcher() -> str:
    from triage.match import durable_available

    return "durable" if durable_available() else "builtin"


def _segmenter() -> str:
    from triage.text.segment import segmenter

    return segmenter("auto").name


def _packs() -> list[str]:
    from triage.packs.resources import rules_dir

    return sorted(p.name for p in rules_dir().iterdir() if p.joinpath("pack.yaml").is_file())


def _models() -> list[str]:
    from triage.packs.resources import models_dir

    folder = models_dir()
    return sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []


def _size() -> float | None:
    """Size on disk of this distribution and all that its core needs, in MB; None where it isn't installed as one."""
    try:
        wanted = [r for r in requires("complaint-triage") or [] if "extra ==" not in r]
    except PackageNotFoundError:
        return None
    names, seen, total = ["complaint-triage", *map(_name_of, wanted)], set[str](), 0
    while names:
        name = names.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        for file in found.files or []:
            path = found.locate_file(file)
            try:
                total += Path(str(path)).stat().st_size
            except OSError:
                continue
        names += [_name_of(r) for r in found.requires or [] if "extra ==" not in r]
    return round(total / 1e6, 1)


def _name_of(requirement: str) -> str:
    end = next((i for i, c in enumerate(requirement) if not (c.isalnum() or c in "-_.")), len(requirement))
    return requirement[:end]


def _print(found: dict[str, Any]) -> None:
    yes, no = paint("✓", "green"), paint("✗", "red")
    say(paint(f"complaint-triage {found['version']}", "bold") + f"  Python {found['python']}  {found['platform']}")
    say()
    say(paint(text_of(Message("核心组件", "core")), "bold"))
    say(
        table([[yes if v else no, name, v or text_of(Message("没有安装", "not installed"))] for name, v in found["core"].items()])
    )
    say(paint(text_of(Message("可选组件", "extras")), "bold"))
    rows = []
    for extra, what in found["extras"].items():
        note = what["version"] or text_of(Message("没有安装", "not installed"))
        if what["version"] and not what["works"]:
            note += text_of(Message("（装了但不能导入）", " (installed, but can't be imported)"))
        rows.append([yes if what["works"] else "-", extra, what["distribution"], note])
    say(table(rows))
    if not found["extras"]["durable"]["works"]:
        say("    " + text_of(DURABLE_HINT))
    say(paint(text_of(Message("正在使用", "in use")), "bold"))
    encodings = found["encodings"]
    say(table([
        [text_of(Message("匹配器", "matcher")), str(found["matcher"])],
        [text_of(Message("分词", "segmenter")), str(found["segmenter"])],
        [text_of(Message("内置规则包", "built-in packs")), " ".join(found["packs"] or []) or "-"],
        [text_of(Message("内置模型", "built-in models")), " ".join(found["models"] or []) or "-"],
        [text_of(Message("语言", "language")), found["language"]],
        [text_of(Message("编码", "encodings")), " ".join(f"{k}={v}" for k, v in encodings.items() if v)],
        [text_of(Message("安装大小", "installed size")), "-" if found["installed_mb"] is None else f"{found['installed_mb']} MB"],
    ]))  # fmt: skip
    for problem in found["problems"]:
        say(f"{no} {problem}")
