"""What an experiment is: a question, the runs that answer it, a figure and findings made from their data."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import xarray as xr

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Setting = Mapping[str, str | int | float]


@dataclass(frozen=True)
class Experiment:
    """A question about the model, answered by runs.

    Parameters
    ----------
    name : str
        Short name, as in ``polysem experiment NAME``.
    question : str
        What is asked, in one sentence.
    origin : str
        Seed and section, paper, or own question.
    settings : callable
        Takes whether to run at full size, and returns what is run, one mapping for each: their keys are the
        arguments of `measure`, all settings have the same ones.
    measure : callable
        Takes a seed and, by keyword, the values of one setting; returns a small dataset, mostly over
        ``replicate``: samples instead of summaries, so that intervals are made of them afterwards.
    figure : callable
        Draws the collected data: those of `measure` along the new dimension ``setting``, with the values of
        the settings as its coordinates; where settings differ in a dimension, NaN fills it up.
    findings : callable
        Says in Markdown what the collected data say, with intervals and numbers of runs. Nothing in it is
        known beforehand: it changes with the data.
    """

    name: str
    question: str
    origin: str
    settings: Callable[[bool], list[Setting]]
    measure: Callable[..., xr.Dataset]
    figure: "Callable[[xr.Dataset], Figure]"
    findings: Callable[[xr.Dataset], str]


def parts(result: xr.Dataset) -> Iterator[xr.Dataset]:
    """Yield what was measured in each setting, without the NaN that fill it up to the size of others."""
    for k in range(result.sizes["setting"]):
        part = result.isel(setting=k)
        for dim in part.dims:
            part = part.dropna(dim, how="all", subset=[name for name in part if dim in part[name].dims])
        yield part
