"""Paired permutation tests: what if the two sets had been mixed up?"""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from dfer.experiments.statistics.sample import Floats, FoldSample

RESAMPLES = 9999
_SEED = 0  # the same runs give the same p
_BATCH = 1000


def p_of_runs(folds: Sequence[FoldSample]) -> float:
    """Two-sided p where each pair of trained runs may be mixed up.

    If words did not matter, the two runs of one fold and seed would differ only as two trainings do, and
    either could have been the other's. Clips cannot be mixed up one by one: a training is right or wrong on
    many together. With n pairs no p is below 2 / 2ⁿ.
    """
    shares = [fold.of_seeds / (len(fold.values) * len(folds)) for fold in folds]
    return _p(np.concatenate(shares))


def p_of_clips(folds: Sequence[FoldSample]) -> float:
    """Two-sided p where the two answers to each clip may be mixed up: of sets without any training."""
    shares = [fold.values.mean(axis=0) * fold.weights / len(folds) for fold in folds]
    return _p(np.concatenate(shares))


def _p(shares: Floats) -> float:
    """Of a sum of shares, each of which may have had the other sign; exact where there are few."""
    shares = shares[shares != 0]  # these have no sign to change
    if len(shares) < 2:
        return 1.0  # either sign is as far from zero
    found = stats.permutation_test(
        (shares,),
        lambda values, axis: values.sum(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=_BATCH,
        rng=np.random.default_rng(_SEED),
    )
    return float(found.pvalue)


def smallest_p(pairs: int) -> float:
    """What no permutation test of so many pairs falls below."""
    return min(1.0, 2.0 ** (1 - pairs))
