"""`triage completion`: the script that makes a shell complete commands and options."""

from __future__ import annotations

import click

from triage.cli.command import command as bilingual
from triage.cli.console import say
from triage.errors import UsageError
from triage.message import Message


@bilingual("completion", Message(
    "输出 shell 的补全脚本。\n\n启用：bash 写 eval \"$(triage completion bash)\" 到 ~/.bashrc；zsh 写到 ~/.zshrc；fish 写到 ~/.config/fish/completions/triage.fish。",
    "Print the completion script of SHELL.\n\nTo enable it, put eval \"$(triage completion bash)\" in ~/.bashrc (zsh: ~/.zshrc); fish: save it as ~/.config/fish/completions/triage.fish.",
))  # fmt: skip
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def command(shell: str) -> int:
    from click.shell_completion import get_completion_class

    from triage.cli.main import group

    found = get_completion_class(shell)
    if found is None:
        raise UsageError(Message(f"不支持 {shell}", f"{shell} isn't supported"))
    say(found(group(), {}, "triage", "_TRIAGE_COMPLETE").source())
    return 0
