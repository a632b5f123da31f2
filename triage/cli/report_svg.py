"""Plots of the evaluation as inline SVG, coloured by the page's style; figures only, no words, so that they serve both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

LEFT, RIGHT, TOP, BOTTOM = 34, 8, 8, 22
WIDTH, HEIGHT = 320, 240


def _x(value: float) -> float:
    return round(LEFT + value * (WIDTH - LEFT - RIGHT), 1)


def _y(value: float, low: float) -> float:
    return round(TOP + (1 - (value - low) / (1 - low)) * (HEIGHT - TOP - BOTTOM), 1)


def _frame(low: float, title: str, inside: str) -> str:
    ticks = [0, 0.25, 0.5, 0.75, 1]
    lines = []
    for tick in ticks:
        up = low + (1 - low) * tick
        lines.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(up, low)}" y2="{_y(up, low)}"/>')
        lines.append(f'<text x="{LEFT - 4}" y="{_y(up, low) + 4}" text-anchor="end">{up:.0%}</text>')
        anchor = "end" if tick == 1 else "middle"
        lines.append(f'<text x="{_x(tick)}" y="{HEIGHT - 6}" text-anchor="{anchor}">{tick:.0%}</text>')
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{title}</title>{"".join(lines)}{inside}</svg>'


def calibration_svg(bins: Sequence[Mapping[str, Any]]) -> str:
    """Confidence across, share right upwards, with intervals, and the diagonal where both are equal."""
    parts = [f'<line class="ideal" x1="{_x(0)}" y1="{_y(0, 0)}" x2="{_x(1)}" y2="{_y(1, 0)}"/>']
    for one in bins:
        x = _x(one["confidence"])
        if one["interval"]:
            low, high = one["interval"]
            parts.append(f'<line class="span" x1="{x}" x2="{x}" y1="{_y(low, 0)}" y2="{_y(high, 0)}"/>')
        parts.append(f'<circle class="dot" cx="{x}" cy="{_y(one["right"], 0)}" r="3.5"/>')
    return _frame(0, "校准图 / calibration", "".join(parts))


def curve_svg(points: Sequence[Mapping[str, Any]]) -> str:
    """Share of rows answered across, share of those right upwards, from the lowest tenth that is needed."""
    least = min(p["interval"][0] if p["interval"] else p["accuracy"] for p in points)
    low = max(0.0, min(0.9, int(least * 10) / 10))
    band = [(p["coverage"], *(p["interval"] or (p["accuracy"], p["accuracy"]))) for p in points]
    around = [f"{_x(c)},{_y(high, low)}" for c, _, high in band] + [f"{_x(c)},{_y(lower, low)}" for c, lower, _ in reversed(band)]
    line = " ".join(f"{_x(p['coverage'])},{_y(p['accuracy'], low)}" for p in points)
    dots = "".join(f'<circle class="dot" cx="{_x(p["coverage"])}" cy="{_y(p["accuracy"], low)}" r="2.5"/>' for p in points)
    return _frame(low, "作答曲线 / coverage curve", f'<polygon class="band" points="{" ".join(around)}"/><polyline class="line" points="{line}"/>{dots}')


def interval_svg(value: float, interval: Sequence[float] | None) -> str:
    """A share and its interval on a line from 0 to 1, small enough for a table's cell."""
    span = ""
    if interval:
        span = f'<line class="span" x1="{4 + interval[0] * 112:.1f}" x2="{4 + interval[1] * 112:.1f}" y1="8" y2="8"/>'
    dot = f'<circle class="dot" cx="{4 + value * 112:.1f}" cy="8" r="3.5"/>'
    return f'<svg viewBox="0 0 120 16" aria-hidden="true"><line class="grid" x1="4" x2="116" y1="8" y2="8"/>{span}{dot}</svg>'
