"""click, spoken in two languages: commands and options whose help is a `Message`, chosen when it is printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from triage.cli.console import language, set_language, text_of
from triage.message import LANGUAGES, Message

USAGE = Message("用法：", "Usage: ")
OPTIONS = Message("选项", "Options")
COMMANDS = Message("命令", "Commands")
HELP = Message("显示帮助。", "Show this help.")
LANG = Message("输出语言。", "Language of the output.")


class BilingualOption(click.Option):
    """An option with its help in both languages."""

    def __init__(self, *args: Any, message: Message | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.message = message

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        if self.message is not None:
            self.help = self.message.text(language())
        record = super().get_help_record(ctx)
        if record is None or language() != "zh":
            return record
        return record[0], record[1].replace("[default: ", "[默认：").replace("[required]", "[必填]")


class BilingualCommand(click.Command):
    """A command with its help in both languages and `--lang` among its options."""

    def __init__(self, *args: Any, message: Message | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.message = message
        self.params.append(lang_option())

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = text_of(HELP)
        return found

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix=text_of(USAGE))

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.message is not None:
            self.help = self.message.text(language())
        super().format_help_text(ctx, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        records = [record for param in options if (record := param.get_help_record(ctx)) is not None]
        if records:
            with formatter.section(text_of(OPTIONS)):
                formatter.write_dl(records)


def _set_language(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is not None:
        set_language(value)


def lang_option() -> BilingualOption:
    """`--lang zh|en`, which every command takes."""
    return BilingualOption(
        ["--lang"],
        type=click.Choice(LANGUAGES, case_sensitive=False),
        callback=_set_language,
        expose_value=False,
        is_eager=True,
        message=LANG,
    )


def option(*names: str, help: Message, **settings: Any) -> Callable[[Any], Any]:
    """`click.option` with help in both languages."""
    return click.option(*names, cls=BilingualOption, message=help, **settings)


def command(name: str, help: Message) -> Callable[[Callable[..., Any]], click.Command]:
    """`click.command` with help in both languages. The function returns the exit code, or None for 0."""

    def decorate(function: Callable[..., Any]) -> click.Command:
        made = click.command(name, cls=BilingualCommand, message=help, context_settings=CONTEXT)(function)
        assert isinstance(made, click.Command)
        return made

    return decorate


CONTEXT: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
