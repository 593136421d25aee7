"""Do encodings become sparse under hidden noise, without L1? The paper's run, beside averaged forces."""

from functools import partial

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.flow import Flow
from sim.forces import noise_drift as drift_of
from sim.progress import track
from sim.replicates import observe
from theory import Autoencoder, fourth_norm, noise, noise_drift, random_signs
from validation.experiments import runs
from validation.experiments.experiment import Experiment, Setting, parts
from validation.report import plots
from validation.report.statistics import USUAL, Estimate, mean
from validation.report.wording import interval, number, table
from validation.training import train
from validation.training.noise import Gaussian, Signs

MODEL = Autoencoder(8, 16, 0.0)
RATE, STEPS, LOOKS = 0.02, 100_000, 50
STEPS_PER_TIME = 1 / (4 * RATE)
STDS = (0.07, 0.1, 0.15)
LAWS = {"signs": "random signs", "gaussian": "Gaussian noise"}
NOISE = {"signs": Signs, "gaussian": Gaussian}
KURTOSIS = {"signs": -2.0, "gaussian": 0.0}  # in excess of that of normal noise
EXACT = {"signs": random_signs.force, "gaussian": noise.force}  # averages over all noise
SOURCES = {
    "training": "training",
    "simulation": "flow to first order",
    "theory": "exact average",
    "closed form": "closed form",
}
COLOUR = plots.COLOUR | {"closed form": plots.GREEN}
SPARSE, DENSE = 0.6, 0.25  # encodings are called so if their mean fourth norm is above, below
PAPER = {  # at the end, read off its plots
    ("signs", 0.07): 0.3,
    ("signs", 0.1): 0.8,
    ("signs", 0.15): 0.78,
    **{("gaussian", std): 0.17 for std in STDS},
}

Norms = tuple[np.ndarray, np.ndarray]  # fourth norms and L2 norms, (replicate, time, feature)


def _settings(full: bool) -> list[Setting]:
    return [
        {"source": source, "law": law, "std": std, "instances": 16 if full else 4}
        for source in SOURCES
        for law in LAWS
        for std in (STDS if full else STDS[1:2])
    ]


def _measure(source: str, law: str, std: float, instances: int, seed: int) -> xr.Dataset:
    times = np.linspace(0.0, STEPS / STEPS_PER_TIME, LOOKS + 1)
    fourth, lengths = FOLLOW[source](law, std, times, instances, seed)
    found = {"fourth_norm": fourth, "of_direction": fourth / lengths**4}
    return xr.Dataset(
        {
            name: (("replicate", "time"), np.float32(values.mean(axis=-1)))  # means over features
            for name, values in found.items()
        },
        {"time": times},
    )


def initial_weights(instances: int, seed: int) -> np.ndarray:
    """Return the initial weights that all sources begin with, (replicate, feature, neuron)."""
    return np.array([MODEL.initial(rng) for rng in runs.draws(seed, instances)])


def _trained(law: str, std: float, times: np.ndarray, instances: int, seed: int) -> Norms:
    """Train by gradient descent, which has no state: from look to look it goes on with fresh noise."""
    weights = [initial_weights(instances, seed)]
    for fresh in np.random.SeedSequence((seed, 1)).generate_state(len(times) - 1):
        run = train(
            MODEL,
            "gd",
            steps=STEPS // LOOKS,
            learning_rate=RATE,
            noise=NOISE[law](std),
            replicates=instances,
            seed=int(fresh),
            initial=weights[-1],
        )
        weights.append(run.final.values)
    return _norms(np.stack(weights, axis=1))


def _simulated(law: str, std: float, times: np.ndarray, instances: int, seed: int) -> Norms:
    """Follow the flow under the noise averaged to first order in its excess kurtosis."""

    def look(flow: Flow) -> dict[str, np.ndarray]:
        weights = []
        for time in times:
            flow.advance(time)
            weights.append(flow.weights.copy())
        return {"weights": np.array(weights)}

    forces = ("feature_benefit", "interference", drift_of(std, KURTOSIS[law]))
    return _norms(observe(look, MODEL, instances, seed, forces=forces)["weights"])


def _averaged(law: str, std: float, times: np.ndarray, instances: int, seed: int) -> Norms:
    """Follow the flow under the noise averaged exactly."""
    force = partial(EXACT[law], noise_std=std)
    starts = track(initial_weights(instances, seed), "exact averages")
    found = [fourth_norm.averaged(start, times, force) for start in starts]
    return np.array([run.fourth_norm for run in found]), np.array([run.l2_norm for run in found])


def _norms(weights: np.ndarray) -> Norms:
    """Return fourth and L2 norms (replicate, time, feature)."""
    return (weights**4).sum(axis=-1), np.linalg.norm(weights, axis=-1)


def _closed_form(law: str, std: float, times: np.ndarray, instances: int, seed: int) -> Norms:
    """Let encodings of length 1 drift at the rate of a simplex, each one alone."""
    rate = noise_drift.rate(MODEL.n_features, MODEL.n_neurons, std, KURTOSIS[law])
    starts = initial_weights(instances, seed)
    fourth = np.array([fourth_norm.closed_form(start, rate, times) for start in starts])
    return fourth, np.ones_like(fourth)


FOLLOW = {
    "training": _trained,
    "simulation": _simulated,
    "theory": _averaged,
    "closed form": _closed_form,
}


def crossing(part: xr.Dataset) -> Estimate | None:
    """Return the steps to a fourth norm of `DENSE`, geometric mean over runs, if all of them get there."""
    steps, found = part.time.values * STEPS_PER_TIME, []
    for course in part.fourth_norm.values:
        above = np.flatnonzero((course[1:] >= DENSE) & (course[:-1] < DENSE))
        if not above.size:
            return None
        ends = slice(above[0], above[0] + 2)
        found.append(np.interp(DENSE, course[ends], steps[ends]))
    log = mean(np.log(found), USUAL)
    return Estimate(float(np.exp(log.value)), float(np.exp(log.low)), float(np.exp(log.high)), log.method)


def ending(part: xr.Dataset, name: str = "fourth_norm") -> Estimate:
    """Return the mean of a norm at the end."""
    return mean(part[name][:, -1], USUAL)


def _noises(result: xr.Dataset) -> list[tuple[str, float]]:
    """Return the noises that there are, law and standard deviation, in order."""
    there = set(zip(result.law.values.tolist(), result["std"].values.tolist(), strict=True))
    return [(law, std) for law in LAWS for std in sorted(std for name, std in there if name == law)]


def _selected(result: xr.Dataset, law: str, std: float) -> dict[str, xr.Dataset]:
    """Return what there is under one noise, by source."""
    return {
        str(part.source.values): part
        for part in parts(result)
        if part.law == law and np.isclose(part["std"], std)
    }


def _figure(result: xr.Dataset) -> Figure:
    stds = sorted({*result["std"].values.tolist()})
    figure, (axes,) = plots.panels(1, len(stds), width=5.0 if len(stds) > 1 else 7.0, height=5.2)
    for ax, std in zip(axes, stds, strict=True):
        for law, style in (("signs", "-"), ("gaussian", ":")):
            for source, part in _selected(result, law, std).items():
                _course(ax, part, source, style)
        floor = noise_drift.of_random_direction(MODEL.n_neurons)
        ax.axhline(floor, color=plots.GREY, linewidth=1, label="random directions, 3/(m + 2)")
        ends = [value for (_, at), value in PAPER.items() if at == std]
        label = "paper's ends, read off its plot"
        ax.plot([STEPS / 1000] * len(ends), ends, "x", color=plots.PURPLE, markersize=8, label=label)
        ax.set(
            xlabel="training step, thousands", ylim=(0, 1.02), title=f"noise of standard deviation {std:g}"
        )
    axes[0].set_ylabel("mean fourth norm of encodings, Σ w⁴")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=1 + len(stds))
    figure.suptitle(
        f"Fourth norms under hidden noise without L1: n = {MODEL.n_features}, m = {MODEL.n_neurons}, "
        f"rate {RATE:g}\nbands: 95 % intervals of training"
    )
    return figure


def _course(ax: Axes, part: xr.Dataset, source: str, style: str) -> None:
    steps, law = part.time.values * STEPS_PER_TIME / 1000, LAWS[str(part.law.values)]
    estimates = [mean(values, USUAL) for values in part.fourth_norm.transpose("time", "replicate")]
    label = f"{SOURCES[source]}, {law}"
    ax.plot(steps, [e.value for e in estimates], style, color=COLOUR[source], label=label)
    if source == "training":
        band = [e.low for e in estimates], [e.high for e in estimates]
        ax.fill_between(steps, *band, color=COLOUR[source], alpha=0.2, linewidth=0)


def _findings(result: xr.Dataset) -> str:
    trained = [part for part in parts(result) if part.source == "training"]
    said = " ".join(map(_said, trained))
    number_of = "/".join(f"{size}" for size in sorted({part.sizes["replicate"] for part in parts(result)}))
    return (
        f"Gradient descent at rate {RATE:g} for {STEPS:,} steps without L1, n = {MODEL.n_features}, "
        f"m = {MODEL.n_neurons}. {said}{_random(trained)}{_averages(result)} {number_of} runs under each "
        f"noise, from the same initial weights; intervals are 95 %.\n\n{_tables(result)}"
    )


def _said(part: xr.Dataset) -> str:
    end = ending(part)
    if end.low > SPARSE:
        verdict = f"sparse (above {SPARSE:g})"
    elif end.high < DENSE:
        verdict = f"dense (below {DENSE:g})"
    elif end.low > DENSE and end.high < SPARSE:
        verdict = f"between dense and sparse ({DENSE:g} to {SPARSE:g})"
    else:
        verdict = "not decided"
    return (
        f"Under {LAWS[str(part.law.values)]} of deviation {float(part['std']):g} the mean fourth norm ends "
        f"at {interval(end)}: {verdict}."
    )


def _random(trained: list[xr.Dataset]) -> str:
    """Say whether Gaussian noise leaves directions random, as it must."""
    if not (found := [ending(part, "of_direction") for part in trained if part.law == "gaussian"]):
        return ""
    floor = noise_drift.of_random_direction(MODEL.n_neurons)
    inside = sum(e.low <= floor <= e.high for e in found)
    return (
        " Gaussian noise and gradient descent know no basis, and random directions stay so: their mean "
        f"fourth norm is 3/(m + 2) = {floor:.3f}, which lies in {inside} of {len(found)} intervals."
    )


def _averages(result: xr.Dataset) -> str:
    """Say how far averages over the noise are from training."""
    gaps: dict[str, list[float]] = {}
    for law, std in _noises(result):
        means = {
            source: part.fourth_norm.mean("replicate") for source, part in _selected(result, law, std).items()
        }
        if "training" in means:
            trained = means.pop("training")
            for source, course in means.items():
                gaps.setdefault(source, []).append(float(abs(course - trained).max()))
    if not gaps:
        return ""
    said = ", ".join(f"{SOURCES[source]} {max(found):.2f}" for source, found in gaps.items())
    return (
        f" The mean curves of training differ by at most: {said}; the closed form holds encodings on a "
        "simplex, as they are at first."
    )


def _tables(result: xr.Dataset) -> str:
    ends, crossings = [], []
    for law, std in _noises(result):
        found = _selected(result, law, std)
        noise_of = (LAWS[law], f"{std:g}")
        start = next(iter(found.values())).fourth_norm[:, 0].mean()
        paper = number(PAPER[law, std]) if (law, std) in PAPER else "–"
        end_of = [interval(ending(found[source])) if source in found else "–" for source in SOURCES]
        ends.append((*noise_of, f"{float(start):.3f}", *end_of, paper))
        steps = [crossing(found[source]) if source in found else None for source in SOURCES]
        crossings.append((*noise_of, *("–" if step is None else interval(step) for step in steps)))
    noises = ("noise", "standard deviation")
    return (
        f"Mean fourth norms:\n\n{table((*noises, 'start', *SOURCES.values(), 'paper'), ends)}\n\n"
        f"Steps after which they are above {DENSE:g}, geometric means, where all runs get there:\n\n"
        f"{table((*noises, *SOURCES.values()), crossings)}"
    )


experiment = Experiment(
    "fourth_norm",
    "Does hidden noise make encodings sparse without L1?",
    "arXiv:2312.03096, noise instead of L1",
    _settings,
    _measure,
    _figure,
    _findings,
)
