"""What was found: every quantity of an experiment in every setting, with its verdict."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import xarray as xr

from validation.experiments.experiment import Band, Experiment, Quantity, Setting
from validation.experiments.labels import RUNS, told, value_of
from validation.report.statistics import USUAL, Estimate


@dataclass(frozen=True)
class Row:
    """One quantity in one setting.

    Parameters
    ----------
    name : str
        Of the quantity.
    quantity : Quantity
    setting : mapping
        Values of the settings.
    estimate : Estimate
        What was measured.
    predicted : float, optional
        What theory says.
    band : Band, optional
        Where the ratio of both is expected, if the prediction is rough.
    where : str
        The settings in words, without those that say who measured, and how often.
    """

    name: str
    quantity: Quantity
    setting: Setting
    estimate: Estimate
    predicted: float | None
    band: Band | None
    where: str

    @property
    def source(self) -> str:
        """Where it was measured: "simulation" or "training"."""
        return str(self.setting.get("source", self.quantity.source))

    @property
    def side(self) -> str:
        """On which side of the prediction the measurement is: "above", "below" or "not decided"."""
        if self.predicted is None:
            return ""
        below, above = self.estimate.high < self.predicted, self.estimate.low > self.predicted
        return "below" if below else "above" if above else "not decided"

    @property
    def agrees(self) -> bool:
        """Whether the prediction lies in the interval of the measurement."""
        return self.side in ("", "not decided")

    @property
    def ratio(self) -> Estimate:
        """Measured over predicted; where nothing or 0 is predicted, what was measured."""
        if not self.predicted:
            return self.estimate
        return self.estimate.scaled(1 / self.predicted)

    @property
    def as_expected(self) -> bool:
        """Whether the measurement is where it is expected: its interval meets the prediction, or its band."""
        if self.band is None:
            return self.agrees
        return bool(self.ratio.low <= self.band.high and self.ratio.high >= self.band.low)

    def __str__(self) -> str:
        return str(self.estimate)

    def __getitem__(self, name: str) -> Any:
        return value_of(name, self.setting)


class Rows(list[Row]):
    """Rows of one quantity, as texts name them: ``{kept.last}`` at ``m = {kept.last[m]}``."""

    @property
    def first(self) -> Row:
        """The first row."""
        return self[0]

    @property
    def last(self) -> Row:
        """The last row."""
        return self[-1]

    @property
    def least(self) -> Row:
        """The row with the smallest number."""
        return min(self, key=lambda row: row.estimate.value)

    @property
    def most(self) -> Row:
        """The row with the largest number."""
        return max(self, key=lambda row: row.estimate.value)

    @property
    def agreeing(self) -> str:
        """In how many rows the prediction lies in the interval: ``3 of 4``."""
        told = [row for row in self if row.predicted is not None]
        return f"{sum(row.agrees for row in told)} of {len(told)}"

    @property
    def flow(self) -> "Rows":
        """Those of the flow."""
        return Rows(row for row in self if row.source == "simulation")

    @property
    def trained(self) -> "Rows":
        """Those of trained models."""
        return Rows(row for row in self if row.source == "training")


class UnmeasuredError(LookupError):
    """What is to be said needs settings that have not been run."""


class Findings:
    """All quantities of an experiment in all settings that were run.

    Parameters
    ----------
    experiment : Experiment
    result : Dataset
        What was measured, along ``setting``.
    level : float
        Confidence level of the intervals.
    """

    def __init__(self, experiment: Experiment, result: xr.Dataset, level: float = USUAL) -> None:
        self.experiment, self.result, self.level = experiment, result, level
        self.rows = [
            row for name, quantity in experiment.quantities.items() for row in self._rows(name, quantity)
        ]

    def __call__(self, name: str, **at: Any) -> Rows:
        """Return the rows of a quantity, those where settings have the given values."""
        return Rows(
            row
            for row in self.rows
            if row.name == name and all(row.setting[key] == value for key, value in at.items())
        )

    def said(self, text: str | Callable[["Findings"], str]) -> str:
        """Return a text with quantities filled in, or what a callable says; that it is not known, if so."""
        try:
            return text.format_map(self) if isinstance(text, str) else text(self)
        except (UnmeasuredError, IndexError):
            return "Not enough of it has been run to say."

    def __getitem__(self, name: str) -> Rows:
        return self.need(name)

    def need(self, name: str, **at: Any) -> Rows:
        """Return the same rows where there are any.

        Raises
        ------
        UnmeasuredError
            If there is none.
        """
        if rows := self(name, **at):
            return rows
        raise UnmeasuredError(f"{name} is not measured at {told(at)}")

    @property
    def constant(self) -> Setting:
        """The settings that are the same throughout."""
        values = {name: set(self.result[name].values.tolist()) for name in setting_names(self.result)}
        return {name: next(iter(found)) for name, found in values.items() if len(found) == 1}

    def _rows(self, name: str, quantity: Quantity) -> Iterator[Row]:
        for setting, *data in _places(quantity, self.result):
            estimate = quantity.estimate(*data, self.level)
            if estimate is None:
                continue
            said = quantity.predicted
            predicted = said(*data) if callable(said) else said
            band = quantity.band(*data) if quantity.band and predicted is not None else None
            predicted = None if predicted is None else float(predicted)
            where = told(setting, self.experiment.names)
            yield Row(name, quantity, setting, estimate, predicted, band, where)


def setting_names(result: xr.Dataset) -> list[str]:
    """Return the names of the settings, in their order."""
    return [str(name) for name, values in result.coords.items() if "setting" in values.dims]


def setting_of(part: xr.Dataset) -> Setting:
    """Return the values of the settings of a part."""
    return {str(name): values.item() for name, values in part.coords.items() if not values.dims}


def parts(result: xr.Dataset) -> Iterator[xr.Dataset]:
    """Yield what was measured in each setting, without the NaN that fill it up to the size of others."""
    for k in range(result.sizes["setting"]):
        part = result.isel(setting=k)
        for dim in part.dims:
            part = part.dropna(dim, how="all", subset=[name for name in part if dim in part[name].dims])
        yield part


def groups(result: xr.Dataset, *names: str) -> Iterator[tuple[Setting, xr.Dataset]]:
    """Yield what was measured at each combination of values of some settings, which come sorted."""
    if not names:
        yield {}, result
        return
    name, *others = names
    for value, group in result.groupby(name):
        for setting, inner in groups(group, *others):
            yield {name: value, **setting}, inner


def _places(quantity: Quantity, result: xr.Dataset) -> Iterator[tuple]:
    """Yield the setting and the data for each number of a quantity."""
    if quantity.over is not None:
        yield from groups(result, *quantity.over)
        return
    every = [(setting_of(part), part) for part in parts(result)]
    if quantity.along:
        for setting, part in every:
            values = part[quantity.along].values if quantity.at is None else quantity.at(part)
            for value in values:
                here = part.sel({quantity.along: value}, method="nearest")
                yield {**setting, quantity.along: here[quantity.along].item()}, here
        return
    if quantity.beside is None:
        yield from every
        return
    base = {
        _but(setting, quantity.beside): part
        for setting, part in every
        if quantity.beside.items() <= setting.items()
    }
    for setting, part in every:
        other = base.get(_but(setting, quantity.beside))
        if other is not None and not quantity.beside.items() <= setting.items():
            yield setting, part, other


def _but(setting: Setting, names: Mapping[str, Any]) -> tuple:
    """Return all of a setting but some names and the number of runs."""
    return tuple((k, v) for k, v in setting.items() if k not in names and k not in RUNS)
