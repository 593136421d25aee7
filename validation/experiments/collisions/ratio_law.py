"""A law for the number of polysemantic neurons over the exclusion law's mean: three constants, fitted.

It is not derived. Where no slot stays free, n = 2m, the exclusion law is exact. Elsewhere the excess over it,
divided by the share of slots that stay free, was found to depend on n and m by ``y = n/√m`` alone, to which
n inner products of random encodings, of a size of 1/√m each, add up.
"""

from functools import cache

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy import optimize, stats

from theory import collisions
from validation.experiments.experiment import Band
from validation.experiments.findings import parts
from validation.report.statistics import Estimate, within

FLOOR = 0.005  # least standard error in a fit: no law of three constants is better
LEAST = 8  # neurons from which on it holds: with fewer, a displaced feature has nowhere to go
FOUND = (0.21, 0.16, 0.02)  # by `polysem experiment quarter_constant --full` at λ = 10⁻³
ERROR = 0.04  # twice what it is off beyond the error of that measurement


@cache  # a distribution of SciPy takes milliseconds to make
def exclusion(n: int, m: int) -> tuple[float, float]:
    """Return mean and variance of the exclusion law."""
    counts = collisions.polysemantic_neurons(n, m)
    return float(counts.mean()), float(counts.var())


def independent(n: int, m: int) -> float:
    """Return the exact mean of the ratio if the largest initial weights won."""
    return collisions.independent_slots(n, m) / exclusion(n, m)[0]


def law(n: ArrayLike, m: ArrayLike, a: float, b: float, c: float) -> np.ndarray:
    """Return ``1 + (1 − n/(2m)) (a − b y exp(−c y²))``, the ratio."""
    n, m = np.asarray(n), np.asarray(m)
    y = n / np.sqrt(m)
    return 1 + (1 - n / (2 * m)) * (a - b * y * np.exp(-c * y**2))


def size(part: xr.Dataset) -> tuple[int, int]:
    """Return n and m of what was measured in settings of one size."""
    return int(part.n.max()), int(part.m.max())


def expected(part: xr.Dataset) -> float:
    """Return the mean of the exclusion law."""
    return exclusion(*size(part))[0]


def band(part: xr.Dataset) -> Band:
    """Return where the ratio of the flow to the exclusion law is expected."""
    n, m = size(part)
    if m < LEAST:
        reason = "initial collisions at least, as for two features, and the exclusion law"
        return Band(independent(n, m), 1.0, reason)
    middle = float(law(n, m, *FOUND))
    return Band(middle - ERROR, middle + ERROR, "fitted law in n/√m ± 0.04 (`quarter_constant`)")


def over_law(part: xr.Dataset, name: str) -> np.ndarray:
    """Return what was counted, batch by batch, over the mean of the exclusion law."""
    return part[name].values / expected(part)


def start(n: int, m: int) -> float:
    """Return pairs of largest initial weights of opposite signs over the exclusion law."""
    return n * (n - 1) / (4 * m) / exclusion(n, m)[0]


def regressed(part: xr.Dataset, name: str = "final") -> tuple[float, float]:
    """Return the ratio, where all of which the mean is known is as on average, and its standard error."""
    design = _design(part)
    inverse = np.linalg.inv(design.T @ design)
    counted = over_law(part, name)
    found = inverse @ (design.T @ counted)
    left = ((counted - design @ found) ** 2).sum() / (len(design) - design.shape[1])
    return float(found[0]), float(np.sqrt(left * inverse[0, 0]))


def _design(part: xr.Dataset) -> np.ndarray:
    """Return 1 and, less their means, initial collisions and how much runs count, where pairs are planted."""
    beyond = [over_law(part, "initial") - independent(*size(part))]
    if (part.weight != 1).any():
        beyond.append(part.weight.values - 1)
    return np.stack([np.ones_like(beyond[0]), *beyond], axis=1).astype(float)


def ratio(part: xr.Dataset, level: float, name: str = "final") -> Estimate:
    """Return the ratio with its interval."""
    value, error = regressed(part, name)
    batches, fitted = _design(part).shape
    half = stats.t.ppf((1 + level) / 2, batches - fitted) * error
    return within(value, half, "regression on the start")


def early(part: xr.Dataset, level: float) -> Estimate:
    """Return the same of pairs of largest weights once interference has acted, and L1 hardly has."""
    return ratio(part, level, "fast")


def errors(group: xr.Dataset) -> np.ndarray:
    """Return the relative standard error of each ratio."""
    rows = np.array([regressed(part) for part in parts(group)])
    return rows[:, 1] / rows[:, 0]


def change(part: xr.Dataset, base: xr.Dataset, level: float) -> Estimate:
    """Return what the ratio is beyond that of another setting."""
    (after, before), errors = zip(regressed(part), regressed(base), strict=True)
    half = stats.norm.ppf((1 + level) / 2) * np.hypot(*errors)
    return within(after - before, half, "regression on the start")


def usable(group: xr.Dataset) -> tuple[list[xr.Dataset], np.ndarray]:
    """Return the settings where the law may hold, and a row for each: n, m, ratio, standard error."""
    chosen = [part for part in parts(group) if part.m >= LEAST]
    rows = [[part.n, part.m, *np.maximum(regressed(part), (0, FLOOR))] for part in chosen]
    return chosen, np.array(rows, float).reshape(-1, 4)


def fit(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the constants of the law and their standard errors, fitted where n is a power of two."""
    n, m, ratios, error = rows[np.log2(rows[:, 0]) % 1 == 0].T
    if n.size <= len(FOUND):
        return None
    found, spread = optimize.curve_fit(lambda sizes, *c: law(*sizes, *c), (n, m), ratios, FOUND, error)
    return found, np.sqrt(np.diag(spread))


def constant(group: xr.Dataset, level: float, which: int) -> Estimate | None:
    """Return one of the constants of the law."""
    fitted = fit(usable(group)[1])
    z = stats.norm.ppf((1 + level) / 2)
    return within(fitted[0][which], z * fitted[1][which], "standard error of the fit") if fitted else None


def held_out(group: xr.Dataset, level: float) -> Estimate | None:
    """Return what other ratios are off the law, beyond the error of measurement: root of the mean square."""
    rows = usable(group)[1]
    fitted, rest = fit(rows), rows[np.log2(rows[:, 0]) % 1 > 0]
    return _off(rest, law(*rest.T[:2], *fitted[0]), level) if fitted and len(rest) else None


def unfitted(group: xr.Dataset, level: float, features: tuple[float, float]) -> Estimate | None:
    """Return what ratios are off the derived one, in which no constant is fitted, for so many features."""
    rows = usable(group)[1]
    rows = rows[(rows[:, 0] >= features[0]) & (rows[:, 0] <= features[1])]
    predicted = np.array([collisions.early_ratio(int(n), int(m)) for n, m in rows[:, :2]])
    return _off(rows, predicted, level) if len(rows) else None


def _off(rows: np.ndarray, predicted: np.ndarray, level: float) -> Estimate:
    """Return what ratios are off beyond the error of measurement: root of the mean square.

    Each is weighted by the inverse of its variance. The interval is that of χ², 0 inside where the errors of
    measurement explain all.
    """
    _, _, ratios, error = rows.T
    squares = ((predicted - ratios) ** 2 / error**2).sum()
    number = len(rows)
    scales = np.array([number, *stats.chi2.ppf([(1 + level) / 2, (1 - level) / 2], number)]) / number
    value, low, high = np.sqrt(np.maximum(0, squares / scales - number) / (error**-2).sum()).tolist()
    return Estimate(value, low, high, f"{level:.1%} interval of χ², {number} settings")
