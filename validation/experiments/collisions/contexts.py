"""Contexts: features that the decoder tells apart by context may share a neuron with the same sign, too."""

import numpy as np
import xarray as xr

from sim.forces import context_interference
from theory import Autoencoder, collisions
from validation.experiments import networks
from validation.experiments.draws import draws
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.training import train
from validation.training.inputs import Contexts

SHARES = {
    "opposite_within": "opposite signs, one context",
    "same_within": "the same sign, one context",
    "opposite_across": "opposite signs, two contexts",
    "same_across": "the same sign, two contexts",
}
END = 8.0  # of a run, in units of 1/λ


def settings(full: bool) -> list[Setting]:
    """Return flows with several numbers of contexts, and trained networks with two."""
    flows = [("simulation", 16, 32, c, 100 if full else 40) for c in ((1, 2, 4, 8) if full else (1, 2))]
    trained = [("training", 16, 32, c, 30) for c in (1, 4)] if full else []
    return grid({"source, n, m, contexts, replicates": flows + trained, "l1": 0.01})


def measure(source: str, n: int, m: int, contexts: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Let features belong to contexts that the decoder sees, and count pairs that share a neuron in the end.

    Feature i is of context i modulo their number; every input has one context, outputs of others do not
    count, and interference acts within contexts only. Flows, and gradient descent in proximal steps of flow
    time 0.2, run to λt = 8; two features share a neuron if both weights there are above ½.
    """
    model = Autoencoder(n, m, l1)
    starts = np.array([model.initial(rng) for rng in draws(seed, replicates)])
    if source == "training":
        given = {"inputs": Contexts(contexts), "initial": starts, "replicates": replicates}
        steps = round(END / l1 / 0.2)
        run = train(model, "gd", steps=steps, learning_rate=0.05, l1_step="proximal", **given)
        final = run.final.values
    else:
        forces = ("feature_benefit", context_interference(contexts), "l1")
        final = networks.followed(model, starts, [END / l1], forces)[0]
    counts = dict(zip(SHARES, shared(final, contexts), strict=True))
    counts["polysemantic"] = (np.abs(final) > 0.5).sum(axis=1).__ge__(2).sum(axis=-1)
    return xr.Dataset({name: ("replicate", values.astype(np.int16)) for name, values in counts.items()})


def shared(weights: np.ndarray, contexts: int) -> list[np.ndarray]:
    """Return how many pairs of features share a neuron, of each network, in the order of `SHARES`."""
    large = np.sign(weights) * (np.abs(weights) > 0.5)
    products = np.einsum("rik,rjk->rijk", large, large)
    context = np.arange(weights.shape[1]) % contexts
    within = context[:, None] == context
    pairs = np.triu(np.ones(within.shape, bool), 1)
    return [
        ((sign * products > 0).sum(axis=-1) * (pairs & kind)).sum(axis=(1, 2))
        for kind in (within, ~within)
        for sign in (-1, 1)
    ]


def _predicted(name: str):
    def predicted(part: xr.Dataset) -> float | None:
        if name.endswith("across") and int(part.contexts) == 1:
            return None
        return getattr(collisions.sharing(int(part.n), int(part.m), int(part.contexts)), name)

    return predicted


def _band(part: xr.Dataset) -> Band:
    return Band(0.75, 1.3, "as the exclusion law holds on the full flow (`quarter_constant`)")


def _exact(part: xr.Dataset) -> Band:
    return Band(0.0, 0.0, "excluded")


EXPERIMENTS = (
    Experiment(
        "contexts",
        "Do features of different contexts share neurons with the same sign?",
        "seed 001, A more realistic toy model, and comments; model and count own",
        settings,
        measure,
        {
            name: Quantity(
                f"pairs on one neuron, {label}",
                mean_of(name),
                _predicted(name),
                _exact if name == "same_within" else _band,
            )
            for name, label in SHARES.items()
        }
        | {"polysemantic": Quantity("polysemantic neurons", mean_of("polysemantic"))},
        tuple(
            Panel(name, "contexts", ("source",), "x", options={"ylim": (0, None), "title": SHARES[name]})
            for name in ("same_across", "opposite_within")
        ),
        "With {same_across.flow.last[contexts]} contexts of two features each, {same_across.flow.last} pairs "
        "of different contexts share a neuron with the same sign (derived: "
        "{same_across.flow.last.predicted}), and {same_within.flow.last} of one context; with one "
        "context {opposite_within.flow.first} pairs share one, with opposite signs only.",
        "Exclusion acts within a context: there the same slot is never kept by two, in "
        "{same_within.agreeing} settings. Features of different contexts do not know of each other and share "
        "a slot as often as opposite ones, {opposite_across.flow.last} pairs. So contexts make more neurons "
        "polysemantic, {polysemantic.flow.last} instead of {polysemantic.flow.first}, at no cost in the "
        "loss, and a polysemantic neuron with two features of the same sign is no sign of trouble. Gradient "
        "descent on the masked loss ends with {same_across.trained.last} pairs of the same sign at "
        "{same_across.trained.last[contexts]} contexts.",
        "One size and one λ; contexts have equally many features, and each feature has one.",
    ),
)
