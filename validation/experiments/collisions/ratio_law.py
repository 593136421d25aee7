"""A law for the number of polysemantic neurons over the exclusion law's mean: three constants, fitted.

It is not derived. Where no slot stays free, n = 2m, the exclusion law is exact. Elsewhere the excess over it,
divided by the share of slots that stay free, was found to depend on n and m by ``y = n/√m`` alone, to which
n inner products of random encodings, of a size of 1/√m each, add up.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

from theory import collisions
from validation.experiments.experiment import Band
from validation.report.statistics import Estimate

LEAST = 8  # neurons from which on it holds: with fewer, a displaced feature has nowhere to go
FLOOR = 0.005  # least standard error in a fit: no law of three constants is better
FOUND = (0.21, 0.16, 0.02)  # by `polysem experiment quarter_constant --full` at λ = 10⁻³
ERROR = 0.04  # twice what it is off beyond the error of that measurement


def scaled(y: ArrayLike, a: float, b: float, c: float) -> np.ndarray:
    """Return ``a − b y exp(−c y²)``, the excess of the ratio over 1 per share of slots that stay free."""
    y = np.asarray(y)
    return a - b * y * np.exp(-c * y**2)


def free(n: ArrayLike, m: ArrayLike) -> np.ndarray:
    """Return ``1 − n/(2m)``, the share of slots that stay free."""
    return 1 - np.asarray(n) / (2 * np.asarray(m))


def law(n: ArrayLike, m: ArrayLike, *constants: float) -> np.ndarray:
    """Return ``1 + (1 − n/(2m)) (a − b y exp(−c y²))``, the ratio."""
    return 1 + free(n, m) * scaled(np.asarray(n) / np.sqrt(m), *constants)


def band(n: int, m: int) -> Band:
    """Return where the ratio of the flow to the exclusion law is expected."""
    if m < LEAST:
        least = collisions.independent_slots(n, m) / collisions.polysemantic_neurons(n, m).mean()
        return Band(least, 1.0, "initial collisions at least, as for two features, and the exclusion law")
    expected = float(law(n, m, *FOUND))
    return Band(expected - ERROR, expected + ERROR, "fitted law in n/√m ± 0.04 (`quarter_constant`)")


class Fit:
    """The law fitted to ratios where n is a power of two, and tried where it is not.

    The form of the law was found by trial on runs at powers of two: the others had no part in it.

    Parameters
    ----------
    n, m : ndarray, shape (setting,)
        Features and neurons; settings with fewer neurons than `LEAST` are left out.
    ratio, error : ndarray, shape (setting,)
        Measured ratios with their standard errors.
    """

    def __init__(self, n: np.ndarray, m: np.ndarray, ratio: np.ndarray, error: np.ndarray) -> None:
        used = m >= LEAST
        self.n, self.m, self.ratio = n[used], m[used], ratio[used]
        self.error = np.maximum(error[used], FLOOR)
        self.fitted = np.log2(self.n) % 1 == 0
        self.enough = self.fitted.sum() > len(FOUND)
        none = np.full(len(FOUND), np.nan)
        self.constants, self.errors = self._constants() if self.enough else (none, none)

    def _constants(self) -> tuple[np.ndarray, np.ndarray]:
        def off(constants: np.ndarray) -> np.ndarray:
            return ((law(self.n, self.m, *constants) - self.ratio) / self.error)[self.fitted]

        found = optimize.least_squares(off, (0.2, 0.15, 0.02))
        covariance = np.linalg.pinv(found.jac.T @ found.jac)
        worse = max(1.0, 2 * found.cost / (self.fitted.sum() - len(FOUND)))
        return found.x, np.sqrt(np.diag(covariance) * worse)

    @property
    def law(self) -> np.ndarray:
        """What the fitted law says of each setting."""
        return law(self.n, self.m, *self.constants)

    def beyond(self, expected: np.ndarray, members: np.ndarray, level: float) -> Estimate | None:
        """Return what the ratios of some settings are off an expected one, beyond the error of measurement.

        Root of the mean square, each setting weighted by the inverse of its variance; the interval is that of
        χ², 0 inside where the errors of measurement explain all.
        """
        if not members.any():
            return None
        weights, number = self.error[members] ** -2, int(members.sum())
        squares = (((expected - self.ratio) / self.error) ** 2)[members].sum()
        tails = stats.chi2.ppf([(1 + level) / 2, (1 - level) / 2], number) / number
        low, value, high = (
            float(np.sqrt(max(0.0, squares / scale - number) / weights.sum()))
            for scale in (tails[0], 1.0, tails[1])
        )
        return Estimate(value, low, high, f"{level:.1%} interval of χ², {number} settings")
