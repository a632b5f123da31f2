"""`triage.toml` in the current folder: defaults for the options, so that a dump's columns are named once."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

from triage.errors import UsageError
from triage.message import Message

FILE = "triage.toml"
SHARED = ("pack", "model", "matcher", "segmenter", "workers", "now")
"""Keys that may stand at the top of the file, for every command that has such an option."""


def defaults_for(command: str, folder: Path | None = None) -> dict[str, Any]:
    """Defaults for the options of `command`: the table of its name, over the shared keys at the top.

    Raises UsageError, with the place, for a file that isn't TOML, a key that no option has, or a value of a wrong type.
    """
    from triage.cli.main import COMMANDS

    path = (folder or Path()) / FILE
    try:
        data = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise UsageError(
            Message(f"{FILE} 不是 UTF-8 编码", f"{FILE} isn't UTF-8"),
            Message("用编辑器另存为 UTF-8", "save it as UTF-8 in your editor"),
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(Message(f"{FILE} 不是有效的 TOML：{error}", f"{FILE} isn't valid TOML: {error}")) from error
    tables = {key: value for key, value in data.items() if isinstance(value, dict)}
    plain = {key: value for key, value in data.items() if not isinstance(value, dict)}
    for key in plain:
        _known(key, SHARED, Message("顶层", "the top level"))
    for key in tables:
        _known(key, tuple(COMMANDS), Message("表名", "tables"))
    params = import_module(f"triage.cli.{COMMANDS[command][0]}").command.params
    options = {max(p.opts, key=len).lstrip("-"): p for p in params if p.param_type_name == "option" and p.name and p.expose_value}
    found = {options[key].name: value for key, value in plain.items() if key in options}
    for key, value in tables.get(command, {}).items():
        name = key.replace("_", "-")
        _known(name, tuple(options), Message(f"[{command}]", f"[{command}]"))
        found[options[name].name] = _as_option(name, value, bool(options[name].multiple))
    return found


def _known(key: str, names: tuple[str, ...], where: Message) -> None:
    if key in names:
        return
    near = get_close_matches(key, names, 1)
    hint = (
        Message(f"是不是 {near[0]}？", f"did you mean {near[0]}?")
        if near
        else Message(f"可用：{' '.join(names)}", f"known: {' '.join(names)}")
    )
    raise UsageError(Message(f"{FILE} 的{where.zh}里没有 {key} 这个设置", f"{FILE}: unknown key {key} in {where.en}"), hint)


def _as_option(name: str, value: object, multiple: bool) -> object:
    """A value as the option takes it from the command line: a table as KEY=VALUE pairs, a list as repeated or joined by commas."""
    if isinstance(value, dict):
        return tuple(f"{k}={v}" for k, v in _flatten(value))
    if isinstance(value, list):
        items = [str(item) for item in value]
        return tuple(items) if multiple else ",".join(items)
    if isinstance(value, bool):
        return value
    if isinstance(value, str | int):
        return (str(value),) if multiple else str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise UsageError(Message(f"{FILE}：{name} 的值类型不对", f"{FILE}: the value of {name} has a wrong type"))


def _flatten(table: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Dotted keys: in TOML, `customer.tier = "客户等级"` is a table in a table."""
    out: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            out += _flatten(value, f"{prefix}{key}.")
        else:
            out.append((prefix + key, str(value)))
    return out
