"""λ → 0: which results converge in the rescaled time λt, and how fast, from the same initial weights."""

import itertools
from typing import Any

import numpy as np
import xarray as xr

from sim import metrics
from sim.flow import Flow
from sim.replicates import observe
from theory import Autoencoder, interference, sparsification
from validation.experiments.collisions import ratio_law
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.report.statistics import Estimate, bootstrap

RTOL, CAREFUL = 1e-3, 2e-4  # the second one at the smallest λ, to see what the integrator changes
STRENGTHS = [1e-2 / 2**k for k in range(11)]
SMALLEST = {"l1": STRENGTHS[-1], "rtol": RTOL}
LOOKS = (0.1, 1.0)  # λt at which active weights are counted
FITTED = 2.6e-3  # largest λ of those that the order is fitted to
CLEAR = 2.0  # times what the integrator changes: smaller changes are not fitted
ORDERS = np.linspace(-1, 4, 501)


def settings(full: bool) -> list[Setting]:
    """Return λ halved ten times at each size, and the smallest one with a smaller tolerance, too."""
    sizes = [(64, 64), (64, 128), (64, 256)] if full else [(32, 32), (32, 128)]
    runs = [*itertools.product(STRENGTHS, [RTOL]), (STRENGTHS[-1], CAREFUL)]
    return grid({"n, m": sizes, "l1, rtol": runs, "replicates": 60 if full else 20})


def measure(n: int, m: int, l1: float, rtol: float, replicates: int, seed: int) -> xr.Dataset:
    """Run the flow to its end from the same initial weights at each λ, and compare with the smallest λ.

    There, a smaller tolerance says what the integrator changes. The order p in |change| ∝ λ^p is fitted to
    changes from one λ to the next, λ ≤ 0.0026, as long as they are more than twice those by the integrator.
    Theory is the exclusion law for polysemantic neurons, and else one encoding alone, or the slowest of n.
    """
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


def _order(group: xr.Dataset, level: float) -> Estimate | None:
    """Return the order p of changes ∝ λ^p from one λ to the next, for small λ, while they are clear.

    By maximum likelihood for Poisson variables, as for counts, since changes may be zero: the mean of ln λ,
    weighted with the changes, is that weighted with λ^p.
    """
    ordered = group.sortby(["l1", "rtol"], ascending=False)
    winner, l1 = ordered.winner.values, ordered.l1.values
    changed = (winner[1:] != winner[:-1]).mean(axis=-1)
    halved, fitted = l1[1:] < l1[:-1], l1[:-1] <= FITTED
    floor = changed[~halved].mean() if not halved.all() else 0.0  # by another tolerance
    steps = changed[halved & fitted]
    steps = steps[np.logical_and.accumulate(steps.mean(axis=1) > CLEAR * floor)]
    if len(steps) < 3 or not steps.any():
        return None
    logs = np.log(l1[:-1][halved & fitted][: len(steps)])
    weights = np.exp(logs * ORDERS[:, None])
    centres = weights @ logs / weights.sum(axis=1)

    def order(*columns: np.ndarray, axis: int = -1) -> np.ndarray:
        means = np.stack([column.mean(axis=axis) for column in columns], axis=-1)
        return np.interp(means @ logs / np.maximum(means.sum(axis=-1), 1e-300), centres, ORDERS)

    return bootstrap(steps.T, order, level)


def _slowest(part: xr.Dataset) -> float:
    """Return the mean λT of the slowest of n encodings alone."""
    x = np.linspace(0, 20, 2001)
    law = sparsification.time_to_sparsity(Autoencoder(1, int(part.m), float(part.l1)))
    return float(np.trapezoid(1 - law.cdf(x) ** int(part.n), x))


def _left_out(part: xr.Dataset) -> Band:
    out = interference.initial_strength(Autoencoder(int(part.n), int(part.m), float(part.l1)))
    return Band(1 - out, 1 + out, "1 ± (n − 1)/(2m), the interference left out")


def _read(name: str, label: str, *theory: Any) -> dict[str, Quantity]:
    """Return a mean at each λ, and its difference from that at the smallest, run by run."""
    apart = mean_of(lambda part, base: part[name] - base[name])
    away = Quantity(f"{label}: difference", apart, beside=SMALLEST)
    return {name: Quantity(label, mean_of(name), *theory), f"{name}_apart": away}


CHANGED = mean_of(lambda part, base: part.winner != base.winner)
EXCLUSION = Band(0.7, 1.3, "as the exclusion law holds on the full flow, see quarter_constant")
EXPERIMENTS = (
    Experiment(
        "l1_to_zero",
        "Which results converge as λ → 0, and how fast?",
        "seed 001, questions",
        settings,
        measure,
        {
            "winner": Quantity("share with another winner than at the smallest λ", CHANGED, beside=SMALLEST),
            "order": Quantity("order p, winners", _order, over=("n", "m")),
            **_read(
                "polysemantic_neurons", "polysemantic neurons", ratio_law.expected, lambda part: EXCLUSION
            ),
            **_read("kept", "share of largest initial weights that win"),
            **_read("network_time", "λT of the network", _slowest, _left_out),
        },
        (
            Panel("winner", "l1", ("m",), "x"),
            Panel("polysemantic_neurons", "l1", ("m",), "x", options={"ylim": (0, None)}),
            Panel("network_time", "l1", ("m",), "x", ratio=True),
            Panel("kept", "l1", ("m",), "x", options={"ylim": (0, 1)}),
        ),
        "From the largest λ to the smallest the winner changes for {winner[l1=0.01].first:%} of features at "
        "m = {winner[l1=0.01].first[m]} and {winner[l1=0.01].last:%} at m = {winner[l1=0.01].last[m]}; "
        "changes are in proportion to λ^p with p = {order.first} at m = {order.first[m]}.",
        "And means over runs? Compared with the smallest λ, polysemantic neurons are decidedly more in "
        "{polysemantic_neurons_apart.positive} settings and fewer in {polysemantic_neurons_apart.negative}, "
        "the share of largest initial weights that win is larger in {kept_apart.positive} and smaller in "
        "{kept_apart.negative}, and λT of the network longer in {network_time_apart.positive} and shorter in "
        "{network_time_apart.negative} (95 % intervals of the difference).",
        "The integrator's own changes (rows of the smaller tolerance) hide what happens below them; where an "
        "order is missing, changes were not clear of them.",
    ),
)
