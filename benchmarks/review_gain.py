"""Do 100 labels chosen by `triage review` teach more than 100 random ones? `python -m benchmarks.review_gain` (skips where the data is absent).

Ten times: the labelled messages of citizens are split in halves, near-duplicates on one side. From one half, unlabelled, a model is started cold
(cues, and the shipped model unless --no-shipped); 100 of its rows are labelled by what the file says of them, chosen or drawn; each time the start is
repeated with these labels and the model measured on the other half. Printed: macro-F1 of each, and the mean difference with a 95% interval (Student's
t over the ten pairs).
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from triage.domain.pack import Pack
from triage.packs.load import load_pack
from triage.packs.resources import models_dir
from triage.tags.calibrate import Floats, summary
from triage.tags.cold import chances_of, doubtful_chances, little_texts, phrase_model
from triage.tags.learn import How
from triage.tags.model import Model
from triage.tags.pick import pick
from triage.tags.selftrain import PHRASES, REVIEWED, Judged, clearness, self_train
from triage.tags.train import fit_categories
from triage.tags.weak import Seen, see
from triage.text.segment import segmenter

DATA = Path(__file__).resolve().parents[2] / "shared/data/gov2020/dev.csv"
PACK, LABELS, SEEDS = "government-cn", 100, 10
T975 = {5: 2.776, 10: 2.262, 20: 2.093}
"""Student's t at 97.5% for so many pairs."""


def part(seen: Seen, rows: Sequence[int]) -> Seen:
    """Some of the texts."""
    numbers: dict[int, int] = {}
    groups = [numbers.setdefault(seen.groups[i], len(numbers)) for i in rows]
    return Seen(seen.classes, [seen.folded[i] for i in rows], [seen.tokens[i] for i in rows], groups, seen.votes[rows], seen.sides)


class Trial:
    """One split: starts cold on `half`, measured on `other`."""

    def __init__(self, pack: Pack, seen: Seen, right: np.ndarray, half: Sequence[int], other: Sequence[int], shipped: Model | None) -> None:
        self.half, self.other, self.shipped = part(seen, half), part(seen, other), shipped
        self.right_half, self.right_other = right[half], right[other]
        self.little = little_texts(pack, self.half, segmenter("auto", pack.lexicon))
        self.teachers = [*([shipped] if shipped else []), phrase_model(seen.classes, self.little, 0)]

    def start(self, given: Mapping[int, int]) -> tuple[Judged, Model]:
        """Self-train, then learn as `triage train --cold` does (without its cross-validation)."""
        witness = None if self.shipped is None else chances_of(self.shipped, self.half)
        judged = self_train(self.half, self.little, shipped=witness, reviewed=given)
        weights = clearness(judged.chances)
        weights[list(given)] = REVIEWED
        words, owners, strong = self.little
        right = np.concatenate([judged.chances.argmax(axis=1), owners])
        tokens = [*self.half.tokens, *words]
        groups = [*self.half.groups, *range(len(tokens), len(tokens) + len(words))]
        trust = np.concatenate([weights, strong * PHRASES])
        return judged, fit_categories(tokens, right, groups, self.half.classes, trust, How(2, 0, self.teachers))

    def macro_f1(self, model: Model) -> float:
        """On the other half."""
        chances: Floats = chances_of(model, self.other)
        answered = np.ones(len(chances), dtype=bool)
        return float(summary(chances, self.right_other, self.other.classes, answered)["macro_f1"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-shipped", action="store_true")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    options = parser.parse_args(arguments)
    if not DATA.is_file():
        sys.stdout.write("skipped: no labelled messages at hand\n")
        return 0
    pack = load_pack(PACK).pack
    assert pack is not None
    cutter = segmenter("auto", pack.lexicon)
    shipped = None if options.no_shipped else Model.load(models_dir() / PACK, cutter)
    with DATA.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    seen = see([f"{row['title']}\n{row['text']}".strip() for row in rows], pack, cutter)
    right = np.array([seen.classes.index(row["label"]) for row in rows])
    groups, figures = np.asarray(seen.groups), []
    for seed in range(options.seeds):
        random = np.random.default_rng(seed)
        side = random.permutation(np.arange(groups.max() + 1) % 2)[groups]
        trial = Trial(pack, seen, right, np.flatnonzero(side == 0).tolist(), np.flatnonzero(side == 1).tolist(), shipped)
        _, model = trial.start({})
        chances = doubtful_chances(trial.half, model)
        chosen = [p.row for p in pick(trial.half.tokens, trial.half.groups, chances, LABELS)]
        drawn = random.permutation(len(trial.half.tokens))[:LABELS].tolist()
        line = [trial.macro_f1(model)]
        for picked in (drawn, chosen):
            line.append(trial.macro_f1(trial.start({i: int(trial.right_half[i]) for i in picked})[1]))
        figures.append(line)
        sys.stdout.write(f"seed {seed}: cold {line[0]:.4f}, {LABELS} random {line[1]:.4f}, {LABELS} by review {line[2]:.4f}\n")
        sys.stdout.flush()
    table = np.array(figures)
    gain = table[:, 2] - table[:, 1]
    wide = T975.get(len(gain), 2.262) * gain.std(ddof=1) / np.sqrt(len(gain))
    means = table.mean(axis=0)
    sys.stdout.write(
        f"mean: cold {means[0]:.4f}, random {means[1]:.4f}, review {means[2]:.4f}; review minus random {gain.mean():+.4f} "
        f"[{gain.mean() - wide:+.4f}, {gain.mean() + wide:+.4f}], better in {(gain > 0).sum()} of {len(gain)}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
