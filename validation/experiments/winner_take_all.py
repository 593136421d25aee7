"""Other ways to a winner: which mechanisms single out the neurons as a basis, and which let features collide.

Without any, nothing tells the neurons from other directions of the hidden space, nor final encodings from
random directions.
"""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.flow import Flow
from sim.metrics import polysemantic_neurons
from sim.replicates import observe
from theory import Autoencoder, collisions
from theory.noise_drift import of_random_direction
from validation import plots
from validation.experiment import Experiment, Setting, parts
from validation.hidden_noise import NoNoise
from validation.inputs import Basis
from validation.mechanisms import L1, L2, MECHANISMS, NOISE, Mechanism
from validation.models.general import General
from validation.statistics import USUAL, mean
from validation.training import train
from validation.wording import interval, number, table

AT_REST = 0.01  # change of ‖w‖₁/‖w‖ in the second half of a run below which it counts as converged
SHARE = 0.5  # of the length of an encoding: larger weights make a neuron one of its own


def _settings(full: bool) -> list[Setting]:
    sizes = ((16, 32), (16, 16)) if full else ((16, 32),)
    return [
        {"source": source, "mechanism": name, "scale": scale, "n": n, "m": m, "instances": 48 if full else 8}
        for n, m in sizes
        for name, mechanism in MECHANISMS.items()
        for scale in (1.0, 0.1)
        for source in ("training", "simulation")
        if source == "training" or mechanism.forces
    ]


def _measure(
    source: str, mechanism: str, scale: float, n: int, m: int, instances: int, seed: int
) -> xr.Dataset:
    chosen = MECHANISMS[mechanism]
    model = Autoencoder(n, m, chosen.l1, scale / m**0.5)
    final, change = {"training": _trained, "simulation": _simulated}[source](model, chosen, instances, seed)
    activation = chosen.options.get("activation", "none")
    fourth = fourth_norms(final)
    measured = {
        "fourth_norm": np.nanmean(fourth, axis=-1),
        "neurons": np.nanmean(1 / fourth, axis=-1),
        "polysemantic": polysemantic_neurons(_directions(final), SHARE),
        "loss": clean_loss(final, activation),
        "change": change,
    }
    return xr.Dataset({name: ("replicate", values.astype(np.float32)) for name, values in measured.items()})


def _trained(
    model: Autoencoder, chosen: Mechanism, instances: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    run = train(
        model,
        chosen.optimizer,
        steps=chosen.steps,
        learning_rate=chosen.rate,
        replicates=instances,
        seed=seed,
        **chosen.options,
    )
    spread = (run.l1_norm / run.l2_norm).mean("feature").values
    half = np.abs(run.step.values - chosen.steps / 2).argmin()
    return run.final.values.astype(float), np.abs(spread[:, half] / spread[:, -1] - 1)


def _simulated(
    model: Autoencoder, chosen: Mechanism, instances: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Follow the flow for the time that training takes."""
    end = 4 * chosen.rate * chosen.steps

    def look(flow: Flow) -> dict[str, np.ndarray]:
        spread = []
        for time in (end / 2, end):
            flow.advance(time)
            sizes = np.abs(flow.weights)
            spread.append((sizes.sum(axis=-1) / np.linalg.norm(sizes, axis=-1)).mean())
        return {"final": flow.weights, "change": np.abs(spread[0] / spread[1] - 1)}

    seen = observe(look, model, instances, seed, forces=chosen.forces())  # type: ignore[misc]
    return seen["final"], seen["change"]


def _directions(weights: np.ndarray) -> np.ndarray:
    """Return encodings at length 1, those of length 0 as they are."""
    return weights / np.maximum(np.linalg.norm(weights, axis=-1, keepdims=True), np.finfo(float).tiny)


def fourth_norms(weights: np.ndarray) -> np.ndarray:
    """Return ``‖w‖₄⁴ / ‖w‖⁴`` of encodings, shape (..., feature): 1 on one neuron, 1/k on k equal ones.

    NaN where there is no encoding left.
    """
    directions = _directions(weights)
    return np.where(directions.any(axis=-1), (directions**4).sum(axis=-1), np.nan)


def clean_loss(weights: np.ndarray, activation: str) -> np.ndarray:
    """Return the squared error of a feature on its own by replicate, without noise and penalties."""
    replicates, n, m = weights.shape
    network = General(Basis(), NoNoise(), activation, 0.0, 0.0, 0.0, np.zeros((replicates, 2), np.uint64))
    inputs = np.broadcast_to(np.eye(n), (replicates, n, n))
    return network.loss_on(weights, inputs, np.zeros((replicates, n, m))) / n


def verdict(part: xr.Dataset) -> str:
    """Say how encodings lie to the neurons: by their fourth norms beside that of random directions."""
    fourth, floor = mean(part.fourth_norm, USUAL), of_random_direction(int(part.m))
    if fourth.low > floor:
        return "sparser"
    return "flatter" if fourth.high < floor else "random"


def _figure(result: xr.Dataset) -> Figure:
    kinds = _kinds(result)
    figure, axes = plots.panels(2, len(kinds), width=9.0, height=3.6)
    for (above, below), ((n, m), settings) in zip(axes.T, kinds.items(), strict=True):
        _by_mechanism(above, settings, "fourth_norm")
        above.axhline(
            of_random_direction(m), color=plots.BLACK, linewidth=1, label="random directions, 3/(m + 2)"
        )
        above.set(ylabel="fourth norm, ‖w‖₄⁴/‖w‖⁴", ylim=(0, 1.05), title=f"n = {n}, m = {m}")
        _by_mechanism(below, settings, "polysemantic")
        law = collisions.polysemantic_neurons(n, m).mean()
        below.axhline(law, color=plots.BLACK, linestyle="--", linewidth=1, label="exclusion law")
        below.set(ylabel="polysemantic neurons", ylim=(0, None))
        below.legend(fontsize="small")
        above.legend(fontsize="small")
    figure.suptitle("Final encodings under mechanisms instead of L1; bars: 95 % intervals of means")
    return figure


def _by_mechanism(ax: Axes, settings: list[xr.Dataset], name: str) -> None:
    names = [mechanism for mechanism in MECHANISMS if any(part.mechanism == mechanism for part in settings)]
    series: dict[tuple[str, float], list[xr.Dataset]] = {}
    for part in settings:
        series.setdefault((str(part.source.values), float(part.scale)), []).append(part)
    for k, ((source, scale), members) in enumerate(series.items()):
        at = [
            names.index(str(part.mechanism.values)) + 0.16 * (k - (len(series) - 1) / 2) for part in members
        ]
        label = f"{plots.LABEL[source]}, σ = {scale:g}/√m"
        estimates = [mean(part[name], USUAL) for part in members]
        plots.intervals(ax, at, estimates, color=plots.COLOUR[source], label=label)
        ax.lines[-3].set_markerfacecolor(plots.COLOUR[source] if scale == 1 else "white")
    ax.set_xticks(range(len(names)), [MECHANISMS[name].label for name in names], rotation=25, ha="right")


def _kinds(result: xr.Dataset) -> dict[tuple[int, int], list[xr.Dataset]]:
    """Return the settings by (n, m)."""
    found: dict[tuple[int, int], list[xr.Dataset]] = {}
    for part in parts(result):
        found.setdefault((int(part.n), int(part.m)), []).append(part)
    return found


def _findings(result: xr.Dataset) -> str:
    return "\n\n".join(_of_size(n, m, settings) for (n, m), settings in _kinds(result).items())


def _of_size(n: int, m: int, settings: list[xr.Dataset]) -> str:
    floor = of_random_direction(m)
    law = collisions.polysemantic_neurons(n, m).mean()
    instances = sorted({part.sizes["replicate"] for part in settings})
    return (
        f"**n = {n}, m = {m}.** Beside random directions, whose mean fourth norm is 3/(m + 2) = {floor:.3f}, "
        f"final encodings are {_verdicts(settings)}. {_collisions(settings)} The exclusion law expects "
        f"{law:.2f} where each feature has one neuron. {_agreement(settings)} {_convergence(settings)} A neuron "
        f"counts as polysemantic if two or more encodings have more than {SHARE:g} of their length on it. L1 "
        f"λ = {L1:g}, L2 rate {L2:g}, noise of deviation {NOISE:g}; {' to '.join(map(str, instances))} runs in each setting, the same initial weights in all, of "
        f"deviation σ; intervals are 95 %.\n\n{_table(settings)}"
    )


def _named(settings: list[xr.Dataset]) -> str:
    """Return mechanisms with what else tells them apart."""
    sources = {"training": "", "simulation": ", flow"}
    return "; ".join(
        f"{MECHANISMS[str(part.mechanism.values)].label} (σ = {float(part.scale):g}/√m"
        f"{sources[str(part.source.values)]})"
        for part in settings
    )


def _verdicts(settings: list[xr.Dataset]) -> str:
    said = []
    words = {
        "sparser": "sparser",
        "flatter": "flatter (spread more evenly over neurons)",
        "random": "not different",
    }
    for name, word in words.items():
        if those := [part for part in settings if verdict(part) == name]:
            said.append(f"{word} under {_named(those)}")
    return ", ".join(said)


def _collisions(settings: list[xr.Dataset]) -> str:
    """Say which mechanisms have more polysemantic neurons than there are without any."""
    said = []
    for name in dict.fromkeys(str(part.mechanism.values) for part in settings):
        for part in (part for part in settings if part.mechanism == name and part.source == "training"):
            alone = [
                other
                for other in settings
                if other.mechanism == "none" and other.source == "training" and other.scale == part.scale
            ]
            if alone and name != "none":
                found, chance = (mean(one.polysemantic, USUAL) for one in (part, alone[0]))
                if found.low > chance.high:
                    said.append(f"{_named([part])} {interval(found)}")
    if not said:
        return "In no trained model are there more polysemantic neurons than without any mechanism."
    return f"More polysemantic neurons than without any mechanism have, trained: {', '.join(said)}."


def _agreement(settings: list[xr.Dataset]) -> str:
    gaps = {}
    for part in (part for part in settings if part.source == "simulation"):
        for other in settings:
            if (
                other.source == "training"
                and other.mechanism == part.mechanism
                and other.scale == part.scale
                and other.sizes == part.sizes
            ):
                gap = abs(float((part.fourth_norm - other.fourth_norm).mean()))
                gaps[_named([other])] = gap
    if not gaps:
        return ""
    worst = max(gaps, key=gaps.__getitem__)
    return (
        f"Mean fourth norms of flow and training differ in {len(gaps)} comparisons by at most "
        f"{number(gaps[worst])}, under {worst}."
    )


def _convergence(settings: list[xr.Dataset]) -> str:
    moving = [part for part in settings if (part.change >= AT_REST).any()]
    runs = sum(part.sizes["replicate"] for part in settings)
    count = sum(int((part.change >= AT_REST).sum()) for part in moving)
    where = f"; the others are under {_named(moving)}" if moving else ""
    return (
        f"By the change of the mean ‖w‖₁/‖w‖ in the second half, below {AT_REST:.0%}, {runs - count} of {runs} "
        f"runs have converged{where}."
    )


def _table(settings: list[xr.Dataset]) -> str:
    header = ("mechanism", "σ√m", "source", "fourth norm", "neurons of a feature", "polysemantic neurons")
    rows = []
    for part in settings:
        estimates = (mean(part[name], USUAL) for name in ("fourth_norm", "neurons", "polysemantic", "loss"))
        rows.append(
            (
                MECHANISMS[str(part.mechanism.values)].label,
                f"{float(part.scale):g}",
                plots.LABEL[str(part.source.values)],
                *map(interval, estimates),
                number(float(part.change.max())),
            )
        )
    return table((*header, "loss of a feature", "largest change"), rows)


experiment = Experiment(
    "winner_take_all",
    "Which mechanisms other than L1 make neurons a privileged basis and let features collide?",
    "own question after seed 001, Implications for mechanistic interpretability",
    _settings,
    _measure,
    _figure,
    _findings,
)
