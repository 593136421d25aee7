"""Incidental or necessary: how often final weights tell which, of one network or of both kinds in one.

A needy network has more features than neurons, a roomy one fewer. All polysemantic neurons of the first are
taken as necessary, although it may have a free neuron for some of them, and all of the second as incidental.
Put side by side as blocks of one matrix, shuffled, nothing says any longer which neurons which features could
have had.
"""

import warnings

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim import ensemble
from theory import Autoencoder
from validation.analysis.networks import analyze
from validation.experiments.experiment import Experiment, Setting, parts
from validation.report import plots
from validation.report.statistics import USUAL, Estimate, share
from validation.report.wording import interval, table
from validation.training import train

NEURONS = 16  # of the needy network
ROOMY = (32, 48)
CONTEXTS = ("each network alone", "both in one, shuffled")
READERS = {
    "count": "all are necessary if there are more living features than neurons",
    "verdict": "that of `polysem analyze`: incidental if a feature could move to a free neuron at no higher "
    "loss, and free neurons are not too few",
    "signature": "incidental if two features with opposite signs are on it and nowhere else",
}
KINDS = ("incidental", "necessary")  # of which a neuron is, and of which a reader says it is
TOLD = (*KINDS, "neither")
COLOUR = dict(zip(READERS, (plots.GREEN, plots.BLUE, plots.VERMILION), strict=True))
SOURCE = {"simulation": "simulated flow", "training": "trained with AdamW"}


def _settings(full: bool) -> list[Setting]:
    loads = (1.125, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 3, 4) if full else (1.25, 1.5, 2, 2.5, 3)
    replicates = 200 if full else 24
    return [
        {"source": source, "n": round(load * NEURONS), "m": NEURONS, "l1": 0.02, "replicates": replicates}
        for source in SOURCE
        for load in loads
    ]


def _measure(source: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    sizes = (ROOMY, (n, m))
    streams = np.random.SeedSequence([seed, n]).spawn(3)  # so that roomy networks are not always the same
    runs = [
        _finals(source, size, l1, replicates, stream) for size, stream in zip(sizes, streams, strict=False)
    ]
    rngs = [np.random.default_rng(child) for child in streams[2].spawn(replicates)]
    counts = np.stack([_read(roomy, needy, rng) for roomy, needy, rng in zip(*runs, rngs, strict=True)])
    return xr.Dataset({"neurons": (("replicate", "context", "reader", "truth", "told"), counts)})


def _finals(
    source: str, size: tuple[int, int], l1: float, replicates: int, stream: np.random.SeedSequence
) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # more features than neurons, not sparse: meant to be
        model = Autoencoder(*size, l1)
        if source == "simulation":
            return ensemble(model, replicates, stream).final.values
    seed = int(stream.generate_state(1)[0])
    run = train(model, "adamw", steps=5000, learning_rate=1e-3, replicates=replicates, seed=seed)
    return run.final.values


def _read(roomy: np.ndarray, needy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return how many polysemantic neurons of each kind are told to be of which, by context and reader."""
    together = np.zeros(np.add(roomy.shape, needy.shape))
    together[: len(roomy), : roomy.shape[1]] = roomy
    together[len(roomy) :, roomy.shape[1] :] = needy
    truth = np.repeat([0, 1], [roomy.shape[1], needy.shape[1]])
    features, neurons = (rng.permutation(size) for size in together.shape)
    together = (together * rng.choice([-1, 1], truth.size))[features][:, neurons]
    alone = _counted(roomy, truth[truth == 0]) + _counted(needy, truth[truth == 1])
    return np.stack([alone, _counted(together, truth[neurons])])


def _counted(weights: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the counts (reader, truth, told) in one network."""
    result = analyze(weights)
    pair = (result.on_neuron == 2) & (result.benign == 1) & (result.group_neurons == 1)
    crowded = int(result.alive.sum()) > weights.shape[1]
    told = (
        np.full(truth.size, int(crowded)),
        [
            TOLD.index(verdict) if verdict in KINDS else TOLD.index("neither")
            for verdict in result.verdict.values
        ],
        np.where(pair, 0, 1),
    )
    several = result.on_neuron.values > 1
    counts = np.zeros((len(READERS), len(KINDS), len(TOLD)), int)
    for reader, says in enumerate(told):
        np.add.at(counts[reader], (truth[several], np.asarray(says)[several]), 1)
    return counts


def _right(part: xr.Dataset, context: int, reader: int) -> tuple[Estimate, Estimate, Estimate]:
    """Return the shares told rightly of incidental and of necessary neurons, and the mean of the two.

    The interval of the mean holds where those of both shares do, each at half the risk.
    """
    counts = part.neurons.values[:, context, reader].astype(int).sum(axis=0)
    trials = [(counts[kind, kind], counts[kind].sum()) for kind in range(len(KINDS))]
    incidental, necessary = (share(*trial, USUAL) for trial in trials)
    both = [share(*trial, (1 + USUAL) / 2) for trial in trials]
    value, low, high = (sum(getattr(e, end) for e in both) / 2 for end in ("value", "low", "high"))
    return (
        incidental,
        necessary,
        Estimate(value, low, high, f"{USUAL:.0%} interval, from exact binomial ones"),
    )


def _figure(result: xr.Dataset) -> Figure:
    figure, axes = plots.panels(2, 3, width=5.6)
    for ax, source in zip(axes[0, :2], SOURCE, strict=True):
        if settings := [part for part in parts(result) if part.source == source]:
            _accuracies(ax, settings).set_title(SOURCE[source])
            legend = ax.get_legend_handles_labels()
        else:
            ax.axis("off")
    axes[0, 2].axis("off")
    axes[0, 2].legend(*legend, loc="center", title="read off the final weights; bars: 95 %", frameon=False)
    counts = sum(part.neurons.values[:, 1].astype(int).sum(axis=0) for part in parts(result))
    for ax, reader, matrix in zip(axes[1], READERS, counts, strict=True):
        _confusion(ax, matrix).set_title(f"{reader}: {CONTEXTS[1]}, all settings")
    return figure


def _accuracies(ax: Axes, settings: list[xr.Dataset]) -> Axes:
    loads = [float(part.n / part.m) for part in settings]
    for r, reader in enumerate(READERS):
        for c, (context, style) in enumerate(zip(CONTEXTS, ("-", "--"), strict=True)):
            estimates = [_right(part, c, r)[2] for part in settings]
            shifted = np.array(loads) + 0.015 * (2 * r + c - 2.5)  # so that equal ones can be told apart
            label = f"{reader}, {context}"
            values = [estimate.value for estimate in estimates]
            ax.plot(shifted, values, style, color=COLOUR[reader], label=label, linewidth=1.5)
            plots.intervals(ax, shifted, estimates, color=COLOUR[reader])
    ax.axhline(0.5, color=plots.GREY, linewidth=1, linestyle=":")
    ax.annotate("guessing", (max(loads), 0.5), color=plots.GREY, va="bottom", ha="right")
    ax.set(
        xlabel="features per neuron of the needy network, n/m",
        ylabel="accuracy (mean over the two kinds)",
        ylim=(0.35, 1.03),
    )
    return ax


def _confusion(ax: Axes, matrix: np.ndarray) -> Axes:
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(shares):
        text = f"{value:.1%}\n{matrix[row, column]}"
        ax.text(column, row, text, ha="center", va="center", color="white" if value > 0.5 else "black")
    ax.set_xticks(range(len(TOLD)), TOLD)
    ax.set_yticks(range(len(KINDS)), KINDS, rotation=90, va="center")
    ax.set(xlabel="said to be", ylabel="is")
    return ax


def _findings(result: xr.Dataset) -> str:
    settings = list(parts(result))
    rows, said = [], []
    for part in settings:
        for c, context in enumerate(CONTEXTS):
            estimates = [_right(part, c, r) for r in range(len(READERS))]
            cells = [" / ".join(interval(estimate) for estimate in each[:2]) for each in estimates]
            rows.append((SOURCE[str(part.source.values)], f"{float(part.n / part.m):g}", context, *cells))
    for c, context in enumerate(CONTEXTS):
        ranges = []
        for r, reader in enumerate(READERS):
            found = [_right(part, c, r)[2] for part in settings]
            worst, best = min(found, key=lambda e: e.value), max(found, key=lambda e: e.value)
            ranges.append(f"{reader} from {interval(worst)} to {interval(best)}")
        said.append(f"With {context}, the accuracy is by {'; by '.join(ranges)}.")
    readers = "\n".join(f"- **{name}**: {text}" for name, text in READERS.items())
    n, m = ROOMY
    neurons = sum(int(part.neurons.values[:, 0, 0].sum()) for part in settings)
    return (
        f"Polysemantic neurons of roomy networks (n = {n}, m = {m}: incidental) and of needy ones "
        f"(m = {NEURONS}, more features than that: necessary) at λ = {float(result.l1[0]):g}, {neurons} in "
        f"{settings[0].sizes['replicate']} runs of each of {len(settings)} settings, are told apart by\n\n"
        f"{readers}\n\nThe accuracy is the mean of the shares of incidental and of necessary neurons told "
        f"rightly; 0.5 is guessing. {' '.join(said)} {_lone(settings)}\n\n"
        "Shares told rightly, of incidental / of necessary neurons, with 95 % intervals (exact binomial, "
        "neurons taken as independent; those of the accuracy follow from these):\n\n"
        f"{table(('source', 'n/m', 'seen', *READERS), rows)}"
    )


def _lone(settings: list[xr.Dataset]) -> str:
    """Say how often a neuron of each kind has a lone pair, which look alike."""
    few = [part for part in settings if part.n <= 2 * part.m]
    groups = (
        ("incidental neurons", 0, settings),
        ("necessary neurons at n/m up to 2", 1, few),
        ("necessary neurons at higher n/m", 1, [part for part in settings if part.n > 2 * part.m]),
    )
    looks = []
    for name, kind, chosen in groups:
        if chosen:
            pairs, others, _ = sum(
                part.neurons.values[:, 0, 2, kind].astype(int).sum(axis=0) for part in chosen
            )
            looks.append(f"{interval(share(pairs, pairs + others, USUAL))} of {name}")
    return f"A lone pair of opposite signs is on {', '.join(looks)}."


experiment = Experiment(
    "incidental_or_necessary",
    "Can incidental and necessary polysemanticity be told apart from final weights alone?",
    "seed 001, discussion; own question",
    _settings,
    _measure,
    _figure,
    _findings,
)
