"""Rebirth: how often weights leave zero again, when, and whether one that was at zero ever wins."""

from collections.abc import Callable

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.experiments.findings import Findings, parts, setting_of
from validation.experiments.interference.at_zero import EDGES, measure
from validation.experiments.labels import told
from validation.experiments.rows import Row
from validation.report import plots
from validation.report.statistics import Estimate, bootstrap, mean, share

SIZES = (16, 64, 0.01), (32, 128, 0.005), (48, 96, 0.004), (64, 128, 0.004)
LOADS = (48, 48, 0.004), (48, 192, 0.004), (48, 384, 0.004), (48, 768, 0.004)
WEAKER = (48, 96, 0.001), (48, 96, 0.00025)
FEW = (16, 64, 0.01, 4), (48, 96, 0.004, 4)
MORE = (16, 64, 0.01, 24), (48, 96, 0.004, 12), (48, 48, 0.004, 12), (64, 128, 0.004, 6)


def settings(full: bool) -> list[Setting]:
    """Return loads n/m and strengths λ, some of them by the method of events, too."""
    sizes = (*SIZES, *LOADS, *WEAKER, *([(64, 128, 0.001)] if full else []))
    runs = [("splitting", *size, 150 if full else 16) for size in sizes]
    return grid({"method, n, m, l1, replicates": runs + [("event", *run) for run in (MORE if full else FEW)]})


def _per_rest(kind: str) -> Callable[[xr.Dataset, float], Estimate]:
    """Return what estimates how often it happens for each death that is not passed through."""
    return lambda part, level: mean(part[kind] / np.maximum(part.deaths - part.passed, 1), level)


def _ratio(above: xr.DataArray, below: xr.DataArray, level: float) -> Estimate | None:
    if not below.any():
        return None
    return bootstrap(np.column_stack([above, below]), lambda a, b, axis: a.sum(axis) / b.sum(axis), level)


def _by_events(part: xr.Dataset, base: xr.Dataset, level: float) -> Estimate | None:
    """Return rebirths over those of the same runs by splitting."""
    return _ratio(part.returned.values, base.returned.values[: part.sizes["replicate"]], level)


def _won(result: xr.Dataset, level: float) -> Estimate | None:
    """Return the share of winners that had been at rest at zero; the other method has the same winners."""
    runs = result.isel(setting=(result.method == "splitting").values)
    return share(runs.winners_returned.sum(), runs.winners.sum(), level) if runs.winners.any() else None


def _draw_times(ax: Axes, found: Findings) -> None:
    rows = [row for row in found("returned", method="splitting") if row.setting["n"] == 48]
    rows.sort(key=lambda row: row.estimate.value)
    every = {tuple(setting_of(part).items()): part for part in parts(found.result)}
    for row, colour in zip(rows, plots.sequence(len(rows)), strict=True):
        part = every[tuple(row.setting.items())]
        per_weight = part.returned_at / part.sizes["replicate"] / (int(part.n) * int(part.m))
        ax.stairs(np.maximum(per_weight, 1e-9), EDGES, color=colour, label=_where(row), linewidth=1.4)
    ax.set(xscale="log", yscale="log", xlim=(1e-3, 10), ylim=(1e-5, 10))
    ax.set(xlabel="rescaled time λt", ylabel="rebirths for each weight and bin")


def _where(row: Row) -> str:
    return told({name: row.setting[name] for name in ("m", "l1")})


def _answer(found: Findings) -> str:
    rows = sorted(found("returned"), key=lambda row: row.estimate.value)
    least, most = (f"{row.estimate:%} (n = {row.setting['n']}, {_where(row)})" for row in (rows[0], rows[-1]))
    won = "".join(f"; of the winners {row.estimate:%} had been at rest at zero" for row in found("won"))
    return f"Of the weights that come to rest at zero, {least} to {most} are reborn{won}."


def _meaning(found: Findings) -> str:
    late, when = ([row.estimate.value for row in found(name)] for name in ("late", "middle"))
    if not late or not when:
        return "No rebirths after a rest were seen."
    cause = "what revives weights arises during the race" if min(late) > 0.5 else "some are left of the start"
    return (
        f"Half of the rebirths come before λt = {min(when):.2f} to {max(when):.2f}, and "
        f"{min(late):.1%} to {max(late):.1%} of them when no inner product of the start could cause them any "
        f"more: {cause}. Weights that pass through zero are counted as rebirths by integrators, too; the two "
        "are told apart in the table, which also has the sizes that reborn weights reach."
    )


EXPERIMENTS = (
    Experiment(
        "rebirth",
        "How often are dead weights reborn, when, and do reborn weights win?",
        "seed 001, “Benign and malign collisions”",
        settings,
        measure,
        {
            "returned": Quantity("rebirths for each rest", _per_rest("returned")),
            "passed": Quantity("passages for each rest", _per_rest("passed")),
            "counted": Quantity(
                "all rebirths for all deaths, as integrators count",
                lambda part, level: mean(part.rebirths / np.maximum(part.deaths, 1), level),
            ),
            "unseen": Quantity(
                "share of them that looks miss",
                lambda part, level: _ratio(part.rebirths - part.passed - part.returned, part.rebirths, level),
            ),
            "largest": Quantity("largest reborn weight of a run", mean_of("largest")),
            "middle": Quantity(
                "median λt of rebirths",
                lambda part, level: (
                    mean(part.middle.dropna("replicate"), level) if part.returned.any() else None
                ),
            ),
            "late": Quantity(
                "share that is late", lambda part, level: _ratio(part.late, part.returned, level)
            ),
            "by events": Quantity(
                "rebirths by events over splitting, same weights", _by_events, beside={"method": "splitting"}
            ),
            "won": Quantity("share of winners that had been at rest at zero", _won, over=()),
        },
        (
            Panel("returned", "load", ("l1", "n"), "xy"),
            Panel(draw=_draw_times, title="When, at n = 48"),
        ),
        _answer,
        _meaning,
        "Only a few sizes; winners at rest are few, and almost all of them at n = m.",
    ),
)
