"""Parquet files, batch by batch, through pyarrow (an extra)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from triage.dumps.reading import ReadOptions, not_a_table, rename
from triage.dumps.record import MAX_CELL, MAX_COLUMNS, Reject, Row, cell_of
from triage.errors import UsageError
from triage.message import Message

BATCH = 2_000


def need_pyarrow() -> tuple[Any, Any]:
    """(pyarrow, pyarrow.parquet); UsageError that says how to install them where they are missing."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UsageError(
            Message("读写 Parquet 需要 pyarrow，当前没有安装", "reading and writing Parquet needs pyarrow, which isn't installed"),
            Message("pip install 'complaint-triage[parquet]'", "pip install 'complaint-triage[parquet]'"),
        ) from None
    return pyarrow, pyarrow.parquet


class ParquetDump:
    """A Parquet file, opened. Nested fields become dotted columns."""

    format = "parquet"

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self.path = path
        self.blank = 0
        self._read = 0
        self.details: dict[str, str] = {}
        pa, _ = need_pyarrow()
        try:
            file = self._open()
            schema = file.schema_arrow
            self._total = file.metadata.num_rows
            file.close()
        except (pa.ArrowException, OSError) as error:
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise not_a_table(path, Message(f"Parquet 文件打不开：{why}", f"the Parquet file can't be opened: {why}")) from None
        names = _flat(schema.empty_table()).column_names
        if not names or len(names) > MAX_COLUMNS:
            raise not_a_table(path, Message(f"有 {len(names)} 列", f"it has {len(names)} columns"))
        self.columns = rename(names)
        self.sample: tuple[Row, ...] = tuple(r for r in itertools.islice(self.records(), 20) if not isinstance(r, Reject))

    def _open(self) -> Any:
        _, pq = need_pyarrow()
        return pq.ParquetFile(self.path)

    @property
    def done(self) -> float:
        return self._read / self._total if self._total else 1.0

    def records(self) -> Iterator[Row | Reject]:
        pa, _ = need_pyarrow()
        self.blank = self._read = 0
        file = self._open()
        try:
            batches = file.iter_batches(batch_size=BATCH, use_threads=False)
            while True:
                try:
                    batch = next(batches, None)
                except (pa.ArrowException, OSError) as error:
                    raise not_a_table(self.path, Message(f"读到一半出错：{error}", f"damaged in the middle: {error}")) from None
                if batch is None:
                    return
                self._read += batch.num_rows
                columns = [column.to_pylist() for column in _flat(pa.Table.from_batches([batch])).columns]
                for values in zip(*columns, strict=True):
                    row: Row = [cell_of(v) for v in values]
                    if any(len(cell) > MAX_CELL for cell in row):
                        message = Message(f"有单元格超过 {MAX_CELL} 个字符", f"a cell has more than {MAX_CELL} characters")
                        yield Reject("long-cell", message)
                    elif any(row):
                        yield row
                    else:
                        self.blank += 1
        finally:
            file.close()


def _flat(table: Any) -> Any:
    """Struct columns taken apart, at all depths."""
    from pyarrow import types

    while any(types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    return table
