"""What tags cost beside cutting the same texts into words, beside the plain recipe and fastText; and how right they are on labelled messages."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # run as a file, not as a module
    sys.path.insert(0, str(ROOT))

from benchmarks.measure import Cost, Ratio, in_turn, middle, ratio  # noqa: E402
from benchmarks.texts import LABELS, Grammar  # noqa: E402

BATCH = 256
ALONE = "segmentation alone"
MODEL = "model, all its types, batch"
TOGETHER = "all tags as run gives them"
PLAIN_ALONE = "plain recipe, one at a time"
TENTH = 10
"""The plain recipe one text at a time is asked about every tenth text only, and its cost multiplied: each call takes a millisecond."""
Side = Callable[[], object]


@dataclass
class TagSpeed:
    """CPU of tagging texts that are cut already. Ratios are to cutting them, by rjieba alone; `held` says what was compared with what."""

    name: str
    texts: int
    characters: float
    costs: dict[str, Cost] = field(default_factory=dict)
    ratios: dict[str, Ratio] = field(default_factory=dict)
    single_equals_batch: bool = False


def measure(name: str, texts: Sequence[str], pack_ref: str, rounds: int, train: int, left_out: list[str]) -> TagSpeed:
    """All sides in turn on the same texts: in batches of BATCH, and one at a time."""
    import rjieba

    from triage.packs.resources import models_dir
    from triage.pipeline import Triage
    from triage.tags.cues import CueTagger
    from triage.text.fold import fold_many
    from triage.text.reading import Reading
    from triage.text.scan import Scanner
    from triage.text.segment import segmenter

    triage = Triage.load(pack_ref)
    pack, model = triage.pack, triage.model
    if model is None:
        raise SystemExit(f"pack {pack_ref} has no model")
    cutter = segmenter("auto", pack.lexicon)
    batches, folded, tokens = [], [], []
    for start in range(0, len(texts), BATCH):
        batch = fold_many(list(texts[start : start + BATCH]))
        words = cutter.cut_many(batch)
        readings = [Reading(t, cutter.cut, w) for t, w in zip(batch.texts, words, strict=True)]
        batches.append((batch, words, readings, [len(r.text.folded) for r in readings]))
        folded += [t.folded for t in batch.texts]
        tokens += words
    tagger = CueTagger(pack.taxonomy)
    scanner = Scanner(tuple(tagger.checks))

    def cues() -> None:
        for batch, _, readings, lengths in batches:
            tagger.tags_many(scanner.scan_many(readings, batch), lengths, [None] * len(lengths))

    def together() -> None:
        for batch, words, readings, lengths in batches:
            tagger.tags_many(scanner.scan_many(readings, batch), lengths, model.predict_many(words))

    sides: dict[str, Side] = {
        ALONE: lambda: [rjieba.cut(text) for text in folded],
        "segmentation as run does it": lambda: [cutter.cut_many(batch) for batch, *_ in batches],
        **by_type(models_dir() / pack.id, batches),
        MODEL: lambda: [model.predict_many(words) for _, words, *_ in batches],
        "model, all its types, one at a time": lambda: list(map(model.predict, tokens)),
        "cue phrases, all tags": cues,
        TOGETHER: together,
    }
    sides |= others(tokens, train, left_out)
    found = TagSpeed(name, len(texts), sum(map(len, texts)) / max(1, len(texts)))
    costs = in_turn(sides, rounds)
    if PLAIN_ALONE in costs:
        more = len(tokens) / len(tokens[::TENTH])
        costs[PLAIN_ALONE] = [Cost(c.cpu * more, c.wall * more) for c in costs[PLAIN_ALONE]]
    found.costs = {side: middle(c) for side, c in costs.items()}
    found.ratios = {side: ratio(costs, side, ALONE) for side in sides if side != ALONE}
    found.single_equals_batch = list(map(model.predict, tokens)) == model.predict_many(tokens)
    return found


def with_heads(folder: Path, kinds: Sequence[str]) -> Any:
    """The model of a folder with some of its tag types alone: the category, which every model has, and `kinds`."""
    import numpy as np

    from triage.tags.artefact import VOCABULARY, WEIGHTS, read_arrays, read_bytes, read_manifest
    from triage.tags.model import Model

    manifest, _ = read_manifest(folder)
    arrays = read_arrays(folder, read_bytes(folder, WEIGHTS, manifest["files"][WEIGHTS]), manifest["arrays"])
    words = read_bytes(folder, VOCABULARY, manifest["files"][VOCABULARY]).decode("utf-8").split("\n")[:-1]
    heads = manifest["heads"]
    kept = [n for n, head in enumerate(heads) if n == 0 or head["type"] in kinds]
    columns = np.isin(np.repeat(np.arange(len(heads)), [len(head["labels"]) for head in heads]), kept)
    sliced = {
        **arrays, "weights": arrays["weights"][:, columns], "factors": arrays["factors"][columns], "intercepts": arrays["intercepts"][columns],
        "steepness": arrays["steepness"][kept], "curves": arrays["curves"][kept],
    }  # fmt: skip
    return Model({**manifest, "heads": [heads[n] for n in kept]}, sliced, words, "")


def by_type(folder: Path, batches: Sequence[tuple[Any, ...]]) -> dict[str, Side]:
    """The model with the category alone, and with the category and one type more."""

    def side(model: Any) -> Side:
        return lambda: [model.predict_many(words) for _, words, *_ in batches]

    from triage.tags.model import Model

    sides = {"model, category alone": side(with_heads(folder, ()))}
    for head in Model.load(folder).heads[1:]:
        sides[f"model, category and {head.kind}"] = side(with_heads(folder, (head.kind,)))
    return sides


def others(tokens: Sequence[Sequence[str]], train: int, left_out: list[str]) -> dict[str, Side]:
    """The plain recipe and fastText, trained on invented texts, on the same words: their own cutting is left out too."""
    from triage.text.segment import segmenter

    cut = segmenter().cut
    pairs = [(label, cut(text)) for label, text in Grammar(77).texts(train)]
    return {**_plain(pairs, tokens, left_out), **_fasttext(pairs, tokens, left_out)}


def _plain(pairs: Sequence[tuple[str, list[str]]], tokens: Sequence[Sequence[str]], left_out: list[str]) -> dict[str, Side]:
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.svm import LinearSVC
    except ImportError:
        left_out.append("tags: the plain recipe (scikit-learn isn't installed)")
        return {}
    tfidf: Any = TfidfVectorizer(analyzer=list, sublinear_tf=True, min_df=2)
    svc: Any = LinearSVC().fit(tfidf.fit_transform([words for _, words in pairs]), [LABELS.index(label) for label, _ in pairs])
    parts = [tokens[i : i + BATCH] for i in range(0, len(tokens), BATCH)]

    def one_at_a_time() -> None:
        for words in tokens[::TENTH]:
            svc.predict(tfidf.transform([words]))

    return {
        "plain recipe (category only), batch": lambda: [svc.predict(tfidf.transform(part)) for part in parts],
        PLAIN_ALONE: one_at_a_time,
    }


def _fasttext(pairs: Sequence[tuple[str, list[str]]], tokens: Sequence[Sequence[str]], left_out: list[str]) -> dict[str, Side]:
    if find_spec("fasttext") is None:
        left_out.append("tags: fastText (not installed: pip install fasttext-wheel)")
        return {}
    import fasttext

    with tempfile.TemporaryDirectory(prefix="triage-bench-") as folder:
        path = Path(folder) / "train.txt"
        path.write_text("".join(f"__label__{label} {' '.join(words)}\n" for label, words in pairs), "utf-8")
        model: Any = fasttext.train_supervised(str(path), epoch=25, lr=0.5, thread=1, verbose=0)
    lines = [" ".join(words).replace("\n", " ") + "\n" for words in tokens]
    # its Python wrapper fails under numpy 2; what it wraps doesn't
    return {
        "fastText (category only), batch": lambda: model.f.multilinePredict(lines, 1, 0.0, "strict"),
        "fastText, one at a time": lambda: [model.f.predict(line, 1, 0.0, "strict") for line in lines],
    }


def text(found: TagSpeed) -> str:
    """The table of one set of texts."""
    from benchmarks.report import ratio_text, table

    rows = [(side, f"{c.cpu / found.texts * 1e6:.1f}", ratio_text(found.ratios.get(side))) for side, c in found.costs.items()]
    title = f"Tags, {found.name}: {found.texts:,} texts of {found.characters:.0f} characters on average; microseconds of CPU for one text, words cut beforehand"
    same = "a text alone and in a batch get equal answers" if found.single_equals_batch else "A TEXT ALONE AND IN A BATCH GET DIFFERENT ANSWERS"
    return "\n".join([title, table(("", "CPU", "to segmentation alone"), rows), f"  {same}"])


def quality(path: Path | None, seeds: int, tell: Callable[[str], None], left_out: list[str]) -> list[Any]:
    """Five folds for each seed, ours and the plain recipe. Empty where the data or scikit-learn isn't at hand."""
    from benchmarks import tag_quality

    if path is None or not path.is_file():
        left_out.append("tag quality (the labelled messages aren't at hand: --labelled FILE)")
        return []
    if find_spec("sklearn") is None:
        left_out.append("tag quality (scikit-learn isn't installed)")
        return []
    data = tag_quality.read(path)
    found = []
    for way in (tag_quality.ours, tag_quality.plain):
        found += tag_quality.cross_validate(data, way, lambda what, way=way: tell(f"tag quality, {way.__name__}, {what}"), seeds)
    return found


def shipped(path: Path | None, pack_ref: str, left_out: list[str]) -> dict[str, Any]:
    """Figures of the pack's own model on the labelled messages. Empty where they aren't at hand."""
    from benchmarks import tag_quality

    if path is None or not path.is_file():
        left_out.append("tag quality (the labelled messages aren't at hand: --labelled FILE)")
        return {}
    return tag_quality.shipped(tag_quality.read(path), pack_ref)


def shipped_text(pack_ref: str, found: dict[str, Any]) -> str:
    """How many rows are answered, how many answers are right, and the coverage curve."""
    from benchmarks.report import table

    def of(f: dict[str, Any], name: str) -> str:
        low, high = f["intervals"][name]
        return f"{f[name]:.3f} [{low:.3f}, {high:.3f}]"

    names = ("coverage", "accuracy_answered", "accuracy", "macro_f1", "ece", "log_loss")
    steps = [f"{p['coverage']:.0%}" for p in next(iter(found.values()))["curve"]]
    title = f"The model of {pack_ref}, untouched, on {next(iter(found.values()))['rows']:,} labelled messages, first-level categories; 95% intervals over groups"
    curve = [(name, *(f"{p['accuracy']:.3f}" for p in f["curve"])) for name, f in found.items()]
    figures = table(("", *names), [(name, *(of(f, n) for n in names)) for name, f in found.items()])
    right = "  right, if only the most confident share of rows is answered:"
    return "\n".join([title, figures, right, table(("", *steps), curve)])


def quality_text(found: Sequence[Any]) -> str:
    """The figures of all ways, a row each."""
    from benchmarks.report import table
    from benchmarks.tag_quality import FIGURES

    def cell(q: Any, name: str) -> str:
        low, high = q.interval[name]
        return f"{q.mean[name]:.3f} [{low:.3f}, {high:.3f}]"

    first = found[0]
    title = f"Tag quality: {first.rows:,} labelled messages in {first.groups:,} groups, five folds a seed; mean over the seeds and its 95% interval over groups"
    return title + "\n" + table(("", *FIGURES), [(q.name, *(cell(q, name) for name in FIGURES)) for q in found])


def main() -> int:
    """`python benchmarks/tags.py`: this part of the benchmarks alone."""
    from benchmarks import run

    return run.main(["--only", "tags,tag-quality", *sys.argv[1:]])


if __name__ == "__main__":
    raise SystemExit(main())
