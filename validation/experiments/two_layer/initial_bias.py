"""Does a negative initial bias make neurons monosemantic? Beside the derived best responses."""

from collections.abc import Callable

import xarray as xr
from matplotlib.axes import Axes

from theory import TwoLayer, two_layer
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.experiments.findings import Findings, groups
from validation.experiments.two_layer.trained import AMPLITUDES, course, trained
from validation.report import plots
from validation.report.statistics import Estimate, mean

STARTS = [(0.0, 0.0), (-1.0, 0.4)]
EACH = ("initial_bias", "bias_decay")
BLOCKS = 10


def settings(full: bool) -> list[Setting]:
    """Return both starts in blocks of one run each, or two short runs of each."""
    size = {"n": 128, "n_inputs": 64, "m": 256, "probability": 1 / 32, "rate": 0.01}
    if not full:
        return grid({"block": 0, ", ".join(EACH): STARTS} | size | {"steps": 1024, "replicates": 2})
    return grid({"block": range(BLOCKS), ", ".join(EACH): STARTS} | size | {"steps": 8192, "replicates": 1})


def measure(
    n: int,
    n_inputs: int,
    m: int,
    probability: float,
    initial_bias: float,
    bias_decay: float,
    rate: float,
    steps: int,
    replicates: int,
    block: int,
    seed: int,
) -> xr.Dataset:
    """Train feature decoders by LAMB with a batch of 1,024, its rate annealed by a cosine.

    The initial bias is added to the usual ones of all neurons; in the first half of the steps biases decay.
    Both starts have the same projections, weights and samples. A neuron is monosemantic if one feature has
    99.9 % of its activations by single features.
    """
    return course(
        trained(
            TwoLayer(n, n_inputs, m, probability),
            seed,
            block,
            steps=steps,
            learning_rate=rate,
            replicates=replicates,
            initial_bias=initial_bias,
            bias_decay=bias_decay,
        )
    )


def _end(name: str) -> Callable[..., xr.DataArray]:
    return lambda part, *_: part[name].isel(step=-1)


def _derived(neurons: int) -> Callable[[xr.Dataset], two_layer.Response]:
    """Return what gives the best response of so many neurons to the interference in a setting."""

    def best(part: xr.Dataset) -> two_layer.Response:
        n, inputs, p = (part[name].values.flat[0] for name in ("n", "n_inputs", "probability"))
        model = TwoLayer(int(n), int(inputs), 1, float(p))
        return two_layer.interference_law(model).best_response(model.probability, neurons)

    return best


def _loss(neurons: int) -> Callable[[xr.Dataset], float]:
    return lambda part: _derived(neurons)(part).loss * int(part.n.values.flat[0])


def _paired(name: str) -> Callable[..., Estimate | None]:
    """Return what estimates how a negative start differs, from the same projections and weights."""

    def estimate(group: xr.Dataset, level: float) -> Estimate | None:
        last = group[name].isel(step=-1)
        negative, zero = (
            last.isel(setting=(group.initial_bias == bias).values).swap_dims(setting="block")
            for bias in (STARTS[1][0], STARTS[0][0])
        )
        difference = (negative - zero).values.ravel()
        return mean(difference, level) if difference.size > 1 else None

    return estimate


def _courses(name: str, label: str) -> Panel:
    """Return a panel of the mean over runs against the step, a line for each start."""

    def draw(ax: Axes, found: Findings) -> None:
        for (at, group), colour in zip(
            groups(found.result, "initial_bias"), (plots.BLUE, plots.VERMILION), strict=False
        ):
            runs = group[name].stack(run=("setting", "replicate")).dropna("run").transpose("step", "run")
            if runs.sizes["run"] < 2:  # which have no interval
                continue
            each = [mean(values, found.level) for values in runs.values]
            plots.band(ax, runs.step + 1, each, color=colour, label=f"initial bias {at['initial_bias']:g}")
        if name == "loss":
            for neurons, style in ((1, ":"), (2, "--")):
                derived = _loss(neurons)(found.result)
                ax.axhline(derived, color=plots.GREY, linestyle=style, label=f"derived, {neurons} alone")
        ax.set(
            xscale="log",
            xlabel="training step + 1",
            ylabel=label,
            yscale="log" if name == "loss" else "linear",
        )

    return Panel(draw=draw)


def _responses(ax: Axes, found: Findings) -> None:
    """Draw what the output of a feature with one own neuron answers, over the derived best response."""
    for (at, group), colour in zip(
        groups(found.result, "initial_bias"), (plots.BLUE, plots.VERMILION), strict=False
    ):
        for part, style in (("monosemantic", "-"), ("polysemantic", "--")):
            curve = group[f"{part}_response"].mean(["setting", "replicate"])
            ax.plot(AMPLITUDES, curve, style, color=colour, label=f"bias {at['initial_bias']:g}, {part} part")
    best = _derived(1)(found.result)
    ax.plot(
        AMPLITUDES,
        best.weights[0] * (AMPLITUDES + best.biases[0]).clip(0),
        color=plots.BLACK,
        label="derived",
    )
    ax.set(xlabel="value of the feature", ylabel="answer of its output")


COLLECTIVE = Band(0.3, 1.05, "derived for neurons that each read one feature in its own direction, alone")
EXPERIMENTS = (
    Experiment(
        "initial_bias",
        "Does a negative initial bias make neurons monosemantic, at no higher loss?",
        "seed 000, “Key Results” (arXiv:2211.09169, section 4.1.2)",
        settings,
        measure,
        {
            "share": Quantity(
                "monosemantic neurons a feature", mean_of(_end("monosemantic")), over=EACH, source="training"
            ),
            "more": Quantity(
                "more of them from bias −1", _paired("monosemantic"), over=(), source="training"
            ),
            "loss": Quantity(
                "loss, against one derived neuron a feature",
                mean_of(_end("loss")),
                _loss(1),
                lambda _: COLLECTIVE,
                over=EACH,
                source="training",
            ),
            "higher": Quantity(
                "loss from bias −1 minus that from 0", _paired("loss"), over=(), source="training"
            ),
            "dead": Quantity("dead neurons a feature", mean_of(_end("dead")), over=EACH, source="training"),
            "mean_bias": Quantity("mean bias", mean_of(_end("mean_bias")), over=EACH, source="training"),
        },
        (
            _courses("monosemantic", "monosemantic neurons a feature"),
            _courses("loss", "loss"),
            _courses("mean_bias", "mean bias"),
            Panel(draw=_responses),
        ),
        "From an initial bias of −1 there are {share.first} monosemantic neurons a feature and from 0 "
        "{share.last}; the loss from −1 minus that from 0 is {higher.last}.",
        "The losses are {loss.first} from −1 and {loss.last} from 0, where one neuron a feature that reads "
        "it alone, in its own direction, has {loss.last.predicted:.4f} at best. Dead are, from −1, "
        "{dead.first} neurons a feature.",
        "One size, one rate, one task. What is derived is a neuron that reads one feature in its own "
        "direction, to its own output. Training has more: neurons turn, since only positive cosines cost "
        "anything beyond the bias and negative ones are free; outputs correct each other, which alone "
        "gains little; and there are two neurons for each feature, which may be shared.",
    ),
)
