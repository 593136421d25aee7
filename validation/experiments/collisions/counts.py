"""How many polysemantic neurons there are: flows and trained networks against what is predicted of them."""

from collections.abc import Callable

import xarray as xr

from sim.metrics import polysemantic_neurons
from theory import Autoencoder, collisions
from validation.experiments import networks
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.report.statistics import Estimate, bootstrap

SEED = "seed 001, “Benign and malign collisions”"
RATIOS = 0.75, 1.35  # of 146 settings of the flow to the exclusion law, n/m from 1/64 to 1
WON = 0.2, 0.75  # shares won by the largest initial weight, from n = m = 64 to n = 64, m = 2048


def flows(full: bool) -> list[Setting]:
    """Return flows at several loads."""
    sizes = (64, 128, 256, 512) if full else (64, 128, 256)
    axes = {"method": "flow", "n": 64, "m": sizes, "l1": 1e-3, "replicates": 400 if full else 60}
    return grid({"source": "simulation"} | axes)


def all_of(full: bool) -> list[Setting]:
    """Return these flows, and trained networks."""
    small = networks.TRAINED
    size = {"n": small.n_features, "m": small.n_neurons, "l1": small.l1}
    trained = {"source": "training", "method": tuple(networks.OPTIMIZERS), **size}
    return flows(full) + grid(trained | {"replicates": networks.replicates(full)})


def measure(source: str, method: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Run flow or training to the sparse end, and count neurons with two weights above ½."""
    if source == "training":
        final = networks.trained(method, replicates, seed).final.values
        return xr.Dataset({"polysemantic_neurons": ("replicate", polysemantic_neurons(final))})
    run = networks.simulated(Autoencoder(n, m, l1), replicates, seed)
    return run[["polysemantic_neurons", "winner_kept"]].astype(float)


def _law(part: xr.Dataset):
    return collisions.polysemantic_neurons(int(part.n), int(part.m))


def _count(predict: Callable[[xr.Dataset], float]) -> dict[str, Quantity]:
    def band(part: xr.Dataset) -> Band:
        exact = _law(part).mean() / predict(part)
        low, high = (ratio * exact for ratio in RATIOS)
        return Band(low, high, "0.75 to 1.35 times the exclusion law (`quarter_constant`)")

    return {"count": Quantity("polysemantic neurons", mean_of("polysemantic_neurons"), predict, band)}


def _dispersion(part: xr.Dataset, level: float) -> Estimate:
    counts = part.polysemantic_neurons.values
    return bootstrap(counts, lambda x, axis: x.var(axis=axis, ddof=1) / x.mean(axis=axis), level)


EXPERIMENTS = (
    Experiment(
        "exclusion_law",
        "Features take random slots (neuron, sign), no two one: n(n − 1)/(2(2m − 1)) polysemantic neurons.",
        "own derivation",
        all_of,
        measure,
        _count(lambda part: _law(part).mean()),
        (Panel("count", ("n", "m", "l1"), ("method",)),),
        names=networks.OPTIMIZERS,
    ),
    Experiment(
        "quarter",
        "About n²/(4m) neurons are polysemantic in the end.",
        f"{SEED}; arXiv:2312.03096",
        all_of,
        measure,
        _count(lambda part: collisions.paper_heuristic(int(part.n), int(part.m))),
        names=networks.OPTIMIZERS,
    ),
    Experiment(
        "dispersion",
        "The number of polysemantic neurons varies less than a Poisson number, as in the exclusion law.",
        "own derivation",
        lambda full: [setting for setting in flows(full) if setting["m"] == 128],
        measure,
        {
            "dispersion": Quantity(
                "variance over mean of the count",
                _dispersion,
                lambda part: _law(part).var() / _law(part).mean(),
            )
        },
    ),
    Experiment(
        "winner_interference",
        "The neuron that is most correlated with a feature at the start will represent it in the end.",
        "seed 001, introduction and footnote 8",
        flows,
        measure,
        {
            "kept": Quantity(
                "share of features whose largest initial weight wins",
                mean_of("winner_kept"),
                1.0,
                lambda part: Band(*WON, "what `winner_decided` finds between n = m = 64 and m = 2048"),
            )
        },
        (Panel("kept", "m", log="x"),),
    ),
)
