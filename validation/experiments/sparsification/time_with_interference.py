"""Time to sparsity with interference, of features and of networks, against the law without."""

from functools import cache

import numpy as np
import xarray as xr
from scipy.stats.distributions import rv_frozen

from sim.flow import Flow
from sim.replicates import observe
from theory import Autoencoder, interference, sparsification
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, grid
from validation.report.statistics import Estimate, bootstrap, mean

STEP = 0.02  # between looks, as a share of the time
SIZES = (
    [(n, m, 1e-3, 48) for n, m in ((64, 64), (64, 256), (64, 1024), (16, 64))],
    [(n, n * per, 1e-3, 6400 // n) for n in (16, 64, 128) for per in (1, 2, 4, 8, 16, 32) if n * per <= 2048]
    + [(n, n * per, 1e-4, 6400 // n) for n in (16, 64) for per in (1, 4, 16)],
)
QUANTILES = (("feature", 0.5), ("feature", 0.9), ("network", 0.5), ("network", 0.9))
LOOKS = np.exp(np.arange(np.log(0.02), np.log(100), STEP))  # in λt


def measure(n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Look at the flow at times 2 % apart until it is at rest.

    A feature is sparse after the last look at which it has more than one active weight; a network after its
    last death. Theory is the law of one encoding of m weights alone, and for a network that of the slowest of
    n independent ones. Runs are independent, their features are not.
    """
    seen = observe(_watch, Autoencoder(n, m, l1), replicates, seed)
    features = (("replicate", "feature"), seen["feature_time"].astype(np.float32))
    return xr.Dataset({"feature_time": features, "network_time": ("replicate", seen["network_time"])})


def _watch(flow: Flow) -> dict[str, np.ndarray | float]:
    """Return λT of each feature, in the middle between two looks, and of the network."""
    last = np.zeros(len(flow.weights))
    for look in LOOKS:
        last[np.count_nonzero(flow.weights, axis=1) > 1] = look
        flow.advance(look / flow.l1)
        if flow.at_rest():
            break
    return {"feature_time": last * np.exp(-STEP / 2), "network_time": flow.l1 * flow.last_change}


def _band(part: xr.Dataset) -> Band:
    left_out = interference.initial_strength(Autoencoder(int(part.n), int(part.m), float(part.l1))) + STEP
    return Band(1 - left_out, 1 + left_out, "1 ± (n − 1)/(2m), the interference left out, and 2 % for looks")


@cache
def _alone(m: int, l1: float) -> rv_frozen:
    return sparsification.time_to_sparsity(Autoencoder(1, m, l1))


def _quantile(what: str, at: float) -> Quantity:
    """Return a quantile of times with the interval of Woodruff (J. Am. Stat. Assoc. 47, 1952)."""

    def estimate(part: xr.Dataset, level: float) -> Estimate:
        times = part[f"{what}_time"].values.reshape(part.sizes["replicate"], -1)
        below = mean((times <= np.quantile(times, at)).mean(axis=1), level)
        ends = np.clip([at, at + below.low - below.value, at + below.high - below.value], 0, 1)
        value, low, high = np.quantile(times, ends).tolist()
        return Estimate(value, low, high, f"{level:.1%} interval, {len(times)} runs")

    def predicted(part: xr.Dataset) -> float:
        alone = _alone(int(part.m), float(part.l1))
        return float(alone.ppf(at if what == "feature" else at ** (1 / part.sizes["feature"])))

    return Quantity(f"λT of a {what}, {at:.0%} quantile", estimate, predicted, _band)


def _independent(part: xr.Dataset, level: float) -> Estimate:
    """Return the share of networks done by their median time if features were independent, as they are."""
    times, n = part.feature_time.values, part.sizes["feature"]
    done = (times <= np.median(times.max(axis=1))).mean(axis=1)
    one = bootstrap(done, np.mean, level)  # powers of arrays differ in their last digit from those of numbers
    return Estimate(one.value**n, one.low**n, one.high**n, one.method)


EXPERIMENTS = (
    Experiment(
        "time_with_interference",
        "How long does it take to become sparse when features interfere?",
        "seed 001, “How fast does it sparsify?”; own derivation of the laws",
        lambda full: grid({"n, m, l1, replicates": SIZES[full]}),
        measure,
        {f"{what}_{at:.0%}": _quantile(what, at) for what, at in QUANTILES}
        | {"independent": Quantity("done by the median time, if independent", _independent, 0.5)},
        (
            *(
                Panel(f"{what}_{at:.0%}", "crowding", ("n", "l1"), "x", ratio=True)
                for what, at in QUANTILES[:3]
            ),
            Panel("independent", "crowding", ("n", "l1"), "x", options={"ylim": (0, 1)}),
        ),
        "At n = 64 and m = {feature_50%[n=64,l1=0.001].first[m]:,} the median time to sparsity of a feature "
        "is {feature_50%[n=64,l1=0.001].first.ratio} times that without interference, and "
        "{feature_50%[n=64,l1=0.001].last.ratio} times at m = {feature_50%[n=64,l1=0.001].last[m]:,}; of a "
        "network it is {network_50%[n=64,l1=0.001].first.ratio} and {network_50%[n=64,l1=0.001].last.ratio} "
        "times.",
        "The median time is shorter than without interference in {feature_50%.below} settings for features "
        "and {network_50%.below} for networks, and longer in {feature_50%.above} and {network_50%.above}. Do "
        "features end independently? Then as many independent ones with the times measured would all be "
        "sparse by the networks' median time with probability ½: it is in {independent.agreeing} intervals.",
        "Times of features are known to 2 %; the smaller λ was run at six sizes only.",
    ),
)
