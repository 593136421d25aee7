"""Provenance: where final pairs of features come from, and when a winner is decided."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim.metrics import leading_slots
from theory import Autoencoder
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.experiments.figure import PALETTE
from validation.experiments.findings import Findings, groups
from validation.experiments.rows import Row
from validation.experiments.winners import courses
from validation.report.statistics import Estimate, share

METHODS = [
    ("flow", courses.STRONG),
    ("adamw", courses.PAPER),
    ("gd", courses.STRONG),
    ("momentum", courses.STRONG),
    ("sgd", courses.STRONG),
    ("adam", courses.PAPER),
    ("flow", courses.PAPER),
]
SIZES = (64, 256), (256, 1024)
LARGE = 0.5  # final weights above it count


def settings(full: bool) -> list[Setting]:
    """Return both sizes, the larger one in blocks of a few runs, and the flow at other sizes."""
    axes = {"method, l1": METHODS}
    small = grid({"n": 64, "m": 256, "block": 0, "instances": 32 if full else 4} | axes)
    if not full:
        return small
    large = grid({"n": 256, "m": 1024, "block": range(10), "instances": 3} | axes)
    others = {"n": 256, "m": (256, 512, 2048, 4096), "block": range(4), "instances": 3, "method": "flow"}
    return [*small, *large, *grid(others | {"l1": courses.STRONG})]


def measure(method: str, l1: float, n: int, m: int, block: int, instances: int, seed: int) -> xr.Dataset:
    """Run flow or training from the same random weights, and look at the leaders on the way.

    A feature's *leader* is the slot, neuron and sign, of its largest weight. Of each final pair, two features
    with weights above ½ of opposite signs on one neuron, it is noted whether both led there at each look; of
    each feature, when it led for good where it ends, and which rank that weight had at the start. The flow
    is followed to its sparse end. Gradient descent (rate 0.05), momentum 0.9 (0.005) and SGD by mini-batches
    of n/4 features (0.025) do 600 or 1,000 steps; Adam and AdamW, at the paper's rate 0.001 and λ, as many
    as would carry a weight over 45 σ: leaders change no more.
    """
    model = Autoencoder(n, m, l1)
    initial = courses.drawn(model, seed, block, instances)
    if method == "flow":
        course = courses.flow(model, initial)
    else:
        course = courses.training(model, courses.trained(method, model), initial, seed + block)
    last = leading_slots(course.final)
    there = course.leaders == last[:, None]
    ends = np.where(np.abs(course.final).max(axis=-1) > LARGE, last, -1 - np.arange(n))  # the others: nowhere
    first, second = _paired(ends)
    began = _paired(course.leaders[:, 0])[0].sum(axis=-1)
    both = (there & np.take_along_axis(there, second[:, None], axis=-1) & first[:, None]).sum(axis=-1)
    changed = np.where(there, 0, np.arange(1, len(course.at) + 1)[:, None]).max(axis=1)
    return xr.Dataset(
        {
            "pairs": ("replicate", np.int16(first.sum(axis=-1))),
            "began": ("replicate", np.int16(began)),
            "both": (("replicate", "look"), np.int16(both)),
            "leading": (("replicate", "look"), np.float32(there.mean(axis=-1))),
            "rank": (("replicate", "feature"), np.int16(courses.ranks(course.initial, course.final))),
            "decided": (("replicate", "feature"), np.float32(np.append(course.at, np.nan)[changed])),
            "at": ("look", np.float32(course.at)),
        }
    )


def _paired(slots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which features have the positive slot of a neuron whose other one is taken, and by whom."""
    facing = (slots[..., :, None] ^ 1) == slots[..., None, :]
    first = facing.any(axis=-1) & (slots % 2 == 0) & (slots >= 0)
    return first, facing.argmax(axis=-1)


def _at_start(part: xr.Dataset, level: float) -> Estimate | None:
    pairs = int(part.pairs.sum())
    return share(int(part.both.sel(look=0).sum()), pairs, level) if pairs else None


def _ended(part: xr.Dataset, level: float) -> Estimate | None:
    began = int(part.began.sum())
    return share(int(part.both.sel(look=0).sum()), began, level) if began else None


def _won(part: xr.Dataset) -> xr.DataArray:
    return (part["rank"] == 1).where(part["rank"].notnull())


def _clock(part: xr.Dataset) -> float:
    """Return λt for each unit of `at`, of time in the flow and of steps in training; 1 of Adam's steps."""
    method, l1, n, m = (part[name].values.flat[0] for name in ("method", "l1", "n", "m"))
    if method == "flow":
        return float(l1)
    plan = courses.trained(method, Autoencoder(int(n), int(m), float(l1)))
    momentum = {"gd": 0.0, "sgd": 0.0, "momentum": 0.9}
    return float(l1 * 4 * plan.rate / (1 - momentum[method])) if method in momentum else 1.0


def _decided(part: xr.Dataset) -> xr.DataArray:
    return part.decided.median("feature") * _clock(part)


def _course(methods: tuple[str, ...], label: str) -> Panel:
    """Return a panel with the share of final pairs in which both features lead, on the way."""

    def draw(ax: Axes, found: Findings) -> None:
        for at, part in groups(found.result, "n", "m", "method", "l1"):
            if at["method"] not in methods or (at["method"], at["l1"]) not in METHODS[:-1]:
                continue
            if (at["n"], at["m"]) not in SIZES:
                continue
            shares = part.both.sum(("setting", "replicate")) / part.pairs.sum()
            times = part["at"].mean("setting") * _clock(part)
            ax.plot(
                times[1:],
                shares[1:],
                color=PALETTE[list(courses.NAMES).index(at["method"])],
                linestyle="-" if at["n"] == SIZES[0][0] else "--",
                label=f"{courses.NAMES[at['method']]}, m = {at['m']:,}",
            )
        ax.set(
            xscale="log", xlabel=label, ylim=(-0.02, 1.02), ylabel="share of final pairs of which both lead"
        )

    return Panel(draw=draw)


def _answer(found: Findings) -> str:
    def rows(method: str, name: str = "at_start") -> Row:
        return found(name, n=64, method=method).last

    m = rows("flow")["m"]
    return (
        f"Of the pairs of features that end on one of {m} neurons {rows('flow'):%} led there at the start in "
        f"the flow, {rows('gd'):%} under gradient descent, and {rows('adamw'):%} under AdamW at the paper's "
        f"settings; of random slots it would be one in {4 * m**2:,}."
    )


EACH = ("n", "m", "method", "l1")
PLACE = ("method", "l1")
EXPERIMENTS = (
    Experiment(
        "provenance",
        "Were the features of a polysemantic neuron closest to it at the start, and when is that decided?",
        "seed 001, introduction and “Benign and malign collisions”; own question",
        settings,
        measure,
        {
            "at_start": Quantity("share of final pairs that led there at the start", _at_start, over=EACH),
            "ended": Quantity("share of initial benign collisions that end as pairs", _ended, over=EACH),
            "won": Quantity("share won by the largest initial weight", mean_of(_won), over=EACH),
            "rank": Quantity(
                "median rank of winners at the start",
                mean_of(lambda part: part["rank"].median("feature")),
                over=EACH,
            ),
            "decided": Quantity("median λt (Adam: step) of the last change", mean_of(_decided), over=EACH),
        },
        (
            _course(("flow", "gd", "momentum", "sgd"), "rescaled flow time λt"),
            _course(("adam", "adamw"), "steps"),
            Panel("won", PLACE, ("n", "m"), options={"ylim": (0, 1)}),
            Panel("rank", PLACE, ("n", "m"), "y"),
        ),
        _answer,
        "How it is decided differs. In the flow and what follows it leads are lost early, while interference "
        "decays; half of the winners lead for good from λt = {decided[n=64,method=flow].last} on. Under "
        "AdamW the largest initial weight wins for {won[n=64,method=adamw].last:%} of features, against "
        "{won[n=64,method=flow].last:%} in the flow, and the median winner began with rank "
        "{rank[n=64,method=adamw].last} against {rank[n=64,method=flow].last}. Most of its leads are lost "
        "after interference is gone (`scrambling`), in the race, by half of the winners until step "
        "{decided[n=64,method=adamw].last}: Adam divides by the root of the mean square of gradients, which "
        "remembers the first of them for 1,000 steps (`intervention`). Adam without "
        "weight decay does the same. Of the benign collisions at the start, "
        "{ended[n=64,method=flow].last:%} end as pairs in the flow and "
        "{ended[n=64,method=adamw].last:%} under AdamW. The number of pairs does not tell: slots taken at "
        "random give about as many (`polysemantic_neurons`).",
        "Slots count, not neurons: that the signs agree is asked for, too. λ is the paper's for Adam, and "
        "32 times that for the methods that follow the flow, of which the flow at both shows that it hardly "
        "matters.",
        courses.NAMES,
    ),
)
