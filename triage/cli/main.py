"""The entry point: finds the command, and turns whatever goes wrong into one clear message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from triage._version import __version__
from triage.cli import console
from triage.cli.command import COMMANDS as COMMANDS_TITLE
from triage.cli.command import CONTEXT, OPTIONS, BilingualCommand, BilingualOption
from triage.cli.console import choose_language, fail, say, set_language, tell, text_of, use_utf8
from triage.errors import PackError, TriageError
from triage.message import Message

FINE, FINDINGS, USAGE, INTERNAL, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 3, 130, 141

COMMANDS: dict[str, tuple[str, Message]] = {
    "run": ("run", Message("整理一批投诉，输出带理由的决定", "decide a whole dump of complaints")),
    "explain": (
        "explain",
        Message("解释一条投诉的决定，或某规则为何没有命中", "explain the decision on one complaint, or why a rule didn't fire"),
    ),
    "authorize": ("authorize", Message("某一级能不能授权，不能时须谁批", "may this rank grant it, and if not, who may")),
    "check": ("check", Message("检查规则包，报告所有问题", "check a pack and report every finding")),
    "test": ("test", Message("运行规则包自带的测试", "run the tests that stand in a pack")),
    "train": ("train", Message("用已标注的投诉训练分类模型", "train a model on labelled complaints")),
    "review": ("review", Message("挑出最值得人工标注的投诉，逐条标注", "pick the complaints whose labels teach most, and label them")),
    "curve": ("curve", Message("多少标注换来多少准确度", "how many labels buy how much")),
    "evaluate": ("evaluate", Message("在已标注的投诉上评估模型", "measure a model on labelled complaints")),
    "schema": ("schema", Message("输出供编辑器补全的 JSON Schema", "print the JSON Schema that editors complete packs with")),
    "new": ("new", Message("新建规则包、规则或测试", "make a new pack, rule or test")),
    "demo": ("demo", Message("一分钟看完全部功能", "the whole story in a minute")),
    "doctor": ("doctor", Message("显示版本、可选组件和运行环境", "show versions, extras and the environment")),
    "completion": ("completion", Message("输出 shell 的命令补全脚本", "print the shell completion script")),
}
"""Name -> module of triage.cli, and the line in `triage --help`. The module is imported only when its command runs."""

ABOUT = Message(
    "基于规则的投诉分诊：投诉文本进，带理由的决定出。\n\n每个命令都有自己的帮助：triage run -h",
    "Rules-based complaint triage: text in, explained decision out.\n\nEach command has help of its own: triage run -h",
)


class Group(BilingualCommand, click.Group):
    """The commands, imported only when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found = import_module(f"triage.cli.{COMMANDS[cmd_name][0]}").command
        assert isinstance(found, click.Command)
        return found

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(text_of(COMMANDS_TITLE)):
            formatter.write_dl([(name, text_of(line)) for name, (_, line) in COMMANDS.items()])
        with formatter.section(text_of(OPTIONS)):
            formatter.write_dl([r for p in self.get_params(ctx) if (r := p.get_help_record(ctx)) is not None])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, 1)
            hint = Message(f"是不是 {near[0]}？", f"did you mean {near[0]}?") if near else None
            shown = console.safe(args[0])[:60]
            raise Refused(Message(f"没有“{shown}”这个命令", f"there is no command {shown!r}"), hint)
        from triage.cli.settings import defaults_for

        if args and args[0] in COMMANDS and not ctx.resilient_parsing:
            ctx.default_map = {args[0]: defaults_for(args[0])}
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # before click makes another exit code of it
            return _reader_gone()


class Refused(click.UsageError):
    """A usage error that speaks both languages."""

    def __init__(self, message: Message, hint: Message | None = None) -> None:
        super().__init__(message.en)
        self.bilingual = message
        self.hint = hint


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        say(f"complaint-triage {__version__}")
        ctx.exit(0)


def group() -> Group:
    """The whole command."""
    version = BilingualOption(
        ["-V", "--version"], is_flag=True, expose_value=False, is_eager=True, callback=_version,
        message=Message("显示版本。", "Show the version."),
    )  # fmt: skip
    return Group(
        "triage",
        message=ABOUT,
        params=[version],
        context_settings=CONTEXT,
        no_args_is_help=False,
        invoke_without_command=True,
        callback=_bare,
    )


@click.pass_context
def _bare(ctx: click.Context) -> int:
    """`triage` alone: the help."""
    if ctx.invoked_subcommand is None:
        say(ctx.get_help())
    return FINE


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments` (those of the process, if None) and return its exit code; never raises."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    set_language(choose_language(arguments, os.environ))
    try:
        result: Any = group().main(args=arguments, prog_name="triage", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else FINE
    except (KeyboardInterrupt, click.Abort):
        tell(Message("已中断。", "interrupted."))
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_gone()
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        from triage.cli.refusals import explain_refusal

        fail(*explain_refusal(error))
        return USAGE
    except PackError as error:
        from triage.cli.findings import show_pack_error

        show_pack_error(error)
        return error.exit_code
    except TriageError as error:
        fail(error.message, error.hint)
        return error.exit_code
    except OSError as error:
        name = console.safe(str(error.filename)) if error.filename else ""
        fail(Message(f"无法读写 {name}：{error.strerror or error}", f"can't read or write {name}: {error.strerror or error}"))
        return USAGE
    except Exception as error:
        if os.environ.get("TRIAGE_DEBUG"):
            raise
        _report(error)
        return INTERNAL


def _reader_gone() -> int:
    """The reader of our output went away (`triage ... | head`): nobody is left to be told."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE


def _report(error: Exception) -> None:
    """One line on a defect of ours. The exception's own text stays out of it: it may quote a customer."""
    place = "?"
    step = error.__traceback__
    while step is not None:
        filename = step.tb_frame.f_code.co_filename
        if f"{os.sep}triage{os.sep}" in filename:
            place = f"{filename.rpartition(f'{os.sep}triage{os.sep}')[2]}:{step.tb_lineno}"
        step = step.tb_next
    python = ".".join(map(str, sys.version_info[:3]))
    what = f"{type(error).__name__} @ triage/{place} (complaint-triage {__version__}, Python {python})"
    fail(
        Message(f"内部错误：{what}", f"internal error: {what}"),
        Message(
            "这是程序的缺陷，请把上面这一行报告给维护者；设 TRIAGE_DEBUG=1 再运行可看到经过",
            "this is a defect of the program: report the line above; TRIAGE_DEBUG=1 shows the traceback",
        ),
    )


def main() -> int:
    """What `triage` and `complaint-triage` call."""
    use_utf8()
    return run()


if __name__ == "__main__":
    raise SystemExit(main())
