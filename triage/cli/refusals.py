"""What click says about a wrong command line, in both languages."""

from __future__ import annotations

import click

from triage.cli.console import safe
from triage.message import Message


def explain_refusal(error: click.ClickException) -> tuple[Message, Message | None]:
    """The message and the hint for an error of the command line."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "triage"
    see = Message(f"用法见：{path} -h", f"see {path} -h")
    bilingual = getattr(error, "bilingual", None)
    if isinstance(bilingual, Message):
        return bilingual, getattr(error, "hint", None) or see
    if isinstance(error, click.NoSuchOption):
        name = safe(error.option_name)[:60]
        near = (error.possibilities or [])[:1]
        hint = Message(f"是不是 {near[0]}？", f"did you mean {near[0]}?") if near else see
        return Message(f"没有 {name} 这个选项", f"there is no option {name}"), hint
    if isinstance(error, click.MissingParameter):
        name = _name(error.param, context)
        return Message(f"缺少 {name}", f"{name} is missing"), see
    if isinstance(error, click.BadOptionUsage):
        return Message(
            f"选项 {error.option_name} 用得不对（它需要一个值，或不接受值）",
            f"option {error.option_name} is used wrongly: {error.message}",
        ), see
    if isinstance(error, click.BadParameter):
        name = _name(error.param, context)
        allowed = getattr(getattr(error.param, "type", None), "choices", None)
        if allowed:
            listed = " ".join(map(str, allowed))
            return Message(f"{name} 的值不对，可选：{listed}", f"{name} has a value that isn't one of: {listed}"), see
        numbers = getattr(error.param, "type", None)
        if isinstance(numbers, click.IntRange):
            low, high = numbers.min, numbers.max
            zh = f"{low} 到 {high} 的整数" if high is not None else f"不小于 {low} 的整数"
            en = f"a whole number from {low} to {high}" if high is not None else f"a whole number, at least {low}"
            return Message(f"{name} 应是{zh}", f"{name} must be {en}"), see
        if isinstance(numbers, click.types.IntParamType):
            return Message(f"{name} 应是整数", f"{name} must be a whole number"), see
        said = safe(error.message)
        return Message(f"{name} 的值不对：{said}", f"{name} has a wrong value: {said}"), see
    said = safe(error.format_message())
    return Message(f"命令行有误：{said}", said), see


def _name(param: click.Parameter | None, context: click.Context | None) -> str:
    if param is None:
        return "?"
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return param.make_metavar(context) if context is not None else str(param.name)
