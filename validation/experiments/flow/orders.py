"""In which order of λ a result converges, run by run from the same initial weights."""

import itertools
from collections.abc import Callable

import numpy as np
import xarray as xr

from validation.experiments.findings import parts
from validation.report.statistics import Estimate, bootstrap

FITTED = 2.6e-3  # largest λ of those that the order is fitted to
CLEAR = 2.0  # times what the integrator changes: smaller changes are not fitted
ORDERS = np.linspace(-1, 4, 501)
Compare = Callable[[xr.Dataset, xr.Dataset], np.ndarray]


def changed(one: xr.Dataset, other: xr.Dataset) -> np.ndarray:
    """Return by replicate the share of features that have different winners."""
    return (one.winner.values != other.winner.values).mean(axis=1)


def order_of(group: xr.Dataset, level: float, compare: Compare) -> Estimate | None:
    """Return the order p of changes ∝ λ^p from one λ to the next, for small λ, while they are clear.

    By maximum likelihood for Poisson variables, as for counts, since changes may be zero: the mean of
    ln λ, weighted with the changes, is that weighted with λ^p.
    """
    every = sorted(parts(group), key=lambda part: (-float(part.l1), -float(part.rtol)))
    usual = [part for part in every if part.rtol == group.rtol.max()]
    twins = [pair for pair in itertools.pairwise(every) if pair[0].l1 == pair[1].l1]
    floor = max((float(compare(*pair).mean()) for pair in twins), default=0.0)
    pairs = [pair for pair in itertools.pairwise(usual) if pair[0].l1 <= FITTED]
    steps = np.array([compare(*pair) for pair in pairs]).T
    clear = np.logical_and.accumulate(steps.mean(axis=0) > CLEAR * floor) if pairs else np.zeros(0, bool)
    if np.count_nonzero(clear) < 3 or not steps[:, clear].any():
        return None
    logs = np.log([float(one.l1) for one, _ in pairs])[clear]
    weights = np.exp(logs * ORDERS[:, None])
    centres = weights @ logs / weights.sum(axis=1)

    def order(*columns: np.ndarray, axis: int = -1) -> np.ndarray:
        means = np.stack([column.mean(axis=axis) for column in columns], axis=-1)
        return np.interp(means @ logs / np.maximum(means.sum(axis=-1), 1e-300), centres, ORDERS)

    return bootstrap(steps[:, clear], order, level)
