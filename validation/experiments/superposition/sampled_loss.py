"""The expected loss and its gradient against means over samples, up to 10⁸ of them."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from scipy import stats

from sim.progress import track
from theory import Superposition, superposition
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid
from validation.experiments.figure import PALETTE
from validation.experiments.findings import Findings, parts
from validation.report.statistics import Estimate

SIZES = [(5, 2, 0.0), (6, 2, 0.3), (20, 5, 0.05)]
CHUNKS = 1000  # of the samples: their means say how good the mean of all is
MOST = 4.0  # standard errors
ROUNDING = 1e-12  # a slope that is 0 for all inputs has no error


def settings(full: bool) -> list[Setting]:
    """Return three models: one feature on, a few features exactly, and many by a fixed sample."""
    return grid({"n, m, p": SIZES, "samples": 10**8 if full else 10**5})


def measure(n: int, m: int, p: float, samples: int, seed: int) -> xr.Dataset:
    """Average loss and gradient over random inputs, at random weights and biases, in a thousand parts.

    The gradient of a sample is that of backpropagation. Differences from theory are in standard errors of
    the mean over samples and, for 20 features, of the theory's own fixed sample.
    """
    model = Superposition(n, m, p, np.linspace(0.5, 1.5, n))
    rng = np.random.default_rng(seed)
    weights, biases = rng.normal(0, 0.8, (n, m)), rng.normal(-0.1, 0.2, n)
    children = np.random.SeedSequence(seed).spawn(CHUNKS)
    means = np.array(
        [
            _mean(model, weights, biases, model.inputs(np.random.default_rng(child), samples // CHUNKS))
            for child in track(children, "sampling", total=CHUNKS)
        ]
    )
    theory = superposition.expected_loss(weights, biases, model)
    slopes = np.concatenate([part.ravel() for part in superposition.gradient(weights, biases, model)])
    own = np.append(
        superposition.loss_error(weights, biases, model),
        np.concatenate([part.ravel() for part in superposition.gradient_error(weights, biases, model)]),
    )
    error = np.hypot(means.std(axis=0, ddof=1) / CHUNKS**0.5, own)
    apart = (means.mean(axis=0) - np.append(theory, slopes)) / np.maximum(error, ROUNDING)
    return xr.Dataset(
        {
            "loss": ((), means[:, 0].mean()),
            "error": ((), error[0]),
            "theory": ((), theory),
            "apart": ("number", apart),  # of the loss, and all slopes
        }
    )


def _mean(model: Superposition, weights: np.ndarray, biases: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the mean loss over inputs, and its slopes by weights and biases."""
    hidden = x @ weights
    out = hidden @ weights.T + biases
    error = np.maximum(out, 0) - x
    loss = (error**2).mean(axis=0) @ model.importances
    pull = 2 / len(x) * model.importances * error * (out > 0)
    by_weights = pull.T @ hidden + x.T @ (pull @ weights)
    return np.concatenate([[loss], by_weights.ravel(), pull.sum(axis=0)])


def _largest(part: xr.Dataset, level: float) -> Estimate:
    value = float(np.abs(part.apart).max())
    return Estimate(value, value, value, f"largest of {part.apart.size} numbers")


def _loss(part: xr.Dataset, level: float) -> Estimate:
    low, high = stats.norm.interval(level, part.loss, part.error)
    return Estimate(float(part.loss), float(low), float(high), f"{level:.1%} normal interval")


def _draw(ax: Axes, found: Findings) -> None:
    """Draw how often numbers are so many standard errors from theory, and how often they should be."""
    at = np.linspace(-4, 4, 81)
    for colour, part in zip(PALETTE, parts(found.result), strict=False):
        apart = np.sort(part.apart.values[np.isfinite(part.apart.values)])
        label = f"n = {int(part.n)}, m = {int(part.m)}, p = {float(part.p):g}"
        ax.step(apart, (np.arange(len(apart)) + 0.5) / len(apart), where="mid", color=colour, label=label)
    ax.plot(at, stats.norm.cdf(at), color="black", linewidth=1, linestyle="--", label="normal")
    ax.set(xlabel="samples minus theory, in standard errors", ylabel="share of loss and slopes below")


EXPERIMENTS = (
    Experiment(
        "sampled_loss",
        "Are the expected loss of superposition and its gradient those of sampled inputs?",
        "own; derivations one_feature and features_together",
        settings,
        measure,
        {
            "apart": Quantity(
                "largest difference of loss and slopes, in standard errors",
                _largest,
                0.0,
                lambda part: Band(0.0, MOST, "of some hundred numbers the largest is about 3"),
            ),
            "loss": Quantity(
                "expected loss",
                _loss,
                lambda part: float(part.theory),
            ),
        },
        (
            Panel("apart", ("n", "m", "p"), options={"ylim": (0, 1.1 * MOST)}),
            Panel(draw=_draw),
        ),
        "Yes: over {apart.first[samples]:,} samples the loss and all its slopes are at most {apart.last} "
        "standard errors from theory.",
        "With one feature on, or up to eight features, theory is exact. For 20 features it is a mean over a "
        "fixed quasi-random sample of 32,768 points, whose own error, from its eight scramblings, is most of "
        "the standard error there.",
    ),
)
