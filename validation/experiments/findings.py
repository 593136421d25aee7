"""What was found: every quantity of an experiment in every setting."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import xarray as xr

from validation.experiments.experiment import Experiment, Quantity, Setting
from validation.experiments.labels import RUNS, told
from validation.experiments.rows import Row, Rows, UnmeasuredError
from validation.report.statistics import USUAL


class Findings:
    """All quantities of an experiment in all settings that were run, at a confidence level.

    `result` is what was measured, along ``setting``.
    """

    def __init__(self, experiment: Experiment, result: xr.Dataset, level: float = USUAL) -> None:
        self.experiment, self.result, self.level = experiment, result, level
        self.rows = [
            row for name, quantity in experiment.quantities.items() for row in self._rows(name, quantity)
        ]

    def __call__(self, name: str, **at: Any) -> Rows:
        """Return the rows of a quantity, those where settings have the given values."""
        wanted = at.items()
        return Rows(row for row in self.rows if row.name == name and wanted <= row.setting.items())

    def said(self, text: str | Callable[["Findings"], str]) -> str:
        """Return a text with quantities filled in, or what a callable says; that it is not known, if so."""
        try:
            return text.format_map(self) if isinstance(text, str) else text(self)
        except UnmeasuredError:
            return "Not enough of it has been run to say."

    def __getitem__(self, name: str) -> Rows:
        return self(name)

    @property
    def constant(self) -> Setting:
        """The settings that are the same throughout."""
        values = {name: set(self.result[name].values.tolist()) for name in setting_names(self.result)}
        return {name: next(iter(found)) for name, found in values.items() if len(found) == 1}

    def _rows(self, name: str, quantity: Quantity) -> Iterator[Row]:
        for setting, *data in _places(quantity, self.result):
            estimate, said = quantity.estimate(*data, self.level), quantity.predicted
            if estimate is None:
                continue
            predicted = said(*data) if callable(said) else said
            predicted = None if predicted is None else float(predicted)
            band = quantity.band(*data) if quantity.band and predicted is not None else None
            yield Row(
                name, quantity, setting, estimate, predicted, band, told(setting, self.experiment.names)
            )


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


def by_source(values: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Return what was measured in the flow and in training, in the blocks of runs that both have."""
    flow, trained = (
        values.isel(setting=(values.source == source).values).swap_dims(setting="block")
        for source in ("simulation", "training")
    )
    return xr.align(flow, trained, join="inner")


def _places(quantity: Quantity, result: xr.Dataset) -> Iterator[tuple]:
    """Yield the setting and the data for each number of a quantity."""
    if quantity.over is not None:
        yield from groups(result, *quantity.over)
        return
    other = quantity.beside or {}
    every = [(setting_of(part), part) for part in parts(result)]
    base = {_but(setting, other): part for setting, part in every if other.items() <= setting.items()}
    for setting, part in every:
        if quantity.along:
            at = part[quantity.along].values if quantity.at is None else quantity.at(part)
            for value in at:
                here = part.sel({quantity.along: value}, method="nearest")
                yield {**setting, quantity.along: here[quantity.along].item()}, here
        elif not other:
            yield setting, part
        elif not other.items() <= setting.items() and _but(setting, other) in base:
            yield setting, part, base[_but(setting, other)]


def _but(setting: Setting, names: Mapping[str, Any]) -> tuple:
    """Return all of a setting but some names and the number of runs."""
    return tuple((k, v) for k, v in setting.items() if k not in names and k not in RUNS)
