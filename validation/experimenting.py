"""Running experiments: setting by setting into one file, from which figure and findings are made.

The file is written after each setting. An interrupted run loses at most the setting that it was in, the same
command goes on, and what is there can be drawn and read.
"""

import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import xarray as xr
from rich import box
from rich.table import Table

from sim.progress import track
from theory.common import arguments, files, schema
from theory.common.arguments import ArgumentError
from validation import plots
from validation.experiment import Experiment, Setting
from validation.experiments import experiments
from validation.wording import duration


def find(name: str) -> Experiment:
    """Return the experiment of that name.

    Raises
    ------
    ValueError
        If there is none.
    """
    known = {experiment.name: experiment for experiment in experiments}
    return known[arguments.choice("name", name, known)]


def run(name: str, seed: int = 0, full: bool = False, path: str | os.PathLike | None = None) -> xr.Dataset:
    """Run an experiment, or what is missing of it.

    Parameters
    ----------
    name : str
        Its name (``polysem experiment --list``).
    seed : int
        Seed of every random draw, at least 0; each setting begins with it anew, so that what is run neither
        depends on the order nor on what was there.
    full : bool
        All settings at full size, instead of a few in minutes.
    path : path, optional
        NetCDF file that keeps the run: it is written after each setting, and settings that it holds
        are not run again. Its folder is made if need be.

    Returns
    -------
    Dataset
        What was measured, along ``setting``; ``seconds`` says how long each took. Attributes: ``experiment``,
        ``full``, ``seed``, and ``missing``, the number of settings not run because of Ctrl-C.

    Raises
    ------
    TypeError, ValueError
        If the name is unknown, or the file cannot be written or holds something else.
    KeyboardInterrupt
        If interrupted before the first setting was done.
    """
    experiment, seed = find(name), arguments.whole("seed", seed)
    settings = experiment.settings(full)
    done = _load(path, experiment, seed, full)
    missing = [setting for setting in settings if _key(setting) not in done]
    try:
        for setting in track(missing, name):
            done[_key(setting)] = _measured(experiment, setting, seed)
            if path is not None:
                Path(path).parent.mkdir(exist_ok=True)
                schema.save(_collected(experiment, settings, done, seed, full), path)
    except KeyboardInterrupt:
        if not done:
            raise
    return _collected(experiment, settings, done, seed, full)


@functools.cache
def shared(name: str, seed: int, full: bool, where: Callable[[Setting], bool] | None = None) -> xr.Dataset:
    """Return the run of an experiment that claims and their pictures share, once in a process.

    Parameters
    ----------
    name, seed, full
        As for `run`.
    where : callable, optional
        Which settings of a full run are run, by default all: those of minutes instead of hours.
    """
    experiment = find(name)
    settings = [s for s in experiment.settings(full) if not full or where is None or where(s)]
    done = {_key(s): _measured(experiment, s, seed) for s in track(settings, name)}
    return _collected(experiment, settings, done, seed, full)


def write(result: xr.Dataset, folder: str | os.PathLike) -> Path:
    """Write figure and page of a run to a folder, as ``NAME.png`` and ``NAME.md``; return the page's path."""
    experiment = find(result.attrs["experiment"])
    plots.save(experiment.figure(result), Path(folder) / f"{experiment.name}.png")
    target = Path(folder) / f"{experiment.name}.md"
    with files.atomic(target) as temporary:
        temporary.write_text(page(result), encoding="utf-8")
    return target


def page(result: xr.Dataset) -> str:
    """Return the page of a run in Markdown: question, figure, findings, and how to repeat it."""
    experiment, settings = find(result.attrs["experiment"]), result.attrs
    missing = settings["missing"]
    cut = f" It was stopped with {missing} settings left to run." if missing else ""
    size = " --full" if settings["full"] else ""
    return "\n\n".join(
        (
            f"# {experiment.question}",
            f"*Source: {experiment.origin}.*",
            f"![{experiment.question}]({experiment.name}.png)",
            experiment.findings(result).strip(),
            f"Written by `polysem experiment {experiment.name}{size} --seed {settings['seed']}` from "
            f"[its data]({experiment.name}.nc); {result.sizes['setting']} settings took "
            f"{duration(float(result.seconds.sum()))}.{cut} ({settings['versions']})\n",
        )
    )


def listing() -> Table:
    """Return the experiments as a table for the terminal."""
    drawn = Table(box=box.SIMPLE_HEAD)
    drawn.add_column("experiment", no_wrap=True)
    drawn.add_column("question", ratio=1)
    drawn.add_column("origin")
    for experiment in experiments:
        drawn.add_row(experiment.name, experiment.question, experiment.origin)
    return drawn


def _measured(experiment: Experiment, setting: Setting, seed: int) -> xr.Dataset:
    begun = perf_counter()
    result = experiment.measure(seed=seed, **setting)
    labels = {dim: range(size) for dim, size in result.sizes.items() if dim not in result.coords}
    return result.drop_attrs().assign(seconds=perf_counter() - begun).assign_coords(labels | dict(setting))


def _collected(
    experiment: Experiment, settings: list[Setting], done: Mapping[Any, xr.Dataset], seed: int, full: bool
) -> xr.Dataset:
    """Return what is done, in the order of the settings."""
    parts = [done[key] for setting in settings if (key := _key(setting)) in done]
    result = xr.concat(parts, "setting", join="outer", coords=list(settings[0]), data_vars="all")
    return schema.dataset(
        result.data_vars,  # type: ignore[arg-type]
        source="experiment",
        coords=result.coords,  # type: ignore[arg-type]
        experiment=experiment.name,
        full=int(full),
        seed=seed,
        missing=len(settings) - len(parts),
    )


def _load(
    path: str | os.PathLike | None, experiment: Experiment, seed: int, full: bool
) -> dict[Any, xr.Dataset]:
    """Return by setting what a file holds already of this run."""
    if path is None:
        return {}
    files.folder(Path(path).parent)
    if not Path(path).exists():
        return {}
    saved = schema.load(path).drop_encoding()  # which would cut longer strings of other settings short
    held = tuple(saved.attrs.get(name) for name in ("experiment", "seed", "full"))
    if held != (experiment.name, seed, int(full)):
        raise ArgumentError(
            f"out must hold no other run than {experiment.name} with seed {seed} and full = {full}: "
            f"{path} is {held[0] or 'a result'} with seed {held[1]} and full = {bool(held[2])}"
        )
    names = list(experiment.settings(full)[0])
    parts = [saved.isel(setting=[k]).squeeze("setting") for k in range(saved.sizes["setting"])]
    return {_key({name: part[name].item() for name in names}): part for part in parts}


def _key(setting: Setting) -> tuple:
    return tuple(setting.items())
