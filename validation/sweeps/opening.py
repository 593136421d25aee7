"""Opening a store: for writing by one process alone, or for a look that leaves the disk as it is."""

import json
import os
import shutil
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import filelock
import numpy as np

from theory.common import files as whole_files
from theory.common.arguments import ArgumentError
from validation.sweeps import layout as layouts
from validation.sweeps.layout import LEDGER, Layout
from validation.sweeps.ledger import DONE, MAKER
from validation.sweeps.store import Store

LOCK = f"{LEDGER}/.lock"


@contextmanager
def opened(path: str | os.PathLike, wanted: Layout) -> Iterator[Store]:
    """Open a store for writing, make it if need be, and extend it to what is wanted.

    Parameters
    ----------
    path : path
        Folder of the store; its parent is made.
    wanted : Layout
        What is to be run. Its size of batches is that of a new store only.

    Raises
    ------
    ValueError
        If it cannot be written to, is used by another process, or holds another sweep.
    """
    path = check(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    whole_files.folder(path, "store")
    (path / LEDGER).mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(path / LOCK, timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise ArgumentError(f"store must be used by one process at a time; {path} is in use") from None
    try:
        for left in path.rglob("*.partial"):  # by who was killed
            left.unlink()
        store = peek(path, wanted)
        store.commit(store.layout)
        _warn(store)
        yield store
    finally:
        lock.release()


def _warn(store: Store) -> None:
    """Say what a user should know before a sweep goes on."""
    done = store.ledger[..., DONE] > 0
    others = {store.layout.makers[int(k)]["code"] for k in np.unique(store.ledger[done][:, MAKER])}
    if others := others - {store.layout.makers[store.maker]["code"]}:
        warnings.warn(
            f"store has results of other code ({', '.join(sorted(others))}) than today's: they are kept, and "
            "the ledger says which they are",
            stacklevel=4,
        )
    if store.damaged:
        warnings.warn(f"store has {len(store.damaged)} damaged units: they are measured again", stacklevel=4)


def peek(path: str | os.PathLike, wanted: Layout) -> Store:
    """Return a store as `opened` would, but leave the disk as it is."""
    store = Store(path, wanted)
    if exists(path):
        store.layout = _joined(layouts.read(store.path), wanted)
        store.maker = store.layout.makers.index(wanted.makers[-1])
    store.load()
    return store


def check(path: str | os.PathLike) -> Path:
    """Return `path`, checked before any work is done: a store that can be written to, or be made.

    Raises
    ------
    ValueError
        If it is something else, or cannot be written to.
    """
    path = Path(path)
    wanted = f"store must be a folder of a sweep, or a new one, got {path!s:.200}"
    try:
        if path.exists() and not exists(path) and not _begun(path):
            raise ArgumentError(f"{wanted}: it is something else")
        there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    except OSError as error:
        raise ArgumentError(f"{wanted}: {(error.strerror or 'cannot be read').lower()}") from None
    if obstacle := whole_files.obstacle_in(there):
        raise ArgumentError(f"{wanted}: {there!s:.100}: {obstacle}")
    return path


def exists(path: str | os.PathLike) -> bool:
    """Say whether there is a store."""
    return layouts.there(Path(path))


def remove(path: str | os.PathLike) -> None:
    """Delete a store, in one step: who is killed in it leaves something hidden, but no half of a store."""
    hidden = Path(path).with_name(f".{Path(path).name[:40]}-{uuid.uuid4().hex}.partial")
    os.replace(path, hidden)
    shutil.rmtree(hidden)


def _joined(held: Layout, wanted: Layout) -> Layout:
    """Return the layout that holds both."""
    for name in ("seed", "measure"):
        if getattr(held, name) != getattr(wanted, name):
            raise ArgumentError(
                f"store must hold no other sweep: its {name} is {getattr(held, name)}, "
                f"not {getattr(wanted, name)}"
            )
    if (held.replicates is None) != (wanted.replicates is None):
        raise ArgumentError("store must hold no other sweep: one of both has no replicates")
    return replace(
        held,
        points=held.points.joined(wanted.points),
        replicates=None if held.replicates is None else max(held.replicates, wanted.replicates or 1),
        makers=tuple({json.dumps(maker): maker for maker in (*held.makers, *wanted.makers)}.values()),
    )


def _begun(path: Path) -> bool:
    """Say whether a folder is empty, or has no more than who was killed at once leaves there."""
    inside = list(path.iterdir()) if path.is_dir() else [path]
    ledger = path / LEDGER
    return not inside or (inside == [ledger] and all(file.name.startswith(".") for file in ledger.iterdir()))
