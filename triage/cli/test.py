"""`triage test`: the tests that stand in a pack."""

from __future__ import annotations

import click
import orjson

from triage.cli.command import command as bilingual
from triage.cli.command import option
from triage.cli.console import language, paint, say, table, tell, text_of
from triage.cli.options import MATCHERS
from triage.message import Message


@bilingual("test", Message(
    "运行规则包自带的测试；有不通过的，退出码为 1。",
    "Run the tests of PACK; the exit code is 1 if any fails.",
))  # fmt: skip
@click.argument("pack")
@option("--model", default="auto", show_default=True, metavar="DIR|auto|none", help=Message("分类模型。", "Model."))
@option("--matcher", type=click.Choice(MATCHERS), default="auto", show_default=True, help=Message("匹配器。", "Matcher."))
@option("-k", "name", metavar="WORDS", help=Message("只运行名称含此文字的测试。", "Only tests whose name contains this."))
@option("--json", "as_json", is_flag=True, help=Message("输出 JSON。", "Print JSON."))
@option(
    "--untested",
    "show_untested",
    is_flag=True,
    help=Message("列出没有测试命中的规则。", "List the rules that no test made hold."),
)
def command(pack: str, model: str, matcher: str, name: str | None, as_json: bool, show_untested: bool) -> int:
    from triage.cli.engine import load
    from triage.packtests import run_tests, untested

    triage = load(pack, model, matcher)
    results = [r for r in run_tests(triage) if name is None or name in r.name]
    failed = [r for r in results if r.failures or r.error is not None]
    skipped = [r for r in results if r.skipped is not None]
    lacking = untested(triage, results)
    if as_json:
        rows = [
            {
                "name": r.name, "place": str(r.place), "passed": r.passed,
                "failures": [{"key": f.key, "expected": f.expected, "got": f.got} for f in r.failures],
                "error": None if r.error is None else {"zh": r.error.zh, "en": r.error.en},
                "skipped": None if r.skipped is None else {"zh": r.skipped.zh, "en": r.skipped.en},
            }
            for r in results
        ]  # fmt: skip
        totals = {"run": len(results) - len(skipped), "failed": len(failed), "skipped": len(skipped)}
        say(orjson.dumps({"format": 1, **totals, "tests": rows, "untested": lacking}, option=orjson.OPT_INDENT_2).decode())
    else:
        header = [text_of(Message("项目", "key")), text_of(Message("应为", "expected")), text_of(Message("实际", "got"))]
        for result in failed:
            say(f"{paint('✗', 'red', 'bold')} {result.name}  ({result.place})")
            if result.error is not None:
                say(f"    {result.error.text(language())}")
            if result.failures:
                say(table([header, *([f.key, f.expected, f.got] for f in result.failures)], indent="    "))
                say(text_of(Message("    命中的规则：", "    rules that held: ")) + (" ".join(result.reasons) or "-"))
        for result in skipped:
            assert result.skipped is not None
            tell(f"- {result.name}: {result.skipped.text(language())}")
        if show_untested and lacking:
            say(Message("没有测试命中的规则：", "rules that no test made hold:"))
            say("  " + "  ".join(lacking))
        ran = len(results) - len(skipped)
        tell(Message(
            f"{pack}：{ran} 个测试，{len(failed)} 个不通过" + (f"，跳过 {len(skipped)} 个" if skipped else "") + f"；{len(lacking)} 条规则没有测试命中。",
            f"{pack}: {ran} tests, {len(failed)} failed" + (f", {len(skipped)} skipped" if skipped else "") + f"; {len(lacking)} rules untested.",
        ), *(("red",) if failed else ("green",)))  # fmt: skip
    return 1 if failed else 0
