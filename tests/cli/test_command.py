"""The command as a whole: help, languages, exit codes, settings, and that no traceback ever reaches the user."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from triage import __version__
from triage.cli import console
from triage.cli.main import COMMANDS
from triage.errors import ModelError
from triage.message import Message

Run = Callable[..., "tuple[int, str, str]"]


@pytest.mark.parametrize("name", sorted(COMMANDS))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_has_help_in_both_languages(triage: Run, name: str, lang: str) -> None:
    code, out, err = triage(name, "-h", "--lang", lang)
    assert (code, err) == (0, "")
    assert out.startswith("用法：triage " if lang == "zh" else "Usage: triage ")
    assert ("选项" in out) == (lang == "zh")
    described = out.split("\n\n")[1]
    assert any("\u4e00" <= c <= "\u9fff" for c in described) == (lang == "zh")


def test_each_option_says_what_it_does(triage: Run) -> None:
    import click

    from triage.cli.command import BilingualOption
    from triage.cli.main import group

    def walk(command: click.Command) -> list[str]:
        silent = [
            f"{command.name} {p.opts}"
            for p in command.params
            if isinstance(p, click.Option) and not isinstance(p, BilingualOption)
        ]
        silent += [
            f"{command.name} {p.opts}"
            for p in command.params
            if isinstance(p, BilingualOption) and (p.message is None or not all(p.message))
        ]
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                silent += walk(found)
        return silent

    assert walk(group()) == []


def test_version_and_bare_call(triage: Run) -> None:
    assert triage("--version")[:2] == (0, f"complaint-triage {__version__}\n")
    code, out, _ = triage()
    assert code == 0
    assert all(name in out for name in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rnu",), "did you mean run?"),
        (("run",), "is missing"),
        (("run", "nothing-here.csv", "-o", "x.csv"), "doesn't exist"),
        (("run", "x.csv", "--wrokers", "2"), "did you mean --workers?"),
        (("run", "x.csv", "--workers", "many"), "--workers"),
        (("explain", "x", "--matcher", "best"), "isn't one of: auto builtin durable"),
        (("explain", "x", "--now", "yesterday"), "--now can't be read"),
        (("explain", "x", "--fact", "tier"), "NAME=VALUE"),
        (("explain", "x", "-p", "telecom-cn", "--fact", "customer.teir=vip"), "did you mean: customer.tier"),
        (("explain", "x", "-p", "telecom-cn", "--why-not", "large-charg"), "did you mean: large-charge"),
        (("new", "pack", "Bad Name"), "a name is letters"),
        (("new", "rule", "nowhere", "x"), "no pack.yaml"),
        (("--lang", "fr"), "isn't one of: zh en"),
    ],
)
def test_a_wrong_call_is_refused_with_what_to_do(triage: Run, arguments: tuple[str, ...], said: str) -> None:
    code, out, err = triage(*arguments)
    assert code == 2, err
    assert out == ""
    assert err.startswith("error: ")
    assert said in err
    assert "hint: " in err or said == "NAME=VALUE" or "can't" in said or "a name is" in said


def test_a_pack_that_is_not_there_is_a_finding(triage: Run) -> None:
    code, out, err = triage("check", "telecom")
    assert code == 1
    assert "telecom-cn" in out + err


def test_language_by_option_variable_and_locale() -> None:
    choose = console.choose_language
    assert choose(["--lang", "en"], {"TRIAGE_LANG": "zh"}) == "en"
    assert choose(["explain", "x", "--lang=zh"], {"TRIAGE_LANG": "en"}) == "zh"
    assert choose(["explain", "--", "--lang", "en"], {}) == "zh"
    assert choose([], {"TRIAGE_LANG": "en", "LANG": "zh_CN.UTF-8"}) == "en"
    assert choose([], {"LANG": "en_GB.UTF-8"}) == "en"
    assert choose([], {"LC_ALL": "zh_CN.UTF-8", "LANG": "en_US"}) == "zh"
    assert choose([], {"LC_ALL": "C"}) == "zh"
    assert choose([], {}) == "zh"


def test_settings_are_defaults_under_the_command_line(triage: Run, tmp_path: Path) -> None:
    (tmp_path / "triage.toml").write_text('pack = "telecom-cn"\n[explain]\nfact = {"customer.tier" = "svip"}\n', "utf-8")
    assert "vip-care" in triage("explain", "你好")[1]
    assert "svip" not in triage("explain", "你好", "--fact", "customer.tier=normal")[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pack = ", "isn't valid TOML"),
        ('pakc = "x"', "did you mean pack?"),
        ("[rnu]\nkeep = true", "did you mean run?"),
        ('[explain]\nfcat = ["a=b"]', "did you mean fact?"),
    ],
)
def test_wrong_settings_are_refused(triage: Run, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "triage.toml").write_text(text, "utf-8")
    code, _, err = triage("explain", "x")
    assert code == 2
    assert "triage.toml" in err
    assert said in err


def test_a_defect_is_one_line_without_the_customers_words(triage: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("secret words of a customer")

    monkeypatch.setattr("triage.pipeline.Triage.decide", explode)
    code, out, err = triage("explain", "x", "-p", "telecom-cn")
    assert code == 3
    assert "internal error: RuntimeError" in err
    assert "secret" not in out + err
    monkeypatch.setenv("TRIAGE_DEBUG", "1")
    with pytest.raises(RuntimeError):
        triage("explain", "x", "-p", "telecom-cn")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (ModelError(Message("坏了", "broken")), 1),
        (PermissionError(13, "Permission denied", "x.csv"), 2),
        (MemoryError(), 3),
    ],
)
def test_each_kind_of_failure_has_its_exit_code(
    triage: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("triage.pipeline.Triage.load", fail)
    assert triage("explain", "x")[0] == code


def _process(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    root = Path(__file__).parents[2]
    clean = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LANG", "PYTHONIOENCODING", "PYTHONUTF8")}
    return subprocess.run(
        [sys.executable, "-m", "triage", *arguments], cwd=folder, env={**clean, "PYTHONPATH": str(root), **environment}, capture_output=True, check=False
    )  # fmt: skip


@pytest.mark.parametrize("environment", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "gbk"}])
def test_any_console_gets_utf8(tmp_path: Path, environment: dict[str, str]) -> None:
    done = _process("explain", "-p", "telecom-cn", "再不处理我就找记者曝光🙂", "--lang", "zh", folder=tmp_path, **environment)
    assert done.returncode == 0, done.stderr
    assert "严重程度：critical" in done.stdout.decode("utf-8")


def test_colour_only_where_it_is_wanted(tmp_path: Path) -> None:
    plain = _process("demo", "-h", folder=tmp_path).stdout + _process("explain", "x", folder=tmp_path).stdout
    assert b"\033[" not in plain
    assert b"\033[" in _process("explain", "x", folder=tmp_path, FORCE_COLOR="1").stdout
    assert b"\033[" not in _process("explain", "x", folder=tmp_path, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    line = f"{sys.executable} -m triage schema | head -c 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, check=False
    )
    assert done.stderr == b""
    assert done.returncode in (0, 141)


def test_completion_scripts(triage: Run) -> None:
    for shell in ("bash", "zsh", "fish"):
        code, out, _ = triage("completion", shell)
        assert code == 0
        assert "_TRIAGE_COMPLETE" in out
