"""Rebirth: how often weights leave zero again, when, and whether one that was at zero ever wins.

A weight can reach zero with a force on it that is already stronger than λ: it passes through and goes on
with the other sign. Integrators count this as a death and a rebirth. Otherwise it comes to rest at zero, and
is reborn only if the force becomes stronger later. Looks at short intervals tell the two apart.
"""

from collections.abc import Iterator

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from sim.flow import Flow
from sim.replicates import observe
from theory import Autoencoder
from theory.interference.rebirth import rebirth_until
from validation import plots
from validation.experiment import Experiment, Setting, parts
from validation.statistics import USUAL, Estimate, mean, share
from validation.wording import interval, number, table

SHORTEST, GROWTH = 0.05, 0.01  # between looks: flow time, and as a share of the time since the start
EDGES = np.geomspace(1e-4, 10, 31)  # of λt, in which leaving zero is counted
RTOL = {"splitting": 1e-3, "event": None}  # ten times larger, splitting counts too many rebirths at small λ
COLOURS = (plots.VERMILION, plots.BLUE)
KINDS = {"returned": "rebirth after a rest at zero", "passed": "passing through zero"}


def _settings(full: bool) -> list[Setting]:
    named = ((16, 64, 0.01), (32, 128, 0.005), (48, 96, 0.004), (64, 128, 0.004))
    loads = ((48, 48, 0.004), (48, 192, 0.004), (48, 384, 0.004), (48, 768, 0.004))
    weaker = ((48, 96, 0.001), (48, 96, 0.00025), *(((64, 128, 0.001),) if full else ()))
    few = ((16, 64, 0.01, 4), (48, 96, 0.004, 4))
    more = ((16, 64, 0.01, 24), (48, 96, 0.004, 12), (48, 48, 0.004, 12), (64, 128, 0.004, 6))
    runs = [("splitting", *size, 150 if full else 16) for size in (*named, *loads, *weaker)]
    runs += [("event", *size) for size in (more if full else few)]
    return [dict(zip(("method", "n", "m", "l1", "replicates"), values, strict=True)) for values in runs]


def _measure(method: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    seen = observe(_follow, Autoencoder(n, m, l1), replicates, seed, method=method, rtol=RTOL[method])
    when = {"returned_at": ("bin", seen.pop("returned_at").sum(axis=0))}
    return xr.Dataset({name: ("replicate", values) for name, values in seen.items()} | when).astype("float32")


def _follow(flow: Flow) -> dict[str, np.ndarray]:
    """Return what happens at zero until the flow is at rest, seen from one look to the next."""
    before, decayed = flow.weights.copy(), _latest(flow)
    rested, passed, returned = np.zeros((3, *before.shape), bool)
    times: list[float] = []  # of rebirths
    passages, largest = 0, 0.0
    for time in _looks():
        flow.advance(time)
        weights = flow.weights
        back, through = (before == 0) & (weights != 0), before * weights < 0
        times += np.count_nonzero(back) * [time]
        passages += int(np.count_nonzero(through))
        rested |= weights == 0
        passed |= through
        returned |= back
        largest = max(largest, np.abs(weights[returned]).max(initial=0.0))
        before = weights.copy()
        if flow.at_rest() or flow.exhausted():
            break
    winner = before != 0
    returns = np.array(times)
    return {
        "deaths": flow.deaths,
        "rebirths": flow.rebirths,
        "returned": returns.size,
        "passed": passages,
        "winners": winner.sum(),
        "winners_returned": (winner & rested).sum(),
        "winners_passed": (winner & passed).sum(),
        "middle": np.median(flow.l1 * returns) if returns.size else np.nan,
        "late": (returns > decayed).sum(),
        "largest": largest,
        "returned_at": np.histogram(flow.l1 * returns, EDGES)[0],
    }


def _looks() -> Iterator[float]:
    time = 0.0
    while True:
        time += max(SHORTEST, GROWTH * time)
        yield time


def _latest(flow: Flow) -> float:
    """Return the time from which on no pair could revive a weight if all inner products had just decayed."""
    inner, weight = flow.weights @ flow.weights.T, np.abs(flow.weights).max(axis=1)
    np.fill_diagonal(inner, 0)
    i, j = np.unravel_index((inner * weight).argmax(), inner.shape)
    return rebirth_until(inner[i, j], weight[j], flow.l1) if inner[i, j] > 0 else 0.0


def _rates(part: xr.Dataset) -> dict[str, Estimate]:
    """Return what happens per death, deaths being arrivals at zero that are not passed through."""
    deaths = np.maximum(part.deaths - part.passed, 1)
    return {kind: mean(part[kind] / deaths, USUAL) for kind in KINDS}


def _figure(result: xr.Dataset) -> Figure:
    figure, axes = plots.panels(1, 3)
    against_load, against_l1, when = axes[0]
    measured = list(parts(result))
    strongest = {size: max(_l1(part) for part in group) for size, group in _grouped(measured, "n", "m")}
    for part in measured:
        exact = part.method == "event"
        for estimate, colour in zip(_rates(part).values(), COLOURS, strict=True):
            style = {"color": colour, "markerfacecolor": "none" if exact else colour}
            if _l1(part) == strongest[int(part.n), int(part.m)]:
                load = int(part.n) / int(part.m) * (1.06 if exact else 1)  # side by side
                plots.intervals(against_load, [load], [estimate], **style)
            if part.n == 48 and part.m == 96:
                plots.intervals(against_l1, [_l1(part) * (1.06 if exact else 1)], [estimate], **style)
    line = [part for part in _distinct(measured) if part.n == 48 and _l1(part) == 0.004]
    for kind, colour in zip(KINDS, COLOURS, strict=True):
        line.sort(key=lambda part: -int(part.m))
        rates = [_rates(part)[kind].value for part in line]
        against_load.plot([48 / int(part.m) for part in line], rates, color=colour, linewidth=1)
    against_load.plot([], [], color=plots.GREY, linewidth=1, label="n = 48, λ = 0.004")
    for label, colour in zip(KINDS.values(), COLOURS, strict=True):
        against_load.plot([], [], "o", color=colour, label=label)
    against_load.plot([], [], "o", color=plots.GREY, markerfacecolor="none", label="the same, method event")
    against_load.set(xscale="log", xlabel="load n/m", ylabel="for each death at rest")
    against_load.set_yscale("symlog", linthresh=1e-3)  # rates may be 0
    against_load.set_ylim(0, None)
    against_load.legend()
    against_l1.set(xscale="log", xlabel="λ (n = 48, m = 96)", ylabel="for each death at rest", ylim=(0, None))
    strengths = sorted({_l1(part) for part in measured if part.n == 48 and part.m == 96})
    against_l1.set_xticks(strengths, [f"{l1:g}" for l1 in strengths])
    against_l1.minorticks_off()
    features = [int(part.n) for part in measured]
    most = [part for part in _distinct(measured) if part.n == max(features, key=features.count)]
    shown = sorted(most, key=lambda part: _rates(part)["returned"].value)
    for part, colour in zip(shown, plots.sequence(len(shown)), strict=True):
        per_weight = part.returned_at / part.sizes["replicate"] / (int(part.n) * int(part.m))
        when.stairs(np.maximum(per_weight, 1e-9), EDGES, color=colour, label=_where(part), linewidth=1.4)
    when.set(xscale="log", yscale="log", xlim=(1e-3, 300), ylim=(1e-5, 1))
    when.set(xlabel="rescaled time λt", ylabel="rebirths after a rest, for each weight and bin")
    when.legend(fontsize="small", loc="upper right")
    figure.suptitle("How often are dead weights reborn, and when? Bars: 95 % intervals")
    return figure


def _findings(result: xr.Dataset) -> str:
    measured = list(parts(result))
    header = (
        "method",
        "n",
        "m",
        "λ",
        "runs",
        "rebirths after a rest, for each death at rest",
        "passages, for each death at rest",
        "all rebirths for all deaths, as integrators count",
        "share of counted rebirths that looks miss",
        "median λt of rebirths, mean over runs",
        "winners that had rested at zero",
        "largest size of a reborn weight",
    )
    texts = (
        _how_often(measured),
        _winning(_distinct(measured)),
        _against_theory(measured),
        _methods(measured),
    )
    return "\n\n".join((*texts, table(header, map(_row, measured))))


def _row(part: xr.Dataset) -> tuple[str, ...]:
    returned, passed = _rates(part).values()
    unseen = float((part.rebirths - part.passed - part.returned).sum() / max(1, part.rebirths.sum()))
    return (
        part.method.item(),
        *(f"{int(part[name])}" for name in ("n", "m")),
        f"{_l1(part):g}",
        f"{part.sizes['replicate']}",
        interval(returned),
        interval(passed),
        interval(mean(part.rebirths / np.maximum(part.deaths, 1), USUAL)),
        f"{unseen:.1%}",
        number(float(part.middle.mean())),
        f"{int(part.winners_returned.sum())} of {int(part.winners.sum())}",
        number(float(part.largest.max())),
    )


def _how_often(measured: list[xr.Dataset]) -> str:
    told = []
    for fixed, changed in ((("n", "l1"), "m"), (("n", "m"), "l1")):
        for _, group in _grouped(_distinct(measured), *fixed):
            if len(group) > 1:
                ordered = sorted(group, key=lambda part: float(part[changed]))
                told.append(_compared(ordered[-1], ordered[0]))
    return (
        "A weight leaves zero in two ways. It passes through, while a force stronger than λ pushes it: "
        "integrators count a death and a rebirth. Or it rests at zero and is reborn later. Rebirths after a "
        f"rest, for each weight that came to rest: {'; '.join(told or map(_told, measured))}. Looks are "
        f"{SHORTEST:g} or {GROWTH:.0%} of the time apart; rests that are shorter count as passages if the "
        "sign has changed, and else are not seen. All intervals are 95 %."
    )


def _compared(one: xr.Dataset, other: xr.Dataset) -> str:
    first, second = (_rates(part)["returned"] for part in (one, other))
    verb = "more" if second.low > first.high else "fewer" if second.high < first.low else "not decidedly more"
    return f"{_told(one)}, and {verb}, {_told(other)}"


def _told(part: xr.Dataset) -> str:
    return f"{interval(_rates(part)['returned'])} at {_where(part)} ({part.sizes['replicate']} runs)"


def _winning(measured: list[xr.Dataset]) -> str:
    won, winners, through = (
        sum(int(part[name].sum()) for part in measured)
        for name in ("winners_returned", "winners", "winners_passed")
    )
    chance = share(won, max(1, winners), USUAL)
    places = [_where(part) for part in measured if part.winners_returned.sum() > 0]
    return (
        f"Of {winners} winners {won} had been at rest at zero, a share of {chance.value:.3%} "
        f"[{chance.low:.3%}, {chance.high:.3%}]{' (' + '; '.join(places) + ')' if places else ''}, and "
        f"{through} had passed through zero. So "
        + ("reborn weights do win, if rarely." if won else "no reborn weight was seen to win.")
    )


def _against_theory(measured: list[xr.Dataset]) -> str:
    reborn = [part for part in measured if part.returned.sum() > 0]
    if not reborn:
        return "No rebirths after a rest were seen."
    middles = [float(part.middle.mean()) for part in reborn]
    late = [float(part.late.sum() / part.returned.sum()) for part in reborn]
    return (
        f"The runs' medians of the times of rebirth lie, on average, at λt = {number(min(middles))} to "
        f"{number(max(middles))} in the settings. If the initial inner products only decayed like exp(−2t), "
        "none could revive a weight after t = ½ ln(a₀|w|/λ) (`theory.interference.rebirth`, here for the "
        "pair of each run that could longest). "
        f"{min(late):.1%} to {max(late):.1%} of the rebirths come later: "
        + ("their inner products arise during the race." if min(late) > 0.5 else "not all were made so.")
    )


def _methods(measured: list[xr.Dataset]) -> str:
    told = []
    for _, group in _grouped(measured, "n", "m", "l1"):
        if len(group) == 2:
            runs = min(part.sizes["replicate"] for part in group)
            fast, exact = (f"{int(part.returned[:runs].sum())}" for part in group)
            told.append(f"{exact} against {fast} at {_where(group[0])} ({runs} runs)")
    if not told:
        return "No size was run by both methods."
    return f"Rebirths after a rest by event against splitting, from the same weights: {'; '.join(told)}."


def _grouped(measured: list[xr.Dataset], *names: str) -> list[tuple[tuple, list[xr.Dataset]]]:
    """Return the parts by the values of some of their settings."""
    groups: dict[tuple, list[xr.Dataset]] = {}
    for part in measured:
        groups.setdefault(tuple(part[name].item() for name in names), []).append(part)
    return list(groups.items())


def _distinct(measured: list[xr.Dataset]) -> list[xr.Dataset]:
    """Return one part for each size and λ: the other method begins with the same weights."""
    return [
        max(group, key=lambda part: part.sizes["replicate"])
        for _, group in _grouped(measured, "n", "m", "l1")
    ]


def _where(part: xr.Dataset) -> str:
    return f"n = {int(part.n)}, m = {int(part.m)}, λ = {_l1(part):g}"


def _l1(part: xr.Dataset) -> float:
    return float(part.l1)


experiment = Experiment(
    "rebirth",
    "How often are dead weights reborn, when, and do reborn weights win?",
    "seed 001, “Benign and malign collisions”; mathematics, section 1",
    _settings,
    _measure,
    _figure,
    _findings,
)
