"""Intervention: initial weights are changed, and final neurons looked at, to see what the start causes."""

from dataclasses import replace
from functools import partial

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim.metrics import leading_slots
from theory import Autoencoder
from validation.experiments.collisions.collision_course import put
from validation.experiments.draws import draws as generators
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.experiments.findings import Findings
from validation.experiments.winners import courses
from validation.report import plots
from validation.training.optimizers import AdamW
from validation.training.schedules import Trapezoid

RAISES = (0.0, 0.5, 1.0, 2.0)  # in σ, over the largest weight
RATES = (3e-3, 3e-4, 1e-4)
MEMORIES = (10, 30, 100, 300)  # steps over which AdamW averages squares, 1/(1 − β₂); by default 1,000
WARM_UP = 1000  # steps
VARIANTS = (
    *(f"adamw, memory {steps}" for steps in MEMORIES),
    "adamw, warm-up",
    *(f"adamw, rate {rate:g}" for rate in RATES),
)


def settings(full: bool) -> list[Setting]:
    """Return all methods and variants of AdamW at the smaller size, and methods, in blocks, at the larger."""
    methods = [(m, courses.PAPER if m.startswith("adam") else courses.STRONG) for m in courses.NAMES]
    variants = [(name, courses.PAPER) for name in VARIANTS]
    small = {"n": 64, "m": 256, "block": 0, "instances": 32 if full else 4}
    large = {"n": 256, "m": 1024, "block": range(10), "instances": 3}
    return [
        *grid(small | {"method, l1": methods + variants}),
        *(grid(large | {"method, l1": methods}) if full else []),
    ]


def plan(method: str, model: Autoencoder) -> courses.Trained:
    """Return how a method trains; "adamw, …" as AdamW does but for what is said."""
    name, _, how = method.partition(", ")
    usual = courses.trained(name, model)
    kind, _, number = how.partition(" ")
    if kind == "rate":
        return replace(usual, rate=float(number), steps=courses.adaptive_steps(model, float(number)))
    if kind == "memory":
        return replace(usual, optimizer=AdamW(second=1 - 1 / int(number)))
    if kind == "warm-up":
        steps = usual.steps + WARM_UP // 2
        return replace(usual, schedule=Trapezoid(WARM_UP / steps, 0.0), steps=steps)
    return usual


def measure(method: str, l1: float, n: int, m: int, block: int, instances: int, seed: int) -> xr.Dataset:
    """Change the initial weights of some features, and see on which neuron, with which sign, they end.

    Features are drawn alike, so that those left alone are the controls, in the same run. A quarter of them is
    left alone. In a quarter the largest weight changes places with one on a random neuron. In a quarter a
    random weight is raised above the largest by 0 to 2 σ. The last quarter are pairs: the largest weight of
    the second one is put on the neuron of the first one's, with the opposite sign. Flow and training as
    in `provenance`; the warm-up of AdamW lasts 1,000 steps, and its memory, 1/(1 − β₂), is otherwise 1,000.
    """
    model = Autoencoder(n, m, l1)
    initial = courses.drawn(model, seed, block, instances)
    aims = np.array(
        [_intervene(w, rng) for w, rng in zip(initial, generators(seed + block, instances), strict=True)]
    )
    if method == "flow":
        final = courses.flow(model, initial).final
    else:
        final = courses.training(model, plan(method, model), initial, seed + block).final
    there = leading_slots(final) == aims
    alone, exchanged, raised, planted = np.split(there, 4, axis=-1)
    levels = {"size": raised.reshape(instances, len(RAISES), -1).mean(axis=-1)}
    shares = {"alone": alone, "exchanged": exchanged, "pair": planted[:, ::2] & planted[:, 1::2]}
    return xr.Dataset(
        {name: ("replicate", np.float32(values.mean(axis=-1))) for name, values in shares.items()}
        | {"raised": (("replicate", "raise"), np.float32(levels["size"]))},
        {"raise": list(RAISES)},
    )


def _intervene(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change initial weights (feature, neuron) in place, and return the slot that each feature now leads."""
    n, m = weights.shape
    quarter = n // 4
    for i in range(quarter, 2 * quarter):
        _swap(weights[i], int(rng.integers(m)))
    std = weights.std()
    for k, i in enumerate(range(2 * quarter, 3 * quarter)):
        place, over = rng.integers(m), RAISES[k * len(RAISES) // quarter]
        weights[i, place] = np.copysign(np.abs(weights[i]).max() + over * std + 1e-6, weights[i, place])
    for i in range(3 * quarter, n, 2):
        leader = np.abs(weights[i]).argmax()
        put(weights[i + 1], leader, -np.sign(weights[i, leader]))
    return leading_slots(weights)


def _swap(encoding: np.ndarray, place: int) -> None:
    """Let the size of the largest weight change places with that of another one; signs stay."""
    largest, sizes = np.abs(encoding).argmax(), np.abs(encoding)
    encoding[largest] = np.copysign(sizes[place], encoding[largest])
    encoding[place] = np.copysign(sizes[largest], encoding[place])


def reach(method: str, model: Autoencoder) -> float | None:
    """Return how far AdamW carries a weight within its memory of squares, rate/(1 − β₂), in σ."""
    if not method.startswith("adam") or "warm" in method:
        return None
    how = plan(method, model)
    second = how.optimizer.second if isinstance(how.optimizer, AdamW) else AdamW().second
    return how.rate / (1 - second) / model.init_std


def _draw(ax: Axes, found: Findings) -> None:
    """Draw what the largest weight is worth under AdamW against the reach of its memory, and in the flow."""
    for name, label, colour in (
        ("alone", "largest initial weight, left alone", plots.BLUE),
        ("exchanged", "largest weight, put there", plots.VERMILION),
    ):
        rows = [row for row in found(name, n=64) if row["method"].startswith("adamw")]
        at = [reach(row["method"], Autoencoder(row["n"], row["m"], row["l1"])) for row in rows]
        for kind, marker in (("memory", "s"), ("rate", "^"), ("adamw", "o")):
            names = [row["method"] == kind or f", {kind}" in row["method"] for row in rows]
            of = [(far, row.estimate) for far, row, name in zip(at, rows, names, strict=True) if far and name]
            if of:
                said = label if kind == "adamw" else f"by another {kind}" if name == "alone" else None
                far, shown = zip(*of, strict=True)
                plots.intervals(ax, far, list(shown), marker, color=colour, label=said)
        for row in found(name, n=64, method="flow"):
            ax.axhline(row.estimate.value, color=colour, linewidth=1, linestyle=":")
    ax.set(xscale="log", xlabel="rate/(1 − β₂) in σ: how far weights go within AdamW's memory", ylim=(0, 0.8))
    ax.set(ylabel="share of features that end there", title="AdamW, n = 64, m = 256 (dotted: flow)")


def _raised(part: xr.Dataset, over: float) -> xr.DataArray:
    return part.raised.sel({"raise": over})


def _answer(found: Findings) -> str:
    highest = f"raised {RAISES[-1]:g}"
    flow, adamw = (
        {k: found(k, n=64, method=x).last for k in ("exchanged", highest)} for x in ("flow", "adamw")
    )
    return (
        f"Put on a random neuron, the largest initial weight makes a feature end there in "
        f"{flow['exchanged']:%} of cases in the flow and in {adamw['exchanged']:%} under AdamW; raised by "
        f"{RAISES[-1]:g} σ above all others, in {flow[highest]:%} and {adamw[highest]:%}."
    )


def _meaning(found: Findings) -> str:
    def told(name: str, method: str) -> str:
        rows = found(name, n=64, method=method)
        return format(rows.last.estimate, "%") if rows else "(not run yet)"

    return (
        "A feature left alone ends where its largest initial weight is as often, which is what being the "
        "largest causes: by chance it would be one in m. Two features whose largest weights are put on one "
        f"neuron with opposite signs end as a pair in {told('pair', 'flow')} of cases in the flow, "
        f"{told('pair', 'gd')} under gradient descent, {told('pair', 'sgd')} by mini-batches and "
        f"{told('pair', 'momentum')} with momentum; in {told('pair', 'adam')} under Adam and "
        f"{told('pair', 'adamw')} under AdamW. So initial weights cause polysemantic neurons in the flow, "
        "and under AdamW at the paper's settings hardly do. Why? Not for its rate: at 10⁻⁴ the largest wins "
        f"for {told('alone', 'adamw, rate 0.0001')}, at 3·10⁻³ for {told('alone', 'adamw, rate 0.003')}; and "
        f"a warm-up does not help: {told('alone', 'adamw, warm-up')}. It is the memory of the mean square of "
        "gradients. With one of 100 steps the largest wins for "
        f"{told('alone', 'adamw, memory 100')}, of 30 for {told('alone', 'adamw, memory 30')} and of 10 for "
        f"{told('alone', 'adamw, memory 10')}. What counts is how far weights go within it, rate/(1 − β₂) in "
        "units of σ (right): by this a smaller rate should do the same, if it is small enough. "
        "Forces at the start are larger by far than those of the race, and as long as their squares are "
        "remembered, each weight has a speed of its own."
    )


EACH = ("n", "m", "method", "l1")
SHARES = {"ylim": (0, 0.8), "ylabel": "share of features, or of pairs"}
ENDS = "share that ends where its largest initial weight"
EXPERIMENTS = (
    Experiment(
        "intervention",
        "Do the initial weights decide on which neuron a feature ends, and under which optimiser?",
        "seed 001, introduction; own question",
        settings,
        measure,
        {
            "alone": Quantity(f"{ENDS} is, left alone", mean_of("alone"), over=EACH),
            "exchanged": Quantity(f"{ENDS} was put, by exchange", mean_of("exchanged"), over=EACH),
            "pair": Quantity("share of planted benign pairs that end as one", mean_of("pair"), over=EACH),
            **{
                f"raised {over:g}": Quantity(
                    f"share that ends where a weight was raised {over:g} σ above the largest",
                    mean_of(partial(_raised, over=over)),
                    over=EACH,
                )
                for over in RAISES
            },
        },
        (
            Panel(("alone", "exchanged", "pair"), "method", where={"n": 64}, options=SHARES),
            Panel(draw=_draw),
        ),
        _answer,
        _meaning,
        "Many features are changed in one run: effects on those left alone are in both groups. The memory of "
        "AdamW is 1/(1 − β₂) steps. "
        "rates below 10⁻⁴, which take 10⁵ steps, have not been tried. Which weights memory favours is not "
        "measured: by its formula those whose first gradients were small.",
        courses.NAMES,
    ),
)
