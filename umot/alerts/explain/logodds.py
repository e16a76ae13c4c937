"""How much more often: weighted log-odds ratios with an informative Dirichlet prior.

Monroe, Colaresi & Quinn (2008), "Fightin' Words: Lexical Feature Selection and Evaluation for Identifying the Content
of Political Conflict", Political Analysis 16(4), section 3.3.1. Counted are voters, not words. The prior of a term is
its share in both periods together, worth `PRIOR` voters. The time before is joined by imagined voters, of whom one used
the term: without any time before there are `ORDINARY` of them, and each term is compared with a word that one voter in
fifty uses; they give way as real voters come, and what remains is the one vote that lets a new word be judged.
"""

from bisect import bisect_left
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PRIOR: Final = 10.0
ORDINARY: Final = 50.0
LEAST_LOG_ODDS: Final = float(np.log(1.5))
_FALSE: Final = 0.05
_PARTS_NOW: Final = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75)


def log_odds(found: Floats, of_found: Floats, before: Floats, of_before: Floats) -> tuple[Floats, Floats]:
    """Return the log-odds ratio of each term and its z-score.

    Args:
        found: voters that used each term now, of `of_found`.
        before: voters that used it in the time before, of `of_before`.
    """
    before, of_before = before + 1, of_before + ORDINARY * PRIOR / (PRIOR + of_before)
    prior = PRIOR * (found + before) / (of_found + of_before)
    now, now_variance = _logit(found + prior, of_found + PRIOR)
    then, then_variance = _logit(before + prior, of_before + PRIOR)
    return now - then, (now - then) / np.sqrt(now_variance + then_variance)


def highest_z(found: Floats, of_found: Floats, before: Floats, of_before: Floats) -> Floats:
    """Return about the highest z-score that each term could have had with its votes: nearly all of them now.

    Where all would be now, the score may be lower again, as little is known of those who do not use the term.
    """
    votes = found + before
    now = np.minimum(votes, of_found)
    splits = (np.maximum(np.floor(now * part), votes - of_before) for part in _PARTS_NOW)
    scores = [log_odds(split, of_found, votes - split, of_before)[1] for split in splits]
    return np.asarray(np.max(scores, axis=0))


def least_z(highest: Floats) -> float:
    """Return the z-score above which chance comes in one event of twenty.

    Only terms whose highest possible z-score reaches it can pass by chance, so only they are counted. Tarone (1990), "A
    modified Bonferroni method for discrete data", Biometrics 46(2); Šidák (1967), "Rectangular confidence regions for
    the means of multivariate normal distributions".
    """

    def is_enough(terms: int) -> bool:
        return int(np.count_nonzero(highest >= _least_z_of(terms))) <= terms

    sizes = range(1, max(len(highest), 1) + 1)
    return _least_z_of(sizes[bisect_left(sizes, True, key=is_enough)])


def _least_z_of(terms: int) -> float:
    return NormalDist().inv_cdf((1 - _FALSE) ** (1 / terms))


def _logit(count: Floats, of: Floats) -> tuple[Floats, Floats]:
    """Return log-odds and their variance; its second part, small for rare words, is left out in the paper."""
    # A word that everybody uses: half a voter is taken not to.
    rest = np.maximum(of - count, 0.5)
    return np.asarray(np.log(count / rest)), np.asarray(1 / count + 1 / rest)
