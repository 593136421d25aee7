"""A law from a table, as a distribution of SciPy, and how such a table is computed."""

from collections.abc import Callable

import numpy as np
from scipy.integrate import simpson
from scipy.interpolate import CubicSpline
from scipy.special import expit, logit
from scipy.stats import rv_continuous


def conditional(
    time: Callable[..., np.ndarray], others: np.ndarray, grid: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Compute P(X ≤ x) and P(X > x) of a time X that falls when E₁, exponential of mean 1, grows.

    Given the other variables, ``P(X ≤ x) = exp(−e(x))`` with e the inverse of ``E₁ ↦ X``: a smooth function,
    of which only the mean over the other variables is left to sampling. Where an approximate X does not fall,
    it is taken from where it does.

    Parameters
    ----------
    time : callable
        ``time(first, *others)``: X at values of E₁, shape (value, 1), and the others, each of shape (point,).
    others : numpy.ndarray, shape (variable, point)
        Sample of the others.
    grid : numpy.ndarray
        Values x.
    """
    logs = np.linspace(-18.0, 4.0, 64)  # of E₁; beyond lies less than 10⁻⁷ of the probability
    below, above = np.zeros((2, len(grid)))
    for chunk in np.array_split(others, -(-others.shape[1] // 1024), axis=1):
        for x in time(np.exp(logs)[:, None], *chunk).T:
            x, there = x[::-1], logs[::-1]
            kept = rising(x)
            at = np.maximum(grid, x[0])  # below it E₁ would be even greater: no probability is left
            least = np.exp(np.minimum(CubicSpline(x[kept], there[kept])(at), 6.0))
            below += np.exp(-least)
            above -= np.expm1(-least)
    return below / others.shape[1], above / others.shape[1]


def rising(values: np.ndarray) -> np.ndarray:
    """Return which values exceed all before them."""
    return np.append(True, values[1:] > np.maximum.accumulate(values)[:-1])


class Tabulated(rv_continuous):
    """Distribution whose logit ``ln P(X ≤ x) − ln P(X > x)`` is interpolated by a cubic spline.

    Beyond the table the logit goes on as a straight line, in the tail with slope √2
    (`theory.sparsification.universal`).

    Parameters
    ----------
    table : tuple of numpy.ndarray
        Increasing x, and P(X ≤ x) and P(X > x) there; used where the odds rise.
    """

    def __init__(self, table: tuple[np.ndarray, np.ndarray, np.ndarray], **keywords) -> None:
        super().__init__(**keywords)
        self._table = table
        grid, below, above = table
        odds = np.log(below / above)
        kept = rising(odds)
        grid, odds = grid[kept], odds[kept]
        self._odds = CubicSpline(grid, odds, bc_type=("not-a-knot", (1, np.sqrt(2))))
        self._inverse = CubicSpline(odds, grid)

    def _updated_ctor_param(self):
        return super()._updated_ctor_param() | {"table": self._table}

    def _logit(self, x):
        inside = np.clip(x, self._odds.x[0], self._odds.x[-1])
        return self._odds(inside) + self._odds(inside, 1) * (x - inside)

    def _slope(self, x):
        return self._odds(np.clip(x, self._odds.x[0], self._odds.x[-1]), 1)

    def _quantile(self, odds):
        inside = np.clip(odds, self._inverse.x[0], self._inverse.x[-1])
        x = self._inverse(inside)
        x = x + (odds - inside) / self._slope(x)
        for _ in range(2):  # Newton's method, from an error of about 10⁻⁶
            x = x - (self._logit(x) - odds) / self._slope(x)
        return np.maximum(x, 0.0)

    def _cdf(self, x):
        return expit(self._logit(x))

    def _sf(self, x):
        return expit(-self._logit(x))

    def _pdf(self, x):
        return self._cdf(x) * self._sf(x) * self._slope(x)

    def _ppf(self, q):
        return self._quantile(logit(q))

    def _isf(self, q):
        return self._quantile(-logit(q))

    def _stats(self):
        x = np.linspace(0.0, 30.0, 6001)
        mean, square = (simpson(n * x ** (n - 1) * self._sf(x), x=x) for n in (1, 2))
        return mean, square - mean**2, None, None
