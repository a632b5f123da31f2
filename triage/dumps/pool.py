"""Batches decided by several processes, results in the order of the batches, in bounded memory; a process that dies is replaced once."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from triage.dumps.port import EngineSource
from triage.dumps.work import Batch, Job, Result, Worker
from triage.errors import DumpError, TriageError
from triage.message import Message

AHEAD = 2
"""Batches that a process holds: one that it decides, one that it has waiting."""

_RETRIES = 1

SELDOM = (200_000, 20, 50)
"""Thresholds of the garbage collector while decisions are made: they hold no cycles, so that it would walk them again and again and find
nothing; what is freed is freed by counting references."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let the garbage collector look seldom; afterwards as before."""
    before = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)

_ends: set[Connection] = set()
"""The reading process's ends of all pipes. A forked process inherits them and must close its copies: as long as any process holds
one, the end of the reading process isn't seen, and a batch cut off in the middle would be waited for without end."""


def cores() -> int:
    """CPUs that this process may use."""
    try:
        return max(1, len(os.sched_getaffinity(0)))
    except AttributeError:
        return max(1, os.cpu_count() or 1)


def decided(batches: Iterator[Batch], source: EngineSource, job: Job, workers: int, timings: dict[int, dict[str, float]]) -> Generator[tuple[Batch, Result]]:
    """Each batch with its result, in order. `timings` receives the latest times of each process.

    Raises what loading the engine raises, and DumpError where a process died twice on one batch.
    """
    if workers <= 1:
        worker = Worker(source, job)
        for batch in batches:
            result = worker.decide(batch)
            result.fingerprints = worker.fingerprints
            timings[0] = result.timings
            yield batch, result
        return
    pool = _Pool(source, job, workers, timings)
    try:
        yield from pool.run(batches)
    finally:
        pool.stop()


class _Process:
    """One deciding process and the batches that it holds."""

    def __init__(self, context: BaseContext, source: EngineSource, job: Job, number: int) -> None:
        self.number = number
        self.held: dict[int, Batch] = {}
        self.pipe, theirs = multiprocessing.Pipe()
        _ends.add(self.pipe)
        self.process: BaseProcess = context.Process(target=_serve, args=(theirs, source, job), daemon=True)  # type: ignore[attr-defined]
        self.process.start()
        theirs.close()

    def close(self) -> None:
        """Close the reading process's end."""
        _ends.discard(self.pipe)
        self.pipe.close()


class _Pool:
    def __init__(self, source: EngineSource, job: Job, workers: int, timings: dict[int, dict[str, float]]) -> None:
        self._source, self._job, self._timings = source, job, timings
        self._wanted = workers
        self._window = workers * (AHEAD + 2)
        self._started = 0
        self._processes: list[_Process] = []
        self._results: dict[int, Result] = {}
        self._waiting: dict[int, Batch] = {}
        self._again: deque[Batch] = deque()
        self._tries: dict[int, int] = {}

    def run(self, batches: Iterator[Batch]) -> Iterator[tuple[Batch, Result]]:
        next_out = 0
        more = True
        ready: deque[Batch] = deque()
        while more or ready or self._waiting:
            # read ahead by a few batches only: the window bounds what is in memory, whatever the order of results
            if more and len(ready) < 2 and len(self._waiting) + len(ready) < self._window:
                batch = next(batches, None)
                if batch is None:
                    more = False
                else:
                    ready.append(batch)
            # small dumps don't need all processes: each is started when there is a batch for it
            if ready and len(self._processes) < self._wanted and all(p.held for p in self._processes):
                self._processes.append(self._start())
            while (self._again or ready) and (free := self._free()) is not None:
                self._send(free, self._again.popleft() if self._again else ready.popleft())
            full = not more or len(ready) >= 2 or len(self._waiting) + len(ready) >= self._window
            self._receive(None if full and self._waiting else 0)
            while next_out in self._results:
                yield self._waiting.pop(next_out), self._results.pop(next_out)
                self._tries.pop(next_out, None)
                next_out += 1

    def stop(self) -> None:
        for p in self._processes:
            p.close()
            if p.process.is_alive():
                p.process.kill()
        for p in self._processes:
            p.process.join()
        self._processes.clear()

    def _start(self) -> _Process:
        self._started += 1
        return _Process(_context(), self._source, self._job, self._started)

    def _free(self) -> _Process | None:
        free = min(self._processes, key=lambda p: len(p.held), default=None)
        return free if free is not None and len(free.held) < AHEAD else None

    def _send(self, to: _Process, batch: Batch) -> None:
        self._waiting[batch.number] = batch
        to.held[batch.number] = batch
        try:
            to.pipe.send(batch)
        except OSError:
            self._died(to)

    def _receive(self, timeout: float | None) -> None:
        by_pipe: dict[object, _Process] = {p.pipe: p for p in self._processes}
        by_sentinel: dict[object, _Process] = {p.process.sentinel: p for p in self._processes}
        for found in wait([*by_pipe, *by_sentinel], timeout):  # type: ignore[list-item]
            process = by_pipe.get(found) or by_sentinel[found]
            if process not in self._processes:
                continue
            try:
                # a result may still be in the pipe of a process that has ended
                while process.pipe.poll():
                    self._take(process, process.pipe.recv())
            except (EOFError, OSError):
                self._died(process)
                continue
            if found is process.process.sentinel:
                self._died(process)

    def _take(self, process: _Process, answer: Any) -> None:
        if isinstance(answer, Result):
            process.held.pop(answer.number, None)
            self._timings[process.number] = answer.timings
            self._results[answer.number] = answer
        elif isinstance(answer, TriageError):
            raise answer
        else:
            raise DumpError(
                Message(f"工作进程出错：{answer}", f"a worker process failed: {answer}"),
                Message("请报告这个问题；也可用 --workers 1 再试", "please report it; or try --workers 1"),
            )

    def _died(self, dead: _Process) -> None:
        """Replace a process that ended unasked; the batch that it was at is tried once more."""
        self._processes.remove(dead)
        dead.close()
        dead.process.join(5)
        code = dead.process.exitcode
        if not dead.held:
            return  # it died between batches; another is started when there is one to decide
        first = min(dead.held)
        self._tries[first] = self._tries.get(first, 0) + 1
        if self._tries[first] > _RETRIES:
            how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
            raise DumpError(
                Message(f"工作进程两次中途退出（{how}），停止运行", f"a worker process died twice on the same rows ({how}); stopped"),
                Message(
                    "多半是内存不够：减少 --workers；之后用 --resume 接着跑",
                    "most likely memory ran out: use fewer --workers; then go on with --resume",
                ),
            )
        self._again.extend(dead.held[n] for n in sorted(dead.held))
        self._processes.append(self._start())


def _context() -> BaseContext:
    """Fork where it is safe (Linux, one thread, no library with threads of its own), else spawn."""
    safe = sys.platform == "linux" and threading.active_count() == 1 and "pyarrow" not in sys.modules
    return multiprocessing.get_context("fork" if safe else "spawn")


def _serve(pipe: Connection, source: EngineSource, job: Job) -> None:
    """The main function of a deciding process."""
    # the reading process handles Ctrl-C and ends this one
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for end in _ends:  # none where this process was spawned
        end.close()
    inbox: SimpleQueue[Batch] = SimpleQueue()
    # a thread of its own takes batches in, so that neither side ever waits for the other while sending
    threading.Thread(target=_take_in, args=(pipe, inbox), daemon=True).start()
    try:
        worker = Worker(source, job)
        gc.set_threshold(*SELDOM)
        while True:
            result = worker.decide(inbox.get())
            result.fingerprints = worker.fingerprints
            pipe.send(result)
    except OSError:
        os._exit(0)  # the reading process is gone
    except TriageError as error:
        pipe.send(error)
    except BaseException as error:  # whatever it is, the reading process must hear of it
        where = traceback.extract_tb(error.__traceback__)[-1]
        pipe.send(f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})")


def _take_in(pipe: Connection, inbox: SimpleQueue[Batch]) -> None:
    parent = multiprocessing.parent_process()
    watched = [pipe] if parent is None else [pipe, parent.sentinel]
    try:
        while pipe in wait(watched):  # type: ignore[arg-type]
            inbox.put(pipe.recv())
    except (EOFError, OSError):
        pass
    os._exit(0)
