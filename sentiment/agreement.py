"""How far a second, blind reading agrees with the corpus: `python -m sentiment.agreement`.

The second reader saw the texts alone. Kappa is Cohen's (1960), F1 takes the first labels as the reference.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sklearn.metrics import cohen_kappa_score, f1_score

from sentiment.corpus import OPEN, ROOT, read_written
from sentiment.labels import MOMENTS, Moment, sentiment_of_stars

_SECOND: Final = "second_pass.tsv"


@dataclass(frozen=True)
class Pair:
    """Two readings of one text; `part` is `written` or `real`."""

    part: str
    moments: tuple[str, str]
    stars: tuple[int, int]


def pairs(root: Path = ROOT) -> list[Pair]:
    """Return the texts that were read twice."""
    first: dict[str, tuple[str, str, int]] = {key: ("written", moment, stars) for key, moment, stars in _written(root)}
    first |= {key: ("real", moment, int(stars)) for key, moment, stars, *_ in _real(root) if moment != OPEN}
    found = []
    for key, moment, stars, *_ in _rows(root / _SECOND):
        if key in first and moment != OPEN:
            part, known, felt = first[key]
            found.append(Pair(part, (known, moment), (felt, int(stars))))
    return found


def posts(root: Path = ROOT) -> str:
    """Return how far two readings of whole posts agree in stance and complaint, as Markdown."""
    first = {key: labels for key, *labels in _real(root)}
    read = [(first[key][2:], labels[2:]) for key, *labels in _rows(root / _SECOND) if labels[2:]]
    cells = []
    for place in (0, 1):
        one, other = zip(*((a[place], b[place]) for a, b in read), strict=True)
        cells.append(f"{cohen_kappa_score(one, other):.3f}")
    rows = [
        "| | posts | stance kappa | complaint kappa |",
        "|---|---|---|---|",
        f"| real | {len(read)} | {' | '.join(cells)} |",
    ]
    return "\n".join(rows)


def table(found: Iterable[Pair]) -> str:
    """Return the agreement as Markdown: kappas per part, then F1 per moment."""
    found = list(found)
    lines = ["| | texts | moment kappa | sentiment kappa | " + " | ".join(MOMENTS) + " |"]
    lines.append("|---" * (4 + len(MOMENTS)) + "|")
    for part in ("written", "real"):
        mine = [pair for pair in found if pair.part == part]
        first, second = zip(*(pair.moments for pair in mine), strict=True)
        felt = [tuple(map(sentiment_of_stars, pair.stars)) for pair in mine]
        kappas = (cohen_kappa_score(first, second), cohen_kappa_score(*zip(*felt, strict=True)))
        each = f1_score(first, second, labels=list(MOMENTS), average=None, zero_division=0.0)
        cells = [part, str(len(mine)), *(f"{value:.3f}" for value in (*kappas, *each))]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _written(root: Path) -> Iterator[tuple[str, Moment, int]]:
    for example in read_written(root):
        target = example.targets[0]
        if example.kind is None and target.moment and target.stars:
            yield example.key, target.moment, next(iter(target.stars))


def _real(root: Path) -> Iterator[list[str]]:
    for path in sorted((root / "real").glob("*.tsv")):
        yield from _rows(path)


def _rows(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


if __name__ == "__main__":
    print(table(pairs()), posts(), sep="\n\n")
