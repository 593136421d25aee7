"""Correlated features: two pairs on two neurons, on together, never together, or independently."""

import itertools

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from scipy.stats import qmc

from theory import Superposition, superposition
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, share_of
from validation.experiments.findings import Findings
from validation.experiments.rows import UnmeasuredError
from validation.report import plots
from validation.report.statistics import Estimate, share, within
from validation.training import train

KINDS = {"correlated": "always together", "anticorrelated": "never together", "independent": "independently"}
PROBABILITIES = (0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5)
PAIRINGS = ([0, 2], [1, 3]), ([0, 1], [2, 3]), ([0, 1], [3, 2])  # partners are 0 and 1, 2 and 3
ARRANGEMENTS = {
    "across": "orthogonal to the partner, opposite a stranger",
    "beside": "side by side with the partner",
    "opposite": "opposite the partner",
}
CLEAR = 0.7  # cosine beyond which two encodings are side by side or opposite
POINTS = 2**12  # values of features on which losses are taken


def settings(full: bool) -> list[Setting]:
    """Return kinds of pairs and probabilities."""
    sizes = {"steps": 2000, "replicates": 40} if full else {"steps": 1000, "replicates": 8}
    return grid({"pairs": list(KINDS), "p": PROBABILITIES if full else (0.1, 0.4)} | sizes)


def measure(pairs: str, p: float, steps: int, replicates: int, seed: int) -> xr.Dataset:
    """Train four features, two pairs, on two neurons by Adam, and look at how they lie.

    Each feature is on with probability p and then uniform on [0, 1]. The two of a pair are always on
    together, never, or independently; pairs are on independently of each other. The batch is 256, and the
    rate falls from 0.01 to 0 like a cosine. A run counts as *opposite* if both pairs of partners have a
    cosine below −0.7, as *across* if two pairs of strangers do, as *side by side* if partners have one above
    0.7. Losses are means over 4,096 quasi-random values for each combination of features that are on.
    """
    run = train(
        Superposition(4, 2, p),
        "adam",
        steps=steps,
        learning_rate=0.01,
        schedule="cosine",
        batch=256,
        pairs=pairs,
        replicates=replicates,
        seed=seed,
    )
    encodings = run.final.values.astype(float)
    units = encodings / np.maximum(np.linalg.norm(encodings, axis=-1, keepdims=True), 1e-6)
    cosines = units @ units.transpose(0, 2, 1)
    opposite, *others = ((cosines[:, first, second] < -CLEAR).all(axis=1) for first, second in PAIRINGS)
    beside = (cosines[:, [0, 2], [1, 3]] > CLEAR).all(axis=1)
    losses = [loss(W, b, pairs, p) for W, b in zip(encodings, run.biases.values, strict=True)]
    return xr.Dataset(
        {
            "opposite": ("replicate", opposite),
            "across": ("replicate", np.logical_or(*others)),
            "beside": ("replicate", beside),
            "loss": ("replicate", losses),
        }
    )


def loss(weights: np.ndarray, biases: np.ndarray, pairs: str, p: float) -> float:
    """Return the expected loss of two pairs, a mean over what is on and over quasi-random values."""
    values = qmc.Sobol(4, rng=0).random(POINTS)
    total = 0.0
    for (first, chance), (second, other) in itertools.product(_chances(pairs, p), repeat=2):
        x = values * (*first, *second)
        errors = np.maximum(x @ weights @ weights.T + biases, 0) - x
        total += chance * other * (errors**2).sum(axis=1).mean()
    return float(total)


def _chances(pairs: str, p: float) -> list[tuple[tuple[int, int], float]]:
    """Return which of a pair are on, with what probability."""
    both = {"independent": p * p, "correlated": p, "anticorrelated": 0.0}[pairs]
    return [((1, 1), both), ((1, 0), p - both), ((0, 1), p - both), ((0, 0), 1 - 2 * p + both)]


def _least(part: xr.Dataset) -> float:
    """Return the loss of the best arrangement that theory knows."""
    p, pairs = float(part.p), str(part.pairs.values)
    across = 2 * superposition.pair_loss(p)
    if pairs == "correlated":
        return min(across, 2 * superposition.together_loss(p))
    return across if pairs == "independent" else 0.0


def _lowest(part: xr.Dataset, level: float) -> Estimate:
    return within(float(part.loss.min()), 0.0, "lowest of all runs")


def _near(part: xr.Dataset) -> Band:
    if part.pairs == "anticorrelated":
        return Band(0.0, 1e-3, "Adam comes near 0 only")
    return Band(0.85, 1.02, "arrangements that are less regular may cost less, and the rate ends training")


def _partners(part: xr.Dataset, level: float) -> Estimate | None:
    """Return the share of runs with partners opposite among those with two antipodal pairs."""
    opposite, across = int(part.opposite.sum()), int(part.across.sum())
    return share(opposite, opposite + across, level) if opposite + across else None


def _chance(part: xr.Dataset) -> float | None:
    return 1 / 3 if part.pairs == "independent" else None


def _boundary(ax: Axes, found: Findings) -> None:
    """Draw where theory says that correlated pairs change from across to side by side."""
    at = superposition.correlation_boundary()
    ax.axvline(at, color=plots.BLACK, linewidth=1, label="derived boundary")


def _answer(found: Findings) -> str:
    together, apart = found("across", pairs="correlated"), found("opposite", pairs="anticorrelated")
    beside, boundary = found("beside", pairs="correlated"), superposition.correlation_boundary()
    return (
        "Features always on together lie orthogonal to each other while they are rare "
        f"({together.first:%} of runs at p = {together.first['p']}), side by side when they are "
        f"frequent ({beside.last:%} at {beside.last['p']}; derived boundary {boundary:.3f}); those "
        f"never on together are opposite in {apart.first:%} at {apart.first['p']} and "
        f"{apart.last:%} at {apart.last['p']}."
    )


def _meaning(found: Findings) -> str:
    chance, apart = found("partners", pairs="independent"), found("partners", pairs="anticorrelated")
    lowest = found("lowest", pairs="correlated")
    if not lowest:
        raise UnmeasuredError("lowest")
    ratios = [row.ratio.value for row in lowest]
    return (
        "As an antipodal pair two features lose nothing unless both are on, so that a feature should be "
        "opposite one that is never on with it, and orthogonal to one that always is. Side by side a pair "
        "keeps only its sum and costs p/12, which is less than what two pairs of strangers cost from the "
        f"boundary on. The lowest loss is {min(ratios):.3f} to {max(ratios):.3f} times that of the cheaper "
        "of both: near the boundary arrangements that are less regular are a little cheaper still. "
        "Independent features take any of three partners: of runs with two antipodal pairs "
        f"{chance.first:%} pair the first two at p = {chance.first['p']}, by symmetry a third. Features "
        f"that are never on together do so in {apart.first:%} at p = {apart.first['p']} and in "
        f"{apart.last:%} at {apart.last['p']}: strangers as pairs cost of the order of p² only, and "
        "training stays in that basin while features are rare."
    )


SHARES = {"ylabel": "share of runs", "ylim": (-0.03, 1.03)}
EXPERIMENTS = (
    Experiment(
        "correlated_features",
        "How do features lie in superposition that are always, or never, on together?",
        "arXiv:2209.10652, section 4 (correlated features)",
        settings,
        measure,
        {
            **{
                name: Quantity(label, share_of(lambda part, name=name: part[name]), source="training")
                for name, label in ARRANGEMENTS.items()
            },
            "partners": Quantity(
                "partners opposite, of runs with antipodal pairs", _partners, _chance, source="training"
            ),
            "lowest": Quantity("lowest loss of all runs", _lowest, _least, _near, source="training"),
        },
        (
            Panel(
                ("across", "beside", "opposite"),
                "p",
                where={"pairs": "correlated"},
                draw=_boundary,
                options={**SHARES, "ylim": (-0.03, 1.5)},
            ),
            Panel(("across", "beside", "opposite"), "p", where={"pairs": "anticorrelated"}, options=SHARES),
            Panel("lowest", "p", ("pairs",), ratio=True, options={"ylim": (0.95, 1.02)}),
            Panel("partners", "p", ("pairs",), options={"ylim": (-0.03, 1.03)}),
        ),
        _answer,
        _meaning,
        "Two pairs on two neurons, of features of equal importance.",
        names=KINDS,
    ),
)
