"""Shrinkage by L1, and the decoder bias that makes up for it: trained dictionaries over the closed form."""

from functools import partial

import numpy as np
import xarray as xr

from theory import Dictionary, dictionaries
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.training import train
from validation.training.dictionaries.encoding import encode

N, P = 6, 0.1
BAND = Band(0.99, 1.01, "batches are finite, and the rate ends above 0")


def settings(full: bool) -> list[Setting]:
    """Return five strengths, or two."""
    strengths = [0.1, 0.2, 0.4, 0.8, 1.6] if full else [0.2, 0.8]
    return grid({"l1_coefficient": strengths, "p": P, "replicates": 8 if full else 4})


def draw(rng: np.random.Generator, count: int, p: float = P) -> np.ndarray:
    """Return values of orthogonal features, uniform on [1, 2] where they are on."""
    return (rng.random((count, N)) < p) * rng.uniform(1, 2, (count, N))


def measure(l1_coefficient: float, p: float, replicates: int, seed: int) -> xr.Dataset:
    """Train L1 dictionaries on six orthogonal features, and see what of their values the latents miss.

    Features are on independently with probability p, with values uniform on [1, 2], and there is a latent for
    each, which begins in its direction; nothing else of the dictionary is given.
    """
    run = train(
        Dictionary(N, N, "l1", l1_coefficient=l1_coefficient),
        data=partial(draw, p=p),
        initial=np.eye(N),
        steps=2000,
        batch=512,
        replicates=replicates,
        seed=seed,
    )
    features = draw(np.random.default_rng(seed), 20_000, p)
    on = features > 0
    codes = [encode(run, features, r) for r in range(replicates)]
    missing = [((features - code) * on).sum() / on.sum() for code in codes]
    wrong = [((code > 0) != on).mean() for code in codes]
    return xr.Dataset(
        {
            "latent": ("replicate", missing),
            "bias": ("replicate", run.b_dec.values.mean(axis=1)),
            "wrong": ("replicate", wrong),
        }
    )


def _predicted(part: xr.Dataset, what: str) -> float:
    return getattr(dictionaries.l1_shrinkage(float(part.l1_coefficient), float(part.p)), what)


EXPERIMENTS = (
    Experiment(
        "dictionary_shrinkage",
        "By how much does an L1 dictionary shrink a feature, and what does its bias do about it?",
        "own; derivation l1_shrinkage",
        settings,
        measure,
        {
            "latent": Quantity(
                "value of a feature minus its latent",
                mean_of("latent"),
                partial(_predicted, what="latent"),
                lambda part: BAND,
                source="training",
            ),
            "bias": Quantity(
                "decoder bias along a feature",
                mean_of("bias"),
                partial(_predicted, what="bias"),
                lambda part: Band(0.95, 1.05, BAND.reason),
                source="training",
            ),
            "wrong": Quantity(
                "share of latents on where the feature is off, or off where on",
                mean_of("wrong"),
                source="training",
            ),
        },
        (
            Panel(
                ("latent", "bias"), "l1_coefficient", log="xy", options={"ylabel": "in units of the values"}
            ),
            Panel(("latent", "bias"), "l1_coefficient", log="x", ratio=True),
        ),
        "By λ/(2(1 − p)): at λ = {latent.last[l1_coefficient]} a latent misses {latent.last} of a feature "
        "that is on a tenth of the time, predicted {latent.last.predicted:.3g}.",
        "Without the decoder bias it would be λ/2. The bias costs nothing, so L1 lets it carry a part of "
        "each feature, λp/(2(1 − p)), that is then there also where the feature is off: outputs have the "
        "right mean.",
        "Features are orthogonal and none of their values is below the threshold.",
    ),
)
