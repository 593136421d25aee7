"""Cure by splitting: whether duplicating a polysemantic neuron, with noise, separates its two features.

Polysemantic neurons come from the flow on features that are on one at a time. What follows is under
co-occurrence, all per occurrence of a feature, as in `theory.co_occurrence`.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.flow import Flow
from sim.forces import FORCES, Force, co_occurrence
from sim.progress import track
from sim.replicates import observe
from theory import Autoencoder
from theory.co_occurrence.splitting import separation_probability
from validation import plots
from validation.experiment import Experiment, Setting, parts
from validation.sparse_inputs import train_rare
from validation.split_neurons import OUTCOMES, TIED, outcome, polysemantic_pairs, split
from validation.statistics import USUAL, Estimate, share
from validation.wording import interval, table

NOISES = (0.0, 0.001, 0.01, 0.1, 0.3)
RATIOS = (0.0, 0.1, 0.3, 1.0, 3.0)  # p/λ
END = 14.0  # of what follows, in units of 1/λ: noise of 10⁻³ takes about 5
FEW = 0.5  # of other features on at a time; with more the averaged force, to first order in p, is too rough
CURED = 0.8  # share of pairs that come apart from which on splitting is called a cure
SOURCES = {"simulation": "simulated flow", "training": "trained model", "untied": "trained, untied"}

Start = Callable[
    ..., np.ndarray
]  # gives the weights of all networks by what each copy gets and, untied, the layer


def _settings(full: bool) -> list[Setting]:
    n = 16
    networks = {"simulation": 1000, "training": 24, "untied": 24} if full else {"simulation": 120}
    flows = [
        ("simulation", l1, ratio)
        for l1 in ((0.02, 0.005, 0.002) if full else (0.02, 0.005))
        for ratio in RATIOS
        if (n - 1) * ratio * l1 < FEW
    ]
    trained = [("training", 0.02, ratio) for ratio in (0.0, 0.3, 1.0, 3.0)]
    untied = [("untied", 0.02, ratio) for ratio in ((0.0, 0.3, 1.0, 3.0) if full else (0.0, 1.0))]
    return [
        {
            "source": source,
            "n": n,
            "m": n,
            "l1": l1,
            "p": round(ratio * l1, 7),
            "networks": networks.get(source, 8),
        }
        for source, l1, ratio in flows + trained + untied
    ]


def _measure(source: str, n: int, m: int, l1: float, p: float, networks: int, seed: int) -> xr.Dataset:
    found = observe(_settled, Autoencoder(n, m, l1), networks, seed)["weights"]
    pairs = [polysemantic_pairs(weights) for weights in found]
    wide = Autoencoder(n, m + n // 2, l1)  # room for the copies of as many neurons as there can be pairs
    rng = np.random.default_rng(np.random.SeedSequence((seed, 1)))
    noise = rng.normal(size=(2, networks, n, wide.n_neurons))  # for encoder and decoder; tied, the first
    counts = np.zeros((networks, len(NOISES), len(OUTCOMES)), np.int16)
    for k, std in enumerate(NOISES):

        def start(share: float, layer: int = 0, std: float = std) -> np.ndarray:
            given = zip(found, pairs, std * noise[layer], strict=True)
            return np.array([split(*network, share) for network in given])

        for r, weights in enumerate(FOLLOW[source](wide, p, start, seed)):
            for copy, (i, j, home) in enumerate(pairs[r]):
                counts[r, k, OUTCOMES.index(outcome(weights, (i, j), (home, m + copy)))] += 1
    return xr.Dataset(
        {"cases": (("replicate", "noise", "outcome"), counts)},
        {"noise": list(NOISES), "outcome": list(OUTCOMES)},
    )


def _settled(flow: Flow) -> dict[str, np.ndarray]:
    flow.settle()
    return {"weights": flow.weights}


def _simulated(model: Autoencoder, p: float, start: Start, seed: int) -> np.ndarray:
    forces: list[str | Force] = [*FORCES, co_occurrence(p)] if p else [*FORCES]
    final = start(TIED)
    for weights in track(final, "copies"):
        Flow(model, weights, "splitting", forces, None).advance(END / model.l1)
    return final


def _trained(model: Autoencoder, p: float, start: Start, seed: int) -> np.ndarray:
    initial = start(TIED)
    until = END / model.l1
    return train_rare(model, "independent", p, until, len(initial), seed, initial=initial).final


def _untied(model: Autoencoder, p: float, start: Start, seed: int) -> np.ndarray:
    """Keep the incoming weights of copies, halve the outgoing ones, train, and return the encoder."""
    initial = np.stack([start(1.0), start(0.5, 1)], axis=1)
    until = END / model.l1
    return train_rare(model, "independent", p, until, len(initial), seed, initial=initial, tied=False).final


FOLLOW = {"simulation": _simulated, "training": _trained, "untied": _untied}


def apart(part: xr.Dataset, std: float) -> Estimate | None:
    """Return the share of the decided cases in which features came apart; None if there are none."""
    found = cases(part, std)
    decided = found["apart"] + found["together"]
    return share(found["apart"], decided, USUAL) if decided else None


def cases(part: xr.Dataset, std: float) -> dict[str, int]:
    """Return the number of cases by outcome."""
    counts = part.cases.sel(noise=std, method="nearest").sum("replicate")
    return {name: int(counts.sel(outcome=name)) for name in OUTCOMES}


def _predicted(part: xr.Dataset, std: float) -> float:
    return separation_probability(std, float(part.l1), float(part.p))


def _figure(result: xr.Dataset) -> Figure:
    found = _by_source(result)
    figure, (axes,) = plots.panels(1, len(found), width=5.0, height=4.4)
    for ax, (source, settings) in zip(axes, found.items(), strict=True):
        _shares(ax, settings, tied=source != "untied")
        ax.set_title(SOURCES[source])
    axes[0].set_ylabel("share of pairs that come apart, of those that decide")
    axes[0].legend(title="noise s on the copies", fontsize="small")
    n, m = int(result.n[0]), int(result.m[0])
    figure.suptitle(
        f"Split polysemantic neurons: do their two features separate? n = {n}, m = {m}; "
        "bars: 95 % intervals; lines: theory"
    )
    return figure


def _shares(ax: Axes, settings: list[xr.Dataset], tied: bool) -> None:
    strengths = sorted({float(part.l1) for part in settings}, reverse=True)
    styles = dict(zip(strengths, ("o", "s", "^"), strict=False))
    ratios = np.concatenate([[0.0], np.geomspace(0.03, 3.5, 40)])
    for k, (std, colour) in enumerate(zip(NOISES[1:], plots.sequence(len(NOISES) - 1), strict=True)):
        if tied:
            curve = [separation_probability(std, strengths[0], ratio * strengths[0]) for ratio in ratios]
            ax.plot(ratios, curve, color=colour, linewidth=1)
        for l1, marker in styles.items():
            here = [(float(part.p) / l1, e) for part in settings if part.l1 == l1 and (e := apart(part, std))]
            if here:
                at, estimates = zip(*here, strict=True)
                moved = np.array(at) * 1.06 ** (k - 1.5) + 0.006 * (k - 1.5)
                label = f"s = {std:g}" if marker == "o" else None
                plots.intervals(ax, moved, list(estimates), color=colour, label=label)
                ax.lines[-3].set_marker(marker)
    for l1, marker in styles.items():
        ax.plot([], [], marker, color=plots.GREY, markersize=4, label=f"λ = {l1:g}")
    ax.axhline(0.5, color=plots.GREY, linewidth=1, linestyle=":")
    ax.set_xscale("symlog", linthresh=0.1)
    ax.set_xticks(RATIOS, [f"{ratio:g}" for ratio in RATIOS])
    ax.set(xlabel="co-occurrence over L1, p/λ", ylim=(0, 1.03), xlim=(-0.03, 4))


def _by_source(result: xr.Dataset) -> dict[str, list[xr.Dataset]]:
    found: dict[str, list[xr.Dataset]] = {}
    for part in parts(result):
        found.setdefault(str(part.source.values), []).append(part)
    return found


def _findings(result: xr.Dataset) -> str:
    rows, said = [], []
    for source, settings in _by_source(result).items():
        said.append(_said(source, settings))
        for part in settings:
            shares = (apart(part, std) for std in NOISES[1:])
            rows.append(
                (
                    SOURCES[source],
                    *(f"{float(part[name]):g}" for name in ("l1", "p")),
                    f"{float(part.p / part.l1):g}",
                    f"{part.sizes['replicate']}",
                    f"{sum(cases(part, 0.0).values())}",
                    *("–" if e is None else interval(e) for e in shares),
                )
            )
    n, m = int(result.n[0]), int(result.m[0])
    header = ("source", "λ", "p", "p/λ", "networks", "neurons split", *(f"s = {std:g}" for std in NOISES[1:]))
    return (
        f"Polysemantic neurons of the flow, n = {n}, m = {m}, are duplicated, noise of deviation s is added "
        f"to all weights of the copies, and what follows lasts {END:g}/λ. Each pair of features ends apart "
        "(each alone on a copy), together (one copy wins for both), split (a feature on both copies), or "
        "otherwise (one has left, or another feature has come).\n\n"
        + "\n\n".join(said)
        + "\n\nShare of pairs that came apart, of those apart or together, with exact binomial intervals "
        f"(95 %); neurons of one network count as independent, and noise is the same draws "
        f"times s.\n\n{table(header, rows)}"
    )


def _said(source: str, settings: list[xr.Dataset]) -> str:
    sentences = [f"**{SOURCES[source].capitalize()}.** {_without_noise(settings)}"]
    alone = [part for part in settings if part.p == 0]
    if found := [e for part in alone for std in NOISES[1:] if (e := apart(part, std))]:
        half = sum(e.low <= 0.5 <= e.high for e in found)
        sentences.append(
            f"With features on one at a time, 1/2 lies in {half} of {len(found)} intervals of the share that "
            f"comes apart, {_extremes(found)}."
        )
    if both := [part for part in settings if part.p > 0]:
        sentences.append(_with_co_occurrence(both))
        if source != "untied":
            pairs = [
                (e, _predicted(part, std))
                for part in settings
                for std in NOISES[1:]
                if (e := apart(part, std))
            ]
            inside = sum(e.low <= expected <= e.high for e, expected in pairs)
            sentences.append(f"The theory lies in {inside} of all {len(pairs)} intervals.")
    sentences.append(_astray(settings))
    return " ".join(sentences)


def _without_noise(settings: list[xr.Dataset]) -> str:
    counts = [cases(part, 0.0) for part in settings]
    total = sum(sum(count.values()) for count in counts)
    stay = sum(count["split"] for count in counts)
    return f"Without noise {stay} of {total} neurons stay split."


def _extremes(found: list[Estimate]) -> str:
    low, high = (pick(found, key=lambda e: e.value) for pick in (min, max))
    return f"which is between {interval(low)} and {interval(high)}"


def _with_co_occurrence(settings: list[xr.Dataset]) -> str:
    """Say from what p/λ on splitting cures, for each noise."""
    said = []
    for std in NOISES[1:]:
        ratios: dict[float, float] = {}
        for part in settings:
            if e := apart(part, std):
                ratio = round(float(part.p / part.l1), 4)
                ratios[ratio] = min(ratios.get(ratio, 1.0), e.low)
        curing = [
            ratio for ratio in sorted(ratios) if all(low > CURED for at, low in ratios.items() if at >= ratio)
        ]
        at = f"p/λ = {curing[0]:g}" if curing else "none of the p/λ here"
        said.append(f"{at} for s = {std:g}")
    return (
        f"With co-occurrence more than {CURED:.0%} come apart (by lower ends of intervals, at all λ) from "
        f"here on: {', '.join(said)}."
    )


def _astray(settings: list[xr.Dataset]) -> str:
    shares = []
    for std in NOISES[1:]:
        counts = [cases(part, std) for part in settings]
        total = sum(sum(count.values()) for count in counts)
        astray = sum(count["other"] for count in counts)
        said = interval(share(astray, total, USUAL)) if total else "0 of 0"
        shares.append(f"{said} at s = {std:g}")
    return f"A feature leaves, or another one comes, in a share of {', '.join(shares)}."


experiment = Experiment(
    "cure_by_splitting",
    "Does splitting a polysemantic neuron in two with noise separate its features?",
    "comments of seed 001",
    _settings,
    _measure,
    _figure,
    _findings,
)
