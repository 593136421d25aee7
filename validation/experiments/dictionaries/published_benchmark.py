"""The drawn benchmarks of SAELens' tutorial, trained here: our figures beside those that it prints."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import xarray as xr

from theory import Dictionary
from validation.analysis.recovery import recovery
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.experiments.findings import Findings
from validation.report.statistics import Estimate, further
from validation.training import train
from validation.training.dictionaries.encoding import decode, encode
from validation.training.optimizers import Adam, Stepper

PROBED = 100_000  # samples, as there
STEPS = 9766  # of 1024 samples, ten million in all
SOURCE = (
    "SAELens, tutorials/training_saes_on_synthetic_data.ipynb as of commit 9d942d8 (pull request 615), "
    "outputs of the cells below “Evaluating the Trained SAE” and “Challenge Results”"
)


@dataclass(frozen=True)
class Task:
    """A benchmark: sizes, L1, deviation of the values about 1, probabilities, and what was published."""

    features: int
    inputs: int
    l1: float
    deviation: float
    probabilities: np.ndarray
    children: slice
    published: dict[str, float]


def zipf(count: int, exponent: float, least: float, most: float) -> np.ndarray:
    """Return probabilities that fall as a power of the rank, stretched to lie from `most` to `least`."""
    powers = np.arange(1, count + 1) ** -exponent
    return least + (most - least) * (powers - powers[-1]) / (powers[0] - powers[-1])


TASKS = {
    "basic": Task(16, 32, 0.05, 0.05, np.full(16, 0.25), slice(0),
                  {"cosine": 1.0, "l0": 4.04, "true_l0": 4.0, "kept": 0.9753}),
    "challenge": Task(32, 28, 0.1, 0.3, zipf(32, 1.2, 0.01, 0.25), slice(1, 8),
                      {"cosine": 0.9881, "l0": 1.74, "true_l0": 0.68}),
}  # fmt: skip
NAMES = {
    "basic": "16 in 32 dimensions",
    "challenge": "32 in 28, hierarchy",
}
DIGITS = {"cosine": 4, "l0": 2, "true_l0": 2, "kept": 4}  # that the tutorial prints


def settings(full: bool) -> list[Setting]:
    """Return both benchmarks with the steps of the tutorial, or the first one."""
    return grid({"task": list(TASKS) if full else ["basic"], "steps": STEPS, "replicates": 8 if full else 3})


def features(rng: np.random.Generator, count: int, task: Task) -> np.ndarray:
    """Return values (sample, feature); children are off where the first feature, their parent, is."""
    on = rng.random((count, task.features), np.float32) < task.probabilities.astype(np.float32)
    values = np.zeros(on.shape, np.float32)
    values[on] = np.maximum(1 + task.deviation * rng.standard_normal(np.count_nonzero(on), np.float32), 0)
    values[:, task.children] *= values[:, :1] > 0
    return values


def directions(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Return n directions (feature, input) as far apart as 200 steps of Adam make them, as in SAELens."""
    rows = rng.normal(size=(n, m))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    stepper = Stepper(Adam(), rows, 0.01)
    for _ in range(200):
        products = rows @ rows.T
        np.fill_diagonal(products, n * (np.diag(products) - 1))
        stepper.update(4 * products @ rows)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def measure(task: str, steps: int, replicates: int, seed: int) -> xr.Dataset:
    """Train L1 dictionaries as the tutorial does, and measure what it prints.

    A dictionary has a latent for each feature, and learns from ten million samples in batches of 1024 by
    Adam at the constant rate 3·10⁻⁴; nothing warms up, and no latent is drawn anew. Each replicate has
    directions, samples and an initial decoder of its own. The cosine is the mean one of features with the
    latents assigned to them, here with its sign; latents that are on are counted in samples that have a
    feature on; what is kept is the length of the reconstruction over that of the sample. Ours are from
    100,000 samples; intervals say where one more run would lie, since the tutorial shows one.
    """
    children = np.random.default_rng(seed).integers(2**31, size=replicates)
    runs = [run(TASKS[task], steps, int(child)) for child in children]
    return xr.Dataset({name: ("replicate", [found[name] for found in runs]) for name in runs[0]})


def run(task: Task, steps: int, seed: int) -> dict[str, float]:
    """Train one dictionary, and return what it comes to."""
    rng = np.random.default_rng(seed)
    axes = directions(rng, task.features, task.inputs)

    def draw(rng: np.random.Generator, count: int) -> np.ndarray:
        return features(rng, count, task) @ axes.astype(np.float32)

    trained = train(
        Dictionary(task.inputs, task.features, "l1", l1_coefficient=task.l1),
        data=draw,
        steps=steps,
        learning_rate=3e-4,
        schedule="constant",
        strength_warm_up=0.0,
        dead_after=steps,
        seed=seed,
    )
    values = features(rng, PROBED, task)
    samples = values[values.any(axis=1)] @ axes
    latents = encode(trained, samples)
    matched = recovery(trained.W_dec.values[0], axes)
    lengths = np.linalg.norm(decode(trained, latents), axis=1) / np.linalg.norm(samples, axis=1)
    return {
        "cosine": matched.cosine.mean(),
        "chance": matched.chance,
        "l0": (latents > 0).sum(axis=1).mean(),
        "true_l0": (values > 0).sum(axis=1).mean(),
        "kept": lengths.mean(),
        "dead": (~(latents > 0).any(axis=0)).sum(),
    }


def _further(part: xr.Dataset, level: float, name: str) -> Estimate:
    """Return where one more run would lie, as it would be printed."""
    return further(np.round(part[name].values, DIGITS[name]), level)


def _compared(name: str, label: str) -> Quantity:
    """Return a number with what the tutorial prints."""

    def published(part: xr.Dataset) -> float | None:
        return TASKS[str(part.task.item())].published.get(name)

    return Quantity(label, partial(_further, name=name), published, source="training", authority="published")


def answer(found: Findings) -> str:
    """Return how many published figures lie where ours are, and the hardest one."""
    rows = [row for name in found.experiment.quantities for row in found[name] if row.predicted is not None]
    inside, last = sum(row.agrees for row in rows), found["cosine"].last
    return (
        f"{inside} of {len(rows)} published figures lie where one more run here is expected to. For "
        f"{NAMES[last['task']]}, the mean cosine of features and latents is {last.estimate}, published is "
        f"{last.predicted:.4f}."
    )


EXPERIMENTS = (
    Experiment(
        "published_benchmark",
        "Do dictionaries trained here come to the published figures of SAELens' drawn benchmarks?",
        SOURCE,
        settings,
        measure,
        {
            "cosine": _compared("cosine", "mean cosine with the feature"),
            "l0": _compared("l0", "latents on in a sample"),
            "true_l0": _compared("true_l0", "features on in a sample"),
            "kept": _compared("kept", "length kept"),
            "chance": Quantity("mean cosine by chance", mean_of("chance"), source="training"),
            "dead": Quantity("dead latents", mean_of("dead"), source="training"),
        },
        (Panel("cosine", "task"), Panel(("l0", "true_l0"), "task", options={"ylabel": "on in a sample"})),
        answer,
        "“Published” is what the tutorial prints of its one run; intervals of ours say where one more run is "
        "expected. Objective, samples, steps and rate are the same. Not the way there: "
        "SAELens begins with decoder rows of length 0.1 and lets their length run, which L1 takes into "
        "account, and it clips gradients; here rows have length 1 throughout.",
        "Two small tasks of one kind of dictionary. The larger benchmark of SAELens, SynthSAEBench-16k "
        "(16,384 features in 768 dimensions), needs a GPU.",
        names=NAMES,
    ),
)
