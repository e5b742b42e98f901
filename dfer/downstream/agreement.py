"""How well predicted scores agree with given ones. Pure functions over numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

_ROUNDING = 1e-9  # scores that are equal on paper differ by less, relative to their size


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """Mean absolute and root mean square error in the score's units, Pearson's correlation, and concordance.

    The correlations are None where the given or the predicted scores are all the same: neither is defined.
    """

    mae: float
    rmse: float
    pcc: float | None
    ccc: float | None


def agreement(given: Sequence[float], predicted: Sequence[float]) -> Agreement:
    """The measures of EmoCLIP §IV-D over at least one pair.

    Concordance as in Lin (1989): 2 cov / (var + var + (difference of the means)²), moments over n. (With
    variances over n − 1, as in torchmetrics, few videos seem to agree better than they do.)

    Raises:
        ValueError: not as many of the one as of the other, or none.
    """
    x, y = np.asarray(given, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1 or not len(x):
        raise ValueError(f"expected as many predicted scores as given ones, found {y.shape} for {x.shape}")
    error = y - x
    defined = not (_constant(x) or _constant(y))
    return Agreement(
        mae=float(np.abs(error).mean()),
        rmse=float(np.sqrt(np.square(error).mean())),
        pcc=float(stats.pearsonr(x, y).statistic) if defined else None,
        ccc=_concordance(x, y) if defined else None,
    )


def mean_agreement(agreements: Sequence[Agreement]) -> Agreement:
    """The mean over targets; None for a measure that is not defined for each of them."""

    def mean(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return float(np.mean(known)) if len(known) == len(values) else None

    return Agreement(
        mae=float(np.mean([one.mae for one in agreements])),
        rmse=float(np.mean([one.rmse for one in agreements])),
        pcc=mean([one.pcc for one in agreements]),
        ccc=mean([one.ccc for one in agreements]),
    )


def _concordance(x: np.ndarray, y: np.ndarray) -> float:
    covariance = np.mean((x - x.mean()) * (y - y.mean()))
    return float(2 * covariance / (x.var() + y.var() + (x.mean() - y.mean()) ** 2))


def _constant(values: np.ndarray) -> bool:
    return bool(np.ptp(values) <= _ROUNDING * np.abs(values).max())
