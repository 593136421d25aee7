"""Other ways to a winner: which mechanisms single out the neurons as a basis, and which let features collide.

Without any, nothing tells the neurons from other directions of the hidden space, nor final encodings from
random directions.
"""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.flow import Flow
from sim.metrics import fourth_norms, polysemantic_neurons
from sim.replicates import observe
from theory import Autoencoder, collisions
from theory.noise_drift import of_random_direction
from validation.experiments.experiment import Experiment, Setting, parts
from validation.experiments.mechanisms import L1, L2, MECHANISMS, NOISE, Mechanism
from validation.report import plots
from validation.report.statistics import LEVEL, USUAL, mean
from validation.report.wording import interval, number, table
from validation.training import train
from validation.training.activations import ACTIVATIONS
from validation.training.inputs import Basis
from validation.training.models.general import General
from validation.training.noise import NoNoise

AT_REST = 0.01  # change of the mean fourth norm in the second half of a run, below which it has converged
SHARE = 0.5  # of the length of an encoding: larger weights make a neuron one of its own


def _settings(full: bool) -> list[Setting]:
    sizes = ((16, 32), (16, 16)) if full else ((16, 32),)
    return [
        {"source": source, "mechanism": name, "scale": scale, "n": n, "m": m, "instances": 32 if full else 8}
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
    follow = {"training": _trained, "simulation": _simulated}[source]
    halfway, final = follow(model, chosen, instances, seed)
    fourth = fourth_norms(final)
    measured = {
        "fourth_norm": np.nanmean(fourth, axis=-1),
        "halfway": np.nanmean(fourth_norms(halfway), axis=-1),
        "neurons": np.nanmean(1 / fourth, axis=-1),
        "polysemantic": polysemantic_neurons(_directions(final), SHARE),
        "loss": clean_loss(final, chosen.options.get("activation", "none")),
    }
    return xr.Dataset({name: ("replicate", values.astype(np.float32)) for name, values in measured.items()})


def _trained(model: Autoencoder, chosen: Mechanism, instances: int, seed: int) -> list[np.ndarray]:
    """Train, and return weights after half of the steps and all of them; the second half has fresh noise."""
    found: list[np.ndarray] = []
    for fresh in (seed, int(np.random.SeedSequence((seed, 1)).generate_state(1)[0])):
        run = train(
            model,
            chosen.optimizer,
            steps=chosen.steps // 2,
            learning_rate=chosen.rate,
            replicates=instances,
            seed=fresh,
            initial=found[-1] if found else None,
            **chosen.options,
        )
        found.append(run.final.values.astype(float))
    return found


def _simulated(model: Autoencoder, chosen: Mechanism, instances: int, seed: int) -> list[np.ndarray]:
    """Follow the flow for the time that training takes."""
    end = 4 * chosen.rate * chosen.steps

    def look(flow: Flow) -> dict[str, np.ndarray]:
        flow.advance(end / 2)
        halfway = flow.weights.copy()
        flow.advance(end)
        return {"halfway": halfway, "final": flow.weights}

    forces = chosen.forces()  # type: ignore[misc]
    seen = observe(look, model, instances, seed, method=chosen.method, forces=forces)
    return [seen["halfway"], seen["final"]]


def _directions(weights: np.ndarray) -> np.ndarray:
    """Return encodings at length 1, those of length 0 as they are."""
    return weights / np.maximum(np.linalg.norm(weights, axis=-1, keepdims=True), np.finfo(float).tiny)


def clean_loss(weights: np.ndarray, activation: str) -> np.ndarray:
    """Return the squared error of a feature on its own by replicate, without noise and penalties."""
    replicates, n, m = weights.shape
    f, keys = ACTIVATIONS[activation](), np.zeros((replicates, 2), np.uint64)
    network = General(Basis(), NoNoise(), f, 0.0, 0.0, 0.0, keys)
    inputs = np.broadcast_to(np.eye(n), (replicates, n, n))
    return network.loss_on(weights, inputs, np.zeros((replicates, n, m))) / n


def verdict(part: xr.Dataset) -> str:
    """Say how encodings lie to the neurons: by their fourth norms beside that of random directions."""
    fourth, floor = mean(part.fourth_norm, LEVEL), of_random_direction(int(part.m))
    if fourth.low > floor:
        return "sparser"
    return "flatter" if fourth.high < floor else "random"


def _figure(result: xr.Dataset) -> Figure:
    kinds = _kinds(result)
    figure, axes = plots.panels(2, len(kinds), width=9.0, height=3.4)
    for (above, below), ((n, m), settings) in zip(axes.T, kinds.items(), strict=True):
        names = _by_mechanism(above, settings, "fourth_norm")
        floor, law = of_random_direction(m), collisions.polysemantic_neurons(n, m).mean()
        above.axhline(floor, color=plots.BLACK, linewidth=1, label="random directions, 3/(m + 2)")
        above.set(ylabel="fourth norm, ‖w‖₄⁴/‖w‖⁴", ylim=(0, 1.05), title=f"n = {n}, m = {m}")
        above.set_xticks(range(len(names)), [])
        _by_mechanism(below, settings, "polysemantic")
        below.axhline(law, color=plots.BLACK, linestyle="--", linewidth=1, label="exclusion law")
        below.set(ylabel="polysemantic neurons", ylim=(-0.1, None))
        below.set_xticks(range(len(names)), names, rotation=25, ha="right")
    for ax in axes[:, -1]:
        ax.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    figure.suptitle("Final encodings under mechanisms instead of L1; bars: 95 % intervals of means")
    return figure


def _by_mechanism(ax: Axes, settings: list[xr.Dataset], name: str) -> list[str]:
    """Draw means by source and initial size, mechanism by mechanism, and return their labels."""
    names = list(dict.fromkeys(str(part.mechanism.values) for part in settings))
    series: dict[tuple[str, float], list[xr.Dataset]] = {}
    for part in settings:
        series.setdefault((str(part.source.values), float(part.scale)), []).append(part)
    for k, ((source, scale), members) in enumerate(series.items()):
        moved = 0.16 * (k - (len(series) - 1) / 2)
        at = [names.index(str(part.mechanism.values)) + moved for part in members]
        colour = plots.COLOUR[source]
        plots.intervals(
            ax,
            at,
            [mean(part[name], USUAL) for part in members],
            color=colour,
            label=f"{plots.LABEL[source]}, σ = {scale:g}/√m",
            markerfacecolor=colour if scale == 1 else "white",
        )
    return [MECHANISMS[name].label for name in names]


def _kinds(result: xr.Dataset) -> dict[tuple[int, int], list[xr.Dataset]]:
    """Return the settings by (n, m)."""
    found: dict[tuple[int, int], list[xr.Dataset]] = {}
    for part in parts(result):
        found.setdefault((int(part.n), int(part.m)), []).append(part)
    return found


def _findings(result: xr.Dataset) -> str:
    return "\n\n".join(_of_size(n, m, settings) for (n, m), settings in _kinds(result).items())


def _of_size(n: int, m: int, settings: list[xr.Dataset]) -> str:
    trained = [part for part in settings if part.source == "training"]
    instances = sorted({part.sizes["replicate"] for part in settings})
    text = (
        f"**n = {n}, m = {m}.** The mean fourth norm of random directions is 3/(m + 2) = "
        f"{of_random_direction(m):.3f}. {_verdicts(trained)} {_collisions(trained)} The exclusion "
        f"law expects {collisions.polysemantic_neurons(n, m).mean():.2f} where each feature has one neuron. "
        f"{_losses(trained)} {_agreement(settings)} {_convergence(settings)} A neuron counts as polysemantic "
        f"if two or more encodings have more than {SHARE:g} of their length on it. L1 λ = {L1:g}, L2 rate "
        f"{L2:g}, noise of deviation {NOISE:g}; {' to '.join(map(str, instances))} runs in each setting, the "
        "same initial weights in all, of deviation σ; intervals are 95 %, those of verdicts 99.9 %."
    )
    return f"{text}\n\n{_table(settings)}"


def _named(settings: list[xr.Dataset], among: list[xr.Dataset]) -> str:
    """Return mechanisms, with the initial size where they are not meant at all of them."""
    names = dict.fromkeys(str(part.mechanism.values) for part in settings)
    said = []
    for name in names:
        here, all_of_it = ([part for part in some if part.mechanism == name] for some in (settings, among))
        scales = " and ".join(f"{float(part.scale):g}/√m" for part in here)
        at = f" (σ = {scales})" if len(here) < len(all_of_it) else ""
        said.append(f"{MECHANISMS[name].label}{at}")
    return "; ".join(said)


def _verdicts(trained: list[xr.Dataset]) -> str:
    words = {
        "sparser": "Trained encodings are sparser than those",
        "flatter": "They are spread more evenly over the neurons than random directions",
        "random": "Not told from random directions are they",
    }
    said = []
    for name, word in words.items():
        if those := [part for part in trained if verdict(part) == name]:
            said.append(f"{word} under: {_named(those, trained)}.")
    return " ".join(said)


def _collisions(trained: list[xr.Dataset]) -> str:
    """Say which mechanisms have more polysemantic neurons than there are without any."""
    counts = {
        (str(part.mechanism.values), float(part.scale)): mean(part.polysemantic, USUAL) for part in trained
    }
    more = [
        part
        for part in trained
        if (alone := counts.get(("none", float(part.scale))))
        and counts[str(part.mechanism.values), float(part.scale)].low > alone.high
    ]
    if not more:
        return "No trained model has clearly more polysemantic neurons than those without any mechanism."
    return f"More polysemantic neurons than without any mechanism are there under: {_named(more, trained)}."


def _losses(trained: list[xr.Dataset]) -> str:
    if not trained:
        return ""
    worst = max(trained, key=lambda part: float(part.loss.mean()))
    return (
        "The mean squared error of a feature on its own, without noise and penalties, is largest under "
        f"{_named([worst], trained)}: {interval(mean(worst.loss, USUAL))}."
    )


def _agreement(settings: list[xr.Dataset]) -> str:
    """Say how far the flow is from training, and how often both say the same."""
    by_kind = {
        (str(part.source.values), str(part.mechanism.values), float(part.scale)): part for part in settings
    }
    pairs = [
        (part, by_kind["training", name, scale])
        for (source, name, scale), part in by_kind.items()
        if source == "simulation" and ("training", name, scale) in by_kind
    ]
    if not pairs:
        return ""
    gaps = [abs(float(one.fourth_norm.mean() - two.fourth_norm.mean())) for one, two in pairs]
    same = sum(verdict(one) == verdict(two) for one, two in pairs)
    return (
        f"Where the flow can be written, it says the same in {same} of {len(pairs)} settings, and mean "
        f"fourth norms differ by at most {number(max(gaps))}."
    )


def _convergence(settings: list[xr.Dataset]) -> str:
    moving = {
        f"{MECHANISMS[str(part.mechanism.values)].label} ({plots.LABEL[str(part.source.values)]})": None
        for part in settings
        if (_changes(part) >= AT_REST).any()
    }
    runs = sum(part.sizes["replicate"] for part in settings)
    rest = sum(int((_changes(part) < AT_REST).sum()) for part in settings)
    where = f"; the others are under: {', '.join(moving)}" if moving else ""
    return (
        f"In {rest} of {runs} runs the mean fourth norm changes by less than {AT_REST:g} in the second half: "
        f"they count as converged{where}."
    )


def _changes(part: xr.Dataset) -> xr.DataArray:
    return abs(part.fourth_norm - part.halfway)


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
                number(float(_changes(part).max())),
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
