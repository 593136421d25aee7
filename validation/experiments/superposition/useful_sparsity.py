"""Useful sparsity: from which probability down more features than neurons cost less than the best m alone."""

import numpy as np
import xarray as xr
from scipy import optimize

from theory import Superposition, superposition
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.experiments.findings import Findings
from validation.report.statistics import Estimate, mean, within
from validation.training import train

SIZES = [(4, 2), (8, 2), (8, 4)]
PROBABILITIES = (0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9)


def settings(full: bool) -> list[Setting]:
    """Return sizes and probabilities."""
    points = SIZES if full else [(4, 2)]
    return grid(
        {"n, m": points, "p": PROBABILITIES if full else (0.2, 0.3, 0.5), "replicates": 10 if full else 4}
    )


def measure(n: int, m: int, p: float, replicates: int, seed: int) -> xr.Dataset:
    """Train superposition and compare its exact loss with that of m features alone.

    Alone, m features cost nothing, and each of the others what its best constant output costs. Adam takes
    2,000 steps with a batch of 512 at a rate that falls from 0.01 to 0 like a cosine. The expected loss is
    exact.
    """
    model = Superposition(n, m, p)
    run = train(
        model,
        "adam",
        steps=2000,
        learning_rate=0.01,
        schedule="cosine",
        batch=512,
        replicates=replicates,
        seed=seed,
    )
    losses = [
        superposition.expected_loss(W, b, model)
        for W, b in zip(run.final.values, run.biases.values, strict=True)
    ]
    alone = (n - m) * superposition.alone_loss(p)
    return xr.Dataset({"ratio": ("replicate", np.array(losses) / alone)})


def pairs_over_alone(n: int, m: int, p: float) -> float:
    """Return the loss of antipodal pairs, others left out, over that of m features alone."""
    shared = min(n - m, m)  # neurons with a pair
    alone = superposition.alone_loss(p)
    return (shared * superposition.pair_loss(p) + (n - m - shared) * alone) / ((n - m) * alone)


def _pairs(part: xr.Dataset) -> float:
    return pairs_over_alone(int(part.n), int(part.m), float(part.p))


def _lowest(part: xr.Dataset, level: float) -> Estimate:
    return within(float(part.ratio.min()), 0.0, "lowest of all runs")


def _half(group: xr.Dataset, level: float) -> Estimate | None:
    """Return the p at which half of the loss is saved, between those that were run, run by run."""
    ordered = group.sortby("p")
    at, ratios = np.log(ordered.p.values), ordered.ratio.transpose("replicate", "setting").values
    below, above = (ratios < 0.5).any(axis=1), (ratios > 0.5).any(axis=1)
    if not (below & above).all() or len(ratios) < 2:
        return None
    crossings = [np.exp(np.interp(0.5, np.maximum.accumulate(row), at)) for row in ratios]
    return mean(crossings, level)


def _half_by_pairs(group: xr.Dataset) -> float | None:
    """Return where pairs save half of the loss; only where all others are in pairs can they."""
    n, m = int(group.n.values[0]), int(group.m.values[0])
    if n > 2 * m:
        return None
    return float(optimize.brentq(lambda p: pairs_over_alone(n, m, p) - 0.5, 0.01, 0.9))


def _meaning(found: Findings) -> str:
    lowest = found("lowest")
    return (
        "With the best lengths and biases a pair costs less than one feature alone up to p = "
        f"{superposition.phase_boundary(1.0):.3f}: biases make some interference useful at any density below "
        f"1, but little. At p = {lowest.last['p']} all that is saved is "
        f"{1 - lowest.last.estimate.value:.2%} of the loss. The lowest loss of {lowest.first['n']} features "
        f"on {lowest.first['m']} neurons is {lowest.first} at p = {lowest.first['p']}, "
        f"where pairs have {lowest.first.predicted:.3g}. Beyond two features a neuron pairs leave some out, "
        "and other polygons do better the sparser features are; theory is that of pairs."
    )


AXIS = {"ylim": (0, 1.05), "ylabel": "loss over that of m features alone"}
AT_MOST = Band(0.1, 1.02, "pairs are one way; polygons and less regular ones may cost less")
EXPERIMENTS = (
    Experiment(
        "useful_sparsity",
        "How sparse must features be before they interfere usefully?",
        "seed 003 (sparsity); arXiv:2209.10652, section 3; own",
        settings,
        measure,
        {
            "lowest": Quantity(
                "lowest loss of all runs, over that of m features alone",
                _lowest,
                _pairs,
                lambda _: AT_MOST,
                source="training",
            ),
            "ratio": Quantity("the same, mean over runs", mean_of("ratio"), source="training"),
            "half": Quantity(
                "probability p at which half of the loss is saved",
                _half,
                _half_by_pairs,
                lambda _: Band(0.6, 1.15, "between values of p that were run; not all runs end lowest"),
                over=("n", "m"),
                source="training",
            ),
        },
        (
            Panel("lowest", "p", ("n", "m"), "x", options={**AXIS, "title": "lowest of all runs"}),
            Panel("ratio", "p", ("n", "m"), "x", options={**AXIS, "title": "mean over runs"}),
        ),
        "Any sparsity helps a little; half of the loss of m features alone is saved below p = {half.first} "
        "to {half.last} in the mean over runs, with antipodal pairs, as in the best runs, below "
        "{half.first.predicted:.3g}.",
        _meaning,
        "Features are of equal importance, and sizes small enough for an exact loss.",
    ),
)
