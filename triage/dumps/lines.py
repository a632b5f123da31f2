"""A file's bytes as lines of text in bounded memory: gzip, bad bytes marked with their positions, endless lines cut."""

from __future__ import annotations

import codecs
import gzip
import io
import threading
import zlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from triage.dumps.record import EXCERPT, MAX_LINE
from triage.errors import DumpError
from triage.message import Message

CHUNK = 1 << 18
MARK = "\udcff"
"""Stands where a byte couldn't be decoded. No codec yields it for good bytes."""

GZIP_FREE = 1 << 30
GZIP_RATIO = 200
"""A gzip file may unpack to GZIP_FREE bytes, and beyond that to GZIP_RATIO times its own size."""

_spots = threading.local()


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    spots: list[tuple[int, int]] | None = getattr(_spots, "found", None)
    if spots is not None:
        spots.append((error.start, len(error.object)))
    return MARK, error.end


codecs.register_error("triage-mark", _mark)


class OddLine(str):
    """A line with something wrong: bytes that couldn't be decoded (`spots`: where in the file), or too long and cut short."""

    spots: tuple[int, ...] = ()
    too_long: bool = False


class Bytes:
    """The (unpacked) bytes of a file, and how much of the file has been read."""

    def __init__(self, path: Path) -> None:
        self.size = max(path.stat().st_size, 1)
        self._file: IO[bytes] = path.open("rb")
        packed = self._file.read(2) == b"\x1f\x8b"
        self._file.seek(0)
        self._stream: IO[bytes] = gzip.GzipFile(fileobj=self._file) if packed else self._file  # type: ignore[assignment]
        self._cap = max(GZIP_FREE, GZIP_RATIO * self.size) if packed else None
        self._read = 0
        self.path = path

    def read(self, size: int = CHUNK) -> bytes:
        """At most `size` bytes; empty at the end. Raises DumpError where a gzip file is damaged or a bomb."""
        try:
            data = self._stream.read(size)
        except (OSError, EOFError, zlib.error) as error:
            if self._cap is None:
                raise
            raise DumpError(
                Message(f"{self.path}：压缩文件已损坏（{error}）", f"{self.path}: the gzip file is damaged ({error})"),
                Message("请重新下载或重新压缩", "download or compress it again"),
            ) from None
        self._read += len(data)
        if self._cap is not None and self._read > self._cap:
            raise DumpError(
                Message(f"{self.path}：解压后大得不合理，像是压缩炸弹", f"{self.path}: unpacks to far more than its size: a gzip bomb?"),
                Message("如果文件可信，请先自行解压", "if you trust the file, unpack it first"),
            )
        return data

    @property
    def done(self) -> float:
        return min(self._file.tell() / self.size, 1.0)

    def close(self) -> None:
        self._stream.close()
        self._file.close()

    def __enter__(self) -> Bytes:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Lines:
    """Lines of text, each ended by a line feed (the last perhaps not). Those with something wrong are `OddLine`."""

    def __init__(self, source: Bytes, encoding: str, carriage_returns: bool = False) -> None:
        self._bad: deque[int] = deque()
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)("triage-mark")
        self._carriage_returns = carriage_returns

    def _texts(self) -> Iterator[str]:
        """Decoded chunks. Line ends of old Macs (a carriage return alone) become line feeds where asked."""
        at = 0
        while True:
            data = self._source.read()
            spots: list[tuple[int, int]] = []
            _spots.found = spots
            try:
                text = self._decoder.decode(data, final=not data)
            finally:
                _spots.found = None
            # the decoder sees the bytes it had kept back before those of this chunk
            self._bad.extend(at - (seen - len(data)) + start for start, seen in spots)
            at += len(data)
            yield text.replace("\r", "\n") if self._carriage_returns else text
            if not data:
                return

    def __iter__(self) -> Iterator[str]:
        held: list[str] = []
        size = 0
        cut: OddLine | None = None
        for text in self._texts():
            for line in io.StringIO(text, newline="\n"):
                whole = line[-1] == "\n"
                if cut is not None:
                    self._take(line)
                    if whole:
                        yield cut
                        cut = None
                elif not whole:
                    held.append(line)
                    size += len(line)
                    if size > MAX_LINE:
                        cut = self._cut("".join(held))
                        held, size = [], 0
                elif held:
                    yield self._marked("".join(held) + line)
                    held, size = [], 0
                elif self._bad:
                    yield self._marked(line)
                else:
                    yield line
        if cut is not None:
            yield cut
        elif held:
            yield self._marked("".join(held))

    def _take(self, line: str) -> tuple[int, ...]:
        """The positions of the bad bytes in a line; lines come in the order of the file, so they are the first ones left."""
        return tuple(self._bad.popleft() for _ in range(line.count(MARK))) if self._bad else ()

    def _marked(self, line: str) -> str:
        spots = self._take(line)
        if not spots:
            return line
        odd = OddLine(line)
        odd.spots = spots
        return odd

    def _cut(self, line: str) -> OddLine:
        self._take(line)
        odd = OddLine(line[: EXCERPT + 1])
        odd.too_long = True
        return odd
