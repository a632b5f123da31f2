"""What a model's manifest must say before anything else of the folder is read, and that the arrays fit it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from triage.errors import ModelError
from triage.tags.artefact import FORMAT, MANIFEST, VOCABULARY, WEIGHTS, broken
from triage.tags.heads import SEVERAL, TYPES

FACTOR = 1 << 20
"""Unit of `factors`: what one step of a column's weights is worth."""

_FIELDS: dict[str, type | tuple[type, ...]] = {
    "created_by": str, "heads": list, "tokens": dict, "recipe": dict, "metrics": dict, "files": dict, "arrays": dict, "min_known_words": int,
    "pack": (str, type(None)),
}  # fmt: skip
ARRAYS = {"weights": "|i1", "lengths_of_words": "|i1", "factors": "<i4", "intercepts": "<i4", "steepness": "<i4", "curves": "<i2", "classes": "<i4"}


def check_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Raise ModelError unless the manifest says everything that loading needs, in the right types."""
    for name, kind in _FIELDS.items():
        if name not in manifest or not isinstance(manifest[name], kind) or isinstance(manifest[name], bool):
            raise _bad(folder, name)
    _check_heads(folder, manifest["heads"])
    tokens = manifest["tokens"]
    if not isinstance(tokens.get("fingerprint"), str) or not isinstance(tokens.get("conformance"), list):
        raise _bad(folder, "tokens")
    for pair in tokens["conformance"]:
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], list)):
            raise _bad(folder, "tokens.conformance")
    for name in (WEIGHTS, VOCABULARY):
        entry = manifest["files"].get(name)
        if not isinstance(entry, dict) or type(entry.get("size")) is not int or not isinstance(entry.get("sha256"), str):
            raise _bad(folder, f"files.{name}")
    arrays = manifest["arrays"]
    if set(arrays) != set(ARRAYS) or any(not isinstance(a, dict) or a.get("dtype") != ARRAYS[n] for n, a in arrays.items()):
        raise _bad(folder, "arrays")


def _check_heads(folder: Path, heads: list[Any]) -> None:
    kinds = [head.get("type") if isinstance(head, dict) else None for head in heads]
    if kinds[:1] != ["category"] or [kind for kind in TYPES if kind in kinds] != kinds:
        raise _bad(folder, "heads")
    for head, kind in zip(heads, kinds, strict=True):
        labels, below = head.get("labels"), head.get("below")
        if not isinstance(labels, list) or not all(isinstance(x, str) and x for x in labels) or sorted(set(labels)) != labels:
            raise _bad(folder, f"heads.{kind}.labels")
        if len(labels) < (1 if kind in SEVERAL else 2):
            raise _bad(folder, f"heads.{kind}.labels")
        wanted = below if kind != "category" and isinstance(below, list) and len(below) == len(labels) else [below]
        if (kind == "category") is isinstance(below, list) or not all(type(x) in (int, float) and 0 <= x <= 2 for x in wanted):
            raise _bad(folder, f"heads.{kind}.below")


def check_arrays(folder: Path, manifest: Mapping[str, Any], arrays: Mapping[str, Any], words: int) -> None:
    """Raise ModelError unless arrays, vocabulary and heads fit each other."""
    columns = sum(len(head["labels"]) for head in manifest["heads"])
    classes = arrays["classes"]
    shapes = {
        "weights": (words, columns), "lengths_of_words": (words,), "factors": (columns,), "intercepts": (columns,),
        "steepness": (len(manifest["heads"]), len(classes)), "curves": (len(manifest["heads"]), 10001), "classes": classes.shape[:1],
    }  # fmt: skip
    if any(arrays[name].shape != shape for name, shape in shapes.items()):
        raise broken(folder, WEIGHTS, "与词表或标签数不一致", "doesn't fit the vocabulary or the labels")
    rising = len(classes) and classes[0] == 0 and (classes[1:] > classes[:-1]).all()
    curves = arrays["curves"]
    rising = rising and (curves[:, 1:] >= curves[:, :-1]).all() and curves.min() >= 0 and curves.max() <= 10000
    if not rising or (arrays["lengths_of_words"] <= 0).any():
        raise broken(folder, WEIGHTS, "数值不合规", "holds numbers that make no sense")


def _bad(folder: Path, what: str) -> ModelError:
    return broken(
        folder, MANIFEST, f"“{what}”缺失或类型不对（格式 {FORMAT}）", f"'{what}' is missing or of a wrong type (format {FORMAT})"
    )  # fmt: skip
