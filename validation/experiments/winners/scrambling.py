"""Scrambling: leads that are lost in the first steps of AdamW, against what is derived of them."""

from functools import partial

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from theory import Autoencoder, interference
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.experiments.findings import Findings
from validation.experiments.rows import Rows
from validation.experiments.winners import courses
from validation.report import plots
from validation.training import train

FRACTIONS = 0.25, 0.5, 1.0, 3.0  # of the distance after which interference is gone
RATES = 1e-4, 3e-4, 1e-3, 3e-3
LAST = 1.2  # of these fractions, up to which the first steps last, as steps are whole
SIZES = {False: (128, 256), True: (128, 256, 512)}


def settings(full: bool) -> list[Setting]:
    """Return rates and numbers of neurons."""
    return grid({"n": 64, "m": SIZES[full], "rate": RATES, "replicates": 32 if full else 16})


def measure(n: int, m: int, rate: float, replicates: int, seed: int) -> xr.Dataset:
    """Train with AdamW, λ as in the paper, and note at steps on the way whose largest initial weight leads.

    A lead is kept if the largest weight of a feature is on the same neuron as at the start. Steps go to three
    times what interference lasts by theory, which is √(π/8) √((n − 1)/2m) σ over the rate.
    """
    model = Autoencoder(n, m, courses.PAPER)
    steps = round(max(FRACTIONS) * interference.end_of_interference(model) / rate)
    run = train(model, "adamw", steps=steps, learning_rate=rate, replicates=replicates, seed=seed)
    kept = (run.leader == run.leader.isel(step=0)).mean("feature").astype(np.float32)
    return xr.Dataset({"kept": (("replicate", "step"), kept.values)}, {"step": run.step.values})


def _model(at: Setting | xr.Dataset) -> Autoencoder:
    return Autoencoder(int(at["n"]), int(at["m"]), 0.0)


def _end(at: Setting | xr.Dataset) -> float:
    """Return the distance after which interference is gone."""
    return interference.end_of_interference(_model(at))


def _looks(part: xr.Dataset) -> list[float]:
    """Return the steps that are looked at, each once."""
    wanted = np.array(FRACTIONS) * _end(part) / float(part.rate)
    known = part.step.values
    return sorted({float(known[np.abs(known - step).argmin()]) for step in np.maximum(wanted, 1)})


def _predicted(part: xr.Dataset) -> float:
    return float(interference.leads_kept(_model(part), np.array([part.rate * part.step]))[0])


def _band(part: xr.Dataset) -> Band:
    if part.rate * part.step > LAST * _end(part):
        return Band(0.6, 1.0, "inner products that arise on the way push, too: theory leaves them out")
    return Band(0.93, 1.04, "Adam averages over ten steps; to first order in √ρ, encodings as if independent")


def _fraction(setting: Setting) -> float:
    return setting["rate"] * setting["step"] / _end(setting)


def _draw(ax: Axes, found: Findings, ratio: bool) -> None:
    """Draw shares, or these over theory, against the distance in units of what interference lasts."""
    sizes = sorted({row["m"] for row in found("kept")})
    fractions = np.geomspace(0.05, max(FRACTIONS), 40)
    for m, colour in zip(sizes, plots.sequence(len(sizes)), strict=True):
        for marker, rate in zip("os^D", RATES, strict=True):
            rows = found("kept", m=m, rate=rate)
            label = f"m = {m}" if rate == RATES[0] else f"rate {rate:g}" if m == sizes[-1] else None
            at = [_fraction(row.setting) for row in rows]
            shown = [row.ratio if ratio else row.estimate for row in rows]
            if rows:
                plots.intervals(ax, at, shown, marker, color=colour, label=label)
        model = Autoencoder(int(found.constant["n"]), m, 0.0)
        law = interference.leads_kept(model, fractions * interference.end_of_interference(model))
        said = "theory, no fitted constant" if m == sizes[0] else None
        ax.plot(fractions, np.ones_like(law) if ratio else law, color=colour, linewidth=1, label=said)
    ax.set(xscale="log", xlabel="rate × steps, over the distance after which interference is gone")
    ax.set(ylabel="measured over theory" if ratio else "share of largest initial weights still in front")


def _early(rows: Rows) -> Rows:
    return Rows(row for row in rows if _fraction(row.setting) <= LAST)


def _answer(found: Findings) -> str:
    early = _early(found["kept"])
    off = max(abs(row.ratio.value - 1) for row in early)
    return (
        f"Of the largest initial weights {early.most} to {early.least} are still in front after first steps "
        f"of AdamW, until interference is gone; theory, without a fitted constant, lies in {early.agreeing} "
        f"intervals and is off by at most {100 * off:.1f} %."
    )


def _meaning(found: Findings) -> str:
    late = Rows(row for row in found["kept"] if _fraction(row.setting) > LAST)
    high, low = (1 / pick(row.ratio.value for row in late) for pick in (min, max))
    return (
        "Adam's first steps have the size of the rate whatever the gradient is, so that only the sign of the "
        "force counts. Where others push harder than feature benefit pulls, a weight goes the wrong way, at "
        "the speed of all. The root of interference falls linearly meanwhile, and is gone after a distance, "
        "rate × steps, that does not depend on the rate: nor does the share of leads that is lost by then. A "
        "smaller rate only takes longer. At three times that distance theory, by which nothing changes any "
        f"more, says {low:.2f} to {high:.2f} times what is measured: inner products that became positive "
        "on the way push, too, and at large rates Adam's averages overshoot."
    )


EXPERIMENTS = (
    Experiment(
        "scrambling",
        "How many leads of initial weights do Adam's first steps undo?",
        "own question; derivation `leads_kept`",
        settings,
        measure,
        {
            "kept": Quantity(
                "share of leads kept",
                mean_of("kept"),
                _predicted,
                _band,
                along="step",
                at=_looks,
                source="training",
            )
        },
        (Panel(draw=partial(_draw, ratio=False)), Panel(draw=partial(_draw, ratio=True))),
        _answer,
        _meaning,
        "One number of features, initial weights of deviation 1/√m, and the paper's λ, too weak to matter in "
        "these steps. What AdamW does later is in `provenance` and `intervention`.",
    ),
)
