"""A progress bar on standard error, on terminals only."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any


class Progress:
    """`Progress(show)(step, done, total)` draws a bar for the step; silent where standard error isn't a terminal."""

    def __init__(self, wanted: bool = True) -> None:
        self.shown = wanted and sys.stderr.isatty()
        self._bar: Any = None
        self._step = ""

    def __call__(self, step: str, done: float, total: float) -> None:
        if not self.shown:
            return
        if self._bar is None or step != self._step:
            from tqdm import tqdm

            self.close()
            self._bar = tqdm(total=total, desc=step, file=sys.stderr, leave=False, dynamic_ncols=True)
            self._step = step
        self._bar.n = min(done, total)
        self._bar.refresh()

    def close(self) -> None:
        """Take the bar off the screen."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


Report = Callable[[str, float, float], None]
