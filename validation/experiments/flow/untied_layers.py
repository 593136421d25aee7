"""Untied layers: whether encoders and decoders become alike, in the flow and in training."""

import warnings

import numpy as np
import xarray as xr

from sim.forces import UNTIED, Force, l2_decay
from theory import Autoencoder
from validation.experiments import networks
from validation.experiments.draws import draws
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.report.statistics import Estimate, bootstrap
from validation.training import train
from validation.training.inputs import Orthogonal

L1, L2 = 0.02, 0.02  # λ, and the rate of L2 in flow units
STEP = 0.2  # of flow time
TIMES = (0.0, 1.0, 10.0, 25.0, 50.0, 100.0, 150.0, 200.0, 250.0, 300.0, 400.0)
PENALTIES = {"none": "no penalty", "l1": "L1", "l2": "L2"}


def settings(full: bool) -> list[Setting]:
    """Return penalties in flow and training, from equal and from small weights."""
    axes = {"source": ("simulation", "training"), "penalty": PENALTIES, "scale": (1.0, 0.3) if full else 1.0}
    return grid(axes | {"n": 8, "m": 16, "l1": L1, "replicates": 20 if full else 8})


def measure(
    source: str, penalty: str, scale: float, n: int, m: int, l1: float, replicates: int, seed: int
) -> xr.Dataset:
    """Begin with encoders and decoders drawn independently, and follow how far they are apart.

    Both layers have weights of deviation s/√m. The distance is ‖D − E‖/√(‖D‖² + ‖E‖²): 1 at the start, 0
    if they are alike. Without penalties DᵀD − EᵀE is conserved; its norm is taken over that of the start. λ
    and the rate of L2 are 0.02, on both layers alike; gradient descent takes steps of flow time 0.2.
    """
    model = Autoencoder(n, m, l1 if penalty == "l1" else 0.0, scale / m**0.5)
    starts = np.array([[model.initial(rng), model.initial(rng)] for rng in draws(seed, replicates)])
    follow = _simulated if source == "simulation" else _trained
    encoders, decoders = follow(model, starts, penalty)  # (time, network, feature, neuron)
    squares = (encoders**2).sum(axis=(2, 3)) + (decoders**2).sum(axis=(2, 3))
    gone = np.finfo(float).tiny  # of networks that L1 has taken all weights of
    apart = np.sqrt(((decoders - encoders) ** 2).sum(axis=(2, 3)) / np.maximum(squares, gone))
    gaps = np.swapaxes(decoders, -1, -2) @ decoders - np.swapaxes(encoders, -1, -2) @ encoders
    balance = np.linalg.norm(gaps, axis=(-1, -2))
    dims = ("time", "replicate")
    data = {"apart": (dims, apart), "balance": (dims, balance / balance[0])}
    return xr.Dataset(data, {"time": list(TIMES)}).astype("f4")


def _simulated(model: Autoencoder, starts: np.ndarray, penalty: str) -> tuple[np.ndarray, np.ndarray]:
    n = model.n_features
    beside: dict[str, tuple[str | Force, ...]] = {"none": (), "l1": ("l1",), "l2": (l2_decay(L2),)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # as many encodings as both layers have
        both = Autoencoder(2 * n, model.n_neurons, model.l1, model.init_std)
    found = networks.followed(
        both, starts.reshape(len(starts), 2 * n, -1), TIMES, (UNTIED, *beside[penalty]), "euler"
    )
    return found[:, :, :n], found[:, :, n:]


def _trained(model: Autoencoder, starts: np.ndarray, penalty: str) -> tuple[np.ndarray, np.ndarray]:
    seen = [starts]
    for span in np.diff(TIMES):  # gradient descent has no state: it goes on from where it was
        run = train(
            model,
            "gd",
            steps=round(span / STEP),
            learning_rate=STEP / 4,
            l1_step="proximal",
            l2=2 * L2 if penalty == "l2" else 0.0,
            tied=False,
            initial=seen[-1],
            replicates=len(starts),
        )
        seen.append(np.stack([run.final.values, run.final_decoder.values], axis=1))
    layers = np.array(seen)
    return layers[:, :, 0], layers[:, :, 1]


def turned(n: int, m: int, optimizer: str, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Train on basis vectors, and on orthogonal inputs from the encoders that have the same encodings.

    L1 is on activations, as in seed 001, weights are untied; compared are encodings of all features.
    """
    turn = Orthogonal().directions(n)
    rngs = draws(seed, replicates)
    starts = np.array([[Autoencoder(n, m, l1).initial(rng) for _ in range(2)] for rng in rngs])
    other = np.stack([turn.T @ starts[:, 0], starts[:, 1]], axis=1)
    ends = []
    for inputs, start, shown in (("basis", starts, np.eye(n)), (Orthogonal(), other, turn)):
        run = train(
            Autoencoder(n, m, l1),
            optimizer,
            steps=1000,
            learning_rate=0.02 if optimizer == "gd" else 1e-3,
            l1_on="activations",
            tied=False,
            inputs=inputs,
            initial=start,
            replicates=replicates,
            dtype="float64",
        )
        ends.append(shown @ run.final.values)
    off = np.abs(ends[1] - ends[0]).max(axis=(1, 2)) / np.abs(ends[0]).max(axis=(1, 2))
    return xr.Dataset({"off": ("replicate", off)})


def _conserved(part: xr.Dataset) -> float | None:
    """Return what theory says of DᵀD − EᵀE, over that of the start."""
    rate = {"none": 0.0, "l2": 2 * L2}.get(str(part.penalty.values))
    return None if rate is None else float(np.exp(-rate * part.time))


def _steps(part: xr.Dataset) -> Band:
    return Band(
        0.9, 1.1, "gradient descent in steps of 0.2 conserves it up to their length; single precision"
    )


def _rate(part: xr.Dataset, level: float) -> Estimate | None:
    """Return how fast layers become alike late in the run, where L1 has left one weight of each."""
    if part.penalty != "l1":
        return None
    late = np.stack([part.apart.sel(time=200.0), part.apart.sel(time=400.0)], axis=-1)
    return bootstrap(late, lambda a, b, axis: np.log(a.mean(axis) / b.mean(axis)) / 200 / L1, level)


def _slow(part: xr.Dataset) -> Band:
    return Band(0.9, 1.2, "λ + λ²/2 and steps; some features still race at λt = 4")


EXPERIMENTS = (
    Experiment(
        "untied_layers",
        "Do untied layers become alike?",
        "seed 001, footnote 9; conservation and rate own",
        settings,
        measure,
        {
            "apart": Quantity("distance of both layers", mean_of("apart"), along="time"),
            "balance": Quantity(
                "‖DᵀD − EᵀE‖ over that of the start", mean_of("balance"), _conserved, _steps, along="time"
            ),
            "rate": Quantity("late rate at which they become alike, in λ", _rate, 1.0, _slow),
        },
        (
            Panel("apart", "time", ("penalty", "source"), where={"scale": 1.0}, options={"ylim": (0, 1)}),
            Panel(
                "balance",
                "time",
                ("penalty", "source"),
                where={"scale": 1.0},
                log="y",
                options={"ylim": (1e-4, 2)},
            ),
        ),
        "Under L1 they do, at {rate.flow.first} λ in the flow and {rate.trained.first} λ in training; "
        "without a penalty they stay {apart[penalty=none].flow[time=400.0].first} apart (1 at the start; "
        "trained ones {apart[penalty=none].trained[time=400.0].first}), with small initial weights "
        "{apart[penalty=none,scale=0.3].flow[time=400.0].first} "
        "({apart[penalty=none,scale=0.3].trained[time=400.0].first}).",
        "Seed 001 expects layers to become alike “as long as they start out small or if there is some weight "
        "decay”. Without penalties DᵀD − EᵀE is conserved, up to the length of steps: at the end its norm is "
        "{balance[penalty=none].flow[time=400.0].least} to {balance[penalty=none].flow[time=400.0].most} of "
        "that of the start in the flow, and {balance[penalty=none].trained[time=400.0].least} to "
        "{balance[penalty=none].trained[time=400.0].most} in training. L2 makes it decay at twice its rate. "
        "Small weights help as it is small then, not as it goes away.",
        "One size; encoders and decoders are drawn alike. Why layers of trained networks stay further apart "
        "than those of the flow is not explained. The flow, too, is followed in steps (Euler).",
        PENALTIES,
    ),
    Experiment(
        "orthogonal_training",
        "Training on orthogonal inputs is training on basis vectors, by gradient descent.",
        "seed 001, footnote 10",
        lambda full: grid({"n": 8, "m": 16, "optimizer": ("gd", "adam"), "l1": 0.01, "replicates": 8}),
        turned,
        {
            "off": Quantity(
                "largest difference of encodings, over the largest weight",
                mean_of("off"),
                lambda part: 0.0 if part.optimizer == "gd" else None,
                lambda part: Band(-1e-6, 1e-6, "rounding, and weights that jump about 0"),
                source="training",
            )
        },
        limits="Adam scales each weight by itself, and so knows the basis of the inputs: no prediction.",
    ),
)
