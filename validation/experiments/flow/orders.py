"""In which order of λ winners converge, run by run from the same initial weights."""

import numpy as np
import xarray as xr

from validation.report.statistics import Estimate, bootstrap

FITTED = 2.6e-3  # largest λ of those that the order is fitted to
CLEAR = 2.0  # times what the integrator changes: smaller changes are not fitted
ORDERS = np.linspace(-1, 4, 501)


def order_of(group: xr.Dataset, level: float) -> Estimate | None:
    """Return the order p of changes ∝ λ^p from one λ to the next, for small λ, while they are clear.

    By maximum likelihood for Poisson variables, as for counts, since changes may be zero: the mean of
    ln λ, weighted with the changes, is that weighted with λ^p.
    """
    ordered = group.sortby(["l1", "rtol"], ascending=False)
    winner, l1 = ordered.winner.values, ordered.l1.values
    changed = (winner[1:] != winner[:-1]).mean(axis=-1)
    halved, fitted = l1[1:] < l1[:-1], l1[:-1] <= FITTED
    floor = changed[~halved].mean() if not halved.all() else 0.0  # by another tolerance
    steps = changed[halved & fitted]
    steps = steps[np.logical_and.accumulate(steps.mean(axis=1) > CLEAR * floor)]
    if len(steps) < 3 or not steps.any():
        return None
    logs = np.log(l1[:-1][halved & fitted][: len(steps)])
    weights = np.exp(logs * ORDERS[:, None])
    centres = weights @ logs / weights.sum(axis=1)

    def order(*columns: np.ndarray, axis: int = -1) -> np.ndarray:
        means = np.stack([column.mean(axis=axis) for column in columns], axis=-1)
        return np.interp(means @ logs / np.maximum(means.sum(axis=-1), 1e-300), centres, ORDERS)

    return bootstrap(steps.T, order, level)
