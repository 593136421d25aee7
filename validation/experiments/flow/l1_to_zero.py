"""λ → 0: which results converge in the rescaled time λt, and how fast, from the same initial weights."""

import itertools
from collections.abc import Callable
from functools import cache, partial

import numpy as np
import xarray as xr

from theory import Autoencoder, collisions, interference, sparsification
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid
from validation.experiments.findings import Findings
from validation.experiments.flow.looks import LOOKS, measure
from validation.experiments.flow.orders import Compare, changed, order_of
from validation.report.statistics import mean

RTOL, CAREFUL = 1e-3, 2e-4  # the second one at the smallest λ, to see what the integrator changes
STRENGTHS = [1e-2 / 2**k for k in range(11)]
SMALLEST = {"l1": STRENGTHS[-1], "rtol": RTOL}
Values = Callable[[xr.Dataset], np.ndarray]
VALUES: dict[str, Values] = {  # over replicates
    "polysemantic neurons": lambda part: part.polysemantic_neurons.values,
    "share of largest initial weights that win": lambda part: part.kept.values,
    "λT of the network": lambda part: part.network_time.values,
    "active weights at λt = 0.1": lambda part: part.active.values[:, 0],
    "active weights at λt = 1": lambda part: part.active.values[:, 1],
}


def settings(full: bool) -> list[Setting]:
    """Return λ halved ten times at each size, and the smallest one with a smaller tolerance, too."""
    sizes = [(64, 64), (64, 128), (64, 256)] if full else [(32, 32), (32, 128)]
    runs = [*itertools.product(STRENGTHS, [RTOL]), (STRENGTHS[-1], CAREFUL)]
    return grid({"n, m": sizes, "l1, rtol": runs, "replicates": 60 if full else 20})


def _apart(name: str) -> Compare:
    return lambda one, other: np.abs(VALUES[name](one) - VALUES[name](other))


@cache
def _alone(n: int, m: int, l1: float) -> dict[str, float | None]:
    """Return the mean of the exclusion law, of λT of the slowest of n encodings alone, and active weights."""
    model, x = Autoencoder(1, m, l1), np.linspace(0, 20, 2001)
    slowest = np.trapezoid(1 - sparsification.time_to_sparsity(model).cdf(x) ** n, x)
    active = [float(sparsification.active_weights(model, look / l1).mean()) for look in LOOKS]
    count = float(collisions.polysemantic_neurons(n, m).mean())
    laws: list[float | None] = [count, None, float(slowest), *active]
    return dict(zip(VALUES, laws, strict=True))


def _predicted(part: xr.Dataset, name: str) -> float | None:
    return _alone(int(part.n), int(part.m), float(part.l1))[name]


def _band(part: xr.Dataset, name: str) -> Band:
    if name == "polysemantic neurons":
        return Band(0.7, 1.3, "as the exclusion law holds on the full flow, see quarter_constant")
    left_out = interference.initial_strength(Autoencoder(int(part.n), int(part.m), float(part.l1)))
    return Band(1 - left_out, 1 + left_out, "1 ± (n − 1)/(2m), the interference left out")


def _read(name: str) -> dict[str, Quantity]:
    """Return a result at each λ, its difference from that at the smallest, and the order of its changes."""
    of = VALUES[name]
    return {
        name: Quantity(
            name,
            lambda part, level: mean(of(part), level),
            partial(_predicted, name=name),
            partial(_band, name=name),
        ),
        f"{name}: difference": Quantity(
            f"{name}: difference",
            lambda part, base, level: mean(of(part) - of(base), level),
            beside=SMALLEST,
        ),
        f"{name}: order": Quantity(
            f"{name}: order p", partial(order_of, compare=_apart(name)), over=("n", "m")
        ),
    }


def _answer(found: Findings) -> str:
    first = [f"{row.estimate:%} at m = {row.setting['m']}" for row in found("winner", l1=STRENGTHS[0])]
    orders = [f"{row} at m = {row.setting['m']}" for row in found("order")]
    fitted = f"; changes are in proportion to λ^p with p = {' and '.join(orders)}" if orders else ""
    return (
        f"Between λ = {STRENGTHS[0]:g} and {STRENGTHS[-1]:.2g} the winner differs for a share of features of "
        f"{' and '.join(first) or 'nothing yet'}{fitted}."
    )


def _meaning(found: Findings) -> str:
    seen = []
    for name in VALUES:
        rows = found(f"{name}: difference", rtol=RTOL)
        away = [row.setting["l1"] for row in rows if not row.estimate.low <= 0 <= row.estimate.high]
        seen.append(f"{name} {f'from λ = {min(away) / 2:.2g} on' if away else 'at any λ'}")
    return (
        "Means over runs cannot be told, at any size, from those at the smallest λ: "
        f"{', '.join(seen)}. Single runs go on to change while their mean no longer does."
    )


EXPERIMENTS = (
    Experiment(
        "l1_to_zero",
        "Which results converge as λ → 0, and how fast?",
        "seed 001, questions",
        settings,
        measure,
        {
            "winner": Quantity(
                "share of features with another winner than at the smallest λ",
                lambda part, base, level: mean(changed(part, base), level),
                beside=SMALLEST,
            ),
            "order": Quantity("order p, winners", partial(order_of, compare=changed), over=("n", "m")),
            **{key: quantity for name in VALUES for key, quantity in _read(name).items()},
        },
        (
            Panel("winner", "l1", ("m",), "x", options={"ylabel": "share with another winner than as λ → 0"}),
            Panel("polysemantic neurons", "l1", ("m",), "x", options={"ylim": (0, None)}),
            Panel("λT of the network", "l1", ("m",), "x", ratio=True),
            Panel("active weights at λt = 0.1", "l1", ("m",), "x", ratio=True),
        ),
        _answer,
        _meaning,
        "The integrator's own changes (rows of the smaller tolerance) hide what happens below them; where an "
        "order is missing, changes were not clear of them.",
    ),
)
