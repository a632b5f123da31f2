"""Builds the shipped models from the texts beside them, and writes each one's card with the figures that were measured.

    python tools/build_models.py [NAME...]        # all of models/*/texts by default

The form of the text files is told in docs/model-format.md. The texts are invented for this project: they name nobody, so that a word may
enter the vocabulary from a single text.

The messages in ../shared/data/gov2020, where present, are a check from outside; nothing of them enters a model.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from triage.domain.pack import Pack  # noqa: E402
from triage.tags.calibrate import TARGET  # noqa: E402
from triage.tags.evaluate import evaluate  # noqa: E402
from triage.tags.heads import SEVERAL  # noqa: E402
from triage.tags.heads import TYPES as ALL_TYPES  # noqa: E402
from triage.tags.model import Model  # noqa: E402
from triage.tags.train import train  # noqa: E402

AS_OFTEN = {"government-cn"}
"""Models whose categories are to be expected as often as they have texts: more was written where a hotline hears more. Training expects
all categories alike without this."""
HIT_RATE = {"government-cn": 0.88, "ecommerce-cn": 0.85, "property-cn": 0.75}
"""Share of answers that should be right on own texts that the model hasn't seen. 85% is wanted of letters from life, which are less like the
training texts than those held out are. Less than elsewhere: a clerk reads each letter anyway, and a likely answer helps more than none."""
TAG_RATES = {"intent": 0.9, "requests": 0.9, "risks": 0.85, "emotion": 0.9}
"""Share of the values of other tags that should be right on own texts held out, value by value: more than is wanted of letters from life."""
OTHER_TAG_RATES = {"government-cn": {**TAG_RATES, "risks": 0.95}}
"""Where letters are long: words of the matter (owners, developers) that are said ten times look like a risk."""
TYPES = ALL_TYPES[1:]
SHARED = ROOT / "models/base-cn/texts"
"""Texts that teach every model the other tags, and no category."""
SHARED_ONLY = ("requests", "emotion")
"""Types that are learnt from shared texts alone: what those beside a category say of them was inferred from the matter (worn once, and a seam is
open: a refund), where a request is what the writer asks for."""
OUTSIDE = {"government-cn": ROOT.parent / "shared/data/gov2020/dev.csv"}


class Written(NamedTuple):
    """One training text: its category ("" in files that have none), its other tags by type (None where it says nothing of them), by hand?"""

    text: str
    category: str
    tags: dict[str, str] | None
    by_hand: bool


def read_texts(folder: Path) -> list[Written]:
    """All texts of a model, files by name. Exits where tags aren't written as they should be."""
    out = []
    for file in sorted(folder.glob("*.txt")):
        category, hand = "" if file.name.startswith("_") else file.stem.replace("__", "/"), True
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip():
                hand = False
            elif not line.startswith("#"):
                text, tab, tail = line.partition("\t")
                pairs = [item.partition("=") for item in tail.split()]
                if any(kind not in TYPES or not value for kind, _, value in pairs):
                    sys.exit(f"{file}:{number}: tags are written as {' '.join(f'{kind}=...' for kind in TYPES)}: {tail!r}")
                out.append(Written(text.strip(), category, {kind: value for kind, _, value in pairs} if tab else None, hand))
    return out


def read_held_out(folder: Path) -> tuple[list[str], list[str]]:
    """Texts written apart from those that teach, and the category of each: `texts/held-out.tsv`; none where there is no such file."""
    file = folder / "texts" / "held-out.tsv"
    if not file.exists():
        return [], []
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return [row["text"] for row in rows], [row["category"] for row in rows]


def cells(written: Sequence[Written]) -> dict[str, list[str | None]]:
    """The other tags as columns; a tagged text that names no request or risk has none, one without tags says nothing."""
    out: dict[str, list[str | None]] = {}
    for kind in TYPES:
        column = [
            None if w.tags is None or (w.category and kind in SHARED_ONLY) else w.tags.get(kind, "" if kind in SEVERAL else None) for w in written
        ]
        if any(column):
            out[kind] = column
    return out


def read_outside(file: Path) -> tuple[list[str], list[str]]:
    """Title and text, and label, of each row of a labelled dump."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [f"{row['title']}\n{row['text']}".strip() for row in rows], [row["label"] for row in rows]


def find_pack(name: str) -> Pack:
    """The built-in pack of that name: labels are held against its categories, its lexicon is used. Exits where it has errors."""
    from triage.packs.load import load_pack

    loaded = load_pack(name)
    if loaded.pack is None:
        sys.exit(f"pack {name} has errors: run `triage check {name}`")
    return loaded.pack


def card(
    name: str,
    metrics: dict[str, Any],
    held_out: dict[str, Any] | None,
    outside: dict[str, Any] | None,
    texts: int,
    by_hand: int,
    size: int,
    pack: Pack,
) -> str:
    """The model card: what it is, what it was learnt from, what it scores, what it isn't for."""
    lines = [
        f"# Model {name}",
        "",
        f"Written by `tools/build_models.py`. A linear classifier of the category and of other tags, over jieba words; {size / 1e6:.1f} MB on disk.",
        f"Pack: {pack.id}. Learnt from {texts} short texts in `texts/` and `../base-cn/texts/`, invented for this project; no real complaint is in it.",
        f"{by_hand} of them were written one by one, {texts - by_hand} put together by a program from written phrases; those only teach.",
        "",
        "It is a start for the time before you have labels of your own. `triage train` on a few hundred labelled complaints of your own",
        "will do better, and `triage evaluate` will tell by how much.",
        "",
        "## Figures",
        "",
        "| measured on | rows | accuracy | macro-F1 | ECE | answered | right where answered |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        _row(f"its own texts (written one by one), {metrics['by']}", metrics),
    ]
    if held_out is not None:
        lines.append(_row("`texts/held-out.tsv`: texts written apart, shorter and more roundabout, never trained on", held_out))
    if outside is not None:
        lines.append(_row("real messages of citizens (7 of the categories occur), never trained on", outside))
    lines += [
        "",
        'Abstained rows count with their best guess in accuracy and macro-F1; "answered" is the share of rows on which it doesn\'t',
        "abstain. Its own texts are a sentence or two long, spread over all categories and unlike each other.",
    ]
    if outside is not None:
        gap = outside["ece"]
        lines += [
            "",
            f"On real messages its confidence is off by {gap:.2f} on average (ECE): it was calibrated on the invented texts.",
            "",
            "| category | rows | precision | recall | F1 |",
            "| --- | ---: | ---: | ---: | ---: |",
            *(
                f"| {label} | {x['support']} | {x['precision']:.2f} | {x['recall']:.2f} | {x['f1']:.2f} |"
                for label, x in outside["per_label"].items()
            ),
        ]
    else:
        lines += ["", "No labelled real complaints of this trade were at hand: how it does on real ones isn't known."]
    lines += _others(metrics.get("tags", {}))
    return "\n".join(lines) + "\n"


def _others(tags: dict[str, Any]) -> list[str]:
    """The part of the card on the other tag types."""
    lines = ["", "## Intent, requests, risks, emotion", ""]
    lines += [
        "These are read from cue phrases; the model adds what it is sure of where no cue speaks. Each value has a threshold at which it is right",
        "often enough on own texts held out (cross-validation); values for which there is none are never answered. Precision is flattered a little,",
        "since the thresholds were chosen on the same texts; and long letters are harder: all texts here are a sentence or two.",
        "",
        "| type | value | texts | precision | recall |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    never = []
    for kind, found in tags.items():
        for value, x in found.get("at_threshold", found["per_label"]).items():
            if x["recall"]:
                lines.append(f"| {kind} | {value} | {x['support']} | {x['precision']:.2f} | {x['recall']:.2f} |")
            else:
                never.append(f"{kind} {value}")
    never += [f"all {kind}" for kind in TYPES if kind not in tags]
    return [*lines, "", f"Never answered: {', '.join(never)}."] if never else lines


def _row(what: str, m: dict[str, Any]) -> str:
    figures = f"{m['accuracy']:.3f} | {m['macro_f1']:.3f} | {m['ece']:.3f} | {m['coverage']:.3f} | {m['accuracy_answered']:.3f}"
    return f"| {what} | {m['rows']} | {figures} |"


def build(name: str) -> None:
    """Train one model, measure it, write it and its card."""
    folder = ROOT / "models" / name
    written = [w for w in (*read_texts(folder / "texts"), *read_texts(SHARED)) if w.category or w.tags is not None]
    texts, labels, by_hand = [w.text for w in written], [w.category for w in written], [w.by_hand for w in written]
    pack = find_pack(name)
    often = Counter(filter(None, labels))
    weights = [often[label] * len(often) / often.total() if label else 1.0 for label in labels] if name in AS_OFTEN else None
    metrics = train(
        texts,
        labels,
        folder,
        pack=pack,
        min_texts=1,
        measured=by_hand,
        weights=weights,
        hit_rate=HIT_RATE.get(name, TARGET),
        tags=cells(written),
        tag_rates=OTHER_TAG_RATES.get(name, TAG_RATES),
    )
    for warning in metrics["warnings"]:
        sys.stdout.write(f"{name}: {warning.en}\n")
    size = sum(file.stat().st_size for file in folder.iterdir() if file.suffix in (".json", ".npz", ".txt"))
    from triage.text.segment import segmenter

    cutter = segmenter("auto", pack.lexicon)
    apart = read_held_out(folder)
    held_out = evaluate(Model.load(folder, cutter), *apart, segmenter=cutter) if apart[0] else None
    outside = None
    if name in OUTSIDE and OUTSIDE[name].exists():
        outside = evaluate(Model.load(folder, cutter), *read_outside(OUTSIDE[name]), segmenter=cutter)
    (folder / "README.md").write_text(
        card(name, metrics, held_out, outside, len(texts), sum(by_hand), size, pack), encoding="utf-8"
    )
    for what, m in (("own texts", metrics), ("held out", held_out), ("outside", outside)):
        if m is not None:
            figures = ", ".join(f"{k} {m[k]}" for k in ("rows", "accuracy", "macro_f1", "ece", "coverage", "accuracy_answered"))
            sys.stdout.write(f"{name}: {what}: {figures}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the models named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="folders in models/ (default: all that have texts)")
    names = parser.parse_args(arguments).names or sorted(
        p.parent.name for p in (ROOT / "models").glob("*/texts") if any(not f.name.startswith("_") for f in p.glob("*.txt"))
    )
    for name in names:
        build(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
