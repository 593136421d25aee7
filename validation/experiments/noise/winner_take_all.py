"""Other ways to a winner: mechanisms that single out the neurons as a basis, or let features collide."""

from collections.abc import Iterable

import numpy as np
import xarray as xr

from sim.metrics import fourth_norms, polysemantic_neurons
from theory import Autoencoder
from theory.noise.drift import of_random_direction
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid, mean_of, share_of
from validation.experiments.findings import Findings
from validation.experiments.noise.mechanisms import MECHANISMS, simulated, trained
from validation.experiments.rows import Row
from validation.training.activations import ACTIVATIONS
from validation.training.inputs import Basis
from validation.training.models.general import General
from validation.training.noise import NoNoise

STILL = 0.01  # change of the mean fourth norm in the second half of a run, below which it has converged
SHARE = 0.5  # of the length of an encoding: larger weights make a neuron one of its own
ROTATED = ("none", "l2", "gaussian")  # know no basis when trained by gradient descent
NAMES = {name: mechanism.label for name, mechanism in MECHANISMS.items()}


def settings(full: bool) -> list[Setting]:
    """Return all mechanisms, those of which the flow can be written in both sources."""
    runs = [
        (source, name, scale, 16, m, 32 if full else 8)
        for m in ((32, 16) if full else (32,))
        for name, mechanism in MECHANISMS.items()
        for scale in (1.0, 0.1)
        for source in (("training", "simulation") if mechanism.forces else ("training",))
    ]
    return grid({"source, mechanism, scale, n, m, instances": runs})


def measure(
    source: str, mechanism: str, scale: float, n: int, m: int, instances: int, seed: int
) -> xr.Dataset:
    """Train under a mechanism in place of L1, or follow its flow for the same time, and look at directions.

    The fourth norm ‖w‖₄⁴/‖w‖⁴ of an encoding is 1 on one neuron, 1/k on k equal ones and 3/(m + 2) on
    average for random directions. A neuron counts as polysemantic if two encodings have more than half of
    their length on it. λ, the rate of L2 and the deviation of noise are 0.01, 0.01 and 0.1.
    """
    chosen = MECHANISMS[mechanism]
    model = Autoencoder(n, m, chosen.l1, scale / m**0.5)
    halfway, final = (trained if source == "training" else simulated)(model, chosen, instances, seed)
    fourth = fourth_norms(final)
    directions = final / np.maximum(np.linalg.norm(final, axis=-1, keepdims=True), np.finfo(float).tiny)
    measured = {
        "fourth_norm": np.nanmean(fourth, axis=-1),
        "halfway": np.nanmean(fourth_norms(halfway), axis=-1),
        "neurons": np.nanmean(1 / fourth, axis=-1),
        "polysemantic": polysemantic_neurons(directions, SHARE),
        "loss": clean_loss(final, chosen.options.get("activation", "none")),
    }
    return xr.Dataset({name: ("replicate", values.astype(np.float32)) for name, values in measured.items()})


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


def _answer(found: Findings) -> str:
    sparser, collided = found["fourth"].trained, found["polysemantic"].trained
    alone = collided["mechanism=none"].most.estimate.high

    def named(rows: Iterable[Row]) -> str:
        return ", ".join(dict.fromkeys(NAMES[row["mechanism"]] for row in rows)) or "none"

    basis = named(row for row in sparser if row.estimate.low > of_random_direction(row["m"]))
    return (
        f"Neurons become a basis under {basis} (fourth norms up to {sparser.most}); more features collide "
        f"than without any under {named(row for row in collided if row.estimate.low > alone)}."
    )


AT_REST = share_of(lambda part: abs(part.fourth_norm - part.halfway) < STILL)
OFF = mean_of(lambda part, other: part.fourth_norm - other.fourth_norm)
EXPERIMENTS = (
    Experiment(
        "winner_take_all",
        "Which mechanisms other than L1 make neurons a privileged basis and let features collide?",
        "own question after seed 001, “Implications for mechanistic interpretability”",
        settings,
        measure,
        {
            "fourth": Quantity("fourth norm ‖w‖₄⁴/‖w‖⁴", mean_of("fourth_norm"), _floor),
            "neurons": Quantity("neurons of a feature", mean_of("neurons")),
            "polysemantic": Quantity("polysemantic neurons", mean_of("polysemantic")),
            "loss": Quantity("loss of a feature", mean_of("loss")),
            "at_rest": Quantity("share of runs at rest", AT_REST),
            "flow": Quantity("fourth norm, flow minus training", OFF, beside={"source": "training"}),
        },
        tuple(Panel(name, ("mechanism",), ("source", "scale")) for name in ("fourth", "polysemantic")),
        _answer,
        "Where a mechanism and its optimiser know no basis, directions must stay random: they do in "
        "{fourth.predicted.agreeing} settings. Where the flow can be written, its fourth norm is off by at "
        "most {flow.strongest}. Fewest runs have come to rest, {at_rest.least:%}, under "
        "{at_rest.least.where}.",
        "Eight runs in each small setting: shares and counts are thin. End states only, and one strength of "
        "each mechanism; a dense encoding cannot count as polysemantic by construction.",
        NAMES,
    ),
)
