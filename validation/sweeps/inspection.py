"""What is in a store: how much is done, by which code, and whether all of it is whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from validation.sweeps import layout as layouts
from validation.sweeps.layout import FILE
from validation.sweeps.ledger import DONE, MAKER, SECONDS
from validation.sweeps.points import Point
from validation.sweeps.store import Store


@dataclass(frozen=True)
class Share:
    """What was measured by one version of the code, on one platform.

    Parameters
    ----------
    code, versions, platform : str
    units : int
    seconds : float
        Of one core.
    """

    code: str
    versions: str
    platform: str
    units: int
    seconds: float


@dataclass(frozen=True)
class Status:
    """How much of a store is done.

    Parameters
    ----------
    units, done, damaged : int
        Units of work: all, those done, and those that were done but are damaged.
    runs, runs_done : int
    shares : tuple of Share
        Who measured.
    """

    units: int
    done: int
    damaged: int
    runs: int
    runs_done: int
    shares: tuple[Share, ...]

    @property
    def left(self) -> float:
        """Seconds that the rest takes on one core, NaN if nothing is done by which to tell."""
        spent = sum(share.seconds for share in self.shares)
        return spent / self.runs_done * (self.runs - self.runs_done) if self.runs_done else np.nan


def status(store: Store) -> Status:
    """Say how much of a store, which is loaded, is done."""
    layout = store.layout
    left = list(store.missing(layout.points, layout.replicates))
    runs = layout.points.size * (layout.replicates or 1)
    done = store.ledger[..., DONE] > 0
    shares = [
        Share(**maker, units=int(his.sum()), seconds=float(store.ledger[his, SECONDS].sum()))
        for k, maker in enumerate(layout.makers)
        if (his := done & (store.ledger[..., MAKER] == k)).any()
    ]
    units = layout.points.size * layout.batches
    return Status(
        units=units,
        done=units - len(left),
        damaged=len(store.damaged),
        runs=runs,
        runs_done=int(store.ledger[..., DONE].sum()),
        shares=tuple(shares),
    )


def faults(store: Store) -> Iterator[str]:
    """Yield what is damaged in a store, which is loaded: files of the layout, and units of work."""
    if layouts.parsed(_text(store.path / FILE)) is None:
        yield f"{FILE}: damaged; its copy in zarr.json is whole"
    for name, content in layouts.files(store.layout).items():
        file = store.path / name
        if not file.is_file():
            yield f"{name}: not there"
        elif file.read_bytes() != content:
            yield f"{name}: not what follows from the layout"
    for place in store.damaged:
        point = store.layout.points.at(place[:-1])
        yield f"{said(point)}, {_replicates(store, place[-1])}: damaged, counts as not done"


def said(point: Point) -> str:
    """Return a point in words."""
    return ", ".join(f"{name} = {value}" for name, value in point.items())


def _replicates(store: Store, batch: int) -> str:
    layout = store.layout
    first = batch * layout.batch
    last = min(first + layout.batch, layout.replicates or 1) - 1
    return f"replicate {first}" if first == last else f"replicates {first} to {last}"


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
