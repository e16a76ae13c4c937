"""The codes a text can get; every other module takes them from here."""

from collections.abc import Mapping
from typing import Final, Literal, get_args

Moment = Literal["lzmot", "zmot", "fmot", "dmot", "smot", "umot", "none"]
Stance = Literal["lzmot", "zmot", "fmot", "dmot", "smot", "umot", "none"]
Sentiment = Literal["negative", "neutral", "positive"]
Kind = Literal["review", "post", "question", "answer", "comment", "ticket", "survey"]

MOMENTS: Final[tuple[Moment, ...]] = get_args(Moment)
STANCES: Final[tuple[Stance, ...]] = get_args(Stance)
SENTIMENTS: Final[tuple[Sentiment, ...]] = get_args(Sentiment)
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
LANGUAGES: Final = ("nl", "en", "de", "fr", "es", "it")
STARS: Final = (1, 2, 3, 4, 5)
# What a label of another model can mean: a moment, or a sentiment in three classes or five.
CODES: Final = (*MOMENTS, *SENTIMENTS, *map(str, STARS))


def sentiment_of_stars(stars: int) -> Sentiment:
    """Return the three-way class of a five-point judgement (1-2, 3, 4-5)."""
    return SENTIMENTS[(stars > 2) + (stars > 3)]


def checked_codes(labels: Mapping[str, str]) -> dict[str, str]:
    """Return what another model's labels mean, as codes in lower case.

    Raises:
        ValueError: naming a label without a known code, or because some are moments and others sentiments.
    """
    codes = {label: code.lower() for label, code in labels.items()}
    for label, code in codes.items():
        if code not in CODES:
            raise ValueError(f"{label}: not one of {', '.join(CODES)}")
    if len({code in MOMENTS for code in codes.values()}) > 1:
        raise ValueError("moments and sentiments in one; a model's labels are all moments or all sentiments")
    return codes
