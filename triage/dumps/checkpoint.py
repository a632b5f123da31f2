"""Output that appears whole or not at all: parts beside the output, a progress file to go on from, and the final renaming."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import orjson

from triage.errors import DumpError, UsageError
from triage.message import Message

FORMAT = 1
_PIECE = 1 << 16


def fingerprint(path: Path) -> dict[str, object]:
    """What tells one state of an input from another: size, time of change, hash of its beginning and end."""
    stat = path.stat()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        digest.update(file.read(_PIECE))
        file.seek(max(0, stat.st_size - _PIECE))
        digest.update(file.read(_PIECE))
    return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "hash": digest.hexdigest()}


def shown(path: Path) -> str:
    """A path as text that can be written down: bytes of its name that aren't UTF-8 are escaped."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def beside(path: Path, ending: str) -> Path:
    """A file next to `path` with `ending` added to its name."""
    return path.with_name(path.name + ending)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Errors of the file system while writing become messages that say what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DumpError(
                Message(f"{path}：磁盘已满，写不下去了", f"{path}: the disk is full"),
                Message("腾出空间后加 --resume 接着跑", "make room, then go on with --resume"),
            ) from error
        why = error.strerror or str(error)
        raise DumpError(Message(f"{path}：写入失败：{why}", f"{path}: can't be written: {why}")) from error


class Part:
    """A file that is written beside its place and takes it at the end."""

    def __init__(self, target: Path, at: int | None = None) -> None:
        self.target = target
        self.path = beside(target, ".part")
        with disk_errors(self.path):
            # unbuffered: a forked process must not inherit bytes that it would write a second time
            self._file: IO[bytes] = self.path.open("wb" if at is None else "r+b", buffering=0)
            if at is not None:
                self._file.truncate(at)
                self._file.seek(at)
        self.length = at or 0

    def write(self, data: bytes) -> None:
        left = memoryview(data)
        with disk_errors(self.path):
            while left:
                left = left[self._file.write(left) :]
        self.length += len(data)

    def sync(self) -> None:
        """Everything written is on the disk."""
        with disk_errors(self.path):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        with suppress(OSError):  # a full disk was reported when it was met
            self._file.close()

    def discard(self) -> None:
        """Close it and leave nothing behind."""
        self.close()
        self.path.unlink(missing_ok=True)

    def publish(self) -> None:
        """Take the place of the target, in one step."""
        self.sync()
        self.close()
        replace(self.path, self.target)


def replace(part: Path, target: Path) -> None:
    """Move a finished file over its target and make that durable."""
    with disk_errors(target):
        part.replace(target)
        if os.name == "posix":
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


class Progress:
    """The progress file `OUT.progress`: how far the parts are good, and what they were made of."""

    def __init__(self, output: Path, made_of: Mapping[str, Any]) -> None:
        self.path = beside(output, ".progress")
        self._made_of = orjson.loads(orjson.dumps(made_of))

    def load(self) -> dict[str, Any] | None:
        """The state to go on from; None where there is none. Raises UsageError where it belongs to something else."""
        try:
            data = orjson.loads(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except (orjson.JSONDecodeError, OSError) as error:
            raise UsageError(
                Message(f"{self.path}：进度文件读不了：{error}", f"{self.path}: the progress file can't be read: {error}"),
                Message("去掉 --resume 从头跑", "start anew, without --resume"),
            ) from None
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise UsageError(
                Message(f"{self.path}：进度文件是别的版本写的", f"{self.path}: the progress file is of another version"),
                Message("去掉 --resume 从头跑", "start anew, without --resume"),
            )
        self.check(data["made_of"])
        return data["state"] if isinstance(data["state"], dict) else None

    def check(self, before: Mapping[str, Any]) -> None:
        """Raises UsageError naming what is different now."""
        changed = sorted(k for k in {*before, *self._made_of} if before.get(k) != self._made_of.get(k))
        if changed:
            names = ", ".join(changed)
            raise UsageError(
                Message(f"不能接着跑：自上次以来有变化：{names}", f"can't resume: changed since then: {names}"),
                Message("恢复原样，或去掉 --resume 从头跑", "put it back, or start anew without --resume"),
            )

    def save(self, state: Mapping[str, Any]) -> None:
        """Replace the progress file; the parts must be on the disk already."""
        new = beside(self.path, ".new")
        data = orjson.dumps({"format": FORMAT, "made_of": self._made_of, "state": state})
        with disk_errors(self.path):
            with new.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
