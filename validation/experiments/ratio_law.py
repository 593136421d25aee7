"""A law for the number of polysemantic neurons over the exclusion law's mean: three constants, fitted.

It is not derived. Where no slot stays free, n = 2m, the exclusion law is exact. Elsewhere the excess over it,
divided by the share of slots that stay free, was found to depend on n and m by ``y = n/√m`` alone, to which
n inner products of random encodings, of a size of 1/√m each, add up.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

from validation.report.wording import number

LEAST = 8  # neurons from which on it holds: with fewer, a displaced feature has nowhere to go
FLOOR = 0.005  # least standard error in a fit: no law of three constants is better
CONSTANTS = ("a", "b", "c")


def crowd(n: ArrayLike, m: ArrayLike) -> np.ndarray:
    """Return ``y = n/√m``."""
    return np.asarray(n) / np.sqrt(m)


def scaled(y: np.ndarray, a: float, b: float, c: float) -> np.ndarray:
    """Return ``a − b y exp(−c y²)``, the excess of the ratio over 1 per share of slots that stay free."""
    return a - b * y * np.exp(-c * y**2)


def law(n: ArrayLike, m: ArrayLike, *constants: float) -> np.ndarray:
    """Return ``1 + (1 − n/(2m)) (a − b y exp(−c y²))``, the ratio."""
    return 1 + (1 - np.asarray(n) / (2 * np.asarray(m))) * scaled(crowd(n, m), *constants)


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
        self.trained = np.log2(self.n) % 1 == 0
        self.enough = self.trained.sum() > len(CONSTANTS)
        self.constants: np.ndarray = np.zeros(len(CONSTANTS))
        self.errors: np.ndarray = np.zeros(len(CONSTANTS))
        if self.enough:
            self.constants, self.errors = self._fitted()

    def _fitted(self) -> tuple[np.ndarray, np.ndarray]:
        found = optimize.least_squares(
            lambda constants: self._off(constants)[self.trained], (0.2, 0.15, 0.02)
        )
        covariance = np.linalg.pinv(found.jac.T @ found.jac)
        worse = max(1.0, 2 * found.cost / (self.trained.sum() - len(CONSTANTS)))
        return found.x, np.sqrt(np.diag(covariance) * worse)

    def _off(self, constants: np.ndarray) -> np.ndarray:
        return (law(self.n, self.m, *constants) - self.ratio) / self.error

    def told(self, l1: float) -> str:
        """Return the fit in words: constants, and χ² where it was fitted and where it was not."""
        where = f"At λ = {number(l1)}"
        if not self.enough:
            return f"{where} there are too few settings to fit a law."
        values = zip(CONSTANTS, self.constants, self.errors, strict=True)
        named = ", ".join(f"{name} = {value:.3f} ± {error:.3f}" for name, value, error in values)
        return (
            f"{where} the law 1 + (1 − n/(2m)) (a − b y exp(−c y²)) with y = n/√m, fitted to "
            f"{self.trained.sum()} settings (m ≥ {LEAST}, n a power of two), has {named}: "
            f"{self._quality(self.trained, len(CONSTANTS))}. Held out: {self._quality(~self.trained)}."
        )

    def _quality(self, members: np.ndarray, constants: int = 0) -> str:
        """Return χ² and the error of the law beyond that of the measurement."""
        off, error = self._off(self.constants)[members], self.error[members]
        squares, freedom = float((off**2).sum()), int(members.sum()) - constants
        if freedom < 1:
            return "no settings"
        beyond = np.sqrt(max(0.0, np.average((off**2 - 1) * error**2, weights=error**-2)))
        plain = float((((1 - self.ratio)[members] / error) ** 2).sum())
        chance = number(float(stats.chi2.sf(squares, freedom)))
        return (
            f"χ² = {squares:.0f} for {freedom} degrees of freedom (p = {chance}; the exclusion law itself: "
            f"{plain:.0f}), an error of {beyond:.1%} beyond that of the measurement"
        )
