"""Rebirth: how often weights leave zero again, when, and whether one that was at zero ever wins."""

import xarray as xr

from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.experiments.interference.at_zero import measure
from validation.report.statistics import Estimate, ratio, share

SIZES = (16, 64, 0.01), (32, 128, 0.005), (48, 96, 0.004), (64, 128, 0.004)
LOADS = (48, 48, 0.004), (48, 192, 0.004), (48, 384, 0.004), (48, 768, 0.004)
WEAKER = (48, 96, 0.001), (48, 96, 0.00025)
FEW = ((16, 64, 0.01, 4),)
MORE = (16, 64, 0.01, 12), (48, 96, 0.004, 2)


def settings(full: bool) -> list[Setting]:
    """Return loads n/m and strengths λ, some of them by the method of events, too."""
    sizes = (*SIZES, *LOADS, *WEAKER, *([(64, 128, 0.001)] if full else []))
    runs = [("splitting", *size, 24 if full else 8) for size in sizes]
    return grid({"method, n, m, l1, replicates": runs + [("event", *run) for run in (MORE if full else FEW)]})


def _per_rest(label: str, kind: str) -> Quantity:
    """Return how often it happens for each death that is not passed through."""
    return Quantity(label, mean_of(lambda part: part[kind] / (part.deaths - part.passed).clip(1)))


def _under_condition(part: xr.Dataset, level: float) -> Estimate | None:
    """Return how many weights at zero, of those ever in seed 001's condition, leave zero while they are."""
    return ratio(part.revived, part.exposed, level)


def _won(result: xr.Dataset, level: float) -> Estimate | None:
    """Return the share of winners that had been at rest at zero; the other method has the same winners."""
    runs = result.isel(setting=(result.method == "splitting").values)
    return share(runs.winners_returned.sum(), runs.winners.sum(), level) if runs.winners.any() else None


EXPERIMENTS = (
    Experiment(
        "rebirth",
        "How often are dead weights reborn, when, and do reborn weights win?",
        "seed 001, “Benign and malign collisions”",
        settings,
        measure,
        {
            "returned": _per_rest("rebirths for each rest", "returned"),
            "passed": _per_rest("passages for each rest", "passed"),
            "middle": Quantity("median λt of rebirths", mean_of("middle")),
            "late": Quantity(
                "share of rebirths that is late", lambda part, level: ratio(part.late, part.returned, level)
            ),
            "by_events": Quantity(
                "rebirths by events over splitting, same weights",
                lambda part, base, level: ratio(
                    part.returned, base.returned[: part.sizes["replicate"]], level
                ),
                beside={"method": "splitting"},
            ),
            "one_shared": Quantity(
                "share reborn of those that one shared coordinate acts on", _under_condition
            ),
            "won": Quantity("share of winners that had been at rest at zero", _won, over=()),
        },
        (Panel("returned", "load", ("l1", "n"), "xy"), Panel("one_shared", "load", ("l1", "n"), "xy")),
        "Of the weights that come to rest at zero, {returned.least:%} ({returned.least.where}) to "
        "{returned.most:%} ({returned.most.where}) are reborn. Under seed 001's own condition, one shared "
        "coordinate, it is {one_shared.least:%} to {one_shared.most:%} ({one_shared.most.where}); of the "
        "winners {won.last:%} had been at rest at zero.",
        "Half of the rebirths come before λt = {middle.least} to {middle.most}; {late.least:%} to "
        "{late.most:%} of them are late: what revives those arises during the race. Integrators also count "
        "weights that pass through zero as rebirths: for each rest there are {passed.least} to {passed.most} "
        "passages.",
        "Only a few sizes; winners that had been at rest are few.",
        {"splitting": "by splitting", "event": "by events"},
    ),
)
