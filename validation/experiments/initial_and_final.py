"""Does an encoding end where it began? Initial against final encodings, of the flow and of training."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from theory import Autoencoder, sparsification
from validation.experiments import runs
from validation.experiments.experiment import Experiment, Setting, parts
from validation.report import plots
from validation.report.statistics import USUAL, Estimate, mean
from validation.report.wording import interval, number, table

SOURCES = {"simulation": "the flow", "training": "training"}
SHOWN = 40  # features on the heat maps
BINS = 50
RANKS = 5  # of the winner among the initial sizes, told one by one


def _settings(full: bool) -> list[Setting]:
    if not full:
        return [{"source": source, "n": 64, "m": 512, "block": 0, "instances": 4} for source in SOURCES]
    blocks = [("simulation", block) for block in range(8)] + [("training", block) for block in range(4)]
    return [
        {"source": source, "n": 256, "m": 4096, "block": block, "instances": 1} for source, block in blocks
    ]


def _measure(source: str, n: int, m: int, block: int, instances: int, seed: int) -> xr.Dataset:
    initial, final = runs.ends(source, _model(n, m), seed, block, instances)
    overlaps = initial @ np.swapaxes(final, -1, -2)
    own = np.diagonal(overlaps, axis1=-2, axis2=-1)
    others = overlaps[:, ~np.eye(n, dtype=bool)]
    sizes = np.abs(initial)
    winner = np.abs(final).argmax(axis=-1)[..., None]
    first = np.take_along_axis(sizes, winner, -1)
    weight = np.take_along_axis(final, winner, -1)[..., 0]
    features = ("replicate", "feature")
    return xr.Dataset(
        {
            "overlap": (("started", "ended"), np.float32(overlaps.mean(axis=0)[:SHOWN, :SHOWN])),
            "own": (features, np.float32(own)),
            "largest": (features, np.float32(sizes.max(axis=-1))),
            "weight": (features, np.float32(weight)),
            "winner": (features, np.int16(winner[..., 0])),
            "rank": (features, np.int16((sizes > first).sum(axis=-1))),
            "other": ("replicate", others.mean(axis=-1)),
            "spread": ("replicate", others.std(axis=-1)),
        }
    )


def _model(n: int, m: int) -> Autoencoder:
    return Autoencoder.from_training(n, m, runs.PAPER_L1_TRAIN)


def collected(result: xr.Dataset, source: str) -> xr.Dataset | None:
    """Return all runs of one source with the mean of their heat maps, or none if there are none."""
    found = [part for part in parts(result) if part.source == source]
    if not found:
        return None
    numbers = [int(part.block * part.instances) + np.arange(part.sizes["replicate"]) for part in found]
    names = [name for name in found[0] if "replicate" in found[0][name].dims]
    columns = {name: (found[0][name].dims, np.concatenate([part[name] for part in found])) for name in names}
    overlap = np.mean([part.overlap for part in found], axis=0)
    return xr.Dataset(
        columns | {"overlap": (("started", "ended"), overlap)}, {"replicate": np.concatenate(numbers)}
    )


def _found(result: xr.Dataset) -> dict[str, xr.Dataset]:
    return {source: some for source in SOURCES if (some := collected(result, source)) is not None}


def _predicted(result: xr.Dataset, runs_of: xr.Dataset) -> xr.DataArray:
    """Return own inner products without interference: the largest weight wins and ends at w*."""
    return final_weight(result) * runs_of.largest


def final_weight(result: xr.Dataset) -> float:
    """Return the size w* at which a winner ends, as derived."""
    return float(sparsification.final_weight(_of(result).l1))


def _of(result: xr.Dataset) -> Autoencoder:
    return _model(int(result.n[0]), int(result.m[0]))


def _figure(result: xr.Dataset) -> Figure:
    found = _found(result)
    figure, axes = plots.panels(1, 4, width=4.6, height=4.2)
    top = max(float(abs(some.overlap).max()) for some in found.values())
    for ax, source in zip(axes[0], SOURCES, strict=False):
        if source in found:
            _map(
                ax,
                found[source].overlap.values,
                top,
                f"{plots.LABEL[source]}, mean of {_runs(found[source])}",
            )
        else:
            ax.set_axis_off()
    _histograms(axes[0, 2], result, found)
    _ranks(axes[0, 3], found)
    model = _of(result)
    figure.suptitle(
        f"Initial against final encodings: n = {model.n_features}, m = {model.n_neurons}, λ = {model.l1:g}; "
        "bars: 95 % intervals"
    )
    return figure


def _map(ax: Axes, overlap: np.ndarray, top: float, title: str) -> None:
    image = ax.imshow(overlap, cmap="PuOr", norm=TwoSlopeNorm(0, -top, top), interpolation="nearest")
    ax.figure.colorbar(image, ax=ax, label="inner product", shrink=0.8)
    ax.spines[["top", "right"]].set_visible(True)
    ax.set(xlabel="final encoding of feature", ylabel="initial encoding of feature", title=title)


def _histograms(ax: Axes, result: xr.Dataset, found: dict[str, xr.Dataset]) -> None:
    """Draw the inner products of the diagonals, beside what they are without interference."""
    predicted = _predicted(result, next(iter(found.values()))).values.ravel()
    samples = [("theory", "theory, no interference", predicted)]
    samples += [(source, plots.LABEL[source], some.own.values.ravel()) for source, some in found.items()]
    bins = np.histogram_bin_edges(np.concatenate([sample for *_, sample in samples]), BINS)
    for source, label, sample in samples:
        heights, _ = np.histogram(sample, bins, density=True)
        ax.stairs(heights, bins, color=plots.COLOUR[source], linewidth=1.5, label=label)
    ax.set(xlabel="inner product of initial and final encoding", ylabel="density over features")
    ax.set_ylim(0, 1.3 * ax.get_ylim()[1])  # room for the legend
    ax.legend(fontsize="small")


def _ranks(ax: Axes, found: dict[str, xr.Dataset]) -> None:
    """Draw which of the initial weights wins, by rank of size."""
    places = np.arange(1, RANKS + 2)
    theory = (places == 1).astype(float)
    ax.plot(places, theory, "_", color=plots.COLOUR["theory"], markersize=22, label="theory, no interference")
    for (source, some), aside in zip(found.items(), (-0.12, 0.12), strict=False):
        style = {"color": plots.COLOUR[source], "label": plots.LABEL[source]}
        plots.intervals(ax, places + aside, _shares(some), **style)
    ax.set(xlabel="rank of the winner among initial sizes", ylabel="share of features", ylim=(-0.03, 1.05))
    ax.set_xticks(places, [*map(str, places[:-1]), f">{RANKS}"])
    ax.legend(fontsize="small")


def _shares(some: xr.Dataset) -> list[Estimate]:
    """Return the shares of features whose winner was initially first, second, …, or none of these."""
    ranks = np.minimum(some["rank"], RANKS)
    found = (_mean((ranks == k).mean("feature")) for k in range(RANKS + 1))
    return [Estimate(e.value, max(0.0, e.low), min(1.0, e.high), e.method) for e in found]


def _mean(sample: xr.DataArray) -> Estimate:
    """Return a mean over runs; where there is one run, without an interval."""
    values = sample.values.ravel()
    if values.size == 1:
        return Estimate(float(values[0]), float(values[0]), float(values[0]), "one run")
    return mean(values, USUAL)


def _runs(some: xr.Dataset) -> str:
    number_of = some.sizes["replicate"]
    return f"{number_of} run{'s' if number_of > 1 else ''}"


def _findings(result: xr.Dataset) -> str:
    found = _found(result)
    model = _of(result)
    said = " ".join(_said(result, source, some) for source, some in found.items())
    return (
        f"n = {model.n_features} features, m = {model.n_neurons} neurons, λ = {model.l1:g}; training is "
        f"{runs.STEPS:,} steps of AdamW at rate {runs.RATE:g} from the same initial weights. {said}"
        f"{_same(found)} Without interference the largest initial weight always wins and the flow ends at "
        f"w* = {final_weight(result):.5f} (`theory.sparsification.final_weight`): the inner product is then "
        f"w* times that weight. Intervals are 95 %, over runs.\n\n{_table(result, found)}"
    )


def _said(result: xr.Dataset, source: str, some: xr.Dataset) -> str:
    own, predicted = _mean(some.own.mean("feature")), float(_predicted(result, some).mean())
    return (
        f"In {SOURCES[source]} ({_runs(some)}) an initial encoding has the inner product {interval(own)} "
        f"with its own final one, {own.value / float(some.spread.mean()):.1f} times the standard deviation "
        f"of those with others; that is {own.value / predicted:.0%} of what it would be without "
        f"interference. The largest initial weight wins for a share {interval(_shares(some)[0])} of features."
    )


def _same(found: dict[str, xr.Dataset]) -> str:
    """Say how often flow and training end alike."""
    if len(found) < len(SOURCES):
        return ""
    flow, trained = xr.align(*found.values())
    if not flow.sizes["replicate"]:
        return ""
    alike = (flow.winner == trained.winner) & (np.sign(flow.weight) == np.sign(trained.weight))
    return (
        f" From the same weights both end on the same neuron with the same sign for a share "
        f"{interval(_mean(alike.mean('feature')))} of features ({_runs(flow)})."
    )


def _table(result: xr.Dataset, found: dict[str, xr.Dataset]) -> str:
    header = ("quantity", "theory, no interference", *(SOURCES[source] for source in found))
    some = next(iter(found.values()))
    model = _of(result)
    rows: list[tuple[str, str, list[Estimate]]] = [
        (
            "inner product with own final encoding",
            number(float(_predicted(result, some).mean())),
            [_mean(each.own.mean("feature")) for each in found.values()],
        ),
        ("… with final encodings of others", "0", [_mean(each.other) for each in found.values()]),
        (
            "… and their standard deviation",
            number(final_weight(result) * model.init_std),
            [_mean(each.spread) for each in found.values()],
        ),
        (
            "1 − size of the final weight",
            number(1 - final_weight(result)),
            [_mean(1 - abs(each.weight.astype(float)).mean("feature")) for each in found.values()],
        ),
    ]
    for k in range(RANKS + 1):
        rank = f"of rank {k + 1}" if k < RANKS else f"beyond rank {RANKS}"
        shares = [_shares(each)[k] for each in found.values()]
        rows.append((f"share with a winner initially {rank}", "0" if k else "1", shares))
    return table(header, [(name, theory, *map(interval, estimates)) for name, theory, estimates in rows])


experiment = Experiment(
    "initial_and_final",
    "Does an encoding end where it began?",
    "arXiv:2312.03096, initial against final encodings; seed 001, introduction",
    _settings,
    _measure,
    _figure,
    _findings,
)
