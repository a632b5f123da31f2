"""A progress bar on standard error, on terminals only."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any


class Progress:
    """`Progress()(label, done, total)` draws a bar; silent where standard error isn't a terminal."""

    def __init__(self, wanted: bool = True) -> None:
        self.shown = wanted and sys.stderr.isatty()
        self._bar: Any = None

    def __call__(self, label: str, done: float, total: float) -> None:
        if not self.shown:
            return
        if self._bar is None:
            from tqdm import tqdm

            form = "{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
            self._bar = tqdm(total=total, file=sys.stderr, leave=False, dynamic_ncols=True, bar_format=form)
        self._bar.total = total
        self._bar.n = min(done, total)
        self._bar.set_description_str(label, refresh=False)
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
