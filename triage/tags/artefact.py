"""The model folder on disk: three inert files, each checked for size and hash before it is read, written byte for byte the same."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from triage.errors import ModelError
from triage.message import Message

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMAT = 2
"""Version of the model folder. Raised whenever an older program would read a newer folder wrongly."""

MANIFEST, WEIGHTS, VOCABULARY = "model.json", "weights.npz", "vocab.txt"
_LIMITS = {MANIFEST: 4 << 20, WEIGHTS: 1 << 30, VOCABULARY: 256 << 20}
_CODES = {"|i1": "int8", "<i2": "int16", "<i4": "int32", "<i8": "int64"}
_RETRAIN = Message(
    "从备份恢复整个模型目录，或用 triage train 重新训练",
    "restore the whole model folder from a copy, or train it again with `triage train`",
)


def broken(folder: Path, name: str, zh: str, en: str, hint: Message = _RETRAIN) -> ModelError:
    """The error for one file of a model folder: where, what, how to mend it."""
    return ModelError(Message(f"模型文件 {folder / name}：{zh}", f"model file {folder / name}: {en}"), hint)


def pack_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The arrays as an .npz whose bytes depend on nothing but them (names in order, no times)."""
    import numpy as np

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(arrays[name]), version=(1, 0), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, member.getvalue(), compresslevel=6)
    return out.getvalue()


def describe(arrays: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, object]]:
    """What the manifest says about each array."""
    return {
        name: {"dtype": array.dtype.newbyteorder("<").str, "shape": list(array.shape)} for name, array in sorted(arrays.items())
    }


def write_folder(out: Path, manifest: dict[str, Any], arrays: Mapping[str, NDArray[Any]], vocabulary: list[str]) -> None:
    """Write a model folder as a whole: into a neighbour first, put in place at the end. Other files in `out` (a model card) stay.

    Raises ModelError where the folder can't be written; then what stood there before still stands.
    """
    files = {WEIGHTS: pack_arrays(arrays), VOCABULARY: "".join(word + "\n" for word in vocabulary).encode("utf-8")}
    manifest = {
        **manifest,
        "arrays": describe(arrays),
        "files": {name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in sorted(files.items())},
    }
    files[MANIFEST] = orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
    temporary = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        for name, data in files.items():
            (temporary / name).write_bytes(data)
        if not out.exists():
            os.replace(temporary, out)
            return
        # The manifest goes last: a folder caught in between has a manifest that doesn't fit its files, and is refused.
        for name in (WEIGHTS, VOCABULARY, MANIFEST):
            os.replace(temporary / name, out / name)
    except OSError as error:
        raise ModelError(
            Message(f"无法写入模型目录 {out}：{error.strerror}", f"can't write the model folder {out}: {error.strerror}"),
            Message("换一个有写权限、空间足够的目录", "choose a folder that may be written to and has room"),
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def read_bytes(folder: Path, name: str, expected: Mapping[str, object] | None = None) -> bytes:
    """One file of the folder, whole; `expected` is its entry in the manifest (size, sha256). Raises ModelError."""
    path = folder / name
    try:
        size = path.stat().st_size
        if size > _LIMITS[name]:
            raise broken(folder, name, f"过大（{size} 字节）", f"too large ({size} bytes)")
        if expected is not None and size != expected.get("size"):
            zh, en = (
                f"大小应为 {expected.get('size')} 字节，实为 {size} 字节",
                f"should have {expected.get('size')} bytes, has {size}",
            )
            raise broken(folder, name, f"已截断或被改动（{zh}）", f"truncated or altered ({en})")
        data = path.read_bytes()
    except FileNotFoundError:
        raise broken(folder, name, "文件不存在", "no such file") from None
    except OSError as error:
        raise broken(folder, name, f"无法读取（{error.strerror}）", f"can't be read ({error.strerror})") from error
    if expected is not None and hashlib.sha256(data).hexdigest() != expected.get("sha256"):
        raise broken(folder, name, "内容被改动（校验和不符）", "altered (its hash isn't the one in model.json)")
    return data


def read_manifest(folder: Path) -> tuple[dict[str, Any], bytes]:
    """model.json, checked for its version and its shape, and its bytes. Raises ModelError."""
    if not folder.is_dir():
        raise ModelError(
            Message(f"找不到模型目录 {folder}", f"no model folder {folder}"),
            Message("检查路径，或先用 triage train 训练一个模型", "check the path, or train a model first with `triage train`"),
        )
    raw = read_bytes(folder, MANIFEST)
    try:
        manifest = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise broken(folder, MANIFEST, f"不是有效的 JSON（{error}）", f"not JSON ({error})") from None
    if not isinstance(manifest, dict) or "format" not in manifest:
        raise broken(folder, MANIFEST, "不是模型清单（缺少 format）", "not a model manifest (it has no format)")
    if manifest["format"] != FORMAT:
        made = manifest.get("created_by", "?")
        raise broken(
            folder, MANIFEST,
            f"模型格式为第 {manifest['format']} 版（由 {made} 生成），本程序只读第 {FORMAT} 版",
            f"format {manifest['format']} (made by {made}); this program reads format {FORMAT}",
            Message("用本程序重新训练，或换用生成它的版本", "train it again with this program, or use the version that made it"),
        )  # fmt: skip
    return manifest, raw


def read_arrays(
    folder: Path, data: bytes, expected: Mapping[str, Mapping[str, object]]
) -> dict[str, NDArray[np.signedinteger[Any]]]:
    """The integer arrays of weights.npz. Names, types and shapes are compared with the manifest before anything is unpacked."""
    import numpy as np

    def bad(zh: str, en: str) -> ModelError:
        return broken(folder, WEIGHTS, zh, en)

    arrays: dict[str, NDArray[np.signedinteger[Any]]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sorted(archive.namelist()) != sorted(f"{name}.npy" for name in expected):
                raise bad("所含数组与清单不符", "doesn't hold the arrays that model.json names")
            for name, says in expected.items():
                dtype, shape = says.get("dtype"), says.get("shape")
                if dtype not in _CODES or not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in shape):
                    raise bad(f"数组 {name} 的类型或形状不被接受", f"array {name} has a type or shape that isn't accepted")
                wanted = np.dtype(str(dtype))
                count = 1
                for n in shape:
                    count *= n
                info = archive.getinfo(f"{name}.npy")
                if info.file_size > count * wanted.itemsize + 4096 or info.file_size > _LIMITS[WEIGHTS]:
                    raise bad(f"数组 {name} 的大小与清单不符", f"array {name} isn't of the size that model.json gives")
                with archive.open(info) as member:
                    array = np.lib.format.read_array(member, allow_pickle=False, max_header_size=4096)
                if array.dtype != wanted or list(array.shape) != shape:
                    raise bad(f"数组 {name} 与清单不符", f"array {name} isn't what model.json says")
                arrays[name] = array
    except (zipfile.BadZipFile, ValueError, EOFError, struct.error, KeyError, NotImplementedError, OSError) as error:
        raise bad(f"无法读取（{error}）", f"can't be read ({error})") from error
    return arrays
