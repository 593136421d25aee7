"""Cure by splitting: whether duplicating a polysemantic neuron, with noise, separates its two features."""

import xarray as xr

from theory.co_occurrence.splitting import separation_probability
from validation.experiments.co_occurrence.split_neurons import NOISES, OUTCOMES, measure, settings
from validation.experiments.experiment import Band, Experiment, Panel, Quantity
from validation.experiments.findings import Findings
from validation.experiments.labels import value_of
from validation.experiments.rows import Row
from validation.report.statistics import Estimate, share

CURED = 0.8  # share of pairs that come apart from which on splitting is called a cure


def _share(cases: xr.DataArray, name: str, among: tuple[str, ...], level: float) -> Estimate | None:
    """Return the share of an outcome among some; None where there are none of these."""
    counts = cases.sum([dim for dim in cases.dims if dim != "outcome"])
    total = int(counts.sel(outcome=list(among)).sum())
    return share(int(counts.sel(outcome=name)), total, level) if total else None


def _apart(std: float) -> Quantity:
    """Return the share that comes apart at one noise, against what is derived for tied weights."""

    def predicted(part: xr.Dataset) -> float | None:
        tied = part.source != "untied"
        return separation_probability(std, float(part.l1), float(part.p)) if tied else None

    def band(part: xr.Dataset) -> Band:
        off = std**2 + float(part.l1 + part.p)
        return Band(1 - off, 1 + off, "± (s² + λ + p): derived to leading order")

    def estimate(part: xr.Dataset, level: float) -> Estimate | None:
        return _share(part.cases.sel(noise=std), "apart", ("apart", "together"), level)

    return Quantity(f"come apart at s = {std:g}", estimate, predicted, band)


def _ratio(row: Row) -> float:
    return value_of("p_over_l1", row.setting)


def _cured(found: Findings, std: float, source: str) -> float | None:
    """Return p/λ from which on splitting cures, at all λ; None if that is not reached."""
    lows = [(_ratio(row), row.estimate.low) for row in found(f"apart {std:g}", source=source)]
    cured = [ratio for ratio, _ in lows if all(low > CURED for at, low in lows if at >= ratio)]
    return min(cured, default=None)


def _told(cured: float | None) -> str:
    return "at no p/λ that was run" if cured is None else f"from p/λ = {cured:g} on"


def _answer(found: Findings) -> str:
    rows = sorted(found(f"apart {NOISES[1]:g}", source="simulation"), key=_ratio)
    if not rows:
        return "No flow was run."
    cured = _cured(found, NOISES[1], "simulation")
    verdict = "No" if cured is None else "Only if features are on together often enough" if cured else "Yes"
    first, last = (f"{row.estimate:%} at p/λ = {_ratio(row):g}" for row in (rows[0], rows[-1]))
    return (
        f"{verdict}: with weak noise the features of split neurons come apart in the flow in {first} and in "
        f"{last}, and more than {CURED:.0%} do {_told(cured)}."
    )


def _meaning(found: Findings) -> str:
    tested = [row for std in NOISES[1:] for row in found(f"apart {std:g}") if row.predicted is not None]
    inside = sum(row.agrees for row in tested)
    strong = _told(_cured(found, NOISES[-1], "simulation"))
    untied = _told(_cured(found, NOISES[1], "untied"))
    astray = found("astray", source="simulation", noise=NOISES[-1])
    lost = f", and {astray[0].estimate:%} of the pairs lose a feature or take another in" if astray else ""
    return (
        "On its own each feature goes to the copy that noise favours, as often to the same as to different "
        "ones; co-occurrence drives them apart, the more so the weaker the noise. With strong noise in the "
        f"flow, s = {NOISES[-1]:g}, more than {CURED:.0%} come apart (by lower ends of intervals, all λ) "
        f"{strong}{lost}; with weak noise in networks with untied weights {untied}. The derived share is in "
        f"{inside} of {len(tested)} intervals."
    )


EXPERIMENTS = (
    Experiment(
        "cure_by_splitting",
        "Does splitting a polysemantic neuron in two with noise separate its features?",
        "seed 001, Discussion (Implications for mechanistic interpretability)",
        settings,
        measure,
        {
            **{f"apart {std:g}": _apart(std) for std in NOISES[1:]},
            "stay": Quantity(
                "stay split without noise",
                lambda group, level: _share(group.cases.sel(noise=0.0), "split", OUTCOMES, level),
                over=("source",),
            ),
            "astray": Quantity(
                "a feature leaves or another comes",
                lambda group, level: _share(group.cases, "other", OUTCOMES, level),
                over=("source", "noise"),
            ),
        },
        tuple(
            Panel(
                f"apart {std:g}",
                ("p_over_l1",),
                ("source", "l1"),
                title=f"noise s = {std:g}",
                options={"ylim": (0, 1.03), "ylabel": "share that comes apart"},
            )
            for std in NOISES[1:]
        ),
        _answer,
        _meaning,
        "One size of network. The share that comes apart is of the pairs that end apart or together. Trained "
        "networks are few, at one λ, and no theory is derived for untied weights; without noise rounding, in "
        "single precision, may tell their copies apart.",
        in_check=lambda setting: setting["source"] == "simulation" and setting["l1"] == 0.005,
    ),
)
