"""Other ways to a winner: mechanisms that single out the neurons as a basis, or let features collide."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim.metrics import fourth_norms
from theory import Autoencoder
from theory.noise.drift import of_random_direction
from validation.experiments.experiment import (
    Band,
    Experiment,
    Panel,
    Quantity,
    Setting,
    grid,
    mean_of,
    share_of,
)
from validation.experiments.figure import PALETTE, STYLES
from validation.experiments.findings import Findings, parts
from validation.experiments.noise.mechanisms import MECHANISMS, simulated, trained
from validation.experiments.rows import Row
from validation.report.statistics import Estimate
from validation.training.activations import ACTIVATIONS
from validation.training.inputs import Basis
from validation.training.models.general import General
from validation.training.noise import NoNoise

STILL = 0.02  # share by which the spread changes in the last third of a run, if that has converged
AT = np.array([0, 0.003, 0.01, 0.03, 0.1, 0.3, 2 / 3, 1.0])  # shares of the time at which the spread is kept
ROTATED = ("none", "l2", "gaussian", "batches")  # know no basis when trained by gradient descent
NAMES = {name: mechanism.label for name, mechanism in MECHANISMS.items()}


def settings(full: bool) -> list[Setting]:
    """Return all mechanisms, those of which the flow can be written in both sources."""
    runs = [
        (source, name, scale, 8, 16, (100 if source == "training" else 20) if full else 8)
        for name, mechanism in MECHANISMS.items()
        for scale in ((1.0, 0.1) if full and "relu" in name else (1.0,))
        for source in (("training", "simulation") if mechanism.forces and scale == 1 else ("training",))
    ]
    return grid({"source, mechanism, scale, n, m, instances": runs})


def measure(
    source: str, mechanism: str, scale: float, n: int, m: int, instances: int, seed: int
) -> xr.Dataset:
    """Train under a mechanism in place of L1, or follow its flow for the same time, and look at directions.

    The share of a neuron in an encoding is its part of the squared length. The fourth norm, the sum of
    squared shares, is 1 on one neuron, 1/k on k equal ones and 3/(m + 2) for random directions; the largest
    share goes with it. Two features *meet*
    with the sum over neurons of the products of their shares: the probability that a neuron drawn by the
    shares of one is that drawn by those of the other. For random directions or random neurons it is 1/m; if
    no two features share a slot, about half. The spread (‖w‖₁/‖w‖₂)² is followed over time: 1 on one neuron,
    2m/π for random directions. λ, the rate of L2 and the deviation of noise are 0.01, 0.01 and 0.15.
    """
    chosen = MECHANISMS[mechanism]
    model = Autoencoder(n, m, chosen.l1, scale / m**0.5)
    ran = (trained if source == "training" else simulated)(model, chosen, instances, seed)
    shares = shares_of(ran.final)
    places = [int(np.abs(ran.at - at).argmin()) for at in AT]
    measured = {
        "fourth_norm": np.nanmean(fourth_norms(ran.final), axis=-1),
        "largest": shares.max(axis=-1).mean(axis=-1),
        "meetings": meetings(shares),
        "loss": clean_loss(ran.final, chosen.options.get("activation", "none")),
    }
    data = {name: ("replicate", values.astype(np.float32)) for name, values in measured.items()}
    spread = ran.spread[:, places].astype(np.float32)
    return xr.Dataset(data | {"spread": (("replicate", "share"), spread)}, {"share": AT})


def shares_of(weights: np.ndarray) -> np.ndarray:
    """Return which parts of the squared length of encodings (…, feature, neuron) are on each neuron."""
    squares = weights**2
    return squares / np.maximum(squares.sum(axis=-1, keepdims=True), np.finfo(float).tiny)


def meetings(shares: np.ndarray) -> np.ndarray:
    """Return with which probability two features meet, on average over pairs, by network."""
    n, on = shares.shape[-2], shares.sum(axis=-2)
    return ((on**2).sum(axis=-1) - (shares**2).sum(axis=(-1, -2))) / (n * (n - 1))


def clean_loss(weights: np.ndarray, activation: str) -> np.ndarray:
    """Return the squared error of a feature on its own by replicate, without noise and penalties."""
    replicates, n, m = weights.shape
    f, keys = ACTIVATIONS[activation](), np.zeros((replicates, 2), np.uint64)
    network = General(Basis(), NoNoise(), f, 0.0, 0.0, 0.0, keys)
    inputs = np.broadcast_to(np.eye(n), (replicates, n, n))
    return network.loss_on(weights, inputs, np.zeros((replicates, n, m))) / n


def _floor(part: xr.Dataset) -> float | None:
    """Return the fourth norm of random directions, where a mechanism knows no others."""
    return of_random_direction(int(part.m)) if str(part.mechanism.values) in ROTATED else None


def _chance(part: xr.Dataset) -> float | None:
    """Return how often random directions meet, where encodings neither know a basis nor avoid each other."""
    return 1 / int(part.m) if str(part.mechanism.values) in ROTATED else None


def _of_chance(part: xr.Dataset) -> Band:
    return Band(1 - 1.5 / int(part.m), 1.1, "encodings without inner products meet a little less")


def _half(part: xr.Dataset, level: float) -> Estimate | None:
    """Return at which share of the run the spread has fallen half way to 1, if it does."""
    course = part.spread.transpose("replicate", "share").values.mean(axis=0)
    below = np.flatnonzero(course < (1 + course[0]) / 2)
    if not below.size or not below[0]:
        return None
    at = AT[below[0] - 1 : below[0] + 1]
    return Estimate(at.mean(), at[0], at[1], "between two looks")


def _courses(ax: Axes, found: Findings) -> None:
    """Draw the spread over time, of trained networks that begin with weights of the usual size."""
    chosen = [p for p in parts(found.result) if p.source == "training" and p.scale == 1]
    for k, part in enumerate(chosen):
        course = part.spread.transpose("replicate", "share").values.mean(axis=0)
        style: dict[str, Any] = {
            "color": PALETTE[k % len(PALETTE)],
            "linestyle": STYLES[k // len(PALETTE)],
        }
        ax.plot(AT[1:], course[1:], label=NAMES[str(part.mechanism.values)], **style)
    ax.set(
        xlabel="share of the run", ylabel="spread (‖w‖₁/‖w‖₂)² of an encoding", xscale="log", ylim=(0, None)
    )


def _answer(found: Findings) -> str:
    sparser, met = found["fourth"].trained, found["meetings"].trained

    def named(rows: Iterable[Row]) -> str:
        return ", ".join(dict.fromkeys(NAMES[row["mechanism"]] for row in rows)) or "none"

    basis = named(row for row in sparser if row.estimate.low > of_random_direction(row["m"]))
    fewer = named(row for row in met if row.estimate.high < 1 / row["m"] * LESS)
    most = found["largest"].trained.most
    return (
        f"Neurons become a basis under {basis} (largest share of an encoding up to {most.estimate}, under "
        f"{NAMES[most['mechanism']]}); features meet less than three quarters as often as random ones under "
        f"{fewer}. Mini-batch noise alone makes no basis: a fourth norm of "
        f"{found['fourth']['mechanism=batches'].first.estimate}, random directions have "
        f"{of_random_direction(sparser.first['m']):.3f}."
    )


LESS = 0.75
AT_REST = share_of(lambda part: abs(part.spread.isel(share=-1) / part.spread.isel(share=-2) - 1) < STILL)
OFF = mean_of(lambda part, other: part.fourth_norm - other.fourth_norm)
EXPERIMENTS = (
    Experiment(
        "winner_take_all",
        "Which mechanisms other than L1 make neurons a privileged basis and let features collide?",
        "own question after seed 001, “Implications for mechanistic interpretability” and “A more realistic "
        "toy model”",
        settings,
        measure,
        {
            "fourth": Quantity("fourth norm ‖w‖₄⁴/‖w‖⁴", mean_of("fourth_norm"), _floor),
            "largest": Quantity("largest share of an encoding", mean_of("largest")),
            "meetings": Quantity(
                "probability that two features meet", mean_of("meetings"), _chance, _of_chance
            ),
            "loss": Quantity("loss of a feature", mean_of("loss")),
            "half": Quantity("share of the run after which half of the spread is gone", _half),
            "at_rest": Quantity("share of runs at rest", AT_REST),
            "flow": Quantity("fourth norm, flow minus training", OFF, beside={"source": "training"}),
        },
        (
            *(Panel(name, ("mechanism",), ("source", "scale")) for name in ("fourth", "meetings")),
            Panel("largest", ("mechanism",), ("source", "scale")),
            Panel(draw=_courses),
        ),
        _answer,
        "Where a mechanism and its optimiser know no basis, directions must stay random: they do in "
        "{fourth.predicted.agreeing} settings. Where the flow can be written, its fourth norm is off by at "
        "most {flow.strongest}. Fewest runs have come to rest, {at_rest.least:%}, under "
        "{at_rest.least.where}. Meetings are counted by shares, so that dense encodings can meet as well as "
        "sparse ones: under L1 features meet with {meetings[mechanism=l1].first}, as slots exclude each "
        "other, under a hidden ReLU with {meetings[mechanism=relu].first}, where there is one sign only.",
        "One size and one strength of each mechanism.",
        NAMES,
    ),
)
