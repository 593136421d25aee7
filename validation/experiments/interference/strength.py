"""How strong interference is: at the start, while it decays, and where it revives weights at zero."""

import numpy as np
import xarray as xr
from scipy.stats import norm

from sim import simulate
from theory import Autoencoder, interference
from validation.experiments import networks
from validation.experiments.draws import draws
from validation.experiments.experiment import Band, Experiment, Quantity, grid, mean_of
from validation.report.statistics import Estimate, ratio, within

TIMES = (1.0, 4.0)
FORCES = ("feature_benefit", "interference")


def initial(n: int, m: int, networks: int, seed: int) -> xr.Dataset:
    """Draw initial weights, and sum for each feature the squares of positive inner products with others."""
    drawn = (Autoencoder(n, m, 0.0).initial(rng) for rng in draws(seed, networks))
    products = (np.maximum(weights @ weights.T, 0) * (1 - np.eye(n)) for weights in drawn)
    return xr.Dataset({"strength": ("replicate", [(positive**2).sum() / n for positive in products])})


def decaying(product: float, seed: int) -> xr.Dataset:
    """Follow two encodings of unit length without L1, turned at random: then no direction is special."""
    turn = np.random.default_rng(seed).uniform(0, 2 * np.pi)
    start = np.array([[np.cos(a), np.sin(a)] for a in (turn, turn + np.arccos(product))])
    model = Autoencoder(2, 2, 0.0)
    ends = [simulate(model, initial=start, until=t, forces=FORCES, rtol=1e-8).final.values for t in TIMES]
    return xr.Dataset({"later": ("time", [first @ second for first, second in ends])}, {"time": [*TIMES]})


def reviving(n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Count deaths and rebirths in the flow by proximal Euler, which has them as the flow has them.

    In the long steps of the splitting method some weights die and are reborn more often.
    """
    return networks.simulated(Autoencoder(n, m, l1), replicates, seed, "euler")[["rebirths", "deaths"]]


def _initial(part: xr.Dataset) -> float:
    return interference.initial_strength(Autoencoder(int(part.n), int(part.m), 0.0))


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
        {"strength": Quantity("E Σ ReLU(W_i·W_j)²", mean_of("strength"), _initial)},
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
