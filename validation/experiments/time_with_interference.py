"""Time to sparsity with interference: of single features and of the whole network, against the laws without.

A feature is sparse after the last time at which it has more than one active weight. Looks 2 % of the time
apart bracket it. The laws are those of one encoding alone, the universal one and that of m weights
(`theory.sparsification.duration`), and for a network those of the slowest of n independent encodings.
"""

from functools import cache

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from scipy.stats.distributions import rv_frozen

from sim.flow import Flow
from sim.replicates import observe
from theory import Autoencoder, sparsification
from validation import plots
from validation.experiment import Experiment, Setting, parts
from validation.statistics import USUAL, Estimate, bootstrap, mean
from validation.wording import interval, table

STEP = 0.02  # between looks, as a share of the time
LOOKS = np.exp(np.arange(np.log(0.02), np.log(100), STEP))  # in λt
LEVELS = np.arange(1, 20) / 20  # of the law, at which a sample is compared with it


def _settings(full: bool) -> list[Setting]:
    if full:
        sizes = [(64, m) for m in (64, 128, 256, 512, 1024, 2048)] + [(16, 64), (16, 1024), (128, 128)]
        return [{"n": n, "m": m, "l1": 1e-3, "replicates": 200 if n * m < 10**5 else 100} for n, m in sizes]
    return [
        {"n": n, "m": m, "l1": 1e-3, "replicates": 48} for n, m in ((64, 64), (64, 256), (64, 1024), (16, 64))
    ]


def _measure(n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    seen = observe(_watch, Autoencoder(n, m, l1), replicates, seed)
    return xr.Dataset(
        {
            "feature_time": (("replicate", "feature"), seen["feature_time"].astype(np.float32)),
            "network_time": ("replicate", seen["network_time"]),
        }
    )


def _watch(flow: Flow) -> dict[str, np.ndarray | float]:
    """Return λT of each feature, in the middle between two looks, and of the network."""
    last = np.zeros(len(flow.weights))
    for look in LOOKS:
        last[np.count_nonzero(flow.weights, axis=1) > 1] = look
        flow.advance(look / flow.l1)
        if flow.at_rest():
            break
    return {"feature_time": last * np.exp(-STEP / 2), "network_time": flow.l1 * flow.last_change}


@cache
def _law(m: int, l1: float) -> rv_frozen:
    return sparsification.time_to_sparsity(Autoencoder(1, m, l1))


def _laws(part: xr.Dataset) -> tuple[rv_frozen, rv_frozen]:
    """Return the law of m weights and the universal one."""
    return _law(int(part.m), float(part.l1)), sparsification.time_to_sparsity()


def _samples(part: xr.Dataset) -> dict[str, tuple[np.ndarray, int]]:
    """Return times over (replicate, feature), and of how many encodings each is the slowest."""
    features, networks = part.feature_time.values, part.network_time.values[:, None]
    return {"feature": (features, 1), "network": (networks, features.shape[1])}


def _over(times: np.ndarray, law: rv_frozen, slowest_of: int, level: float) -> Estimate:
    """Return a quantile of times over that of the law, runs being independent and features not.

    The interval is Woodruff's (J. Am. Stat. Assoc. 47, 1952): quantiles at the ends of the interval of the
    share of times below.
    """
    below = mean((times <= np.quantile(times, level)).mean(axis=1), USUAL)
    ends = np.clip([level, level + below.low - below.value, level + below.high - below.value], 0, 1)
    value, low, high = np.quantile(times, ends) / law.ppf(level ** (1 / slowest_of))
    return Estimate(float(value), float(low), float(high), f"{USUAL:.0%} interval, {len(times)} runs")


def _distance(times: np.ndarray, law: rv_frozen, slowest_of: int) -> Estimate:
    """Return the largest difference of the shares of times below `LEVELS` of the law from these."""
    shares = (times[..., None] <= law.ppf(LEVELS ** (1 / slowest_of))).mean(axis=1) - LEVELS
    each = [mean(column, 1 - (1 - USUAL) / LEVELS.size) for column in shares.T]  # Bonferroni
    return Estimate(
        max(abs(e.value) for e in each),
        max(0.0, *(max(e.low, -e.high) for e in each)),
        max(max(e.high, -e.low) for e in each),
        f"{USUAL:.0%} simultaneous interval, {len(times)} runs",
    )


def _independent(part: xr.Dataset) -> Estimate:
    """Return the share of networks done by their median time if features were independent, as they are."""
    times, n = part.feature_time.values, part.sizes["feature"]
    done = (times <= np.median(times.max(axis=1))).mean(axis=1)
    return bootstrap(done, lambda column, axis=-1: column.mean(axis=axis) ** n, 0, USUAL)


def _figure(result: xr.Dataset) -> Figure:
    figure, axes = plots.panels(2, 2)
    settings = list(parts(result))
    universal = sparsification.time_to_sparsity()
    x = np.geomspace(0.2, 15, 200)
    for part, colour in zip(settings, plots.sequence(len(settings)), strict=True):
        n, label = int(part.n), f"n = {int(part.n)}, m = {int(part.m)}"
        for ax, (name, (times, _)) in zip(axes[0], _samples(part).items(), strict=True):
            ordered = np.sort(times.ravel())
            share = np.arange(ordered.size, 0, -1) / ordered.size
            ax.step(ordered, share, where="pre", color=colour, linewidth=1.2, label=label)
            ax.set(xscale="log", yscale="log", xlabel=f"λT of a {name}", ylabel="share still racing")
    axes[0, 0].plot(x, universal.sf(x), color=plots.BLACK, linestyle="--", label="universal law")
    for n in sorted({int(part.n) for part in settings}):
        label = f"slowest of {n} by the universal law"
        style = {"color": plots.BLACK if n == max(result.n) else plots.GREY, "linestyle": "--"}
        axes[0, 1].plot(x, -np.expm1(n * universal.logcdf(x)), label=label, **style)
    for ax, name, least in zip(axes[0], ("feature", "network"), (3e-4, 5e-3), strict=True):
        ax.set(xlim=(x[0], x[-1]), ylim=(least, 1.5), title=f"Time to sparsity of a {name}")
        ax.set_xticks([0.2, 0.5, 1, 2, 5, 10], ["0.2", "0.5", "1", "2", "5", "10"])
        ax.minorticks_off()
        ax.legend(fontsize="small", loc="lower left")
    for ax, name in zip(axes[1], ("feature", "network"), strict=True):
        for level, colour, shift in (
            (0.1, plots.SKY, 0.96),
            (0.5, plots.BLUE, 1),
            (0.9, plots.VERMILION, 1.04),
        ):
            ratios = [_over(*_ordered(part, name), level) for part in settings]
            loads = [shift * int(part.n) / int(part.m) for part in settings]
            plots.intervals(ax, loads, ratios, color=colour, label=f"{level:.0%} quantile")
        ax.axhline(1, color=plots.BLACK, linewidth=1, label="law of m weights alone")
        ax.set(xscale="log", xlabel="load n/m", ylabel="measured λT over the law's")
        ax.legend(fontsize="small")
    figure.suptitle(f"Time to sparsity with interference, λ = {float(result.l1[0]):g}; bars: 95 % intervals")
    return figure


def _ordered(part: xr.Dataset, name: str) -> tuple[np.ndarray, rv_frozen, int]:
    times, slowest_of = _samples(part)[name]
    return times, _laws(part)[0], slowest_of


def _findings(result: xr.Dataset) -> str:
    settings = sorted(parts(result), key=lambda part: float(part.n / part.m))
    texts = [_against_law(settings, name) for name in ("feature", "network")]
    apart = [(part, _independent(part)) for part in settings]
    tied = [f"{interval(share)} at {_where(part)}" for part, share in (apart[0], apart[-1])[: len(apart)]]
    header = (
        "n",
        "m",
        "runs",
        "feature: median over that of the law of m weights",
        "feature: 90 % quantile over the law's",
        "feature: distance D from the law",
        "feature: D from the universal law",
        "network: median over that of the slowest of n",
        "network: D from the law of the slowest of n",
        "network: D, universal law",
        "done by the median time, if independent",
    )
    return "\n\n".join(
        (
            *texts,
            "Are features independent? At the median time of networks, when half of them are sparse, as many "
            "independent features with the times measured would all be sparse with a probability of "
            f"{' and '.join(tied)}.",
            f"λ = {float(result.l1[0]):g}. Times of features are known to {STEP:.0%}. D is the largest "
            "difference of shares at the law's 5 %, 10 %, … 95 % quantiles. Intervals are 95 %, runs being "
            "independent and their features not.",
            table(header, [_row(part, independent) for part, independent in apart]),
        )
    )


def _row(part: xr.Dataset, independent: Estimate) -> tuple[str, ...]:
    feature, network = _samples(part).values()
    law, universal = _laws(part)
    estimates = (
        _over(feature[0], law, 1, 0.5),
        _over(feature[0], law, 1, 0.9),
        _distance(feature[0], law, 1),
        _distance(feature[0], universal, 1),
        _over(network[0], law, network[1], 0.5),
        _distance(network[0], law, network[1]),
        _distance(network[0], universal, network[1]),
        independent,
    )
    return f"{int(part.n)}", f"{int(part.m)}", f"{part.sizes['replicate']}", *map(interval, estimates)


def _against_law(settings: list[xr.Dataset], name: str) -> str:
    """Say by how much a median differs from the law's at the lowest and the highest load."""
    ends = (settings[0], settings[-1])[: len(settings)]
    told = [f"{interval(_over(*_ordered(part, name), 0.5))} at {_where(part)}" for part in ends]
    ratios = [_over(*_ordered(part, name), 0.5) for part in settings]
    faster = sum(ratio.high < 1 for ratio in ratios)
    slower = sum(ratio.low > 1 for ratio in ratios)
    law = "the law of one encoding alone" if name == "feature" else "the slowest of n independent encodings"
    return (
        f"The median time to sparsity of a {name}, over that of {law}, is {' and '.join(told)}. It is "
        f"decidedly shorter in {faster} and longer in {slower} of {len(ratios)} settings."
    )


def _where(part: xr.Dataset) -> str:
    return f"n = {int(part.n)}, m = {int(part.m)} ({part.sizes['replicate']} runs)"


experiment = Experiment(
    "time_with_interference",
    "How long does it take to become sparse when features interfere?",
    "seed 001, “How fast does it sparsify?”; mathematics, section 2",
    _settings,
    _measure,
    _figure,
    _findings,
)
