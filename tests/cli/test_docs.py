"""The documents say what is true: every command and option is documented, links lead somewhere, examples give what they show."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from triage.cli.main import group

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").rglob("*.md"))]


def _commands(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    found = [(path, command)]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            found += _commands(inner, (*path, name))
    return found


@pytest.mark.parametrize(("path", "command"), _commands(group())[1:], ids=lambda v: " ".join(v) if isinstance(v, tuple) else "")
def test_every_command_and_option_is_documented(path: tuple[str, ...], command: click.Command) -> None:
    text = (ROOT / "docs/cli.md").read_text("utf-8")
    section = text.partition(f"# triage {' '.join(path)}\n")[2].partition("\n#")[0]
    assert section, f"no section for {path}"
    for param in command.params:
        if isinstance(param, click.Option):
            assert max(param.opts, key=len) in section


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial-developer.md"])
def test_python_in_the_documents_runs_and_prints_what_it_says(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / page).read_text("utf-8")
    space: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```\n(?:\n((?:    [^\n]*\n)+))?", text, flags=re.S)
    assert blocks
    for code, shown in blocks:
        exec(compile(code, page, "exec"), space)
        printed = capsys.readouterr().out
        if shown:
            assert [line.strip() for line in shown.splitlines()] == [line.strip() for line in printed.splitlines()]


def test_the_readmes_show_real_output(capsys: pytest.CaptureFixture[str]) -> None:
    from triage.cli.main import run

    for name in ("README.md", "README.zh-CN.md"):
        lines = (ROOT / name).read_text("utf-8").splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith("    $ triage explain"))
        shown = []
        for line in lines[at + 1 :]:
            if not line.startswith("    ") or line.strip() in ("...", "……"):
                break
            shown.append(line.strip())
        arguments = shlex.split(lines[at].strip().removeprefix("$ triage "))
        run([*arguments, "--lang", "zh" if "zh" in name else "en"])
        printed = [line.strip() for line in capsys.readouterr().out.splitlines()]
        head = shown.index(next(s for s in shown if s.endswith((":", "："))))
        assert shown[: head + 1] == printed[: head + 1]
        assert len(shown) > 8
        assert [s for s in shown if s not in printed] == []


def test_the_authors_tutorial_is_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from triage.cli.main import run

    text = (ROOT / "docs/tutorial-author.md").read_text("utf-8")
    rule, tests = re.findall(r"```yaml\n(.*?)```", text, flags=re.S)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRIAGE_LANG", "en")
    assert run(["new", "pack", "my-telecom", "--extends", "telecom-cn", "--title", "我们公司"]) == 0
    assert run(["new", "rule", "my-telecom", "many-visits"]) == 0
    Path("my-telecom/rules/many-visits.yaml").write_text(rule, "utf-8")
    Path("my-telecom/tests/visits.yaml").write_text(tests, "utf-8")
    assert run(["check", "my-telecom"]) == 0
    assert run(["test", "my-telecom"]) == 0
    Path("my-telecom/rules/many-visits.yaml").write_text(rule.replace("high,", "hgih,").replace("visits: {", "visit: {"), "utf-8")
    capsys.readouterr()
    assert run(["check", "my-telecom"]) == 1
    printed = [line.strip() for line in capsys.readouterr().out.splitlines()]
    shown = text.partition("## A mistake")[2].partition("## A test")[0]
    said = [line.strip() for line in shown.splitlines() if line.startswith("    ") and "$" not in line]
    assert [line for line in said if line not in printed] == []


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.name)
def test_examples_run(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import runpy

    runpy.run_path(str(example), run_name="__main__")
    assert capsys.readouterr().out.count("->") == 3
