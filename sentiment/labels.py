"""The codes a text can get; every other module takes them from here."""

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


def sentiment_of_stars(stars: int) -> Sentiment:
    """Return the three-way class of a five-point judgement (1-2, 3, 4-5)."""
    return SENTIMENTS[(stars > 2) + (stars > 3)]
