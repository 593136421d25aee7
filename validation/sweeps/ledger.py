"""Which units of work of a store are done: its ledger says so, and their chunks are whole.

Files are looked at, not Zarr's metadata: each chunk ends in a checksum.
"""

import itertools
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from google_crc32c import value as crc32c
from numcodecs import zstd

from validation.sweeps.layout import ENTRIES, LEDGER, Layout
from validation.sweeps.points import Points
from validation.sweeps.units import Unit

DONE, TEMPLATE, MAKER, SECONDS = range(len(ENTRIES))
Place = tuple[int, ...]  # of a unit of work: that of its point, and of its batch


def read(path: Path, layout: Layout) -> tuple[np.ndarray, list[Place]]:
    """Return the entries, shape (point ..., batch, 4), and which units had been done and are damaged."""
    shape = (*layout.points.shape, layout.batches)
    entries, damaged = np.zeros((*shape, len(ENTRIES))), []
    for place in np.ndindex(shape):
        file = chunk(path, LEDGER, (*place, 0))
        if not file.exists():
            continue
        entry = _entry(file)
        if entry is not None and all(map(_intact, _chunks(path, layout, place, int(entry[TEMPLATE])))):
            entries[place] = entry
        else:
            damaged.append(place)
    return entries, damaged


def missing(entries: np.ndarray, layout: Layout, points: Points, replicates: int | None) -> Iterator[Unit]:
    """Yield the units of work of some points that are not done."""
    needed = 1 if replicates is None else -(-replicates // layout.batch)
    for place in itertools.product(*layout.points.places(points)):
        for batch in range(needed):
            first = batch * layout.batch
            stop = 1 if layout.replicates is None else min(first + layout.batch, layout.replicates)
            if entries[(*place, batch, DONE)] < stop - first:
                yield Unit((*place, batch), layout.points.at(place), first, stop)


def inside(template: int, name: str) -> str:
    """Return the path of a variable in a store: each template but the first has a group of its own."""
    return f"{template}/{name}" if template else name


def chunk(path: Path, name: str, block: Place) -> Path:
    """Return the file of a chunk."""
    return path.joinpath(name, "c", *map(str, block))


def _chunks(path: Path, layout: Layout, place: Place, template: int) -> Iterator[Path]:
    """Yield the files that hold a unit."""
    block = place if layout.replicates is not None else place[:-1]
    for name, spec in layout.templates[template]["variables"].items():
        yield chunk(path, inside(template, name), (*block, *(0,) * len(spec["shape"])))


def _entry(file: Path) -> np.ndarray | None:
    """Return an entry of the ledger, None if it is damaged."""
    return np.frombuffer(zstd.decompress(file.read_bytes()[:-4]), "<f8") if _intact(file) else None


def _intact(file: Path) -> bool:
    """Say whether a chunk is there and fits the checksum that ends it."""
    try:
        content = file.read_bytes()
    except OSError:
        return False
    return len(content) > 4 and struct.pack("<I", crc32c(content[:-4])) == content[-4:]
