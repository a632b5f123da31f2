"""`triage new`: a pack, a rule or a test to start from, complete enough to pass `triage check` at once."""

from __future__ import annotations

import re
from pathlib import Path

import click

from triage.cli.command import BilingualCommand, option
from triage.cli.command import command as bilingual
from triage.cli.console import say, text_of
from triage.cli.options import read_pairs
from triage.cli.scaffold import PACK_FILES, RULE, TEST
from triage.errors import UsageError
from triage.message import Message

_ID = re.compile(r"[^\W_][\w-]{0,63}", re.ASCII)


class _Kinds(BilingualCommand, click.Group):
    """The three kinds, listed in the user's language."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(text_of(Message("可以新建", "What to make"))):
            formatter.write_dl(
                [
                    (name, text_of(made.message))
                    for name, made in self.commands.items()
                    if isinstance(made, BilingualCommand) and made.message
                ]
            )
        super().format_options(ctx, formatter)


@bilingual("pack", Message("新建规则包文件夹 FOLDER（名称即包名）。", "Make the folder FOLDER with a pack of that name."))
@click.argument("folder")
@option(
    "--extends",
    default="base-cn",
    show_default=True,
    metavar="PACK",
    help=Message("以哪个包为基础；none 表示从零开始。", "The pack to build on; none starts from nothing."),
)
@option("--title", metavar="TEXT", help=Message("包的标题。", "Title of the pack."))
def pack_command(folder: str, extends: str, title: str | None) -> int:
    path = Path(folder)
    name = _identifier(path.name)
    if path.exists() and any(path.iterdir()):
        raise UsageError(
            Message(f"{folder} 已经存在且不是空的", f"{folder} exists and isn't empty"),
            Message("换个名字", "choose another name"),
        )
    for file, text in PACK_FILES.items():
        target = path / file
        target.parent.mkdir(parents=True, exist_ok=True)
        line = "" if extends == "none" else f"extends: [{extends}]\n"
        target.write_text(
            text.replace("@ID@", name).replace("@TITLE@", _quoted(title or name)).replace("@EXTENDS@\n", line), "utf-8"
        )
    say(Message(f"已新建规则包 {folder}。接下来：", f"made the pack {folder}. Next:"))
    say(
        f"  triage check {folder}\n  triage test {folder}\n  triage explain -p {folder} "
        + text_of(Message("再不处理我就找记者", "再不处理我就找记者"))
    )
    return 0


@bilingual(
    "rule",
    Message("在规则包 PACK 里新建规则 ID 的骨架：rules/ID.yaml。", "Make the skeleton of the rule ID in PACK: rules/ID.yaml."),
)
@click.argument("pack")
@click.argument("rule_id", metavar="ID")
@option("--title", metavar="TEXT", help=Message("规则的标题。", "Title of the rule."))
def rule_command(pack: str, rule_id: str, title: str | None) -> int:
    name = _identifier(rule_id)
    target = _pack_folder(pack) / "rules" / f"{name}.yaml"
    _write_new(target, RULE.replace("@ID@", name).replace("@TITLE@", _quoted(title or name)))
    say(
        Message(
            f"已写入 {target}；状态为 draft，改好后删去 status 一行即生效。",
            f"written to {target}; it is a draft until you delete the line status.",
        )
    )
    return 0


@bilingual("test", Message(
    "在规则包 PACK 里新建测试：给出投诉文本，期望取自现在的决定，请核对后再保留。",
    "Make a test in PACK from a complaint; what it expects is what is decided now, so read it before you keep it.",
))  # fmt: skip
@click.argument("pack")
@click.argument("name")
@option("--text", required=True, metavar="TEXT", help=Message("投诉文本。", "Text of the complaint."))
@option("--fact", "facts", multiple=True, metavar="FACT=VALUE", help=Message("事实；可多次。", "A fact; repeatable."))
@option("--at", metavar="TIME", help=Message("受理时间。", "Time received."))
def test_command(pack: str, name: str, text: str, facts: tuple[str, ...], at: str | None) -> int:
    from triage.cli.engine import load
    from triage.cli.options import read_now
    from triage.domain.complaint import Complaint

    folder = _pack_folder(pack)
    given = read_pairs(facts, "--fact")
    moment = read_now(at)
    decision = load(pack).decide(Complaint(text, received_at=moment, facts=given))
    lines = [f"      complaint: {{text: {_quoted(text)}}}"]
    lines += [f"      {group}: {{{', '.join(f'{k}: {_quoted(v)}' for k, v in pairs)}}}" for group, pairs in _grouped(given)]
    if moment is not None:
        lines.append(f"      at: {moment.isoformat()}")
    expected = {
        "category": decision.category,
        "severity": decision.severity,
        "green_channel": decision.green_channel,
        "queue": decision.queue,
    }
    wanted = [f"      {key}: {_quoted(value)}" for key, value in expected.items() if value is not None]
    if decision.reasons:
        wanted.append("      reasons: [" + ", ".join(_quoted(r.rule) for r in decision.reasons) + "]")
    body = (
        TEST.replace("@NAME@", _quoted(name)).replace("@GIVEN@", _merge_complaint(lines)).replace("@EXPECT@", "\n".join(wanted))
    )
    slug = re.sub(r"[^\w-]+", "-", name).strip("-")[:40] or "test"
    target = folder / "tests" / f"{slug}.yaml"
    _write_new(target, body)
    say(Message(f"已写入 {target}，请核对 expect：", f"written to {target}; read what it expects:"))
    say("\n".join(wanted))
    return 0


def _merge_complaint(lines: list[str]) -> str:
    """`complaint` facts join the text in one mapping."""
    extra = next((line for line in lines[1:] if line.startswith("      complaint: {")), None)
    if extra is not None:
        lines.remove(extra)
        lines[0] = lines[0][:-1] + ", " + extra.removeprefix("      complaint: {")
    return "\n".join(lines)


def _grouped(facts: dict[str, str]) -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for path, value in facts.items():
        group, dot, rest = path.partition(".")
        if not dot:
            raise UsageError(Message(f"事实应写成“组.名”：{path}", f"a fact is GROUP.NAME: {path}"))
        groups.setdefault(group, []).append((rest, value))
    return list(groups.items())


def _quoted(text: str) -> str:
    """`text` as a YAML scalar that reads back as itself: in double quotes, with what isn't printable escaped."""
    out = []
    for c in text:
        if c in '"\\':
            out.append("\\" + c)
        elif c == "\n":
            out.append("\\n")
        elif c.isprintable() or c == "\u3000":
            out.append(c)
        else:
            out.append(f"\\x{ord(c):02x}" if ord(c) < 256 else f"\\u{ord(c):04x}" if ord(c) < 65536 else f"\\U{ord(c):08x}")
    return '"' + "".join(out) + '"'


def _identifier(name: str) -> str:
    if not _ID.fullmatch(name):
        raise UsageError(
            Message(
                f"名称只能用英文字母、数字、- 和 _，以字母或数字开头：{name}",
                f"a name is letters, digits, - and _, and begins with a letter or digit: {name}",
            )
        )
    return name


def _pack_folder(pack: str) -> Path:
    path = Path(pack)
    if not (path / "pack.yaml").is_file():
        raise UsageError(
            Message(f"{pack} 不是规则包文件夹（没有 pack.yaml）", f"{pack} isn't the folder of a pack (it has no pack.yaml)"),
            Message(
                "内置包不能直接改：先 triage new pack 我的包 --extends 内置包名",
                "built-in packs aren't edited: triage new pack MINE --extends NAME",
            ),
        )
    return path


def _write_new(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(
            Message(f"{target} 已经存在", f"{target} exists"),
            Message("换个名字，或直接编辑它", "choose another name, or edit it"),
        ) from None


command = _Kinds(
    "new",
    message=Message("新建规则包、规则或测试。", "Make a pack, a rule or a test."),
    commands=[pack_command, rule_command, test_command],
)
