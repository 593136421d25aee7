"""Absorption: from which L1 on the latent of a parent is silent where its child is on."""

from functools import partial

import numpy as np
import xarray as xr

from theory import Dictionary, dictionaries
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, mean_of
from validation.report.statistics import Estimate, bootstrap
from validation.training import train
from validation.training.dictionaries.encoding import encode

CHILD, PARENT_ALONE = 0.04, 0.04  # probabilities: rare, so that the decoder bias hardly matters
SILENT = 0.01  # value of a latent that is as good as 0
BAND = Band(0.95, 1.05, "theory is without decoder bias, and batches are finite")
BOTH = np.ones((1, 2))


def settings(full: bool) -> list[Setting]:
    """Return strengths around the threshold at each co-occurrence."""
    shares = (0.5, 0.7, 0.85, 0.95) if full else (0.7,)
    factors = (0.8, 0.9, 1.0, 1.1, 1.2) if full else (0.9, 1.1)
    return [
        {
            "co_occurrence": share,
            "l1_coefficient": round(factor * dictionaries.absorption_threshold(share), 6),
            "replicates": 4,
        }
        for share in shares
        for factor in factors
    ]


def draw(rng: np.random.Generator, count: int, co_occurrence: float) -> np.ndarray:
    """Return samples with nothing on, the parent alone, the child alone, or both."""
    events = np.array([[0.0, 0], [1, 0], [0, 1], [1, 1]])
    chances = [PARENT_ALONE, CHILD * (1 - co_occurrence), CHILD * co_occurrence]
    return events[rng.choice(4, count, p=[1 - sum(chances), *chances])]


def measure(co_occurrence: float, l1_coefficient: float, replicates: int, seed: int) -> xr.Dataset:
    """Train L1 dictionaries with two latents on a parent and a child, and look at both where both are on.

    The features are orthogonal and have value 1. Latents begin in their directions, from where gradient
    descent takes them to what is cheaper. The child is on in 4 % of the samples, the parent alone in another
    4 %.
    """
    run = train(
        Dictionary(2, 2, "l1", l1_coefficient=l1_coefficient),
        data=partial(draw, co_occurrence=co_occurrence),
        initial=np.eye(2),
        steps=2000,
        batch=2048,
        replicates=replicates,
        seed=seed,
    )
    parents = [encode(run, BOTH, r)[0, 0] for r in range(replicates)]
    toward, own = run.W_dec.values[:, 1, 0], run.W_dec.values[:, 1, 1]
    return xr.Dataset(
        {"parent": ("replicate", parents), "tilt": ("replicate", np.degrees(np.arctan2(toward, own)))}
    )


def _threshold(group: xr.Dataset, level: float) -> Estimate | None:
    """Return the L1 at which the parent's latent falls to `SILENT`."""
    ordered = group.sortby("l1_coefficient")
    strengths = ordered.l1_coefficient.values

    def crossing(*values: np.ndarray, axis: int) -> np.ndarray:
        return np.apply_along_axis(
            lambda fall: np.interp(-SILENT, -np.minimum.accumulate(fall), strengths), 0, np.mean(values, axis)
        )

    runs = ordered.parent.dropna("replicate").transpose("replicate", "setting")
    return bootstrap(runs, crossing, level)


def _tilt(part: xr.Dataset) -> float:
    return float(np.degrees(dictionaries.child_tilt(float(part.l1_coefficient), float(part.co_occurrence))))


EXPERIMENTS = (
    Experiment(
        "absorbed_children",
        "From which L1 on does the latent of a child absorb its parent?",
        "own; derivations child_latent, absorbed_child; absorption: Chanin et al., arXiv:2409.14507",
        settings,
        measure,
        {
            "threshold": Quantity(
                "λ from which on the parent's latent is silent",
                _threshold,
                lambda group: dictionaries.absorption_threshold(float(group.co_occurrence[0])),
                lambda group: BAND,
                over=("co_occurrence",),
                source="training",
            ),
            "tilt": Quantity(
                "angle of the child's latent to the child, degrees",
                mean_of("tilt"),
                _tilt,
                lambda part: BAND,
                source="training",
            ),
            "parent": Quantity("parent's latent with both on", mean_of("parent"), source="training"),
        },
        (
            Panel("threshold", "co_occurrence"),
            Panel("tilt", "l1_coefficient", by=("co_occurrence",), log="x"),
            Panel("parent", "l1_coefficient", by=("co_occurrence",), log="x"),
        ),
        "From λ = {threshold.first} on where the parent is on with {threshold.first[co_occurrence]:.0%} of "
        "its children, and from {threshold.last} on with {threshold.last[co_occurrence]:.0%}.",
        "Any L1 turns the child's latent towards its parent: one latent for both costs less than two. The "
        "turn costs samples with the child alone, so the rarer these are the further it goes. At the "
        "threshold the parent's latent falls silent, without a jump: it is then blind to those parents that "
        "have this child.",
        "Two latents for two features of equal value, strengths an eighth apart; theory leaves the decoder "
        "bias out. With a third latent L1 always composes (composed_latent).",
    ),
)
