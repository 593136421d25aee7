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
    "l1_coefficient": Label("λ", "L1 coefficient λ of a dictionary"),
    "co_occurrence": Label("co-occurrence", "share of a child's samples with its parent"),
    "kind": Label("kind", "kind of dictionary"),
    "time": Label("t", "flow time t"),
    "scaled_time": Label("λt", "rescaled flow time λt", lambda s: s["l1"] * s["time"]),
    "load": Label("n/m", "load n/m", lambda s: s["n"] / s["m"]),
    "crowding": Label("n/√m", "crowding n/√m", lambda s: s["n"] / s["m"] ** 0.5),
    "rarity": Label("1/p", "1/(1 − S) = 1/p, of sparsity S", lambda s: 1 / s["p"]),
    "p_over_l1": Label("p/λ", "co-occurrence over L1, p/λ", lambda s: round(s["p"] / s["l1"], 6)),
}
RUNS = ("replicates", "instances", "networks", "encodings", "runs", "block")  # say how often, not what
SILENT = ("source", *RUNS)


def named(name: str) -> Label:
    """Return the label of a setting, or one made of its name."""
    plain = name.replace("_", " ")
    return LABELS.get(name, Label(plain, plain))


def value_of(name: str, setting: Mapping[str, Any]) -> Any:
    """Return the value of a setting, or of what is derived from several."""
    derive = named(name).of
    return setting[name] if derive is None else derive(setting)


def worded(name: str, value: Any, names: Mapping[Any, str]) -> str:
    """Return a value of a setting as it is called: ``64``, ``simulated flow``, or as `names` say."""
    if value in names or name == "source":
        return names.get(value) or SOURCES.get(value, str(value))
    if isinstance(value, str):
        return value.replace("_", " ")
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


def shown(name: str, value: Any, names: Mapping[Any, str]) -> str:
    """Return a value of a setting with its symbol, ``n = 64``, if it has no name of its own."""
    said = worded(name, value, names)
    return said if value in names or isinstance(value, str) else f"{named(name).symbol} = {said}"


def told(setting: Mapping[str, Any], names: Mapping[Any, str]) -> str:
    """Return settings in words, without those that say who measured and how often."""
    return ", ".join(shown(name, value, names) for name, value in setting.items() if name not in SILENT)
