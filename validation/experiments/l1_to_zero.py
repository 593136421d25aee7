"""λ → 0: which results converge in the rescaled time λt, and how fast, from the same initial weights."""

import itertools
from collections.abc import Callable
from functools import cache

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from sim import metrics
from sim.flow import Flow
from sim.replicates import observe
from theory import Autoencoder, collisions, sparsification
from validation.experiments.experiment import Experiment, Setting, parts
from validation.report import plots
from validation.report.statistics import USUAL, Estimate, bootstrap, mean
from validation.report.wording import interval, number, table

LOOKS = (0.1, 1.0)  # λt at which active weights are counted
RTOL, CAREFUL = 1e-3, 2e-4  # the second one at the smallest λ, to see what the integrator changes
FITTED = 2.6e-3  # largest λ of those that the order is fitted to
CLEAR = 2.0  # times what the integrator changes: smaller changes are not fitted
ORDERS = np.linspace(-1, 4, 501)
Values = Callable[[xr.Dataset], np.ndarray]
Compare = Callable[[xr.Dataset, xr.Dataset], np.ndarray]


def _active(look: int) -> Values:
    return lambda part: part.active.values[:, look]


QUANTITIES: dict[str, Values] = {  # over replicates
    "polysemantic neurons": lambda part: part.polysemantic_neurons.values,
    "share of largest initial weights that win": lambda part: part.kept.values,
    "λT of the network": lambda part: part.network_time.values,
    **{f"active weights at λt = {time:g}": _active(look) for look, time in enumerate(LOOKS)},
}


def _settings(full: bool) -> list[Setting]:
    sizes = [(64, 64), (64, 128), (64, 256)] if full else [(32, 32), (32, 128)]
    strengths = [(1e-2 / 2**k, RTOL) for k in range(11)]
    strengths.append((strengths[-1][0], CAREFUL))
    names = ("n", "m", "l1", "rtol", "replicates")
    runs = [(n, m, *strength, 60 if full else 20) for n, m in sizes for strength in strengths]
    return [dict(zip(names, run, strict=True)) for run in runs]


def _measure(n: int, m: int, l1: float, rtol: float, replicates: int, seed: int) -> xr.Dataset:
    seen = observe(_look, Autoencoder(n, m, l1), replicates, seed, rtol=rtol)
    dims = {"winner": ("replicate", "feature"), "active": ("replicate", "look")}
    return xr.Dataset({name: (dims.get(name, "replicate"), values) for name, values in seen.items()})


def _look(flow: Flow) -> dict[str, np.ndarray | float]:
    initial, active = flow.weights.copy(), []
    for look in LOOKS:
        flow.advance(look / flow.l1)
        active.append(np.count_nonzero(flow.weights, axis=1).mean())
    flow.settle()
    alive = flow.weights.any(axis=1)
    return {
        "winner": np.where(alive, np.abs(flow.weights).argmax(axis=1), -1).astype(np.int16),
        "polysemantic_neurons": float(metrics.polysemantic_neurons(flow.weights)),
        "kept": float(metrics.winner_kept(initial, flow.weights)),
        "network_time": flow.l1 * flow.last_change,
        "active": np.array(active, np.float32),
    }


def _sizes(result: xr.Dataset) -> list[tuple[str, list[xr.Dataset], list[tuple[xr.Dataset, xr.Dataset]]]]:
    """Return for each size its name, its parts by falling λ, and pairs that differ in the tolerance only."""
    groups: dict[tuple[int, int], list[xr.Dataset]] = {}
    for part in parts(result):
        groups.setdefault((int(part.n), int(part.m)), []).append(part)
    found = []
    for (n, m), group in groups.items():
        usual = [part for part in group if part.rtol == RTOL] or group
        twins = [(a, b) for a in usual for b in group if a.l1 == b.l1 and a.rtol > b.rtol]
        found.append((f"n = {n}, m = {m}", sorted(usual, key=lambda part: -_l1(part)), twins))
    return found


def _changed(one: xr.Dataset, other: xr.Dataset) -> np.ndarray:
    """Return by replicate the share of features that have different winners."""
    return (one.winner.values != other.winner.values).mean(axis=1)


def _steps(group: list[xr.Dataset], compare: Compare) -> tuple[np.ndarray, np.ndarray]:
    """Return λ, and over (replicate, λ) how much comes from the next smaller λ."""
    pairs = list(itertools.pairwise(group))
    return np.array([_l1(one) for one, _ in pairs]), np.array([compare(*pair) for pair in pairs]).T


def _order(group: list[xr.Dataset], compare: Compare, floor: float) -> Estimate | None:
    """Return the order p of changes ∝ λ^p from one λ to the next, for small λ, while they are clear.

    By maximum likelihood for Poisson variables, as for counts, since changes may be zero: the mean of
    ln λ, weighted with the changes, is that weighted with λ^p.
    """
    l1, steps = _steps(group, compare)
    clear = np.logical_and.accumulate((l1 > FITTED) | (steps.mean(axis=0) > CLEAR * floor)) & (l1 <= FITTED)
    if np.count_nonzero(clear) < 3 or not steps[:, clear].any():
        return None
    logs, steps = np.log(l1[clear]), steps[:, clear]
    weights = np.exp(logs * ORDERS[:, None])
    centres = weights @ logs / weights.sum(axis=1)

    def order(*columns: np.ndarray, axis: int = -1) -> np.ndarray:
        means = np.stack([column.mean(axis=axis) for column in columns], axis=-1)
        return np.interp(means @ logs / np.maximum(means.sum(axis=-1), 1e-300), centres, ORDERS)

    return bootstrap(steps, order, 0, USUAL)


def _apart(values: Values) -> Compare:
    return lambda one, other: np.abs(values(one) - values(other))


def _converged(group: list[xr.Dataset], values: Values) -> tuple[Estimate, float | None]:
    """Return how far the largest λ is from the smallest, and the λ from which on no difference is seen."""
    differences = [mean(values(part) - values(group[-1]), USUAL) for part in group[:-1]]
    seen = [k for k, found in enumerate(differences) if not found.low <= 0 <= found.high]
    first = max(seen, default=-1) + 1
    return differences[0], _l1(group[first]) if first < len(differences) else None


def _figure(result: xr.Dataset) -> Figure:
    figure, axes = plots.panels(2, 3)
    sizes = _sizes(result)
    for (name, group, _), colour in zip(sizes, plots.sequence(len(sizes)), strict=True):
        l1, steps = _steps(group, _changed)
        if steps.size:
            plots.intervals(axes[0, 0], l1, [mean(step, USUAL) for step in steps.T], color=colour, label=name)
        strengths, some = [_l1(part) for part in group], group[::2]
        for ax, (title, values), law in zip(axes.flat[1:], QUANTITIES.items(), _theory(some), strict=True):
            estimates = [mean(values(part), USUAL) for part in group]
            plots.intervals(ax, strengths, estimates, color=colour, label=name)
            ax.plot([_l1(part) for part in some], law, "--", color=colour, linewidth=1)
            ax.set(xscale="log", xlabel="λ", ylabel=title)
    axes[0, 0].set(xscale="log", xlabel="λ", ylabel="share of features, winner not that at λ/2")
    axes[0, 0].set_yscale("symlog", linthresh=1e-3)
    axes[0, 0].set_ylim(0, 1)
    alone = "one encoding alone"
    laws = ("exclusion law", "", "slowest of n alone", alone, alone)
    for ax, label in zip(axes.flat[1:], laws, strict=True):
        if label:
            ax.plot([], [], "--", color=plots.GREY, label=label)
        ax.legend()
    figure.suptitle("From the same initial weights, as λ → 0; bars: 95 % intervals")
    return figure


def _theory(group: list[xr.Dataset]) -> list[list[float]]:
    """Return what theory says of each of `QUANTITIES` at each λ; NaN where it says nothing."""
    count = collisions.polysemantic_neurons(int(group[0].n), int(group[0].m)).mean()
    laws = [_alone(int(part.n), int(part.m), _l1(part)) for part in group]
    return [[float(count)] * len(group), [np.nan] * len(group), *map(list, zip(*laws, strict=True))]


@cache
def _alone(n: int, m: int, l1: float) -> tuple[float, ...]:
    """Return the mean λT of the slowest of n encodings alone, and the mean active weights of one."""
    model, x = Autoencoder(1, m, l1), np.linspace(0, 20, 2001)
    slowest = np.trapezoid(1 - sparsification.time_to_sparsity(model).cdf(x) ** n, x)
    active = (sparsification.active_weights(model, look / l1).mean() for look in LOOKS)
    return float(slowest), *map(float, active)


def _findings(result: xr.Dataset) -> str:
    texts, rows = [], []
    for name, group, twins in _sizes(result):
        runs = group[0].sizes["replicate"]
        told = f"{_winners(group, twins)} {_means(group)}"
        texts.append(f"**{name}** ({runs} runs at each of {len(group)} λ). {told}")
        rows += [_row(name, title, group, twins) for title in QUANTITIES if len(group) > 1]
    header = (
        "size",
        "result",
        "mean at the smallest λ",
        "at the largest λ, difference from it",
        "no difference seen from λ on",
        "change within runs, last halving",
        "change by the integrator",
        "order p",
    )
    return "\n\n".join(
        (
            *texts,
            "The table has the means at the smallest λ, by how much they differ at the largest one, and from "
            "which λ on the 95 % intervals of the difference hold 0. Beside them it has by how much single "
            "runs change, on average, from the last λ but one to the last, and when the integrator's "
            "tolerance is made smaller instead. The order p in |change| ∝ λ^p is fitted for "
            f"λ ≤ {FITTED:g}, as long as changes are more than {CLEAR:g} times those by the integrator.",
            table(header, rows),
        )
    )


def _winners(group: list[xr.Dataset], twins: list[tuple[xr.Dataset, xr.Dataset]]) -> str:
    if len(group) < 2:
        return "One λ alone shows no convergence."
    l1, steps = _steps(group, _changed)
    first, last = (f"{interval(mean(steps[:, k], USUAL))} at λ = {number(l1[k])}" for k in (0, -1))
    order = _order(group, _changed, _floor(twins, _changed))
    fitted = f", in proportion to λ^p with p = {interval(order)} for λ ≤ {FITTED:g}" if order else ""
    careful = "".join(
        f" A tolerance {float(pair[0].rtol / pair[1].rtol):.0f} times smaller changes "
        f"{interval(mean(_changed(*pair), USUAL))} of the winners at λ = {number(_l1(pair[0]))}."
        for pair in twins
    )
    return (
        "Going to the next smaller λ changes the winner of a share of features of "
        f"{first} and {last}{fitted}. From the largest to the smallest λ the winners of "
        f"{interval(mean(_changed(group[0], group[-1]), USUAL))} change.{careful}"
    )


def _means(group: list[xr.Dataset]) -> str:
    """Say which means do not differ visibly from those at the smallest λ, and from where on."""
    if len(group) < 2:
        return ""
    told = []
    for title, values in QUANTITIES.items():
        _, since = _converged(group, values)
        told.append(f"{title} {f'from λ = {number(since)} on' if since else 'at no larger λ'}")
    return f"Means cannot be told from those at λ = {number(_l1(group[-1]))}: {', '.join(told)}."


def _row(name: str, title: str, group: list[xr.Dataset], twins: list) -> tuple[str, ...]:
    values = QUANTITIES[title]
    difference, since = _converged(group, values)
    compare, floor = _apart(values), _floor(twins, _apart(values))
    order = _order(group, compare, floor)
    return (
        name,
        title,
        interval(mean(values(group[-1]), USUAL)),
        interval(difference),
        "none" if since is None else number(since),
        interval(mean(compare(group[-2], group[-1]), USUAL)),
        number(floor) if twins else "not measured",
        "not clear" if order is None else interval(order),
    )


def _floor(twins: list[tuple[xr.Dataset, xr.Dataset]], compare: Compare) -> float:
    """Return the mean change that the integrator makes."""
    return max((float(compare(*pair).mean()) for pair in twins), default=0.0)


def _l1(part: xr.Dataset) -> float:
    return float(part.l1)


experiment = Experiment(
    "l1_to_zero",
    "Which results converge as λ → 0, and how fast?",
    "seed 001, questions; mathematics, sections 2 and 7",
    _settings,
    _measure,
    _figure,
    _findings,
)
