"""Mean and spread of single figures."""

from collections.abc import Hashable, Sequence

import numpy as np


def mean_of_groups(values: Sequence[float], groups: Sequence[Hashable]) -> float:
    """The mean over groups of the means of their values: groups weigh the same, however many they have."""
    return float(
        np.mean(
            [
                np.mean([v for v, g in zip(values, groups, strict=True) if g == group])
                for group in dict.fromkeys(groups)
            ]
        )
    )


def deviation(values: Sequence[float]) -> float | None:
    """Sample standard deviation (n − 1); None of a single value."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else None
