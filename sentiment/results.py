"""What goes into the classifier and what comes out."""

from dataclasses import dataclass

from sentiment.labels import Kind, Moment, Sentiment, Stance


@dataclass(frozen=True)
class Document:
    """A text to classify; `language` is the source's claim (BCP 47), `kind` the kind of post."""

    text: str
    language: str | None = None
    kind: Kind | None = None


@dataclass(frozen=True)
class MentionResult:
    """One mention: code points [start, end) of the document's text.

    `score` in [-1, 1]; `uncertain`: the moment or the sentiment is below its threshold.
    """

    start: int
    end: int
    text: str
    moment: Moment
    moment_probability: float
    sentiment: Sentiment
    score: float
    uncertain: bool


@dataclass(frozen=True)
class Result:
    """A whole post; `language` is ISO 639-1, or None when the text does not tell."""

    language: str | None
    stance: Stance
    complaint: bool
    complaint_probability: float
    sentiment: Sentiment
    score: float
    uncertain: bool
    mentions: tuple[MentionResult, ...]
