"""Correlated and anti-correlated features: how often the two of a pair share a neuron."""

import numpy as np
import xarray as xr

from theory import Autoencoder
from validation.experiments.co_occurrence.sparse_inputs import END, relative, train_rare, undecided
from validation.experiments.experiment import Experiment, Panel, Quantity, grid, mean_of
from validation.report.statistics import Estimate, share
from validation.training.inputs import Anticorrelated, Correlated, Independent

LARGE = 0.5  # size, relative to that of usual winners, from which on a weight counts
INPUTS = {"independent": Independent, "correlated": Correlated, "anticorrelated": Anticorrelated}
SIGNS = {"opposite": "opposite signs", "same": "the same sign"}
ON = {"weights": "L1 on weights", "activations": "L1 on activations"}
POINTS = [(0.04, 0.1)], [(0.08, 0.1), (0.04, 0.03), (0.04, 0.1), (0.02, 0.1)]  # λ and p


def measure(
    inputs: str, l1_on: str, n: int, m: int, l1: float, p: float, replicates: int, seed: int
) -> xr.Dataset:
    """Train networks, to λt = 8, on features in pairs that are on independently, always together, or never.

    Each feature is on with probability p; λ and times are per occurrence; L1 is on weights or on hidden
    activations, as in seed 001. Two features share a neuron if
    both have a weight on it larger than half the usual winner (the median over features of the largest
    weight), with opposite signs (benign) or the same sign.
    """
    model = Autoencoder(n, m, l1)
    run = train_rare(model, INPUTS[inputs], p, END / l1, seed, replicates=replicates, l1_on=l1_on)
    final = relative(run.final)
    counts = {"undecided": undecided(final)}
    for signs, sharing in _sharing(final).items():
        of_pairs = sharing[:, np.arange(0, n, 2), np.arange(1, n, 2)].sum(axis=1)
        counts |= {f"{signs}_pairs": of_pairs, f"{signs}_others": sharing.sum(axis=(1, 2)) // 2 - of_pairs}
    return xr.Dataset({name: ("replicate", count.astype(np.int16)) for name, count in counts.items()})


def _sharing(weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return which two features share a neuron, by signs: (replicate, feature, feature), symmetric."""
    strong = np.sign(weights) * (np.abs(weights) > LARGE)
    products = strong[:, :, None] * strong[:, None]
    apart = ~np.eye(weights.shape[1], dtype=bool)
    return {"opposite": (products < 0).any(axis=-1), "same": apart & (products > 0).any(axis=-1)}


def _number(part: xr.Dataset, name: str) -> int:
    """Return of how many pairs of two features the counts are: of the pairs, or of different ones."""
    n = int(part.n)
    return n // 2 if name.endswith("pairs") else n * (n - 2) // 2


def _share(label: str, name: str) -> Quantity:
    def estimate(part: xr.Dataset, level: float) -> Estimate:
        return share(int(part[name].sum()), part[name].size * _number(part, name), level)

    return Quantity(label, estimate)


def _excess(label: str, pairs: str, others: str) -> Quantity:
    def excess(part: xr.Dataset) -> xr.DataArray:
        return part[pairs] / _number(part, pairs) - part[others] / _number(part, others)

    return Quantity(label, mean_of(excess))


EXPERIMENTS = (
    Experiment(
        "correlated_pairs",
        "Do features that are always, or never, on together share neurons more often than others?",
        "seed 001, comments; seed 002; inputs: arXiv:2209.10652",
        lambda full: grid(
            {"inputs": INPUTS, "l1_on": ON, "n": 16, "m": 16, "l1, p": POINTS[full], "replicates": 30}
        ),
        measure,
        {
            name: quantity
            for signs, label in SIGNS.items()
            for pairs, others in [(f"{signs}_pairs", f"{signs}_others")]
            for name, quantity in {
                pairs: _share(f"share of pairs on one neuron, {label}", pairs),
                others: _share("of two of different pairs", others),
                f"{signs}_excess": _excess("difference", pairs, others),
            }.items()
        }
        | {"undecided": Quantity("weights that neither won nor lost", mean_of("undecided"))},
        tuple(Panel(f"{signs}_pairs", "l1", ("inputs", "l1_on"), "x", where={"p": 0.1}) for signs in SIGNS),
        "Features never on together share a neuron *more* often, against seed 002: at p = "
        "{opposite_pairs.last[p]}, λ = {opposite_pairs.last[l1]} with opposite signs in "
        "{opposite_pairs[inputs=anticorrelated,l1_on=activations].last:%} of cases (others: "
        "{opposite_others[inputs=anticorrelated,l1_on=activations].last:%}; L1 on activations). Two always "
        "on together share one with the same sign in "
        "{same_pairs[inputs=correlated,l1_on=activations].last:%} (L1 on weights: "
        "{same_pairs[inputs=correlated,l1_on=weights].last:%}).",
        "Features that are never on together have nothing to drive them off a neuron that they share with "
        "opposite signs, as others have: they share more often in "
        "{opposite_excess[inputs=anticorrelated].positive} settings. Seed 002 expects neurons of their own, "
        "as there is less pressure to conflate them; what counts here is that sharing costs them nothing. "
        "Two always on together are one feature with two outputs: with L1 on weights both encodings become "
        "the same, on activations only their sum is made sparse, and what they differ by stays as it began "
        "({undecided[inputs=correlated,l1_on=activations].most} weights of a network neither won nor lost, "
        "with L1 on weights {undecided[inputs=correlated,l1_on=weights].most}). Pairs on independently, the "
        "control, share more often than others, with opposite signs and with the same one, in "
        "{opposite_excess[inputs=independent].positive} and {same_excess[inputs=independent].positive}.",
        "Trained networks of one size. Intervals of shares take the pairs of a run as separate trials; those "
        "of differences are from run to run, and of no width where all runs are the same.",
        {
            "independent": "on independently",
            "correlated": "always together",
            "anticorrelated": "never together",
        }
        | ON,
    ),
)
