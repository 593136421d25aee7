"""What settings are called in figures, tables and sentences, and what is derived from several of them."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from validation.report.plots import LABEL as SOURCES


class Label(NamedTuple):
    """The symbol of a setting, what it means, and what it is computed from, if it is no setting itself."""

    symbol: str
    meaning: str
    of: Callable[[Mapping[str, Any]], float] | None = None


LABELS = {
    "n": Label("n", "features n"),
    "m": Label("m", "neurons m"),
    "l1": Label("λ", "L1 strength λ"),
    "p": Label("p", "probability p that a feature is on"),
    "std": Label("σ", "standard deviation σ of the noise"),
    "noise": Label("s", "deviation s of the noise on copies"),
    "rtol": Label("rtol", "tolerance of the integrator"),
    "scale": Label("σ√m", "initial deviation, in units of 1/√m"),
    "product": Label("W₁·W₂", "inner product W₁·W₂ of two encodings"),
    "time": Label("t", "flow time t"),
    "scaled_time": Label("λt", "rescaled flow time λt", lambda s: s["l1"] * s["time"]),
    "load": Label("n/m", "load n/m", lambda s: s["n"] / s["m"]),
    "crowding": Label("n/√m", "crowding n/√m", lambda s: s["n"] / s["m"] ** 0.5),
    "p_over_l1": Label("p/λ", "co-occurrence over L1, p/λ", lambda s: round(s["p"] / s["l1"], 6)),
}
RUNS = ("replicates", "instances", "networks", "encodings", "runs", "block")  # say how often, not what
SILENT = ("source", *RUNS)


def value_of(name: str, setting: Mapping[str, Any]) -> Any:
    """Return the value of a setting, or of what is derived from several."""
    derive = LABELS[name].of if name in LABELS else None
    return setting[name] if derive is None else derive(setting)


def symbol(name: str) -> str:
    """Return the symbol of a setting, or its name."""
    return LABELS[name].symbol if name in LABELS else name.replace("_", " ")


def meaning(name: str) -> str:
    """Return what a setting means, as the label of an axis."""
    return LABELS[name].meaning if name in LABELS else name.replace("_", " ")


def shown(name: str, value: Any, names: Mapping[Any, str]) -> str:
    """Return a value of a setting in words: ``n = 64``, ``simulated flow``, or as `names` say."""
    if value in names or name == "source":
        return names.get(value) or SOURCES.get(value, str(value))
    if isinstance(value, str):
        return value.replace("_", " ")
    return f"{symbol(name)} = {value:,}" if isinstance(value, int) else f"{symbol(name)} = {value:.6g}"


def told(setting: Mapping[str, Any], names: Mapping[Any, str] | None = None) -> str:
    """Return settings in words, without those that say who measured and how often."""
    return ", ".join(
        shown(name, value, names or {})
        for name, value in setting.items()
        if name not in SILENT and value != ""
    )
