"""Estimates with intervals: what a measurement says of the number that it is meant to measure.

Dozens of intervals are looked at in one check, for any seed, so that each is wide by default: at a level of
99.9 %, one check in about thirty shows a chance disagreement when everything agrees. Experiments, which
decide nothing, show intervals of the usual 95 %.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import floor, log10

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from validation.report.wording import number

LEVEL = 0.999
USUAL = 0.95
RESAMPLING = 0  # seed of the bootstrap


@dataclass(frozen=True)
class Estimate:
    """A measured value, the interval in which the true one is expected, and how that interval is made."""

    value: float
    low: float
    high: float
    method: str

    def scaled(self, factor: float) -> "Estimate":
        """Return the estimate of `factor` times the number."""
        low, high = sorted((self.low * factor, self.high * factor))
        return Estimate(self.value * factor, low, high, self.method)

    def __format__(self, form: str) -> str:
        """Write the value with its interval, ``6.37 [6.09, 6.65]``, to the digits that it allows; "%" in %.

        An interval without width is left out.
        """
        if form == "%":
            return f"{self.scaled(100)} %"
        if self.low == self.high:
            return number(self.value)
        value, low, high = (_written(x, self.high - self.low) for x in (self.value, self.low, self.high))
        return f"{value} [{low}, {high}]"

    def __str__(self) -> str:
        return format(self)


def mean(sample: ArrayLike, level: float = LEVEL) -> Estimate:
    """Return the mean of a sample with Student's t interval."""
    sample = np.asarray(sample, dtype=float).ravel()
    value = sample.mean()
    half = stats.t.ppf((1 + level) / 2, sample.size - 1) * sample.std(ddof=1) / np.sqrt(sample.size)
    return _estimate(value, value - half, value + half, f"{level:.1%} t interval, {sample.size} samples")


def further(sample: ArrayLike, level: float = LEVEL) -> Estimate:
    """Return the mean of a sample with the interval in which one more value is expected, if normal."""
    sample = np.asarray(sample, dtype=float).ravel()
    value = sample.mean()
    deviation = sample.std(ddof=1) * np.sqrt(1 + 1 / sample.size)
    half = stats.t.ppf((1 + level) / 2, sample.size - 1) * deviation
    return _estimate(value, value - half, value + half, f"{level:.1%} t interval of one more value")


def share(successes: int, trials: int, level: float = LEVEL) -> Estimate:
    """Return a share with the exact interval of Clopper and Pearson."""
    found = stats.binomtest(int(successes), int(trials)).proportion_ci(level, method="exact")
    return _estimate(
        successes / trials, found.low, found.high, f"{level:.1%} exact binomial interval, {trials} trials"
    )


def bootstrap(sample: ArrayLike, statistic: Callable[..., np.ndarray], level: float = LEVEL) -> Estimate:
    """Return a statistic with its bootstrap interval (bias-corrected and accelerated).

    Parameters
    ----------
    sample : ndarray, shape (replicate, …)
        Resampled along its first axis; columns stay together.
    statistic : callable
        Takes the columns of `sample` and an `axis`, as `scipy.stats.bootstrap` calls it.
    level : float
        Confidence level.
    """
    rows = np.asarray(sample, dtype=float)
    columns = rows.reshape(len(rows), -1).T
    value = statistic(*columns, axis=-1)
    method = f"{level:.1%} bootstrap interval, {len(rows)} replicates"
    without_one = [statistic(*np.delete(columns, k, axis=1), axis=-1) for k in range(len(rows))]
    if np.allclose(without_one, value, rtol=1e-12, atol=0):  # every resample gives the same
        return _estimate(value, value, value, method)
    found = stats.bootstrap(
        tuple(columns),
        statistic,
        paired=True,
        vectorized=True,
        n_resamples=4999,
        confidence_level=level,
        rng=np.random.default_rng(RESAMPLING),
    ).confidence_interval
    return _estimate(value, found.low, found.high, method)


def ratio(above: ArrayLike, below: ArrayLike, level: float = LEVEL) -> Estimate | None:
    """Return the sum of one sample over that of another one of the same runs; None if the latter is 0."""
    if not np.any(below):
        return None
    return bootstrap(np.column_stack([above, below]), lambda a, b, axis: a.sum(axis) / b.sum(axis), level)


def order_probability(
    scores: ArrayLike, positive: ArrayLike, negative: ArrayLike, level: float = LEVEL
) -> Estimate | None:
    """Return the probability that of a positive and a negative case the positive one has the larger score.

    Ties count half: it is the area under the ROC curve. The interval allows for cases of one cluster being
    alike (Obuchowski, Biometrics 53, 1997).

    Parameters
    ----------
    scores : array_like, shape (cluster,)
        One score for each cluster of cases.
    positive, negative : array_like of int, shape (cluster,)
        How many cases of it are positive and how many negative.
    level : float
        Confidence level.

    Returns
    -------
    Estimate or None
        None if all cases are positive or none is.
    """
    scores, above, below = (np.asarray(values, float) for values in (scores, positive, negative))
    if not (above.any() and below.any()):
        return None
    order = (np.sign(scores[:, None] - scores) + 1) / 2
    over, under = order @ below / below.sum(), above @ order / above.sum()
    value = above @ over / above.sum()
    off = above * (over - value) / above.sum() + below * (under - value) / below.sum()
    half = stats.norm.ppf((1 + level) / 2) * np.sqrt(off @ off * scores.size / (scores.size - 1))
    method = f"{level:.1%} interval of the area under the ROC curve, {scores.size} clusters"
    return _estimate(value, max(0.0, value - half), min(1.0, value + half), method)


def distance(sample: ArrayLike, cdf: Callable[[np.ndarray], ArrayLike], level: float = LEVEL) -> Estimate:
    """Return the Kolmogorov-Smirnov distance D between a sample and a law.

    The law of the sample lies, in that distance, within the critical value of the sample: the distance
    between the two laws is within D ± critical value, so that 0 lies inside unless the test rejects.
    """
    sample = np.asarray(sample, dtype=float).ravel()
    test = stats.kstest(sample, cdf)
    critical = stats.kstwo.isf(1 - level, sample.size)
    return _estimate(
        test.statistic,
        max(0.0, test.statistic - critical),
        test.statistic + critical,
        f"{level:.1%} Kolmogorov-Smirnov band, {sample.size} samples, p = {test.pvalue:.2g}",
    )


def within(value: float, tolerance: float, reason: str) -> Estimate:
    """Return a deterministic value with a stated tolerance and the reason for its size."""
    return _estimate(value, value - tolerance, value + tolerance, f"tolerance {tolerance:.1g}: {reason}")


def _estimate(value: ArrayLike, low: ArrayLike, high: ArrayLike, method: str) -> Estimate:
    return Estimate(np.asarray(value).item(), np.asarray(low).item(), np.asarray(high).item(), method)


def _written(value: float, width: float) -> str:
    """Write a number to the digits that an interval of some width allows."""
    if not 0 < width < float("inf"):
        return number(value)
    decimals = max(0, 1 - floor(log10(width)))
    return f"{value:.3g}" if decimals > 6 else f"{value:.{decimals}f}"
