"""Times to sparsity of features and of networks, beside the laws of independent encodings."""

from functools import cache

import numpy as np
import xarray as xr
from scipy.stats.distributions import rv_frozen

from theory import Autoencoder, sparsification
from validation.report.statistics import Estimate, bootstrap, mean

LEVELS = np.arange(1, 20) / 20  # of the law, at which a sample is compared with it


@cache
def _law_of(m: int, l1: float) -> rv_frozen:
    return sparsification.time_to_sparsity(Autoencoder(1, m, l1))


def _law(part: xr.Dataset, universal: bool = False) -> rv_frozen:
    return sparsification.time_to_sparsity() if universal else _law_of(int(part.m), float(part.l1))


def _times(part: xr.Dataset, what: str) -> tuple[np.ndarray, int]:
    """Return times over (replicate, feature), and of how many encodings each is the slowest."""
    if what == "feature":
        return part.feature_time.values, 1
    return part.network_time.values[:, None], part.sizes["feature"]


def quantile(part: xr.Dataset, level: float, what: str, at: float) -> Estimate:
    """Return a quantile of times, runs being independent and features not.

    The interval is Woodruff's (J. Am. Stat. Assoc. 47, 1952): quantiles at the ends of the interval of the
    share of times below.
    """
    times, _ = _times(part, what)
    below = mean((times <= np.quantile(times, at)).mean(axis=1), level)
    ends = np.clip([at, at + below.low - below.value, at + below.high - below.value], 0, 1)
    value, low, high = np.quantile(times, ends).tolist()
    return Estimate(value, low, high, f"{level:.1%} interval, {len(times)} runs")


def predicted(part: xr.Dataset, what: str, at: float) -> float:
    """Return a quantile of the law of m weights alone, for a network of the slowest of n."""
    return float(_law(part).ppf(at ** (1 / _times(part, what)[1])))


def distance(part: xr.Dataset, level: float, what: str, universal: bool) -> Estimate:
    """Return D, the largest difference of the shares of times below quantiles of a law from these."""
    times, slowest_of = _times(part, what)
    shares = (times[..., None] <= _law(part, universal).ppf(LEVELS ** (1 / slowest_of))).mean(axis=1) - LEVELS
    each = [mean(column, 1 - (1 - level) / LEVELS.size) for column in shares.T]  # Bonferroni
    return Estimate(
        max(abs(e.value) for e in each),
        max(0.0, *(max(e.low, -e.high) for e in each)),
        max(max(e.high, -e.low) for e in each),
        f"{level:.1%} simultaneous interval, {len(times)} runs",
    )


def independent(part: xr.Dataset, level: float) -> Estimate:
    """Return the share of networks done by their median time if features were independent, as they are."""
    times, n = part.feature_time.values, part.sizes["feature"]
    done = (times <= np.median(times.max(axis=1))).mean(axis=1)
    return bootstrap(done, lambda column, axis=-1: column.mean(axis=axis) ** n, level)
