"""How fast does one encoding sparsify? Theory, exact flow and gradient descent in the paper's own run."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim import sparsify
from theory import sparsification
from validation.experiments.experiment import Experiment, Panel, Quantity, grid
from validation.experiments.findings import Findings
from validation.experiments.sparsification.decay import LABELS, model_of
from validation.report import plots
from validation.report.statistics import mean
from validation.training import train

SCALE = 0.9  # of the initial weights, times 1/√m
STEP = 0.5  # flow time of a step of the paper's Euler method, which is a step of gradient descent
STEPS = 20_000
SOURCES = ("simulation", "training")
COUNTED = {"l1_norm": 10.0, "active": 1e3}  # times from which on theory speaks of gradient descent


def measure(m: int, l1: float, encodings: int, seed: int) -> xr.Dataset:
    """Follow single encodings at the paper's settings, by the exact flow and by gradient descent.

    Both begin with the same weights, of deviation 0.9/√m; each of 20,000 steps of gradient descent is 0.5 of
    flow time, as in the paper.
    """
    model = model_of(m, l1, SCALE)
    run = train(model, "gd", steps=STEPS, learning_rate=STEP / 4, replicates=encodings, seed=seed)
    run = run.squeeze("feature")
    flows = [sparsify(initial, l1, run.time.values) for initial in run.initial.values]
    both = {
        name: np.stack([[flow[name] for flow in flows], run[name].transpose("replicate", "time")])
        for name in (*LABELS, "l2_norm")
    }
    dims = ("source", "replicate", "time")
    variables = {name: (dims, values.astype("f4")) for name, values in both.items()}
    return xr.Dataset(variables, {"source": list(SOURCES), "time": run.time.values})


def _quantity(source: str, name: str) -> Quantity:
    """Return a quantity over time against the population limit."""

    def predicted(part: xr.Dataset) -> float | None:
        counted = source == "simulation" or part.time >= COUNTED[name]
        limit = sparsification.population(
            model_of(int(part.m), float(part.l1), SCALE), part.time.values[None]
        )
        return limit[name].item() if counted else None

    return Quantity(
        f"{LABELS[name]}, {plots.LABEL[source]}",
        lambda part, level: mean(part[name].sel(source=source), level),
        predicted,
        along="time",
        at=lambda part: part.time.values[1::2],
        source=source,
    )


def _panel(name: str) -> Panel:
    """Return a panel of a quantity of flow and training over theory, with the paper's heuristic."""

    def draw(ax: Axes, found: Findings) -> None:
        size, times = (found.constant["m"], found.constant["l1"]), np.geomspace(STEP, 1e4, 100)
        laws = (sparsification.paper_heuristic, sparsification.population)
        heuristic, limit = (law(model_of(*size, SCALE), times)[name] for law in laws)
        label = plots.LABEL["heuristic"]
        ax.plot(times, heuristic / limit, "--", color=plots.COLOUR["heuristic"], label=label)

    sources = tuple(f"{name}_{source}" for source in SOURCES)
    options = {"ylim": (0, None), "ylabel": f"{LABELS[name]}, over theory"}
    return Panel(sources, "time", log="x", ratio=True, draw=draw, options=options)


EXPERIMENTS = (
    Experiment(
        "sparsification_speed",
        "How fast does one encoding sparsify?",
        "seed 001, “How fast does it sparsify?”; arXiv:2312.03096, speed of sparsification",
        lambda full: grid({"m": 100_000, "l1": 1e-5, "encodings": 16 if full else 4}),
        measure,
        {f"{name}_{source}": _quantity(source, name) for name in LABELS for source in SOURCES},
        tuple(map(_panel, LABELS)),
        "At λt = {active_simulation.last[scaled_time]:.2g} of {active_simulation.last[m]:,} weights "
        "{active_simulation.last} are active in the exact flow and {active_training.last} under gradient "
        "descent; the population limit, without a free constant, says {active_training.last.predicted:.1f}.",
        "The limit lies in {l1_norm_simulation.agreeing} and {active_simulation.agreeing} intervals of the "
        "flow (norms, active weights), and in {l1_norm_training.agreeing} and {active_training.agreeing} of "
        "gradient descent. The paper's heuristic (dashed) has the right powers and the wrong constants.",
        "One λ and one number of weights, the paper's. Early, gradient descent jumps about 0 and does not "
        "count small weights as active: theory is held against its counts from t = 10³ on.",
        in_check=lambda setting: True,
    ),
)
