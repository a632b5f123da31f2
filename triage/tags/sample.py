"""A bounded sample of a dump of any length: drawn evenly by row number and seed, and of each rare label every row."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b
from heapq import heappush, heapreplace

from triage.errors import UsageError
from triage.message import Message

GUARD = 50
"""Rows of each label that are kept whatever the draw: rare labels would be lost else."""
MAX_LABELS = 5_000
"""A column with more different values than this isn't a label."""

_Entry = tuple[int, int]


class Reservoir:
    """Keeps `cap` rows of those that are added, each with equal chance, and GUARD rows of each label beside. Memory: those rows.

    The draw depends on row numbers and seed alone, not on the order or the texts.
    """

    def __init__(self, cap: int, seed: int = 0, column: str = "") -> None:
        self.cap, self.seed, self.column = cap, seed, column
        self.seen = 0
        self.counts: Counter[str] = Counter()
        self._drawn: list[_Entry] = []
        self._guarded: dict[str, list[_Entry]] = {}
        self._rows: dict[int, tuple[str, tuple[str, ...], int]] = {}
        """Row -> text, values, how many of the heaps hold it."""

    def add(self, row: int, text: str, values: tuple[str, ...]) -> None:
        """One row of the dump: its number, its text, the values of its label columns (the first decides what is rare).

        Raises UsageError as soon as the column holds more than MAX_LABELS different values.
        """
        label = values[0] if values else ""
        self.seen += 1
        self.counts[label] += 1
        if len(self.counts) > MAX_LABELS:
            some = "、".join(f"“{x[:20]}”" for x in list(self.counts)[:3])
            raise UsageError(
                Message(
                    f"标签列 {self.column} 在前 {self.seen} 行里就有 {MAX_LABELS} 种以上的值（如{some}），它不像标签",
                    f"column {self.column} has more than {MAX_LABELS} different values in its first {self.seen} rows (e.g. {some}); it doesn't look like a label",
                ),
                Message("检查 --label 所指的列", "check the column that --label names"),
            )
        digest = blake2b(b"%d:%d" % (self.seed, row), digest_size=8).digest()
        entry = (-int.from_bytes(digest, "big"), row)
        guarded = self._guarded.setdefault(label, [])
        held = 0
        if len(self._drawn) < self.cap or entry > self._drawn[0]:
            held += 1
            self._push(self._drawn, self.cap, entry)
        if len(guarded) < GUARD or entry > guarded[0]:
            held += 1
            self._push(guarded, GUARD, entry)
        if held:
            self._rows[row] = (text, values, held)

    def _push(self, heap: list[_Entry], size: int, entry: _Entry) -> None:
        """Into the heap of the smallest draws; what falls out is forgotten if no other heap holds it."""
        if len(heap) < size:
            heappush(heap, entry)
            return
        out = heapreplace(heap, entry)[1]
        text, values, held = self._rows[out]
        if held > 1:
            self._rows[out] = (text, values, held - 1)
        else:
            del self._rows[out]

    def rows(self) -> list[tuple[int, str, tuple[str, ...]]]:
        """Row number, text and values of what was kept, in the order of the dump. Empties the reservoir."""
        kept = [(row, text, values) for row, (text, values, _) in sorted(self._rows.items())]
        self._rows.clear()
        self._drawn.clear()
        self._guarded.clear()
        return kept
