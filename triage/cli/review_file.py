"""The list of texts to label, as a CSV that spreadsheets open: written whole after each change, read back from whatever they saved."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from triage.domain.pack import Pack
from triage.dumps.open import open_dump
from triage.dumps.output import BOM, csv_bytes, safe
from triage.dumps.record import Reject, as_text
from triage.errors import UsageError
from triage.message import Message
from triage.text.fold import fold

COLUMNS = ("row", "key", "text", "guess", "confidence", "alternatives", "why", "label")
"""`label` is the one to fill. `key` finds the text again, wherever it stands in the dump by then."""
ALTERNATIVES = "; "


@dataclass(slots=True)
class Entry:
    """One text to label.

    row           in the dump, from 1
    key           hash of the text; two texts that differ in spaces alone have one
    guess         the likeliest category, and its `confidence`, 0 to 1
    alternatives  the likeliest categories, best first
    why           why it was picked, in the language of who asked
    label         what a person says; empty while nobody has
    """

    row: int
    key: str
    text: str
    guess: str
    confidence: float
    alternatives: tuple[str, ...]
    why: str
    label: str = ""


def text_key(text: str) -> str:
    """Hash of a text. Begins with a letter: a spreadsheet would take some hashes for numbers."""
    plain = "".join(fold(text).folded.split())
    return "t" + blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def write_review(path: Path, entries: Sequence[Entry]) -> None:
    """Write the list: whole or not at all, so that no answer is lost whenever the program is stopped. Raises UsageError."""
    rows: list[Sequence[object]] = [COLUMNS]
    for e in entries:
        cells = (e.text, e.guess, f"{e.confidence:.2f}", ALTERNATIVES.join(e.alternatives), e.why, e.label)
        rows.append((e.row, e.key, *map(safe, cells)))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            file.write(BOM + csv_bytes(rows))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageError(
            Message(f"无法写入 {path}：{error.strerror}", f"can't write {path}: {error.strerror}"),
            Message(
                "若正用 Excel 打开，请先关闭；或用 -o 换一个位置",
                "close it if it is open in a spreadsheet, or choose another place with -o",
            ),
        ) from error


def read_review(path: Path) -> list[Entry]:
    """Read a list back, in whatever encoding or format a spreadsheet saved it. Raises UsageError, DumpError."""
    dump = open_dump(path)
    names = {name.strip().lower(): n for n, name in enumerate(dump.columns)}
    if missing := [name for name in ("key", "label") if name not in names]:
        raise UsageError(
            Message(
                f"{path} 不是标注清单：缺少列 {'、'.join(missing)}",
                f"{path} isn't a list made by `triage review`: no column {', '.join(missing)}",
            ),
            Message(
                "先用 triage review 生成；填写时不要改动表头", "make one with `triage review`, and leave its header as it is"
            ),
        )
    out = []
    for number, record in enumerate(dump.records(), 1):
        if isinstance(record, Reject):
            raise UsageError(
                Message(
                    f"{path} 第 {number} 行读不出：{record.message.zh}",
                    f"{path}: row {number} can't be read: {record.message.en}",
                )
            )
        cells = {name: _unsafe(as_text(record[n])) for name, n in names.items() if n < len(record)}
        key = cells.get("key", "").strip()
        if not key and not cells.get("label", "").strip():
            continue  # an empty line that a spreadsheet left
        row, sure = cells.get("row", "").strip(), cells.get("confidence", "").strip()
        out.append(
            Entry(
                int(row) if row.isascii() and row.isdigit() else 0,
                key,
                cells.get("text", ""),
                cells.get("guess", "").strip(),
                _number(sure),
                tuple(a for a in (part.strip() for part in cells.get("alternatives", "").split(";")) if a),
                cells.get("why", ""),
                cells.get("label", "").strip(),
            )
        )
    return out


def _unsafe(cell: str) -> str:
    """A cell as it was before `safe`."""
    return cell[1:] if cell[:1] == "'" and safe(cell[1:]) == cell else cell


def _number(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0


def resolved(path: Path, entries: Sequence[Entry], pack: Pack | None) -> dict[str, str]:
    """Key -> label of what was labelled, labels as categories of the pack (a path, or the last name of one path alone).

    Raises UsageError for labels that the pack doesn't have, with the closest one it has; for a text labelled in two ways; for a label whose key
    is gone.
    """
    from triage.tags.prepare import resolve_labels

    given = [e for e in entries if e.label]
    try:
        labels = resolve_labels([e.label for e in given], pack)
    except UsageError as error:
        raise UsageError(Message(f"{path}：{error.message.zh}", f"{path}: {error.message.en}"), error.hint) from None
    out: dict[str, str] = {}
    clashing: dict[str, set[str]] = {}
    for entry, label in zip(given, labels, strict=True):
        if not entry.key:
            raise UsageError(
                Message(f"{path}：第 {entry.row} 行填了标签“{label}”，但 key 列是空的，找不回原文", f"{path}: row {entry.row} has the label {label!r} but no key, so its text can't be found"),
                Message("key 列不要改动；可从原文件恢复", "leave the column key as it was; restore it from the original"),
            )  # fmt: skip
        if out.setdefault(entry.key, label) != label:
            clashing.setdefault(entry.key, {out[entry.key]}).add(label)
    if clashing:
        key, labels_ = next(iter(clashing.items()))
        where = [str(e.row) for e in given if e.key == key]
        names = sorted(labels_)
        raise UsageError(
            Message(
                f"{path}：{len(clashing)} 段文本被标成了不同的类别（例如数据第 {'、'.join(where)} 行：{'、'.join(names)}）",
                f"{path}: {len(clashing)} texts are labelled in different ways (e.g. row {', '.join(where)} of the dump: {', '.join(names)})",
            ),
            Message("每段文本只留一个标签", "leave one label for each text"),
        )
    return out


def matched(reviewed: Mapping[str, str], texts: Sequence[str]) -> tuple[dict[int, str], list[str]]:
    """Place of each text that was labelled -> its label (all copies), and the keys of which the dump holds no text any more."""
    found: dict[int, str] = {}
    left = set(reviewed)
    for i, text in enumerate(texts):
        label = reviewed.get(key := text_key(text))
        if label is not None:
            found[i] = label
            left.discard(key)
    return found, sorted(left)


def tell_lost(path: Path, entries: Sequence[Entry], lost: Sequence[str]) -> Message | None:
    """What is said of labels whose text isn't in the dump any more; None if there are none."""
    if not lost:
        return None
    gone = set(lost)
    where = [str(e.row) for e in entries if e.key in gone and e.label][:5]
    return Message(
        f"{path} 里有 {len(lost)} 条标签的原文已不在数据里，未使用（例如原第 {'、'.join(where)} 行）",
        f"{len(lost)} labels in {path} are of texts that the dump no longer holds; not used (e.g. what was row {', '.join(where)})",
    )
