"""`triage check`: every finding in a pack at once."""

from __future__ import annotations

import click

from triage.cli.command import command as bilingual
from triage.cli.command import option
from triage.cli.console import language, say, tell
from triage.message import Message


@bilingual("check", Message(
    "检查规则包（内置包名或文件夹），一次报告所有问题。\n\n有错误时退出码为 1；加 --strict 时警告也算。",
    "Check PACK (the name of a built-in one, or a folder) and report every finding at once.\n\nThe exit code is 1 if there are errors, with --strict also for warnings.",
))  # fmt: skip
@click.argument("pack")
@option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "github", "sarif")),
    default="text",
    show_default=True,
    help=Message("输出形式。", "Form of the output."),
)
@option("--strict", is_flag=True, help=Message("警告也算不通过。", "Warnings count as failures."))
def command(pack: str, form: str, strict: bool) -> int:
    from triage._version import __version__
    from triage.cli import findings as shown
    from triage.diagnostics import has_errors, ordered, render_github, render_json, render_sarif
    from triage.packs.load import check_pack

    loaded = check_pack(pack)
    findings = ordered(loaded.findings)
    if form == "json":
        say(render_json(findings))
    elif form == "sarif":
        say(render_sarif(findings, __version__, language()))
    elif form == "github":
        if findings:
            say(render_github(findings, language()))
    else:
        shown.show(findings, loaded.sources)
        size = f"：{len(loaded.pack.rules)} 条规则" if loaded.pack else ""
        size_en = f": {len(loaded.pack.rules)} rules" if loaded.pack else ""
        counted = shown.count(findings)
        tell(Message(f"{pack}{size}，{counted.zh}", f"{pack}{size_en}, {counted.en}"))
    failed = has_errors(findings) or loaded.pack is None or (strict and any(d.level == "warning" for d in findings))
    return 1 if failed else 0
