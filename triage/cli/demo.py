"""`triage demo`: the whole story in a minute, on made-up complaints. Each part checks what it shows, and fails aloud."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from triage.cli.command import command as bilingual
from triage.cli.command import option
from triage.cli.console import coloured, fail, language, paint, say, text_of
from triage.message import Message

COMPLAINT = "上个月话费被多扣了320元，打了三次客服都说查不到，再不处理我就找记者曝光你们！"
FACTS = {"complaint.amount": "320元", "customer.tier": "vip"}
ROWS = 2000
RULE = """\
rules:
  - id: demo-visits
    title: {zh: 多次上门没修好, en: Still broken after several visits}
    when: {repair.visits: {gte: 3}}
    then: {severity: high, tag: [反复维修]}
    because: {zh: 上门三次还没修好，升为高级, en: Three visits and still broken}
"""


class DemoError(Exception):
    """A part of the demo didn't show what it should."""


@bilingual(
    "demo",
    Message(
        "在自带的示例投诉上走一遍：解释一条，整理两千条，改一条规则看差别，写错一条看报错。",
        "Walk through it all on sample complaints: explain one, decide two thousand, edit a rule and see what changes, break one and read the error.",
    ),
)
@option(
    "--output", "-o", metavar="DIR", help=Message("把示例数据和结果留在这个文件夹。", "Keep samples and results in this folder.")
)
def command(output: str | None) -> int:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="triage-demo-") as temporary:
        folder = Path(output or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        demo = Demo(folder)
        steps: tuple[tuple[Message, Callable[[], None]], ...] = (
            (Message("一条投诉，一个带理由的决定", "One complaint, one decision with its reasons"), demo.one),
            (Message(f"{ROWS} 条投诉的数据文件", f"A dump of {ROWS:,} complaints"), demo.dump),
            (Message("改一条规则，看哪些决定变了", "Edit a rule, and see which decisions change"), demo.edit),
            (Message("写错一条规则，看报错", "Break a rule, and read the error"), demo.broken),
        )
        for number, (title, step) in enumerate(steps, 1):
            say()
            say(paint(f"━━ {number}/{len(steps)} {text_of(title)} ", "bold", "cyan"))
            try:
                step()
            except DemoError as error:
                fail(Message(f"演示第 {number} 步没有通过：{error}", f"step {number} of the demo failed: {error}"))
                return 1
    say()
    seconds = time.monotonic() - started
    say(paint(text_of(Message(f"演示通过，用时 {seconds:.0f} 秒。", f"The demo passed in {seconds:.0f} s.")), "green", "bold"))
    if output:
        say(Message(f"示例与结果在 {output}。", f"Samples and results are in {output}."))
    else:
        say(Message("留下示例和结果：triage demo -o 文件夹", "To keep samples and results: triage demo -o FOLDER"))
    return 0


def shown(line: str) -> None:
    """A command as the user would type it."""
    say(paint("$ ", "dim") + paint(line, "bold"))


def must(holds: bool, what: str) -> None:
    """The demo's own assertion."""
    if not holds:
        raise DemoError(what)


class Demo:
    """The four parts; files go to `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.samples = folder / "complaints.csv"
        self.pack = folder / "telecom-cn"

    def one(self) -> None:
        from triage.domain.complaint import Complaint
        from triage.pipeline import Triage
        from triage.rendering import decision_text, why_not_text

        facts = " ".join(f"--fact {k}={v}" for k, v in FACTS.items())
        shown(f"triage explain -p telecom-cn {facts} \\\n    {COMPLAINT}")
        triage = Triage.load("telecom-cn")
        complaint = Complaint(COMPLAINT, facts=FACTS)
        decision = triage.decide(complaint)
        say(decision_text(decision, language(), coloured()))
        must(decision.severity == "critical", f"severity {decision.severity}, expected critical")
        reasons = {reason.rule: reason for reason in decision.reasons}
        must("media-exposure" in reasons, "media-exposure isn't among the reasons")
        quotes = {COMPLAINT[s.start : s.end] for e in reasons["media-exposure"].evidence for s in e.spans}
        must(any("记者" in quote for quote in quotes), f"the evidence quotes {quotes}, expected 记者")
        must(decision.green_channel == "vip", f"green channel {decision.green_channel}, expected vip")
        say()
        shown("triage explain ... --why-not large-charge")
        answer = triage.why_not(complaint, "large-charge")
        say(why_not_text(answer, language()))
        must(
            answer.state in ("false", "unknown") and bool(answer.nearest),
            f"why-not says {answer.state}, expected false or unknown with a change",
        )

    def dump(self) -> None:
        from triage.cli.demo_samples import sample_csv

        self.samples.write_bytes(sample_csv(ROWS).encode("gb18030"))  # what spreadsheets in China write
        shown("triage run complaints.csv -p telecom-cn -o decisions.jsonl")
        summary = self._run("telecom-cn", "decisions.jsonl")
        say(summary.as_text(language()))
        must(
            summary.rows_in == ROWS and summary.rows_out == ROWS,
            f"{summary.rows_in} rows in, {summary.rows_out} out, expected {ROWS}",
        )
        must(len(summary.counts["queues"]) > 5 and len(summary.counts["severities"]) == 4, "the decisions are all alike")

    def edit(self) -> None:
        from triage.packs.resources import rules_dir

        if self.pack.exists():
            shutil.rmtree(self.pack)
        shutil.copytree(rules_dir() / "telecom-cn", self.pack)
        rule = self.pack / "rules" / "demo.yaml"
        rule.write_text(RULE, "utf-8")
        self._run(str(self.pack), "before.jsonl")
        rule.write_text(RULE.replace("gte: 3", "gte: 2"), "utf-8")
        say("  telecom-cn/rules/demo.yaml")
        say(paint("- " + RULE.splitlines()[3], "red"))
        say(paint("+ " + RULE.splitlines()[3].replace("gte: 3", "gte: 2"), "green"))
        self._run(str(self.pack), "after.jsonl")
        before, after = self._read("before.jsonl"), self._read("after.jsonl")
        slots = ("severity", "queue", "green_channel", "actions", "reasons")
        changed = [(b, a) for b, a in zip(before, after, strict=True) if any(b[slot] != a[slot] for slot in slots)]
        raised = [(b, a) for b, a in changed if b["severity"] != a["severity"]]
        visits = {row[0]: row[-1] for row in self._sample_rows()}
        say(
            Message(
                f"{len(changed)} 条决定变了，其中 {len(raised)} 条换了严重程度；其余 {ROWS - len(changed)} 条不变。例如：",
                f"{len(changed)} decisions changed, {len(raised)} of them in severity; the other {ROWS - len(changed)} are the same. For example:",
            )
        )
        for b, a in raised[:3]:
            say(f"  {a['id']}  {b['severity']} → {a['severity']}  {self._text(a['id'])}")
        must(bool(raised), "no severity changed")
        must(all(visits[a["id"]] == "2" for _, a in changed), "a decision changed that has nothing to do with the rule")
        must(all(a["severity"] == "high" for _, a in raised), "a severity changed to something else than the rule says")

    def broken(self) -> None:
        from triage.diagnostics import render_text
        from triage.packs.load import load_pack

        rule = self.pack / "rules" / "demo.yaml"
        wrong = RULE.replace("severity: high", "severity: hgih").replace("repair.visits", "repair.visit")
        rule.write_text(wrong, "utf-8")
        shown("triage check telecom-cn")
        loaded = load_pack(self.pack)
        errors = [d for d in loaded.findings if d.level == "error"]
        say(render_text(errors, loaded.sources, language(), coloured()).replace(f"{self.folder}{os.sep}", ""))
        found = {(Path(d.place.file).name, d.place.line) for d in errors}
        must(
            found == {("demo.yaml", 4), ("demo.yaml", 5)},
            f"the errors are at {sorted(found)}, expected lines 4 and 5 of demo.yaml",
        )
        must(all(d.hint is not None and d.place.column > 0 for d in errors), "an error has no hint or no column")

    def _run(self, pack: str, output: str) -> Any:
        from triage.dumps.run import RunOptions, run_dump

        return run_dump(RunOptions(inputs=(self.samples,), output=self.folder / output, pack=pack))

    def _read(self, name: str) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in (self.folder / name).read_bytes().splitlines()]

    def _sample_rows(self) -> list[tuple[str, ...]]:
        from triage.cli.demo_samples import sample_rows

        return list(sample_rows(ROWS))

    def _text(self, ident: str) -> str:
        return next(row[2] for row in self._sample_rows() if row[0] == ident)
