"""Spell texts as hurried people do: a second version of some rows, with spans moved along."""

import random
import re
from dataclasses import replace
from typing import Final

from sentiment.corpus import Example, Target

SHARE: Final = 0.35
_TYPO_RATE: Final = 0.03
_DROPPED: Final = re.compile(r"[.,!?;:…\"'()\U0001f300-\U0001faff\u2600-\u27bf]")


def augmented(example: Example, seed: int) -> Example | None:
    """Return another spelling of the example, or None for the rows that keep only their own.

    Which rows and which change follow from the seed and the text alone.
    """
    generator = random.Random(f"{seed}:{example.text}")  # noqa: S311  # not for secrecy
    if generator.random() >= SHARE:
        return None
    change = generator.choice((_lower, _bare, _typos, _lower_bare))
    pieces = [change(character, generator) for character in example.text]
    text = "".join(pieces)
    if not text.strip() or text == example.text:
        return None
    ends = [0]
    for piece in pieces:
        ends.append(ends[-1] + len(piece))
    targets = tuple(_moved(target, ends) for target in example.targets)
    return replace(example, text=text, targets=targets)


def _moved(target: Target, ends: list[int]) -> Target:
    return replace(target, start=ends[target.start], end=ends[target.end])


def _lower(character: str, _: random.Random) -> str:
    return character.lower()


def _bare(character: str, _: random.Random) -> str:
    return "" if _DROPPED.match(character) else character


def _lower_bare(character: str, generator: random.Random) -> str:
    return _bare(_lower(character, generator), generator)


def _typos(character: str, generator: random.Random) -> str:
    if not character.isalpha() or generator.random() >= _TYPO_RATE:
        return character
    return generator.choice(("", character * 2))
