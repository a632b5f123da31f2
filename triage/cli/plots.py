"""Calibration and coverage as bars of plain Unicode, at whatever width the terminal has (40 columns are enough)."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from triage.cli.console import text_of
from triage.message import Message

_EIGHTHS = " ▏▎▍▌▋▊▉█"
NARROW, WIDE = 40, 100


def columns(width: int | None = None) -> int:
    """Columns to draw in: those of the terminal, 40 to 100."""
    return min(WIDE, max(NARROW, width if width is not None else shutil.get_terminal_size((80, 24)).columns))


def bar(value: float, size: int) -> str:
    """`value` (0 to 1) as a bar of `size` columns, to an eighth of a column."""
    eighths = round(min(1.0, max(0.0, value)) * size * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(size)


def scale(size: int, marks: Mapping[str, float], span: Sequence[float] | None = None) -> str:
    """A line from 0 to 1 of `size` columns with a span drawn on it and marks over it; later marks cover earlier ones."""
    cells = ["·"] * size

    def at(value: float) -> int:
        return min(size - 1, max(0, round(value * (size - 1))))

    if span is not None:
        for place in range(at(span[0]), at(span[1]) + 1):
            cells[place] = "─"
    for mark, value in marks.items():
        cells[at(value)] = mark
    return "".join(cells)


def calibration(bins: Sequence[Mapping[str, Any]], width: int | None = None) -> str:
    """A line per bin: mean confidence (○), the share that is right (●) and its interval (─); ◉ where both fall together."""
    size = columns(width) - 17
    head = text_of(Message("  置信  正确   0%", "  conf. right  0%"))
    lines = [head + "100%".rjust(size - 2)]
    for one in bins:
        sure, right = one["confidence"], one["right"]
        same = round(sure * (size - 1)) == round(right * (size - 1))
        marks = {"◉": right} if same else {"○": sure, "●": right}
        lines.append(f"  {sure:>5.0%} {right:>5.0%}  {scale(size, marks, one['interval'])}")
    lines.append(text_of(Message("  ○ 置信度  ● 实际正确  ─ 95% 区间  ◉ 两者重合", "  ○ confidence  ● right  ─ 95%  ◉ both")))
    return "\n".join(lines)


def curve(points: Sequence[Mapping[str, Any]], width: int | None = None) -> str:
    """A line per share of rows, the most confident first: how many of them are right, and from what confidence on."""
    size = columns(width) - 31
    lines = [text_of(Message("  作答  正确   区间     置信≥", "  rows  right  95%      conf.≥"))]
    for one in points:
        low, high = one["interval"] or (one["accuracy"], one["accuracy"])
        shown = f"{one['coverage']:>5.0%} {one['accuracy']:>6.1%}  {low * 100:>3.0f}-{high * 100:<3.0f}  {one['confidence']:.2f}"
        lines.append(f"  {shown}  {bar(one['accuracy'], size)}".rstrip())
    return "\n".join(lines)
