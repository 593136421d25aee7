"""What an experiment is: a question, a labelled grid of settings, a measurement, and what is read off it."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from validation.report.statistics import Estimate, mean, share

Setting = Mapping[str, Any]  # numbers and names by name
RUNS = ("setting", "block", "replicate")  # dimensions along which runs differ


def grid(axes: Mapping[str, Any]) -> list[Setting]:
    """Return all combinations of the values of settings, the last one varying fastest.

    Parameters
    ----------
    axes : mapping
        By name the values of a setting, or the one value that it has throughout; for names joined by
        commas, ``"n, m"``, tuples of values that go together.

    Examples
    --------
    >>> grid({"n, m": [(2, 4), (3, 9)], "l1": 0.01})
    [{'n': 2, 'm': 4, 'l1': 0.01}, {'n': 3, 'm': 9, 'l1': 0.01}]
    """
    columns = (
        [values] if isinstance(values, str) or not hasattr(values, "__iter__") else list(values)
        for values in axes.values()
    )
    return [
        {
            name.strip(): value
            for names, chosen in zip(axes, point, strict=True)
            for name, value in zip(names.split(","), chosen if "," in names else [chosen], strict=True)
        }
        for point in itertools.product(*columns)
    ]


@dataclass(frozen=True)
class Band:
    """Where measured over predicted is expected to lie; where 0 is predicted, the measured number itself."""

    low: float
    high: float
    reason: str


@dataclass(frozen=True)
class Quantity:
    """A number that is read off the data, with its interval and, where theory speaks, its prediction.

    All callables take what was measured in a setting.

    Parameters
    ----------
    label : str
        What the number is, with its unit if it has one.
    estimate : callable
        Takes a confidence level, too; returns an `Estimate`, or None where there is nothing to estimate.
    predicted : callable or float, optional
        Returns what theory says, or None where it is silent; or what it says everywhere.
    band : callable, optional
        Returns the `Band` of a rough prediction; any other one is expected in the interval.
    over : tuple of str, optional
        Settings for each combination of which there is one number; by default there is one for each setting.
    along : str
        Coordinate of the data at whose values there is one number each; callables take what is there.
    at : callable, optional
        Returns values of it, next to which the recorded ones are taken; by default all of them.
    beside : mapping, optional
        Names by its values the setting that others are compared with; callables take both, this one second.
    source : {"simulation", "training"}
        Where it was measured, if settings do not say.
    authority : str
        What predicts, as tables and figures call it.
    """

    label: str
    estimate: Callable[..., Estimate | None]
    predicted: Callable[..., float | None] | float | None = None
    band: Callable[..., Band] | None = None
    over: tuple[str, ...] | None = None
    along: str = ""
    at: Callable[[xr.Dataset], Sequence[float]] | None = None
    beside: Mapping[str, Any] | None = None
    source: str = "simulation"
    authority: str = "theory"


def mean_of(what: str | Callable[..., xr.DataArray]) -> Callable[..., Estimate | None]:
    """Return what estimates the mean over runs of a variable, or of what is computed of the data.

    What a run has several of is averaged first; of fewer than two runs there is no estimate.
    """

    def estimate(*given: Any) -> Estimate | None:
        *data, level = given
        values = data[0][what] if isinstance(what, str) else what(*data)
        runs = values.mean([dim for dim in values.dims if dim not in RUNS]).values
        known = runs[np.isfinite(runs)]
        return mean(known, level) if known.size > 1 else None

    return estimate


def share_of(what: Callable[..., xr.DataArray | np.ndarray]) -> Callable[..., Estimate | None]:
    """Return what estimates the share of what is true, each value a trial; of no trials there is none."""

    def estimate(*given: Any) -> Estimate | None:
        *data, level = given
        found = what(*data)
        return share(int(found.sum()), found.size, level) if found.size else None

    return estimate


@dataclass(frozen=True)
class Panel:
    """A panel of the figure: quantities against a setting, a series for each value of others.

    Parameters
    ----------
    y : str or tuple of str
        Names of quantities; none if all is drawn by `draw`.
    x : str or tuple of str
        Setting on the horizontal axis, or several, whose combinations stand side by side.
    by : tuple of str
        Settings whose values have a series each: the first one a colour, the second one a marker.
    log : {"", "x", "y", "xy"}
        Which axes are logarithmic.
    ratio : bool
        Whether measured over predicted is drawn.
    draw : callable, optional
        Takes the axis and the findings, and draws what else there is.
    where, options : mapping
        Values of settings that are drawn, if not all; what the axis is set to (`matplotlib.axes.Axes.set`).
    """

    y: str | tuple[str, ...] = ()
    x: str | tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    log: str = ""
    ratio: bool = False
    draw: Callable[[Any, Any], None] | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Experiment:
    """A question about the models, answered by runs; where theory predicts the answer, a claim.

    Parameters
    ----------
    name, question, source : str
        Short name, as in ``polysem experiment NAME``; what is asked or claimed, in one sentence; where it
        comes from: seed or paper with section (`docs/sources.md`), or own question.
    settings : callable
        Takes whether to run at full size, and returns what is run: the arguments of `measure`.
    measure : callable
        Takes a seed and, by keyword, the values of one setting; returns a small Dataset, mostly over
        ``replicate``: samples instead of summaries. Its docstring is what pages say of how it was measured.
    quantities : mapping of str to Quantity
        What is read off the data, by name.
    panels : tuple of Panel
        What the figure shows, two panels a row.
    answer, meaning : str or callable, optional
        The answer in one sentence with its number, and a paragraph on what follows: texts in which quantities
        are filled in (`Rows`), so that they change with the data, or what makes them of the `Findings`.
        Experiments without an answer have no page.
    limits : str
        What the answer does not cover.
    names : mapping
        What values of settings are called in figures and tables, where their own name does not say.
    in_check : callable, optional
        Says of a full setting whether `polysem check --full` measures it; without it, it measures the small
        ones of an experiment that has a page. A check that is not full leaves pages out.
    """

    name: str
    question: str
    source: str
    settings: Callable[[bool], list[Setting]]
    measure: Callable[..., xr.Dataset]
    quantities: Mapping[str, Quantity]
    panels: tuple[Panel, ...] = ()
    answer: str | Callable[[Any], str] = ""
    meaning: str | Callable[[Any], str] = ""
    limits: str = ""
    names: Mapping[Any, str] = field(default_factory=dict)
    in_check: Callable[[Setting], bool] | None = None

    @property
    def predicts(self) -> bool:
        """Whether theory speaks about any of its quantities."""
        return any(quantity.predicted is not None for quantity in self.quantities.values())

    @property
    def rough(self) -> bool:
        """Whether its predictions are stated only roughly."""
        return any(quantity.band for quantity in self.quantities.values())
