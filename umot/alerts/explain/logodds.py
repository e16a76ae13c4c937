"""How much more often: weighted log-odds ratios with an informative Dirichlet prior.

Monroe, Colaresi & Quinn (2008), "Fightin' Words: Lexical Feature Selection and Evaluation for Identifying the Content
of Political Conflict", Political Analysis 16(4), section 3.3.1. Counted are voters, not words. The prior of a term is
its share in both periods together, worth `PRIOR` voters. The time before is joined by imagined voters, of whom one used
the term: without any time before there are `ORDINARY` of them, and each term is compared with a word that one voter in
fifty uses; they give way as real voters come, and what remains is the one vote that lets a new word be judged.
"""

from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PRIOR: Final = 10.0
ORDINARY: Final = 50.0
LEAST_LOG_ODDS: Final = float(np.log(1.5))
_FALSE: Final = 0.05


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


def least_z(terms: int) -> float:
    """Return the z-score above which, with that many terms looked at, chance comes in one event of twenty.

    Šidák (1967), "Rectangular confidence regions for the means of multivariate normal distributions".
    """
    return NormalDist().inv_cdf((1 - _FALSE) ** (1 / max(terms, 1)))


def _logit(count: Floats, of: Floats) -> tuple[Floats, Floats]:
    """Return log-odds and their variance; its second part, small for rare words, is left out in the paper."""
    # A word that everybody uses: half a voter is taken not to.
    rest = np.maximum(of - count, 0.5)
    return np.asarray(np.log(count / rest)), np.asarray(1 / count + 1 / rest)
