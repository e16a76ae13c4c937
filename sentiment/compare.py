"""Compare ways of training by their models: `python -m sentiment.compare --shared DIR way=DIR,DIR other=DIR,DIR`.

The models of a way differ in their seed. A way's score is the mean of its models' scores; its difference from the first
way comes with a paired 95 % bootstrap interval (texts are drawn, the same for both; Koehn 2004). The interval is about
these models: how much another seed would change is to be read from the scores of each. On the development files, unless
another split is asked for: the held-out ones are for reporting, not for choosing.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from sentiment import weights
from sentiment.command import command, directory
from sentiment.corpus import Example, read_real, read_written
from sentiment.evaluate import evaluate
from sentiment.inference import for_inference
from sentiment.metrics import Metric, Rows, limits
from sentiment.tables import TASKS, Answers, table

_HEAD: Final = ("score", "way", "seeds", "mean", "each", "minus the first way")
_SPLITS: Final = ("dev", "test")

Way = Sequence[dict[str, Answers]]


def comparison(ways: Mapping[str, Way], name: str) -> Iterator[tuple[str, ...]]:
    """Yield a row per way for one score of `sentiment.tables.TASKS`; ways without answers are left out."""
    task, metric = TASKS[name]
    answered = {way: [found[task] for found in models] for way, models in ways.items()}
    answered = {way: rows for way, rows in answered.items() if len(rows[0].truth)}
    first = next(iter(answered), None)
    for way, rows in answered.items():
        each = [metric(row.truth, row.predicted) for row in rows]
        shown = ", ".join(f"{value:.3f}" for value in each)
        difference = "–" if first is None or way == first else _difference(metric, answered[first], rows)
        yield name, way, str(len(rows)), f"{np.mean(each):.3f}", shown, difference


def _difference(metric: Metric, base: Sequence[Answers], other: Sequence[Answers]) -> str:
    def statistic(rows: Rows) -> float:
        means = [np.mean([metric(a.truth[rows], a.predicted[rows]) for a in way]) for way in (other, base)]
        return float(means[0] - means[1])

    low, high = limits(statistic, base[0].owners)
    return f"{statistic(np.arange(len(base[0].truth))):+.3f} [{low:+.3f} to {high:+.3f}]"


def answers_of(folders: Sequence[Path], examples: Sequence[Example]) -> Way:
    """Return the answers of each model directory, in order."""
    found = []
    for folder in folders:
        shipment = weights.load(folder)
        for_inference(shipment.model)
        found.append(evaluate(shipment, examples))
    return found


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables of the written and the real rows; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sentiment.compare", description=__doc__)
    parser.add_argument("ways", nargs="+", help="name=DIRECTORY[,DIRECTORY…]; the first is compared with")
    parser.add_argument("--shared", type=directory, help="directory of real rows")
    parser.add_argument("--split", default="dev", choices=_SPLITS)
    options = parser.parse_args(arguments)
    sets = {"written": read_written()}
    if options.shared is not None:
        sets["real"] = read_real(options.shared)
    folders = {
        name: [Path(x) for x in places.split(",")] for name, _, places in (w.partition("=") for w in options.ways)
    }
    for name, examples in sets.items():
        rows = [example for example in examples if example.split == options.split and not example.piece]
        ways = {way: answers_of(places, rows) for way, places in folders.items()}
        print(f"#### {name}, {options.split}, {len(rows)} texts\n")
        print(table(_HEAD, (line for score in TASKS for line in comparison(ways, score))), end="\n\n", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
