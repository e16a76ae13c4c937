"""Read the labelled text: the written corpus, labels of real sentences, and silver rows.

Every row becomes an `Example`: one text with targets on spans of it, so that a mention alone, a
mention in its post and a whole post are one thing to the trainer.
"""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from sentiment.errors import CorpusError
from sentiment.labels import KINDS, LANGUAGES, MOMENTS, STANCES, STARS, Moment, Stance

ROOT: Final = Path(__file__).parent / "corpus"

# Never trained on: one sector in every language, one source in one language.
TRANSFER_SECTOR: Final = "education"
TRANSFER_SOURCE: Final = ("es", "m-absa")

_DEV_PERIOD: Final = 8
# What an author of such a mention alone is most often doing; whole posts with a stance are few.
_LIKELY_STANCE: Final[Mapping[Moment, Stance]] = {
    "lzmot": "lzmot",
    "zmot": "zmot",
    "umot": "umot",
    "none": "none",
}
_LIKELY_WEIGHT: Final = 0.3
_REAL_DEV_SHARE: Final = 8
_NO_YES: Final = ("0", "1")
# Stands for a label that nobody gave.
OPEN: Final = "-"
SECTORS: Final = (
    "bank",
    "insurer",
    "telecom",
    "energy",
    "webshop",
    "supermarket",
    "restaurant",
    "travel",
    "airline",
    "transit",
    "apps",
    "electronics",
    "fashion",
    "cars",
    "healthcare",
    "education",
)

Label = TypeVar("Label", bound=str)
Split = Literal["train", "dev", "test", "transfer-sector", "transfer-source"]


@dataclass(frozen=True)
class Target:
    """Labels of the code points [start, end) of a text; what is not labelled is None.

    `stars`: the values of the five-point scale that the label allows.
    """

    start: int
    end: int
    moment: Moment | None = None
    stars: frozenset[int] | None = None
    stance: Stance | None = None
    complaint: bool | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Example:
    """A text and its targets; `origin` is `written`, `real` or `silver`.

    `piece`: a mention of a post that is an example as well; it is learned from by itself, but not scored twice.
    """

    text: str
    targets: tuple[Target, ...]
    language: str
    sector: str
    origin: str
    split: Split
    kind: str | None = None
    piece: bool = False

    @property
    def key(self) -> str:
        """The text's SHA-256, in hexadecimal."""
        return text_key(self.text)


def text_key(text: str) -> str:
    """Return the SHA-256 of the text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_written(root: Path = ROOT) -> list[Example]:
    """Return all written mentions and posts under `root`; test files lie under `root/test`."""
    return [*_read_tree(root, held_out=False), *_read_tree(root / "test", held_out=True)]


def _read_tree(root: Path, *, held_out: bool) -> Iterator[Example]:
    for path in sorted((root / "mentions").rglob("*.tsv")):
        yield from read_mentions(path, _written_split(path, held_out))
    for path in sorted((root / "posts").rglob("*.jsonl")):
        yield from read_posts(path, _written_split(path, held_out))


def _written_split(path: Path, held_out: bool) -> Split:
    """Hold out whole files (one writer, language and sector each), never single rows."""
    if path.stem == TRANSFER_SECTOR:
        return "transfer-sector"
    return "test" if held_out else _train_or_dev(path.parent.name, path.stem)


def _train_or_dev(language: str, sector: str) -> Split:
    place = SECTORS.index(sector) + 3 * LANGUAGES.index(language)
    return "train" if place % _DEV_PERIOD else "dev"


def read_mentions(path: Path, split: Split) -> Iterator[Example]:
    """Yield the rows `moment stars register text` of `<language>/<sector>.tsv`."""
    for number, row in enumerate(_tsv(path), 1):
        try:
            moment, stars, _, text = row
            target = Target(0, len(text), _moment(moment), frozenset({_stars(stars)}))
        except ValueError as error:
            raise CorpusError(f"{path}:{number}: {error}") from error
        likely = _likely_stance(target)
        yield Example(text, (target, *likely), path.parent.name, path.stem, "written", split)


def _likely_stance(target: Target) -> Iterator[Target]:
    stance = target.moment and _LIKELY_STANCE.get(target.moment)
    if stance:
        yield Target(target.start, target.end, stance=stance, weight=_LIKELY_WEIGHT)


def read_posts(path: Path, split: Split) -> Iterator[Example]:
    """Yield each post of `<language>/<sector>.jsonl` whole, and each of its mentions alone."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            text, targets, kind = _post(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise CorpusError(f"{path}:{number}: {error!r}") from error
        yield Example(text, targets, path.parent.name, path.stem, "written", split, kind)
        for target in targets[1:]:
            yield alone(text, target, path.parent.name, path.stem, split)


def alone(text: str, target: Target, language: str, sector: str, split: Split) -> Example:
    """Return the mention of a post as an example of its own."""
    whole = Target(0, target.end - target.start, target.moment, target.stars)
    piece = text[target.start : target.end]
    return Example(piece, (whole,), language, sector, "written", split, piece=True)


def _post(document: dict[str, Any]) -> tuple[str, tuple[Target, ...], str]:
    texts = [text for _, _, text in document["mentions"]]
    text = " ".join(texts)
    targets = [
        Target(
            0,
            len(text),
            stars=frozenset({_stars(document["stars"])}),
            stance=_one_of(document["stance"], STANCES, "stance"),
            complaint=bool(document["complaint"]),
        )
    ]
    start = 0
    for moment, stars, piece in document["mentions"]:
        end = start + len(piece)
        targets.append(Target(start, end, _moment(moment), frozenset({_stars(stars)})))
        start = end + 1
    return text, tuple(targets), _one_of(document["kind"], KINDS, "kind")


def read_real(shared: Path, root: Path = ROOT) -> list[Example]:
    """Return the real sentences of `shared` that `root/real/<language>.tsv` labels by SHA-256."""
    examples = []
    for language in LANGUAGES:
        labels = root / "real" / f"{language}.tsv"
        if labels.is_file():
            rows = {text_key(row["text"]): row for row in shared_rows(shared, language)}
            examples += [x for x in _real(labels, language, rows) if x is not None]
    return examples


def _real(labels: Path, language: str, rows: dict[str, dict[str, Any]]) -> Iterator[Example | None]:
    for number, row in enumerate(_tsv(labels), 1):
        if row[0] == "sha256":
            continue
        try:
            found = rows.get(row[0])
            yield None if found is None else _real_example(found, language, row[1:])
        except ValueError as error:
            raise CorpusError(f"{labels}:{number}: {error}") from error


def _real_example(row: dict[str, Any], language: str, labels: Sequence[str]) -> Example:
    text = row["text"]
    if len(labels) not in (2, 4):
        raise ValueError(f"3 columns, of whole posts 5, were expected; found {1 + len(labels)}")
    moment, stars, stance, complaint = (None if value == OPEN else value for value in (*labels, OPEN, OPEN)[:4])
    target = Target(
        0,
        len(text),
        None if moment is None else _moment(moment),
        None if stars is None else frozenset({_stars(stars)}),
        None if stance is None else _one_of(stance, STANCES, "stance"),
        None if complaint is None else _one_of(complaint, _NO_YES, "complaint") == "1",
    )
    split = real_split(language, row["source"], row["split"], text)
    return Example(text, (target,), language, row["source"], "real", split)


def real_split(language: str, source: str, split: str, text: str) -> Split:
    """Return the split of a real row: the source's own test part stays a test part."""
    if (language, source) == TRANSFER_SOURCE:
        return "transfer-source"
    if split == "test":
        return "test"
    return "train" if int(text_key(text)[:8], 16) % _REAL_DEV_SHARE else "dev"


def calibration_keys(shared: Path) -> frozenset[str]:
    """Return the keys of the texts that readers are calibrated with: they are neither trained nor tested on."""
    path = shared / "calibration.tsv"
    rows = iter(_tsv(path)) if path.is_file() else iter(())
    column = next(rows, ["text"]).index("text")
    return frozenset(text_key(row[column]) for row in rows)


def shared_rows(shared: Path, language: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of every `*_<language>.*.jsonl.gz` under `shared`, test parts last."""
    import gzip

    for part in ("train", "test"):
        for path in sorted(shared.glob(f"*_{language}.{part}.jsonl.gz")):
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                yield from ({**json.loads(line), "split": part} for line in lines)


def _tsv(path: Path) -> Iterable[list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


def _stars(value: str | int) -> int:
    stars = int(value)
    if stars not in STARS:
        raise ValueError(f"stars must be 1 to 5, found {value!r}")
    return stars


def _moment(value: str) -> Moment:
    return _one_of(value, MOMENTS, "moment")


def _one_of(value: str, allowed: tuple[Label, ...], name: str) -> Label:
    for label in allowed:
        if label == value:
            return label
    raise ValueError(f"{name} must be one of {', '.join(allowed)}; found {value!r}")
