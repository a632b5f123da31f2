"""One run at a time for one output: two would write into each other's parts."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from triage.dumps.checkpoint import beside, disk_errors, shown
from triage.errors import UsageError
from triage.message import Message

_held: set[str] = set()
_guard = threading.Lock()


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Hold `TARGET.lock`, which goes away afterwards; the system lets go of it if this process dies. Raises UsageError if it is held.

    The lock is one of the process (not handed on to forked ones), so threads of one process are told apart by their target.
    """
    path = beside(target, ".lock")
    name = os.path.realpath(path)
    with _guard:
        if name in _held:
            raise _busy(target)
        with disk_errors(path):
            file = _lock(path, target)
        _held.add(name)
    try:
        yield
    finally:
        with _guard:
            _held.discard(name)
            with suppress(OSError):
                path.unlink(missing_ok=True)
            with suppress(OSError):
                os.close(file)


def _lock(path: Path, target: Path) -> int:
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
        if sys.platform == "win32":
            return file  # an open file can't be replaced there
        import fcntl

        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            os.close(file)
            raise _busy(target) from None
        except OSError:
            return file  # a file system without locks
        # the one before may have removed the file between the two steps: then this lock is of a file that nobody else will see
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file), path.stat()):
                return file
        os.close(file)


def _busy(target: Path) -> UsageError:
    name = shown(target)
    return UsageError(
        Message(f"{name}：另一个运行正在写它", f"{name}: another run is writing it"),
        Message("等它结束，或换一个输出文件名", "wait until it ends, or choose another name for the output"),
    )
