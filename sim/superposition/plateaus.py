"""Plateaus: the flow spends long near saddles, and between them the loss falls in steps."""

from itertools import pairwise

import numpy as np
import xarray as xr
from scipy import signal

from theory.common import arguments

STEP = 0.01  # share of the whole fall that a step has at least


def falls(times: np.ndarray, loss: np.ndarray) -> xr.Dataset:
    """Return when a loss falls from one plateau to the next.

    Parameters
    ----------
    times : array_like, shape (time,)
        Increasing; a time 0 in front is left out.
    loss : array_like, shape (time,)

    Returns
    -------
    Dataset
        Over ``fall``: ``time``, at which the loss falls fastest by the logarithm of time, and ``before`` and
        ``after``, the loss half way to the falls next to it.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.
    """
    grid, values = arguments.times("times", times), arguments.array("loss", loss, ("time",))
    if grid.shape != values.shape:
        raise arguments.ArgumentError(f"loss must be as many numbers as times, got {values.shape}")
    late = grid > 0
    grid, values = grid[late], values[late]
    logarithm = np.log(grid)
    speed = -np.gradient(values, logarithm)
    least = STEP * (values[0] - values[-1])
    peaks, _ = signal.find_peaks(speed, prominence=max(least, 0.0), height=max(least, 0.0))
    between = [0, *((a + b) // 2 for a, b in pairwise(peaks)), len(grid) - 1]
    return xr.Dataset(
        {
            "time": ("fall", grid[peaks]),
            "before": ("fall", values[between[: len(peaks)]]),
            "after": ("fall", values[between[1 : len(peaks) + 1]]),
        }
    )
