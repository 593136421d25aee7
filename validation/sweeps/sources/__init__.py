"""What a sweep measures: kinds of runs by name, to which one's own are added by an entry of `SOURCES`."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from validation.sweeps.sources import autoencoder
from validation.sweeps.units import Measure

REQUIRED = inspect.Parameter.empty


@dataclass(frozen=True)
class Source:
    """A kind of run.

    Parameters
    ----------
    measure : callable
        ``measure(seed, **settings)`` returns numbers by name.
    check : callable
        ``check(**settings)`` raises a TypeError or ValueError that names the setting, if `measure` could not
        run with them.
    model : callable
        Whose parameters are the settings of the model.
    options : dict
        Other settings, with their defaults.
    """

    measure: Measure
    check: Callable[..., None]
    model: Callable[..., Any]
    options: dict[str, Any]

    @property
    def parameters(self) -> dict[str, Any]:
        """Settings of the model with their defaults, `REQUIRED` if there is none."""
        found = inspect.signature(self.model).parameters.values()
        return {parameter.name: parameter.default for parameter in found}


SOURCES = {
    "simulation": Source(
        autoencoder.simulation,
        autoencoder.check_simulation,
        autoencoder.model,
        autoencoder.FLOW,
    ),
    "training": Source(
        autoencoder.training,
        autoencoder.check_training,
        autoencoder.model,
        autoencoder.DESCENT,
    ),
}
