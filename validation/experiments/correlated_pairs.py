"""Correlated and anti-correlated features: how often the two of a pair share a neuron."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from theory import Autoencoder
from validation.experiments.co_occurring import average, finite
from validation.experiments.experiment import Experiment, Setting, parts
from validation.experiments.sparse_inputs import relative, train_rare
from validation.report import plots
from validation.report.statistics import USUAL, Estimate, share
from validation.report.wording import interval, number, table

END = 8.0  # of a run, in units of 1/λ
LARGE = 0.5  # size, relative to that of usual winners, from which on a weight counts
UNDECIDED = 0.2, 0.8  # sizes that are neither those of winners nor of losers
KINDS = {
    "independent": ("on independently", plots.BLUE),
    "correlated": ("always on together", plots.VERMILION),
    "anticorrelated": ("never on together", plots.GREEN),
}
SIGNS = {"opposite": "opposite signs (benign)", "same": "the same sign"}


def _settings(full: bool) -> list[Setting]:
    probabilities = (0.003, 0.01, 0.03, 0.1, 0.2) if full else (0.01, 0.03, 0.1)
    runs = 200 if full else 32
    return [
        {"inputs": inputs, "n": 16, "m": 16, "l1": 0.02, "p": p, "replicates": runs}
        for inputs in KINDS
        for p in probabilities
    ]


def _measure(inputs: str, n: int, m: int, l1: float, p: float, replicates: int, seed: int) -> xr.Dataset:
    final = relative(train_rare(Autoencoder(n, m, l1), inputs, p, END / l1, replicates, seed).final)
    sizes = np.abs(final)
    counts = {"undecided": ((sizes > UNDECIDED[0]) & (sizes < UNDECIDED[1])).sum(axis=(1, 2))}
    for signs, sharing in _sharing(final).items():
        of_pairs = sharing[:, np.arange(0, n, 2), np.arange(1, n, 2)].sum(axis=1)
        counts |= {f"{signs}_pairs": of_pairs, f"{signs}_others": sharing.sum(axis=(1, 2)) // 2 - of_pairs}
    return xr.Dataset({name: ("replicate", count.astype(np.int16)) for name, count in counts.items()})


def _sharing(weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return which two features share a neuron, by signs: (replicate, feature, feature), symmetric."""
    positive, negative = ((sign * weights > LARGE).astype(int) for sign in (1, -1))
    apart = ~np.eye(weights.shape[1], dtype=bool)

    def together(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.einsum("rik,rjk->rij", one, other) > 0

    return {
        "opposite": apart & (together(positive, negative) | together(negative, positive)),
        "same": apart & (together(positive, positive) | together(negative, negative)),
    }


def _places(part: xr.Dataset) -> dict[str, int]:
    """Return how many pairs of features there are in a run."""
    n = int(part.n)
    return {"pairs": n // 2, "others": n * (n - 2) // 2}


def _shares(part: xr.Dataset, signs: str) -> tuple[Estimate, Estimate]:
    """Return how often the two of a pair share a neuron, and two features of different pairs."""
    pairs, others = (
        share(min(int(counts.sum()), counts.size * number), max(counts.size * number, 1), USUAL)
        for name, number in _places(part).items()
        for counts in [finite(part, f"{signs}_{name}")]
    )
    return pairs, others


def _excess(part: xr.Dataset, signs: str) -> Estimate:
    """Return by how much the share of pairs is larger, from the differences run by run."""
    of_pairs, of_others = (finite(part, f"{signs}_{name}") / number for name, number in _places(part).items())
    runs = min(of_pairs.size, of_others.size)
    return average(of_pairs[:runs] - of_others[:runs])


def _word(excess: Estimate) -> str:
    if excess.low > 0:
        return "more often"
    return "less often" if excess.high < 0 else "no difference shown"


def _figure(result: xr.Dataset) -> Figure:
    figure, (axes,) = plots.panels(1, 2)
    settings = list(parts(result))
    probabilities = sorted({float(part.p) for part in settings})
    for ax, (signs, label) in zip(axes, SIGNS.items(), strict=True):
        for k, (kind, (name, colour)) in enumerate(KINDS.items()):
            found = [part for part in settings if str(part.inputs.values) == kind]
            if not found:
                continue
            shift = 1.08 ** (k - 1)  # so that intervals lie side by side
            p = np.array([float(part.p) for part in found]) * shift
            pairs, others = zip(*(_shares(part, signs) for part in found), strict=True)
            plots.intervals(ax, p, list(pairs), label=f"the two of a pair, {name}", color=colour)
            plots.intervals(
                ax, p * 1.03, list(others), label="different pairs", color=colour, markerfacecolor="white"
            )
        ax.set(xscale="log", xlabel="probability p that a feature is on", title=f"With {label}")
        ax.set_xticks(probabilities, [f"{p:g}" for p in probabilities])
        ax.minorticks_off()
        ax.set(yscale="symlog", ylim=(0, 1.3), ylabel="share of pairs of features on one neuron")
        ax.set_yscale("symlog", linthresh=1e-3)
    axes[1].legend(fontsize="x-small", loc="center", bbox_to_anchor=(0.5, 0.7))
    n, m, l1 = int(result.n[0]), int(result.m[0]), float(result.l1[0])
    figure.suptitle(f"Features in pairs, trained: n = {n}, m = {m}, λ = {l1:g}; bars: 95 % intervals")
    return figure


def _findings(result: xr.Dataset) -> str:
    settings = list(parts(result))
    n, m, l1 = int(result.n[0]), int(result.m[0]), float(result.l1[0])
    said = [text for kind in KINDS if (text := _said(settings, kind))]
    undecided = sum(finite(part, "undecided").sum() for part in settings)
    runs = sum(part.sizes["replicate"] for part in settings)
    rows = [
        (
            str(part.inputs.values),
            f"{float(part.p):g}",
            f"{part.sizes['replicate']}",
            signs,
            *map(interval, _shares(part, signs)),
            interval(_excess(part, signs)),
            _word(_excess(part, signs)),
        )
        for part in settings
        for signs in SIGNS
    ]
    header = (
        "features of a pair", "p", "runs", "signs", "the two of a pair share a neuron",
        "two of different pairs", "difference", "so the two of a pair do it",
    )  # fmt: skip
    return (
        f"Networks with n = {n} features, m = {m} neurons and λ = {l1:g} per occurrence of a feature, each "
        f"on with probability p, in pairs. {' '.join(said)}\n\nTwo features share a neuron if both have a "
        f"weight on it larger than {LARGE:g} of the usual winner (the median over features of the largest "
        f"weight). In {runs} runs, which end at λt = {END:g}, {number(undecided)} weights are between "
        f"{UNDECIDED[0]} and {UNDECIDED[1]} of it, neither won nor lost. Intervals are 95 %: of shares the "
        "exact binomial one, pairs of a run taken as separate trials; of differences, from run to run.\n\n"
        f"{table(header, rows)}"
    )


def _said(settings: list[xr.Dataset], kind: str) -> str:
    """Return what one kind of pair does, at its smallest and its largest p."""
    found = sorted((p for p in settings if str(p.inputs.values) == kind), key=lambda part: float(part.p))
    if not found:
        return ""
    ends = dict.fromkeys((0, len(found) - 1))
    said = (f"at p = {float(found[k].p):g}, {_described(found[k])}" for k in ends)
    return f"Of pairs {KINDS[kind][0]}: {'; '.join(said)}."


def _described(part: xr.Dataset) -> str:
    """Return how often the two of a pair share a neuron in one setting, against two of different pairs."""
    texts = []
    for signs, label in SIGNS.items():
        pairs, others = _shares(part, signs)
        if pairs.value or others.value:
            word = _word(_excess(part, signs))
            texts.append(
                f"{interval(pairs)} share a neuron with {label}, against {interval(others)} of two features "
                f"of different pairs ({word})"
            )
    return ", and ".join(texts) or "no two features share a neuron"


experiment = Experiment(
    "correlated_pairs",
    "Do features that are always, or never, on together share neurons more often than others?",
    "comments of seed 001; seed 002; arXiv:2209.10652 for the inputs",
    _settings,
    _measure,
    _figure,
    _findings,
)
