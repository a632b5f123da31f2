"""Files held against their shape: unknown keys, missing keys, wrong kinds of value, each at its place; and the JSON Schema for editors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Tag, TypeAdapter, ValidationError

from triage.conditions.suggest import did_you_mean
from triage.conditions.types import OPERATORS
from triage.packs.shapes import FileShape
from triage.source import Findings, Items, Map, Node, Text, plain

_SHAPES = {"<text>": ("文字", "text"), "<map>": ("“键: 值”", "a mapping"), "<list>": ("列表", "a list")}


@cache
def _adapter() -> TypeAdapter[FileShape]:
    return TypeAdapter(FileShape)


def check_shape(root: Map, findings: Findings) -> None:
    """Hold one file against its shape; findings go to `findings`."""
    try:
        _adapter().validate_python(plain(root))
    except ValidationError as error:
        for item in error.errors(include_url=False):
            _report(item, root, findings)
    except RecursionError:  # pragma: no cover - depth is capped while reading
        findings.add("TR007", root.place, "嵌套太深", "nested too deep")


def _locate(root: Map, loc: Sequence[int | str]) -> tuple[Text | None, Node, bool]:
    """The last key on the way to `loc`, the node there, and whether all of `loc` was found (tags of unions left out)."""
    node: Node = root
    key: Text | None = None
    for step in loc:
        if isinstance(node, Map) and isinstance(step, str) and (inner := node.get(step)) is not None:
            key, node = node.key(step), inner
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node.items):
            key, node = None, node.items[step]
        elif step not in _SHAPES:
            return key, node, False
    return key, node, True


def _report(item: Any, root: Map, findings: Findings) -> None:
    """One error of the models as a finding."""
    loc, kind = item["loc"], item["type"]
    key, node, _ = _locate(root, loc)
    place = node.place
    if isinstance(node, Text) and node.is_null and key is not None:
        place = key.place
    name = str(loc[-1]) if loc else ""
    match kind:
        case "extra_forbidden":
            place = key.place if key is not None else place
            known = _keys_at(loc[:-1])
            if len(loc) == 1:
                findings.add("TR106", place, f"没有这一节“{name}”", f"unknown section {name!r}", did_you_mean(name, known))
            else:
                hint = did_you_mean(name, known)
                if isinstance(node, Text) and node.is_null:
                    hint = ("若上一个逗号是文字的一部分，给整段文字加引号", "if the comma before it belongs to the text, put the text in quotes")
                findings.add("TR101", place, f"不认识的键“{name}”", f"unknown key {name!r}", hint)
        case "missing":
            findings.add("TR103", place, f"缺少“{name}”", f"{name!r} is missing", (f"加上 {name}: ...", f"add `{name}: ...`"))
        case "literal_error":
            allowed = [part.strip("' ") for part in item["ctx"]["expected"].replace(" or ", ", ").split(",")]
            findings.add("TR104", place, f"“{item['input']}”不在可选之列", f"{item['input']!r} isn't one of the values", did_you_mean(str(item["input"]), allowed))
        case "union_tag_invalid" | "union_tag_not_found":
            tags = [t for t in _SHAPES if t in str(item.get("ctx", {}).get("expected_tags", ""))] or _tags_at(loc)
            zh = "或".join(_SHAPES[t][0] for t in tags)
            en = " or ".join(_SHAPES[t][1] for t in tags)
            findings.add("TR102", place, f"“{name}”应是{zh}", f"{name!r} wants {en}")
        case "string_pattern_mismatch":
            days = "d{4}" in item["ctx"]["pattern"]
            findings.add("TR104", place, f"“{item['input']}”应是{'日期，如 2026-12-31' if days else '0 以上的整数'}",
                         f"{item['input']!r} should be {'a date such as 2026-12-31' if days else 'a whole number from 0'}")  # fmt: skip
        case _:
            want = {"list_type": ("列表", "a list"), "dict_type": ("“键: 值”", "a mapping"), "model_type": ("“键: 值”", "a mapping"),
                    "string_too_short": ("非空的文字", "a text that isn't empty")}.get(kind, ("一个值（文字或数）", "one value (a text or a number)"))  # fmt: skip
            if isinstance(node, Text) and node.is_null and kind != "string_too_short":
                findings.add("TR102", place, f"“{name}”后面是空的，应是{want[0]}", f"{name!r} is empty; it wants {want[1]}")
            else:
                findings.add("TR102", place, f"“{name}”应是{want[0]}", f"{name!r} wants {want[1]}")


def _unwrap(annotation: Any) -> list[tuple[str, Any]]:
    """The alternatives of an annotation, each with its tag ("" for none)."""
    tag = ""
    while get_origin(annotation) is Annotated:
        tag = next((m.tag for m in annotation.__metadata__ if isinstance(m, Tag)), tag)
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        return [alternative for arg in get_args(annotation) for alternative in _unwrap(arg)]
    return [(tag, annotation)]


def _walk(loc: Sequence[int | str]) -> list[tuple[str, Any]]:
    """The annotations that `loc` may lead to."""
    current: list[tuple[str, Any]] = [("", FileShape)]
    for step in loc:
        if step in _SHAPES:
            current = [(tag, a) for tag, a in current if tag == step] or current
            continue
        following: list[tuple[str, Any]] = []
        for _, annotation in current:
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                for field_name, field in annotation.model_fields.items():
                    if (field.alias or field_name) == step:
                        following += _unwrap(field.annotation)
                        following += [(m.tag, field.annotation) for m in field.metadata if isinstance(m, Tag)]
            elif get_origin(annotation) in (list, dict):
                following += _unwrap(get_args(annotation)[-1])
        current = following
    return current


def _keys_at(loc: Sequence[int | str]) -> list[str]:
    """The keys that the mapping at `loc` may have."""
    return [f.alias or n for _, a in _walk(loc) if isinstance(a, type) and issubclass(a, BaseModel) for n, f in a.model_fields.items()]


def _tags_at(loc: Sequence[int | str]) -> list[str]:
    return [tag for tag, _ in _walk(loc) if tag in _SHAPES] or list(_SHAPES)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one YAML file of a pack."""
    schema = _adapter().json_schema(by_alias=True)
    schema = {k: _refer(v) for k, v in schema.items()}
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "triage pack"
    checks: dict[str, Any] = {op: {} for op in OPERATORS} | {"unless_negated": {"type": "boolean"}, "exists": {"type": "boolean"}}
    scalar = {"type": ["string", "number", "boolean"]}
    schema.setdefault("$defs", {})["Checks"] = {"type": "object", "properties": checks, "additionalProperties": False, "minProperties": 1}
    schema["$defs"]["Condition"] = {
        "type": "object",
        "minProperties": 1,
        "properties": {
            "all": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Condition"}},
            "any": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Condition"}},
            "not": {"$ref": "#/$defs/Condition"},
        },
        "additionalProperties": {"anyOf": [scalar, {"type": "array", "minItems": 1, "items": scalar}, {"$ref": "#/$defs/Checks"}]},
    }
    return schema


def _refer(schema: Any) -> Any:
    """The schema with `x-ref` marks turned into references to what is defined by hand."""
    if isinstance(schema, dict):
        if "x-ref" in schema:
            return {"$ref": f"#/$defs/{schema['x-ref']}"}
        return {k: _refer(v) for k, v in schema.items()}
    return [_refer(v) for v in schema] if isinstance(schema, list) else schema
