"""Print the card's tables: `python -m sentiment.evaluate`; `--write` puts them into the card."""

import argparse
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from sentiment import weights
from sentiment.command import command, directory
from sentiment.corpus import Example, read_real, read_written
from sentiment.inference import for_inference
from sentiment.names import SHIPPED
from sentiment.predict import predict, with_prior
from sentiment.silver import read_real_sentiment
from sentiment.splitting import context_rows, splitting_rows
from sentiment.tables import Answers, answers, document, table

CARD: Final = Path(__file__).parent / "MODEL_CARD.md"
# Rows of a language and source whose sentiment others gave: enough for an interval of ±3 points.
_CAP: Final = 400
_HELD_OUT: Final = ("test", "transfer-sector", "transfer-source")
_TITLES: Final = {
    "written": "Written corpus (committed)",
    "real": "Real sentences read by hand (`../shared/data`)",
    "sentiment": "Sentiment given by others (`../shared/data`)",
    "mentions": "Mentions (written corpus)",
}
_SPLIT_TITLES: Final = {
    "test": "held-out writers",
    "transfer-sector": "a sector never trained on (education)",
    "transfer-source": "a language and source never trained on (es, m-absa)",
}


def held_out(shared: Path | None, *, pieces: bool = False) -> dict[str, list[Example]]:
    """Return the sets never trained on; those of `shared` only where it is given.

    Args:
        shared: directory of real rows.
        pieces: the mentions of posts as examples of their own, too; they are read in their posts already.
    """
    found = {"written": read_written()}
    if shared is not None:
        found |= {"real": read_real(shared), "sentiment": read_real_sentiment(shared)}
    kept = {
        name: [x for x in examples if x.split in _HELD_OUT and (pieces or not x.piece)]
        for name, examples in found.items()
    }
    return {name: _capped(examples) if name == "sentiment" else examples for name, examples in kept.items()}


def _capped(examples: Sequence[Example]) -> list[Example]:
    """Return at most 400 examples a language and source, those of the lowest hash."""
    counts: Counter[tuple[str, str]] = Counter()
    kept = []
    for example in sorted(examples, key=lambda example: example.key):
        counts[example.language, example.sector] += 1
        if counts[example.language, example.sector] <= _CAP:
            kept.append(example)
    return kept


def evaluate(shipment: weights.Shipment, examples: Sequence[Example]) -> dict[str, Answers]:
    """Return the calibrated answers of a model to the examples."""
    found = predict(shipment.model, shipment.tokenizer, examples, shipment.config.context)
    given = answers(found, dict(shipment.config.temperatures))
    return given | {"stance": _with_prior(given["stance"], examples)}


def _with_prior(stance: Answers, examples: Sequence[Example]) -> Answers:
    kinds = [examples[owner].kind for owner in stance.owners]
    weighted = [with_prior(row, kind) for row, kind in zip(stance.probabilities, kinds, strict=True)]
    return replace(stance, probabilities=np.array(weighted).reshape(stance.probabilities.shape))


def section(shipment: weights.Shipment, name: str, examples: Sequence[Example]) -> str:
    """Return the tables of one set, a part for each kind of split."""
    parts = [f"### {_TITLES[name]}"]
    for split, title in _SPLIT_TITLES.items():
        rows = [example for example in examples if example.split == split]
        if rows:
            parts += [f"#### {title}", document(evaluate(shipment, rows), rows)]
    return "\n\n".join(parts)


def mentions_section(shipment: weights.Shipment, examples: Sequence[Example]) -> str:
    """Return what cutting and merging gains, and what a mention gains from its post."""
    posts = [example for example in examples if example.kind]
    split = ("score", "language", "sentences", "left whole", "cut and merged", "difference")
    context = ("score", "mentions", "read in the post", "read alone", "both, averaged", "both minus alone")
    return "\n\n".join(
        [
            f"### {_TITLES['mentions']}",
            "#### sentences of held-out posts that speak of two things",
            table(split, splitting_rows(shipment, posts)),
            "#### gold mentions of held-out posts, in context, alone, and both",
            table(context, context_rows(shipment, posts)),
        ]
    )


def write_card(card: Path, name: str, text: str) -> None:
    """Replace what lies between the card's markers of that name."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    before = card.read_text(encoding="utf-8")
    if not pattern.search(before):
        raise ValueError(f"{card}: no markers {begin} … {end} to write between")
    card.write_text(pattern.sub(lambda _: f"{begin}\n{text}\n{end}", before), encoding="utf-8")


def promised(card: Path = CARD, name: str = "written") -> dict[str, float]:
    """Return the scores on the test rows of a set that the card promises; empty before the first."""
    block = re.search(f"<!-- {name}:begin -->(.*?)<!-- {name}:end -->", card.read_text(), re.DOTALL)
    part = re.search(r"#### held-out writers\n(.*?)(?=####|\Z)", block[1] if block else "", re.DOTALL)
    rows = re.findall(r"^\| ([a-z][\w -]+) \| (\d\.\d{3}) \|.*\| \d+ \| \d", part[1], re.MULTILINE) if part else []
    return {name: float(value) for name, value in rows}


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """Print, and write on request, the tables as they come; return the exit status."""
    options = _options(arguments)
    for name, text in _sections(options):
        print(text, end="\n\n", flush=True)
        if options.write:
            write_card(CARD, name, text)
    return 0


def _sections(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    shipment = weights.load(options.model)
    for_inference(shipment.model)
    examples = held_out(options.shared)
    for name, rows in examples.items():
        if rows:
            yield name, section(shipment, name, rows)
    yield "mentions", mentions_section(shipment, examples["written"])
    if options.baselines:
        yield "spelling", _spelling(shipment, examples)
        yield "baselines", _baselines(options.shared)


def _spelling(shipment: weights.Shipment, examples: Mapping[str, Sequence[Example]]) -> str:
    from sentiment.base import untrimmed
    from sentiment.pieces import HEAD, spelling_rows

    rows = spelling_rows(shipment.tokenizer, untrimmed()[1], examples.get("sentiment", examples["written"]))
    return "### Spelling of held-out text\n\n" + table(HEAD, rows)


def _baselines(shared: Path | None) -> str:
    from sentiment.baselines import baseline_rows
    from sentiment.training_data import read_data

    train = [example for example in read_data(shared).train if example.origin != "silver"]
    found = held_out(shared, pieces=True)
    tests = {name: [row for row in rows if row.split == "test"] for name, rows in found.items()}
    head = ("set", "method", "score", "value", "95 % interval", "rows")
    return "### Baselines, fitted on the rows read or written by hand\n\n" + table(head, baseline_rows(train, tests))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sentiment.evaluate", description=__doc__)
    parser.add_argument("--model", type=Path, default=SHIPPED, help="model directory")
    parser.add_argument("--shared", type=directory, help="directory of real rows")
    parser.add_argument("--baselines", action="store_true", help="train and score the baselines, measure the spelling")
    parser.add_argument("--write", action="store_true", help="put the tables into the card")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
