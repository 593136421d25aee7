"""Running experiments: a sweep over their settings, each with the experiment's own seed.

What is measured is kept beside the file that is written in the end, so that whatever stops a run, the same
command goes on. Within a process every run is made once: what measures the same setting with the same seed
shares it.
"""

import functools
import os
import tempfile
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from theory.common import arguments, files, schema
from theory.common.arguments import ArgumentError
from validation.experiments.experiment import Experiment, Setting
from validation.experiments.findings import setting_of
from validation.sweeps import provenance
from validation.sweeps.engine import Executor, Here
from validation.sweeps.failing import SweepError
from validation.sweeps.sweep import Sweep
from validation.sweeps.units import Measure


def run(
    experiment: Experiment,
    seed: int = 0,
    full: bool = False,
    path: str | os.PathLike | None = None,
    executor: Executor | None = None,
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
        NetCDF file that the run is written to; settings that it holds are not run again. Until then each
        setting is kept in a store beside it, of the same name with ``.zarr``. Its folder is made if need be.
    executor : Executor, optional
        Where settings are run, as in `validation.sweep`; by default here, one after another.

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
    SweepError
        If a setting fails, once all others are done.
    KeyboardInterrupt
        If interrupted before the first setting was done.
    """
    seed = arguments.seed_number("seed", seed)
    settings = experiment.settings(full)
    done = _load(path, experiment, seed, full)
    missing = [setting for setting in settings if _key(setting) not in done]
    if missing:
        done |= _swept(experiment, missing, seed, path, executor or Here())
    result = _collected(experiment, settings, done, seed, full)
    if path is not None:
        if missing:
            schema.save(result, path)
        else:
            result.attrs.update(schema.load(path).attrs)  # of the code that measured, not of today's
        with suppress(ArgumentError):  # what holds something else is left alone
            _sweep(experiment, settings, seed, _store(path)).remove()  # also after a kill between both
    return result


def checked(experiment: Experiment, seed: int, full: bool) -> xr.Dataset:
    """Return what a check measures of an experiment.

    A claim is run at the size that is asked for. An experiment with a page, which may take hours at full
    size, is run at its small one, unless it says which of its full settings a full check measures.
    """
    chosen = experiment.in_check if full else None
    large = full and (not experiment.answer or chosen is not None)
    settings = [s for s in experiment.settings(large) if chosen is None or chosen(s)]
    return _collected(experiment, settings, _swept(experiment, settings, seed, None, Here()), seed, full)


def _swept(
    experiment: Experiment,
    settings: list[Setting],
    seed: int,
    path: str | os.PathLike | None,
    executor: Executor,
) -> dict[Any, xr.Dataset]:
    """Return by setting what was measured; after Ctrl-C, of those that were finished."""
    with tempfile.TemporaryDirectory() if path is None else nullcontext(_store(path)) as store:
        sweep = _sweep(experiment, settings, seed, store, executor)
        try:
            sweep.run()
        except KeyboardInterrupt:
            if path is None or not sweep.parts():
                sweep.remove()
                raise
        except SweepError as error:
            if isinstance(executor, Here):
                raise error.failures[0][1].error from None
            raise
        except ArgumentError as error:
            if str(error).startswith("store "):
                raise ArgumentError(f"out must lead to a store that can go on: {error}") from None
            raise
        return {_key(at): _labelled(part, at, seconds) for at, part, seconds in sweep.parts()}


def _sweep(
    experiment: Experiment,
    settings: list[Setting],
    seed: int,
    store: str | os.PathLike,
    executor: Executor | None = None,
) -> Sweep:
    return Sweep(Afresh(experiment.measure, seed), settings, None, seed, store, executor or Here())


@dataclass(frozen=True)
class Afresh:
    """A measurement that begins with the experiment's seed in each setting, whatever seed a sweep gives."""

    measure: Measure
    seed: int

    @property
    def __wrapped__(self) -> Measure:
        return self.measure

    def __call__(self, seed: int, **setting: Any) -> xr.Dataset:
        """Measure in one setting."""
        return _measured(self.measure, tuple(setting.items()), self.seed)


@functools.cache
def _measured(measure: Measure, setting: tuple, seed: int) -> Any:
    return measure(seed=seed, **dict(setting))


def _labelled(part: xr.Dataset, setting: Setting, seconds: float) -> xr.Dataset:
    labels = {dim: range(size) for dim, size in part.sizes.items() if dim not in part.coords}
    return part.drop_attrs().assign(seconds=seconds).assign_coords(labels | dict(setting))


def _store(path: str | os.PathLike) -> Path:
    return Path(path).with_suffix(".zarr")


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
        code=provenance.code(experiment.measure),
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
