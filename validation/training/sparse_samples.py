"""Samples of sparse features, kept as what is on: drawn in as much time as there are features on."""

from itertools import pairwise
from typing import NamedTuple

import numba
import numpy as np

ALWAYS = 1 - 1e-12  # a feature that is on more often is on in every sample


class Samples(NamedTuple):
    """A batch of sparse features: those on in sample s are entries ``starts[s]`` to ``starts[s + 1]``."""

    starts: np.ndarray  # int64 (sample + 1,)
    features: np.ndarray  # int64 (entry,)
    values: np.ndarray  # (entry,)

    @property
    def size(self) -> int:
        """Number of samples."""
        return len(self.starts) - 1

    def parts(self, number: int) -> list["Samples"]:
        """Return the batch in parts of about the same size, none empty, at most this number."""
        bounds = np.linspace(0, self.size, min(number, self.size) + 1).astype(int)
        return [self._replace(starts=self.starts[a : b + 1]) for a, b in pairwise(bounds)]

    def dense(self, n_features: int) -> np.ndarray:
        """Return the batch as an array, shape (sample, feature)."""
        array = np.zeros((self.size, n_features), self.values.dtype)
        array[np.repeat(np.arange(len(array)), np.diff(self.starts)), self.features] = self.values
        return array


def draw(
    rng: np.random.Generator, probabilities: np.ndarray, batch: int, signed: bool, dtype: str
) -> Samples:
    """Draw a batch of independent sparse features.

    Parameters
    ----------
    rng : Generator
        Where random numbers come from.
    probabilities : ndarray, shape (feature,)
        That a draw is on; it is then uniform on [0, 1].
    batch : int
        Number of samples.
    signed : bool
        Whether a feature is the difference of two draws, or just one.
    dtype : {"float32", "float64"}
        Of the values.

    Notes
    -----
    From one sample in which a feature is on to the next one it is a geometric number of samples.
    """
    rows, features, values = _draw(rng, np.minimum(probabilities, 1.0), batch, signed)
    starts, order = _by_sample(rows, batch)
    return Samples(starts, features[order], values[order].astype(dtype))


@numba.njit(cache=True, nogil=True)
def _draw(rng, probabilities, batch, signed):
    room = 16
    rows, features, values = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room)
    count = 0
    for feature in range(probabilities.size):
        p = probabilities[feature]
        on = p * (2 - p) if signed else p  # of two draws at least one
        both = p / (2 - p)
        scale = 1 / np.log1p(-min(on, ALWAYS))
        row = -1
        while True:
            if on < ALWAYS:
                gap = np.log(1 - rng.random()) * scale
                if not gap < batch - row - 1:
                    break
                row += 1 + int(gap)
            else:
                row += 1
                if row == batch:
                    break
            value = rng.random()
            if signed:
                which = rng.random()
                if which < both:
                    value -= rng.random()
                elif which < (1 + both) / 2:
                    value = -value
            if count == room:
                room *= 2
                rows, features = _longer(rows, room), _longer(features, room)
                values = _longer(values, room)
            rows[count], features[count], values[count] = row, feature, value
            count += 1
    return rows[:count], features[:count], values[:count]


@numba.njit(cache=True, nogil=True)
def _by_sample(rows, batch):
    """Return where the entries of each sample start in the order by sample, and that order."""
    starts = np.zeros(batch + 1, np.int64)
    for row in rows:
        starts[row + 1] += 1
    starts = np.cumsum(starts)
    place, order = starts[:-1].copy(), np.empty(rows.size, np.int64)
    for entry in range(rows.size):
        order[place[rows[entry]]] = entry
        place[rows[entry]] += 1
    return starts, order


@numba.njit(cache=True, nogil=True)
def _longer(array, room):
    longer = np.empty(room, array.dtype)
    longer[: array.size] = array
    return longer
