"""`triage schema`: the JSON Schema that lets an editor complete and check a pack's files."""

from __future__ import annotations

from pathlib import Path

import orjson

from triage.cli.command import command as bilingual
from triage.cli.command import option
from triage.cli.console import say, tell
from triage.message import Message


@bilingual("schema", Message(
    "输出规则包文件的 JSON Schema。\n\n存成文件后，在 YAML 首行写 # yaml-language-server: $schema=路径，编辑器即可补全和检查。",
    "Print the JSON Schema of a pack's files.\n\nSave it, and put # yaml-language-server: $schema=PATH on the first line of a YAML file: editors then complete and check it.",
))  # fmt: skip
@option("-o", "--output", metavar="FILE", help=Message("写入文件。", "Write to a file."))
def command(output: str | None) -> int:
    from triage.packs.schema import json_schema

    text = orjson.dumps(json_schema(), option=orjson.OPT_INDENT_2).decode()
    if output is None:
        say(text)
    else:
        Path(output).write_text(text + "\n", "utf-8")
        tell(Message(f"已写入 {output}", f"written to {output}"))
    return 0
