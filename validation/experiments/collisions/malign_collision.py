"""Two features with the same sign on one neuron: the larger drives the smaller out."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim import simulate
from theory import Autoencoder, interference
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid
from validation.experiments.findings import Findings
from validation.report import plots
from validation.report.statistics import within

TIMES = (0.5, 2.0, 8.0)
ERROR = 1e-3, 1e-5  # of the integration: of the smaller weight, as a share of it, and of a² − b²


def settings(full: bool) -> list[Setting]:
    """One pair."""
    return grid({"n": 2, "m": 2})


def measure(n: int, m: int, seed: int) -> xr.Dataset:
    """Follow two features under interference alone, with one weight each, of one sign, on one neuron."""
    start = np.zeros((n, m))
    start[:, 0] = np.sort(np.random.default_rng(seed).uniform(0.3, 1, n))[::-1]
    pair, only = Autoencoder(n, m, 0.0), ("interference",)
    ends = [simulate(pair, initial=start, until=time, forces=only, rtol=1e-6).final[:, 0] for time in TIMES]
    weights = np.stack([start[:, 0], *ends])
    return xr.Dataset({"weights": (("time", "feature"), weights)}, {"time": [0.0, *TIMES]})


def _theory(part: xr.Dataset, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    larger, smaller = part.weights.values[0]
    return interference.malign_collision(larger, smaller, times)


def _smaller(time: float) -> Quantity:
    return Quantity(
        f"smaller weight at t = {time:g}",
        lambda part, level: within(
            float(part.weights.sel(time=time)[1]),
            ERROR[0] * float(part.weights.sel(time=time)[1]),
            "integration error",
        ),
        lambda part: _theory(part, np.array([time]))[1][0],
    )


def _difference(part: xr.Dataset, time: float) -> float:
    larger, smaller = part.weights.sel(time=time).values
    return float(larger**2 - smaller**2)


def _course(ax: Axes, found: Findings) -> None:
    weights, times = found.result.weights.isel(setting=0), np.linspace(0, TIMES[-1], 200)
    ax.plot(weights.time, weights.isel(feature=0), "o", color=plots.BLUE, label="larger weight")
    ax.plot(weights.time, weights.isel(feature=1), "s", color=plots.VERMILION, label="smaller weight")
    theory = np.transpose(_theory(found.result.isel(setting=0), times))
    ax.plot(times, theory, color=plots.COLOUR["theory"], label=[plots.LABEL["theory"], None])
    ax.set(xlabel=plots.TIME, ylabel="weight on the shared neuron", ylim=(0, None))


EXPERIMENTS = (
    Experiment(
        "malign_collision",
        "Of two features with the same sign on one neuron the smaller leaves; a² − b² is conserved.",
        "seed 001, “Benign and malign collisions”; closed form own",
        settings,
        measure,
        {
            **{f"smaller {time:g}": _smaller(time) for time in TIMES},
            "conserved": Quantity(
                f"a² − b² at t = {TIMES[-1]:g}",
                lambda part, level: within(_difference(part, TIMES[-1]), ERROR[1], "integration error"),
                lambda part: _difference(part, 0.0),
            ),
        },
        (Panel(draw=_course),),
    ),
)
