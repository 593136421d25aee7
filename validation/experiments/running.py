"""Running experiments: setting by setting into one file.

The file is written after each setting. An interrupted run loses at most the setting that it was in, the same
command goes on, and what is there can be drawn and read. Within a process every run is made once: what
measures the same setting with the same seed shares it.
"""

import functools
import hashlib
import inspect
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import xarray as xr

import sim
import theory
from sim.progress import track
from theory.common import arguments, files, schema
from theory.common.arguments import ArgumentError
from validation import training
from validation.experiments.experiment import Experiment, Setting
from validation.experiments.findings import setting_of

EXPERIMENTS = Path(__file__).parent


def run(
    experiment: Experiment, seed: int = 0, full: bool = False, path: str | os.PathLike | None = None
) -> xr.Dataset:
    """Run an experiment, or what is missing of it.

    Parameters
    ----------
    experiment : Experiment
        One of `validation.experiments.catalogue`, or one's own.
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
        ``full``, ``seed``, ``code`` (a hash of what measured) and ``missing``, the number of settings not run
        because of Ctrl-C.

    Raises
    ------
    TypeError, ValueError
        If the file cannot be written or holds something else.
    KeyboardInterrupt
        If interrupted before the first setting was done.
    """
    seed = arguments.seed_number("seed", seed)
    settings = experiment.settings(full)
    done = _load(path, experiment, seed, full)
    missing = [setting for setting in settings if _key(setting) not in done]
    try:
        for setting in track(missing, experiment.name):
            done[_key(setting)] = _measured(experiment.measure, tuple(setting.items()), seed)
            if path is not None:
                Path(path).parent.mkdir(exist_ok=True)
                schema.save(_collected(experiment, settings, done, seed, full), path)
    except KeyboardInterrupt:
        if not done:
            raise
    return _collected(experiment, settings, done, seed, full)


def checked(experiment: Experiment, seed: int, full: bool) -> xr.Dataset:
    """Return what a check measures of an experiment.

    A claim is run at the size that is asked for. An experiment with a page, which may take hours at full
    size, is run at its small one, unless it says which of its full settings a full check measures.
    """
    chosen = experiment.in_check if full else None
    large = full and (not experiment.answer or chosen is not None)
    settings = [s for s in experiment.settings(large) if chosen is None or chosen(s)]
    done = {}
    for setting in track(settings, experiment.name):
        done[_key(setting)] = _measured(experiment.measure, tuple(setting.items()), seed)
    return _collected(experiment, settings, done, seed, full)


@functools.cache
def _measured(measure: Callable[..., xr.Dataset], setting: tuple, seed: int) -> xr.Dataset:
    begun = perf_counter()
    result = measure(seed=seed, **dict(setting))
    labels = {dim: range(size) for dim, size in result.sizes.items() if dim not in result.coords}
    return result.drop_attrs().assign(seconds=perf_counter() - begun).assign_coords(labels | dict(setting))


def _collected(
    experiment: Experiment, settings: list[Setting], done: Mapping[Any, xr.Dataset], seed: int, full: bool
) -> xr.Dataset:
    """Return what is done, in the order of the settings."""
    measured = [done[key] for setting in settings if (key := _key(setting)) in done]
    result = xr.concat(measured, "setting", join="outer", coords=list(settings[0]), data_vars="all")
    return schema.dataset(
        result.data_vars,  # type: ignore[arg-type]
        source="experiment",
        coords=result.coords,  # type: ignore[arg-type]
        experiment=experiment.name,
        full=int(full),
        seed=seed,
        code=_code(experiment.measure),
        missing=len(settings) - len(measured),
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
    parts = [saved.isel(setting=[k]).squeeze("setting") for k in range(saved.sizes["setting"])]
    return {_key(setting_of(part)): part for part in parts}


def _key(setting: Setting) -> frozenset:
    return frozenset(setting.items())


@functools.cache
def _code(measure: Callable[..., xr.Dataset]) -> str:
    """Return what tells the code apart that measured: a hash of theory, flow, training and its own files."""
    roots = (Path(inspect.getfile(package)).parent for package in (theory, sim, training))
    contents = [path.read_bytes() for root in roots for path in root.rglob("*.py")] + _own(measure)
    digests = sorted(hashlib.sha256(content).hexdigest() for content in contents)
    return hashlib.sha256("".join(digests).encode()).hexdigest()[:8]


def _own(measure: Callable[..., xr.Dataset]) -> list[bytes]:
    """Return the file that a measurement is in, one of ours with the helpers beside it and those all share.

    Of a measurement that was typed in, it is what it compiles to.
    """
    path = Path(measure.__code__.co_filename)
    if not path.is_file():
        return [measure.__code__.co_code]
    if EXPERIMENTS not in path.parents:
        return [path.read_bytes()]
    shared = (EXPERIMENTS / "networks.py", EXPERIMENTS / "draws.py")
    return [file.read_bytes() for file in (*path.parent.glob("*.py"), *shared)]
