"""What `quarter_constant` reads off its runs: the ratio to the exclusion law, and what law that follows."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from scipy import stats

from theory import collisions
from validation.experiments.collisions.ratio_law import FLOOR, LEAST, Fit, band, free, law, scaled
from validation.experiments.experiment import Band, Quantity
from validation.experiments.findings import Findings, parts
from validation.experiments.labels import meaning, value_of
from validation.report import plots
from validation.report.statistics import Estimate, mean, share

FAST = 10.0  # flow time at which norms have settled and the race by L1 has hardly begun
BASE, OTHERS = 1e-3, (1e-2, 1e-4, 1e-5)  # values of λ
Contribution = Callable[[xr.Dataset], np.ndarray]


@functools.cache  # a distribution of SciPy takes milliseconds to make
def exclusion(n: int, m: int) -> tuple[float, float]:
    """Return mean and variance of the exclusion law."""
    counts = collisions.polysemantic_neurons(n, m)
    return float(counts.mean()), float(counts.var())


def over_law(part: xr.Dataset, name: str) -> np.ndarray:
    """Return what was counted, batch by batch, over the mean of the exclusion law."""
    return part[name].values / exclusion(int(part.n), int(part.m))[0]


def plain(name: str) -> Callable[[xr.Dataset, float], Estimate]:
    """Return what estimates the mean of what was counted over that of the exclusion law."""
    return lambda part, level: mean(over_law(part, name), level)


def initial(part: xr.Dataset) -> float:
    """Return the exact mean of the ratio if the largest initial weights won."""
    n, m = int(part.n), int(part.m)
    return collisions.independent_slots(n, m) / exclusion(n, m)[0]


def corrected(part: xr.Dataset) -> np.ndarray:
    """Return the ratio batch by batch, less what is known to be chance by its initial collisions."""
    final, first = over_law(part, "final"), over_law(part, "initial")
    spread = np.cov(final, first)
    slope = spread[0, 1] / spread[1, 1] if spread[1, 1] else 0.0
    return final - slope * (first - initial(part))


def error(batches: np.ndarray) -> float:
    """Return the standard error of the mean of batches that have been corrected."""
    return float(np.sqrt(np.var(batches, ddof=2) / batches.size))


def ratio(part: xr.Dataset, level: float) -> Estimate:
    """Return the count over the mean of the exclusion law."""
    value, off = float(corrected(part).mean()), error(corrected(part))
    half = stats.t.ppf((1 + level) / 2, part.sizes["batch"] - 2) * off
    return Estimate(value, value - half, value + half, f"{level:.1%} interval, regression on the start")


def per_free_slot(part: xr.Dataset, level: float) -> Estimate | None:
    """Return the excess of the ratio over 1, per share of slots that stay free, where the law may hold."""
    n, m, found = int(part.n), int(part.m), ratio(part, level)
    value, low, high = ((end - 1) / free(n, m).item() for end in (found.value, found.low, found.high))
    return Estimate(value, low, high, found.method) if m >= LEAST else None


def excess(part: xr.Dataset) -> np.ndarray:
    """Return what three kinds of neurons contribute to the ratio beyond what was expected, by kind and batch.

    Both features are where their largest initial weights were, one is, none is. Expected is what the
    exclusion law would leave if features were displaced whomever they meet: to first order in `stayed`.
    """
    kept, met, final = (over_law(part, name) for name in ("kept", "met", "final"))
    q = float(part.stayed.mean())
    d = part.stayed.values - q
    expected = q**2 + 2 * q * d, 2 * q * (1 - q) + (2 - 4 * q) * d, (1 - q) ** 2 - 2 * (1 - q) * d
    return np.stack([kept, final - kept - met, met]) - np.stack(expected)


def average(of: Contribution) -> Callable[[xr.Dataset, float], Estimate | None]:
    """Return what averages a contribution to the ratio over settings, each by the error of its ratio."""

    def estimate(group: xr.Dataset, level: float) -> Estimate | None:
        chosen = [part for part in parts(group) if int(part.m) >= LEAST]
        if not chosen:
            return None
        weights = np.array([max(error(corrected(part)), FLOOR) ** -2 for part in chosen])
        values, errors = np.array([(of(part).mean(), error(of(part))) for part in chosen]).T
        return _normal(
            values @ weights / weights.sum(), np.hypot.reduce(weights * errors) / weights.sum(), level
        )

    return estimate


def pairs_kept(part: xr.Dataset, level: float) -> Estimate | None:
    """Return how many of the pairs of two features alone that the largest initial weights make are kept."""
    made, kept = (round(float(part[name].mean()) * int(part.runs)) for name in ("initial", "kept"))
    return share(kept, made, level) if int(part.n) == 2 and made else None


def table(result: xr.Dataset, l1: float) -> xr.Dataset:
    """Return ratio and standard error of the settings at one λ, by (n, m)."""
    batches = [corrected(part) for part in parts(result)]
    values = {
        "ratio": ("setting", np.array([some.mean() for some in batches])),
        "error": ("setting", np.array([error(some) for some in batches])),
    }
    every = xr.Dataset(values, {name: ("setting", result[name].values) for name in ("n", "m")})
    return every.isel(setting=np.flatnonzero(result.l1 == l1)).set_index(setting=["n", "m"])


def change(l1: float) -> Callable[[xr.Dataset, float], Estimate | None]:
    """Return what estimates the mean change of the ratio from `BASE` to another λ, where both were run."""

    def estimate(result: xr.Dataset, level: float) -> Estimate | None:
        here, there = xr.align(table(result, l1), table(result, BASE), join="inner")
        if not here.sizes["setting"]:
            return None
        errors = (np.maximum(one.error.values, FLOOR) for one in (here, there))
        weights = np.hypot(*errors) ** -2
        changes = (here.ratio - there.ratio).values
        return _normal(changes @ weights / weights.sum(), weights.sum() ** -0.5, level)

    return estimate


def fit(result: xr.Dataset, l1: float) -> Fit:
    """Return the law fitted to what was measured at one λ."""
    every = table(result, l1)
    return Fit(*(every[name].values.astype(float) for name in ("n", "m", "ratio", "error")))


def constant(which: int) -> Callable[[xr.Dataset, float], Estimate | None]:
    """Return what estimates a constant of the fitted law, by the standard errors of the fit."""

    def estimate(group: xr.Dataset, level: float) -> Estimate | None:
        found = fit(group, float(group.l1[0]))
        return _normal(found.constants[which], found.errors[which], level) if found.enough else None

    return estimate


def off(fitted: bool, exclusion_law: bool = False) -> Callable[[xr.Dataset, float], Estimate | None]:
    """Return what estimates how far the law is off, where it was fitted or held out; or the exclusion law."""

    def estimate(group: xr.Dataset, level: float) -> Estimate | None:
        found = fit(group, float(group.l1[0]))
        if not found.enough:
            return None
        expected = np.ones(found.n.size) if exclusion_law else found.law
        beyond = found.beyond(expected, found.fitted == fitted, level)
        return None if beyond is None else beyond.scaled(100)

    return estimate


def _points(ax: Axes, found: Findings, name: str, x: str, exact: float) -> dict[Any, np.ndarray]:
    """Draw a quantity at each n, hollow where it is held out; return the colours."""
    rows = found(name, l1=BASE)
    features = sorted({row.setting["n"] for row in rows})
    colours = dict(zip(features, plots.sequence(len(features)), strict=True))
    for n, colour in colours.items():
        of_n = [row for row in rows if row.setting["n"] == n]
        style = {"color": colour, "markerfacecolor": colour if np.log2(n) % 1 == 0 else "white"}
        label = f"n = {n}" if np.log2(n) % 2 == 1 else None
        at = [value_of(x, row.setting) for row in of_n]
        plots.intervals(ax, at, [row.estimate for row in of_n], label=label, **style)
    ax.axhline(exact, color=plots.COLOUR["theory"], linewidth=1, label="exclusion law")
    ax.set(xscale="log", xlabel=meaning(x))
    return colours


def by_load(ax: Axes, found: Findings) -> None:
    """Draw the ratio against n/m, with the fitted law at each n."""
    found_law = fit(found.result, BASE)
    for n, colour in _points(ax, found, "ratio", "load", 1).items():
        m = found_law.m[found_law.n == n]
        if found_law.enough and m.size > 1:
            fine = np.geomspace(m.min(), m.max(), 50)
            ax.plot(n / fine, law(n, fine, *found_law.constants), color=colour, linewidth=1)
    ax.set_ylabel("polysemantic neurons over exclusion law")


def by_crowding(ax: Axes, found: Findings) -> None:
    """Draw its excess against n/√m, with the fitted law."""
    _points(ax, found, "per_slot", "crowding", 0)
    found_law = fit(found.result, BASE)
    if found_law.enough:
        crowding = found_law.n / found_law.m**0.5
        fine = np.geomspace(crowding.min(), crowding.max(), 100)
        ax.plot(fine, scaled(fine, *found_law.constants), color=plots.VERMILION, label="fitted law")
    ax.set_ylabel("(ratio − 1) per share of free slots")


def _normal(value: float, error: float, level: float) -> Estimate:
    half = float(stats.norm.ppf((1 + level) / 2)) * error
    return Estimate(value, value - half, value + half, f"{level:.1%} normal interval")


def _by_n(label: str, of: Contribution) -> Quantity:
    return Quantity(label, average(of), over=("n",))


def _by_l1(label: str, estimate: Callable[[xr.Dataset, float], Estimate | None], unit: str = "") -> Quantity:
    return Quantity(label, estimate, unit=unit, over=("l1",))


ALIVE = Band(0.999, 1.0, "proved where both live; L1 may kill an encoding that is very short at the start")
QUANTITIES = {
    "ratio": Quantity("ratio", ratio, 1.0, lambda part: band(int(part.n), int(part.m))),
    "fast": Quantity(f"if the largest weights at t = {FAST:g} won", plain("fast")),
    "initial": Quantity("if the largest initial weights won", plain("initial"), initial),
    "stayed": Quantity("features that keep their slot", lambda part, level: mean(part.stayed, level)),
    "per_slot": Quantity("(ratio − 1) per share of free slots", per_free_slot),
    "pairs": Quantity("initial pairs that two features keep", pairs_kept, 1.0, lambda part: ALIVE),
    "initial_n": _by_n("largest initial weights win", lambda part: over_law(part, "initial")),
    "fast_n": _by_n(f"largest weights at t = {FAST:g} win", lambda part: over_law(part, "fast")),
    "end_n": _by_n("ratio, at the end", corrected),
    "both": _by_n("both features have kept their first slot", lambda part: excess(part)[0]),
    "one": _by_n("one was displaced", lambda part: excess(part)[1]),
    "met": _by_n("both were displaced", lambda part: excess(part)[2]),
    **{name: _by_l1(f"{name} of the fitted law", constant(k)) for k, name in enumerate("abc")},
    "fitted": _by_l1("law off, where fitted", off(fitted=True), "%"),
    "exclusion": _by_l1("exclusion law off there", off(fitted=True, exclusion_law=True), "%"),
    "held_out": _by_l1("law off, where held out", off(fitted=False), "%"),
    **{
        f"{l1:g}": Quantity(f"change of the ratio from λ = {BASE:g} to {l1:g}", change(l1), over=())
        for l1 in OTHERS
    },
}
