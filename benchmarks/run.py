"""`make bench`: measure everything, print the tables, and with --json FILE write the figures too."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # run as a file, not as a module
    sys.path.insert(0, str(ROOT))

PARTS = ("throughput", "latency", "memory", "rules", "tags", "tag-quality")
LABELLED = ROOT.parent / "shared" / "data" / "gov2020" / "dev.csv"
"""Labelled messages, where they are at hand; the folds that they are measured on are in benchmarks/folds."""
TEXT = "投诉内容"


def parser() -> argparse.ArgumentParser:
    """The options."""
    p = argparse.ArgumentParser(prog="benchmarks/run.py", description="What the engine costs, beside simpler things that do part of its work.")
    p.add_argument("--only", default=",".join(PARTS), help="parts, comma-separated: " + ", ".join(PARTS))
    p.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON too")
    p.add_argument("--check", action="store_true", help="end with 1 where a documented bound is broken")
    p.add_argument("--pack", default="government-cn")
    p.add_argument("--dump", type=Path, metavar="FILE", help="measure throughput and latency on this dump too")
    p.add_argument("--text", default="", metavar="COL[,COL]", help="its text columns; found by name if not given")
    p.add_argument("--rounds", type=int, default=5, help="turns that each side of a comparison has (default 5)")
    p.add_argument("--long", type=int, default=3000, metavar="N", help="texts of about 400 characters (default 3,000; 0: none)")
    p.add_argument("--short", type=int, default=10000, metavar="N", help="short rows (default 10,000; 0: none)")
    p.add_argument("--memory-rows", default="30000,300000", metavar="N,N", help="short rows of the two memory runs")
    p.add_argument("--workers", type=int, default=2, help="processes of the runs over several; the memory bound is for 2 (default)")
    p.add_argument("--rules", type=int, default=500, metavar="N", help="rules of the comparison of matchers (default 500)")
    p.add_argument("--complaints", type=int, default=1000, metavar="N", help="complaints that they are asked about in each round (default 1,000)")
    p.add_argument("--train", type=int, default=1400, metavar="N", help="invented texts that the plain recipe learns from (default 1,400)")
    p.add_argument("--labelled", type=Path, default=LABELLED, metavar="FILE", help="labelled messages for the quality of tags (row_id, label, title, text)")
    p.add_argument("--seeds", type=int, default=5, metavar="N", help="seeds of the quality of tags, five folds each (default 5; a minute each)")
    return p


def measure(options: argparse.Namespace, tell: Callable[[str], None]) -> Any:
    """All parts that the options ask for."""
    from benchmarks import memory, plain, rule_sets, rules_alone, tags, throughput
    from benchmarks.report import Figures
    from benchmarks.texts import Grammar, write_dump
    from triage.match import durable_available

    parts = options.only.split(",")
    if strange := sorted(set(parts) - set(PARTS)):
        raise SystemExit(f"--only: no part {', '.join(strange)}; there are {', '.join(PARTS)}")
    figures = Figures({k: str(v) if isinstance(v, Path) else v for k, v in vars(options).items()})
    matchers = ("durable", "builtin") if durable_available() else ("builtin",)
    if "durable" not in matchers:
        figures.left_out.append("matcher durable (durable_rules can't be imported)")
    with tempfile.TemporaryDirectory(prefix="triage-bench-") as folder:
        out = Path(folder)
        if {"throughput", "latency"} & set(parts):
            tell("loading")
            triages: dict[str, Any] = {}
            for matcher in matchers:
                triages[matcher], figures.loading[f"engine, {matcher}"] = throughput.load(options.pack, matcher)
            predict = plain.train(options.train)
            if predict is None:
                figures.left_out.append("plain recipe (scikit-learn isn't installed)")
            sets: list[tuple[str, Path, tuple[str, ...]]] = []
            for name, count, short in (("long texts", options.long, False), ("short rows", options.short, True)):
                if not count:
                    continue
                path = out / f"{name.split()[0]}.csv"
                write_dump(path, (text for _, text in Grammar(1 + short).texts(count, short=short)))
                sets.append((name, path, (TEXT,)))
            if options.dump is not None:
                sets.append((options.dump.name, options.dump, tuple(filter(None, options.text.split(",")))))
            for name, path, columns in sets:
                if "throughput" in parts:
                    tell(f"throughput, {name}")
                    figures.throughput.append(throughput.measure(name, path, columns, triages, predict, options.rounds, out, options.workers))
                if "latency" in parts:
                    tell(f"latency, {name}")
                    texts = throughput.texts_of(path, columns, triages[matchers[0]].pack)[:2000]
                    figures.latency[name] = throughput.latency(texts, triages, predict)
        if "memory" in parts:
            if not memory.available():
                figures.left_out.append("memory (this system has no /proc/PID/smaps_rollup)")
            else:
                for rows in map(int, options.memory_rows.split(",")):
                    tell(f"memory, {rows:,} rows")
                    dump = out / "memory-in.csv"
                    write_dump(dump, (text for _, text in Grammar(3).texts(rows, short=True)))
                    figures.memory.append(memory.run(dump, rows, options.workers, out, ROOT, options.pack))
        if "rules" in parts:
            for name, phrases in (("rules over fields", False), ("rules over fields and phrases", True)):
                tell(name)
                rules = rule_sets.make(name, options.rules, options.complaints * (options.rounds + 1), phrases=phrases)
                figures.rules.append(rules_alone.measure(rules, options.rounds))
            if not figures.rules[0].fastest_zen:
                figures.left_out.append("zen (zen-engine isn't installed)")
        if "tags" in parts:
            for name, count, short in (("long texts", options.long, False), ("short rows", options.short, True)):
                if count:
                    tell(f"tags, {name}")
                    texts = [text for _, text in Grammar(5 + short).texts(count, short=short)]
                    figures.tags.append(tags.measure(name, texts, options.pack, options.rounds, options.train, figures.left_out))
        if "tag-quality" in parts:
            tell("tag quality, the shipped model")
            figures.shipped = tags.shipped(options.labelled, options.pack, figures.left_out)
            figures.quality = tags.quality(options.labelled, options.seeds, tell, figures.left_out)
    figures.left_out = list(dict.fromkeys(figures.left_out))
    return figures


def main(arguments: Sequence[str] | None = None) -> int:
    """0; 1 where --check is given and a bound is broken."""
    from benchmarks import report

    options = parser().parse_args(arguments)
    figures = measure(options, lambda what: print(f"... {what}", file=sys.stderr, flush=True))
    print(report.text(figures))
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(figures.as_dict(), ensure_ascii=False, indent=2) + "\n", "utf-8")
    broken = [check for check in figures.checks() if not check.holds]
    return 1 if options.check and broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
