"""Phrases that are pieces of one another told once."""

from collections.abc import Collection, Mapping
from typing import Final

from umot.alerts.explain.reading import Term

_NEARLY_AS_COMMON: Final = 0.7
_TOGETHER: Final = 0.5


def merged(users: Mapping[Term, Collection[int]]) -> list[Term]:
    """Return the phrases, most telling first, without those that are pieces of another.

    Of two that contain each other or overlap at an end, and that mostly the same voters used, the more telling one
    stays; a longer one that contains it takes its place when it is nearly as common.

    Args:
        users: who used each phrase, most telling phrase first.
    """
    kept: list[Term] = []
    for phrase in users:
        rivals = [other for other in kept if _same(phrase, other, users)]
        if not rivals:
            kept.append(phrase)
        elif _replaces(phrase, rivals[0], users):
            kept = [phrase if other == rivals[0] else other for other in kept if other not in rivals[1:]]
    return kept


def _same(one: Term, other: Term, users: Mapping[Term, Collection[int]]) -> bool:
    both = len(set(users[one]) & set(users[other]))
    return _touch(one, other) and both >= _TOGETHER * min(len(users[one]), len(users[other]))


def _replaces(phrase: Term, rival: Term, users: Mapping[Term, Collection[int]]) -> bool:
    nearly_as_common = len(users[phrase]) >= _NEARLY_AS_COMMON * len(users[rival])
    return len(phrase) > len(rival) and _contains(phrase[1:], rival[1:]) and nearly_as_common


def _touch(one: Term, other: Term) -> bool:
    """Say whether one contains the other or ends with what the other begins with; both in the same language."""
    a, b = one[1:], other[1:]
    return one[0] == other[0] and (_contains(a, b) or _contains(b, a) or _overlap(a, b) or _overlap(b, a))


def _contains(long: Term, short: Term) -> bool:
    return any(long[at : at + len(short)] == short for at in range(len(long) - len(short) + 1))


def _overlap(left: Term, right: Term) -> bool:
    return any(left[-length:] == right[:length] for length in range(1, min(len(left), len(right))))
