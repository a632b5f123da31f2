"""Rows that the tests write in every format."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

HEADER = ["编号", "留言时间", "标题", "投诉内容", "客户等级", "金额"]
_TEXTS = (
    "充值没有到账，客服说要等三天，请尽快处理！",
    "小区门口的路灯坏了半个月，晚上出行很不安全；“反映多次”没人管",
    "第一行\n第二行，带引号\"已承诺\"退款",
    "物业乱收费,一个月多收了200元",
    "😀😀",
    "<p>宽带断网&nbsp;三天</p>",
)


def rows(count: int) -> list[list[str]]:
    """Made-up complaints: id, time, title, text, tier, amount."""
    out = []
    for n in range(count):
        time = f"2026-03-{n % 28 + 1:02} {n % 24:02}:30:00" if n % 4 else ""
        tier = ("vip", "normal", "")[n % 3]
        out.append([f"T{n:05}", time, f"标题{n}" if n % 2 else "", f"{_TEXTS[n % len(_TEXTS)]}（{n}）", tier, str(n * 10)])
    return out


def csv_text(header: list[str], data: list[list[str]], **how: Any) -> str:
    out = io.StringIO()
    csv.writer(out, **how).writerows([header, *data])
    return out.getvalue()


def write_csv(path: Path, count: int = 50, encoding: str = "utf-8", **how: Any) -> Path:
    text = csv_text(HEADER, rows(count), **how)
    path.write_bytes(text.encode(encoding))
    return path


def write_jsonl(path: Path, count: int = 50) -> Path:
    lines = [json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) for row in rows(count)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_xlsx(path: Path, count: int = 50) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER)
    for row in rows(count):
        sheet.append([*row[:5], int(row[5])])
    book.save(path)
    return path


def write_parquet(path: Path, count: int = 50) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = rows(count)
    columns = {name: [row[n] for row in data] for n, name in enumerate(HEADER)}
    pq.write_table(pa.table({**columns, "金额": pa.array([int(x) for x in columns["金额"]])}), path, row_group_size=20)
    return path
