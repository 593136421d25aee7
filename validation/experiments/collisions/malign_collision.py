"""Two features with the same sign on one neuron: the larger drives the smaller out."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim import simulate
from theory import Autoencoder, interference
from validation.experiments.experiment import Experiment, Panel, Quantity, grid
from validation.experiments.findings import Findings
from validation.report import plots
from validation.report.statistics import Estimate, within

TIMES = (0.5, 2.0, 8.0)
ERROR = 1e-3, 1e-5  # of the integration: of the smaller weight, as a share of it, and of a² − b²


def measure(n: int, m: int, seed: int) -> xr.Dataset:
    """Follow two features under interference alone, with one weight each, of one sign, on one neuron."""
    start = np.zeros((n, m))
    start[:, 0] = np.sort(np.random.default_rng(seed).uniform(0.3, 1, n))[::-1]
    pair, only = Autoencoder(n, m, 0.0), ("interference",)
    ends = [simulate(pair, initial=start, until=time, forces=only, rtol=1e-6).final[:, 0] for time in TIMES]
    weights = np.stack([start[:, 0], *ends])
    return xr.Dataset({"weights": (("time", "feature"), weights)}, {"time": [0.0, *TIMES]})


def _at(part: xr.Dataset, time: float) -> tuple[float, float]:
    larger, smaller = part.weights.sel(time=time).values.tolist()
    return larger, smaller


def _smaller(time: float) -> Quantity:
    def estimate(part: xr.Dataset, level: float) -> Estimate:
        value = _at(part, time)[1]
        return within(value, ERROR[0] * value, "integration error")

    def predicted(part: xr.Dataset) -> float:
        return interference.malign_collision(*_at(part, 0.0), np.array([time]))[1][0]

    return Quantity(f"smaller weight at t = {time:g}", estimate, predicted)


def _difference(part: xr.Dataset, time: float) -> float:
    larger, smaller = _at(part, time)
    return larger**2 - smaller**2


def _draw(ax: Axes, found: Findings) -> None:
    part, times = found.result.isel(setting=0), np.linspace(0, TIMES[-1], 200)
    theory = interference.malign_collision(*_at(part, 0.0), times)
    for values, curve, label in zip(part.weights.values.T, theory, ("larger", "smaller"), strict=True):
        ax.plot(part.time, values, "o", label=f"{label} weight")
        ax.plot(times, curve, color=plots.COLOUR["theory"])
    ax.set(xlabel=plots.TIME, ylabel="weight on the shared neuron", ylim=(0, None))


EXPERIMENTS = (
    Experiment(
        "malign_collision",
        "Of two features with the same sign on one neuron the smaller leaves; a² − b² is conserved.",
        "seed 001, “Benign and malign collisions”; closed form own",
        lambda full: grid({"n": 2, "m": 2}),
        measure,
        {f"smaller {time:g}": _smaller(time) for time in TIMES}
        | {
            "conserved": Quantity(
                f"a² − b² at t = {TIMES[-1]:g}",
                lambda part, level: within(_difference(part, TIMES[-1]), ERROR[1], "integration error"),
                lambda part: _difference(part, 0.0),
            )
        },
        (Panel(draw=_draw),),
    ),
)
