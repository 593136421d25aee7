"""Top floor: trains the reference models, lays the three sources side by side, shows the outcome."""

from importlib import import_module

# Loaded when first asked for, so that the command line can show its help at once; one is of the floor below.
_HOME = {
    "analyze": "validation.analysis.networks",
    "check": "validation.experiments.checking",
    "monosemantic_neurons": "sim.monosemanticity",
    "polysemantic_neurons": "sim.metrics",
    "recovery": "validation.analysis.recovery",
    "sweep": "validation.sweeps.sweep",
    "train": "validation.training.kinds",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
