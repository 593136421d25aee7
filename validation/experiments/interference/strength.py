"""How strong interference is: at the start, while it decays, and where it revives weights at zero."""

import numpy as np
import xarray as xr
from scipy.stats import norm

from sim import simulate
from sim.flow import Flow
from sim.replicates import observe
from theory import Autoencoder, interference
from validation.experiments import networks
from validation.experiments.draws import draws
from validation.experiments.experiment import Band, Experiment, Quantity, grid, mean_of
from validation.report.statistics import Estimate, bootstrap, ratio, within
from validation.training import train

TIMES = (1.0, 4.0)
FORCES = ("feature_benefit", "interference")
NETWORKS = [("simulation", 4, 256), ("simulation", 16, 256), ("simulation", 64, 256), ("training", 16, 256)]


def initial(n: int, m: int, networks: int, seed: int) -> xr.Dataset:
    """Draw initial weights, and take the interference Σ_j ReLU(W_i·W_j) W_j on each encoding W_i.

    Its strength is the sum of the squares of positive inner products, as in seed 001; its squared length, and
    what is along the encoding, say whether it shortens encodings or turns them.
    """
    found = []
    for rng in draws(seed, networks):
        weights = Autoencoder(n, m, 0.0).initial(rng)
        positive = np.maximum(weights @ weights.T, 0) * (1 - np.eye(n))
        strength, squares = (positive**2).sum(axis=1), (weights**2).sum(axis=1)
        length = ((positive @ weights) ** 2).sum(axis=1)
        found.append([strength.mean(), length.mean(), (strength**2 / squares).mean()])
    columns = zip(("strength", "length", "along"), np.transpose(found), strict=True)
    return xr.Dataset({name: ("replicate", values) for name, values in columns})


def decaying(product: float, seed: int) -> xr.Dataset:
    """Follow two encodings of unit length without L1, turned at random: then no direction is special."""
    turn = np.random.default_rng(seed).uniform(0, 2 * np.pi)
    start = np.array([[np.cos(a), np.sin(a)] for a in (turn, turn + np.arccos(product))])
    model = Autoencoder(2, 2, 0.0)
    ends = [simulate(model, initial=start, until=t, forces=FORCES, rtol=1e-8).final.values for t in TIMES]
    return xr.Dataset({"later": ("time", [first @ second for first, second in ends])}, {"time": [*TIMES]})


def in_networks(source: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Follow whole networks from random weights to t = 1, and take the mean over pairs of inner products.

    Pairs are those whose inner product is positive at the start; flows, and gradient descent in 25 steps.
    """

    def look(flow: Flow) -> dict[str, np.ndarray]:
        start = flow.weights.copy()
        flow.advance(1.0)
        return {"start": start, "later": flow.weights}

    model = Autoencoder(n, m, l1)
    if source == "training":
        run = train(model, "gd", steps=25, learning_rate=0.01, replicates=replicates, seed=seed)
        start, later = run.initial.values, run.final.values
    else:
        seen = observe(look, model, replicates, seed)
        start, later = seen["start"], seen["later"]
    before, after = (weights @ np.swapaxes(weights, -1, -2) for weights in (start, later))
    pairs = (before > 0) & ~np.eye(n, dtype=bool)
    sums = {
        name: ("replicate", (g * pairs).sum(axis=(1, 2)))
        for name, g in (("before", before), ("after", after))
    }
    return xr.Dataset(sums)


def reviving(n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Count deaths and rebirths in the flow by proximal Euler, which has them as the flow has them.

    In the long steps of the splitting method some weights die and are reborn more often.
    """
    return networks.simulated(Autoencoder(n, m, l1), replicates, seed, "euler")[["rebirths", "deaths"]]


def _initial(part: xr.Dataset) -> float:
    return interference.initial_strength(_model(part))


def _model(part: xr.Dataset) -> Autoencoder:
    return Autoencoder(int(part.n), int(part.m), 0.0)


def _root(part: xr.Dataset) -> float:
    return interference.initial_strength(_model(part)) ** 0.5


def _third(part: xr.Dataset) -> Band:
    off = _root(part)
    return Band(1 - off, 1 + off, "√ρ, ρ = (n − 1)/(2m): what third encodings add turns both")


def _network_rate(part: xr.Dataset, level: float) -> Estimate:
    runs = np.column_stack([part.before, part.after])
    return bootstrap(runs, lambda before, after, axis: np.log(before.sum(axis) / after.sum(axis)), level)


def _later(part: xr.Dataset, level: float) -> Estimate:
    return within(part.later.item(), 1e-3 * part.later.item(), "integration error")


def _decayed(part: xr.Dataset) -> float:
    return interference.inner_product(float(part["product"]), part.time.values[None])[0]


def _rate(part: xr.Dataset, level: float) -> Estimate:
    start, last = float(part["product"]), part.later[-1].item()
    return within(-np.log(last / start) / TIMES[-1], start**2, "the square of the inner product")


def _revived(part: xr.Dataset, level: float) -> Estimate | None:
    return ratio(part.rebirths, part.deaths, level)


def _passages(part: xr.Dataset) -> Band:
    """Return between what initial interference pushes through zero, and twice that without L1.

    On each weight it is about Gaussian, of variance ρσ², ρ = (n − 1)/(2m), and decays like e^{−2t}; while it
    is stronger than λ, it moves the weight. Rebirths after a rest come on top, up to as many at n = m.
    """
    model = Autoencoder(int(part.n), int(part.m), float(part.l1))
    root, l1 = interference.initial_strength(model) ** 0.5, model.l1
    moved = norm(scale=root * model.init_std).expect(lambda f: f - l1 + l1 * np.log(l1 / f), lb=l1)
    low = moved / (model.init_std * np.sqrt(2 * np.pi))
    return Band(low, root / np.pi, "passages that the first interference causes, to twice those without L1")


EXPERIMENTS = (
    Experiment(
        "initial_interference",
        "At the start a feature feels interference of (n − 1)/(2m) on average: it is weak while n ≪ m.",
        "seed 001, “How strong is the interference?”",
        lambda full: grid({"n": 64, "m": (64, 256), "networks": 4000 if full else 400}),
        initial,
        {
            "strength": Quantity("E Σ ReLU(W_i·W_j)²", mean_of("strength"), _initial),
            "length": Quantity(
                "squared length of the interference",
                mean_of("length"),
                lambda part: interference.initial_length(_model(part)) ** 2,
            ),
            "along": Quantity(
                "share of it that is along the encoding",
                lambda part, level: ratio(part.along, part.length, level),
                lambda part: interference.initial_along(_model(part)),
            ),
        },
    ),
    Experiment(
        "inner_products",
        "A positive inner product of two unit encodings decays like e^(−2t) when no third one matters.",
        "seed 001, “How strong is the interference?”; closed form own",
        lambda full: grid({"product": 0.05}),
        decaying,
        {
            "later": Quantity("inner product", _later, _decayed, along="time"),
            "rate": Quantity("rate of its decay", _rate, 2.0),
        },
        limits="One pair, by the flow that theory solves: this tests the integrator, not the model; whole "
        "networks are in inner_products_in_networks.",
    ),
    Experiment(
        "inner_products_in_networks",
        "In whole networks, too, positive inner products decay like e^(−2t), as far as third encodings "
        "allow.",
        "seed 001, “How strong is the interference?”",
        lambda full: grid(
            {"source, n, m": NETWORKS, "l1": 1e-3, "replicates": 100 if full else 30},
        ),
        in_networks,
        {"rate": Quantity("rate of decay of the mean until t = 1", _network_rate, 2.0, _third)},
    ),
    Experiment(
        "rebirths",
        "Interference will probably not be strong enough to revive weights that are zero.",
        "seed 001, “Benign and malign collisions”",
        lambda full: grid({"n": 16, "m": (256, 64, 16), "l1": 0.01, "replicates": 200 if full else 24}),
        reviving,
        {"share": Quantity("rebirths for each death", _revived, 0.0, _passages)},
    ),
)
