"""200 features on 20 neurons: whether dimensionalities stick to those of regular shapes."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from theory import Superposition, superposition
from validation.experiments.draws import draws
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.experiments.findings import Findings, parts
from validation.training import train

SHAPES = {
    3 / 8: "antiprism",
    2 / 5: "pentagon",
    1 / 2: "pair",
    2 / 3: "triangle",
    3 / 4: "tetrahedron",
}
DENSITIES = 1.0, 0.8, 0.59, 0.44, 0.32, 0.18, 0.1, 0.056, 0.032, 0.018, 0.01
BATCH = 512
NEAR = 0.02  # of the dimensionality of a shape
LENGTH = 0.5  # from which on a feature is represented
ALL = 0.8  # share from which on a plateau is one
SPREAD = (min(SHAPES) - NEAR, max(SHAPES) + NEAR)  # where shapes are


def settings(full: bool) -> list[Setting]:
    """Return densities, and the size."""
    runs = (200, 20, 2000, 3) if full else (12, 4, 200, 2)
    return grid({"p": DENSITIES if full else 0.1, "n, m, steps, replicates": [runs]})


def measure(p: float, n: int, m: int, steps: int, replicates: int, seed: int) -> xr.Dataset:
    """Train on features of equal importance that are on with density p, and take their dimensionalities.

    AdamW on batches of 512, whose rate begins at 0.003 and ends at 0; initial weights of standard deviation
    √(2/(n + m)). Taken are those of features that are represented, with an encoding longer than ½. Random
    encodings have the same lengths, and directions of their own, those of Gaussian vectors.
    """
    trained = train(
        Superposition(n, m, p),
        steps=steps,
        learning_rate=3e-3,
        schedule="cosine",
        batch=BATCH,
        replicates=replicates,
        seed=seed,
    )
    weights = trained.final.values.astype(float)
    lengths = np.linalg.norm(weights, axis=-1)
    random = np.stack([rng.normal(size=(n, m)) for rng in draws(seed, replicates)])
    random *= (lengths / np.linalg.norm(random, axis=-1))[..., None]
    on, dims = lengths > LENGTH, ("replicate", "feature")
    return xr.Dataset(
        {
            "trained": (dims, np.where(on, superposition.dimensionality(weights), np.nan)),
            "random": (dims, np.where(on, superposition.dimensionality(random), np.nan)),
            "dimensions": ("replicate", superposition.dimensions_per_feature(weights)),
        }
    )


def near(values: np.ndarray) -> np.ndarray:
    """Say which dimensionalities are within 0.02 of that of a shape."""
    return (np.abs(np.asarray(values)[..., None] - list(SHAPES)) <= NEAR).any(axis=-1)


EVEN = float(near(np.linspace(*SPREAD, 10_001)).mean())


def _sticky(part: xr.Dataset, who: str) -> xr.DataArray:
    """Return the share of represented features near a shape, by run."""
    return _share(near(part[who].values), part[who].notnull().values)


def _between(part: xr.Dataset) -> xr.DataArray:
    """Return the share near a shape of those among the shapes, by run."""
    values = part.trained.values
    return _share(near(values), (values >= SPREAD[0]) & (values <= SPREAD[1]))


def _share(right: np.ndarray, among: np.ndarray) -> xr.DataArray:
    """Return the share by run, NaN where there are none."""
    count = among.sum(axis=1)
    shares = np.divide((right & among).sum(axis=1), count, out=np.full(len(count), np.nan), where=count > 0)
    return xr.DataArray(shares, dims="replicate")


def _draw(who: str, title: str) -> Panel:
    def draw(ax: Axes, found: Findings) -> None:
        every = sorted(parts(found.result), key=lambda part: -part.p.item())
        edges = np.arange(0, 1.0001 + NEAR / 2, NEAR / 2)
        rarity = [1 / part.p.item() for part in every]
        shares = [np.histogram(part[who].values[part[who].notnull()], edges)[0] for part in every]
        density = np.array([counts / max(counts.sum(), 1) for counts in shares]).T
        rows = np.arange(len(every))
        image = ax.pcolormesh(rows, edges[:-1] + NEAR / 4, density, cmap="viridis", vmin=0, vmax=0.4)
        ax.figure.colorbar(image, ax=ax, label="share of features, per 0.01")
        for value in SHAPES:
            ax.axhline(value, color="white", linewidth=0.5, linestyle=":")
        ax.set_xticks(rows, [f"{value:.2g}" for value in rarity])
        ax.set(xlabel="1/(1 − S) = 1/p, of sparsity S", ylabel="dimensionality of a feature")

    return Panel(draw=draw, options={"title": title})


def _answer(found: Findings) -> str:
    most = found["sticky"].most
    (random,) = found("random", p=most["p"])
    return (
        f"At 1/p = {most['rarity']:.3g} they do: {most:%} of represented features are within {NEAR} of the "
        f"dimensionality of a regular shape, of random encodings of the same lengths {random:%}."
    )


def _meaning(found: Findings) -> str:
    pairs = [row for row in found["pairs"] if row.estimate.value > ALL]
    rarities = sorted(row["rarity"] for row in pairs)
    said = f"from {rarities[0]:.3g} to {rarities[-1]:.3g}" if rarities else "nowhere on this grid"
    last = min(found["dimensions"], key=lambda row: row["p"])
    return (
        f"More than {ALL:.0%} of the represented features have the dimensionality of an antipodal pair, "
        f"within {NEAR} of 1/2, for 1/p {said}: there m/‖W‖² has its plateau at 1/2. Of the features between "
        f"3/8 and 3/4, {EVEN:.0%} would be near a shape if they were spread evenly. At 1/p = "
        f"{last['rarity']:.3g} m/‖W‖² is {last.estimate}: more features have a dimension together than in "
        "any of these shapes."
    )


EXPERIMENTS = (
    Experiment(
        "dimensionality",
        "Do the dimensionalities of features stick to those of regular shapes?",
        "seed 002, Factors Influencing a Representation's Position; arXiv:2209.10652, section 4",
        settings,
        measure,
        {
            "sticky": Quantity(
                "features within 0.02 of 1/2, 2/3, 3/4, 2/5 or 3/8",
                mean_of(lambda part: _sticky(part, "trained")),
                source="training",
            ),
            "pairs": Quantity(
                "features within 0.02 of 1/2",
                mean_of(
                    lambda part: _share(
                        np.abs(part.trained.values - 1 / 2) <= NEAR, part.trained.notnull().values
                    )
                ),
                source="training",
            ),
            "random": Quantity(
                "random encodings", mean_of(lambda part: _sticky(part, "random")), source="training"
            ),
            "between": Quantity("the same, of those from 3/8 to 3/4", mean_of(_between), source="training"),
            "dimensions": Quantity("dimensions per feature m/‖W‖²", mean_of("dimensions"), source="training"),
        },
        (
            _draw("trained", "trained"),
            _draw("random", "random directions, same lengths"),
            Panel(
                ("sticky", "random", "between"),
                "rarity",
                log="x",
                options={"ylabel": "share near a shape", "ylim": (-0.03, 1.03)},
            ),
            Panel("dimensions", "rarity", log="x"),
        ),
        _answer,
        _meaning,
        "Trained for 2,000 steps on small batches, where the public notebook takes 10,000. Intervals are "
        "over three seeds only, and where runs differ they reach below 0 and above 1. Random encodings, "
        "too, have dimensionalities near 2/5 and 3/8 at some densities.",
    ),
)
