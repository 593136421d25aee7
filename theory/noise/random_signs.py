"""Random-sign noise, exactly: finite sums in place of an expansion.

With hidden noise ``ξ_k = ±σ`` the noise ``v = W_j·ξ`` of an output takes finitely many values, few of
them for a sparse encoding. Dense encodings of m weights are summed by halves: the 2^m values are sums of two
lists of 2^(m/2), one of them sorted, so that ReLU cuts it at one place.
"""

from functools import lru_cache
from itertools import product

import numpy as np
import sympy as sp

from theory.common import arguments
from theory.derivation import Derivation, Step, equal, function, order
from theory.flow.loss import relu
from theory.noise.gaussian import SQUARE
from theory.notation import inner_noise as a, j, k, output_std as s, theta

MOST_NEURONS = 28  # lists of 2^14 values


def mean_square(weights: tuple[sp.Expr, ...]) -> sp.Expr:
    """Return ``E ReLU(a + v)²`` for random signs of these weights (times σ), as the mean over all signs."""
    signs = product((1, -1), repeat=len(weights))
    values = (a + sp.Add(*(sign * w for sign, w in zip(row, weights, strict=True))) for row in signs)
    return sp.Add(*(relu(value) ** 2 for value in values)) / 2 ** len(weights)


# k equal weights with noise of standard deviation s in all: j of them get the sign +.
EQUAL_WEIGHTS = sp.Sum(sp.binomial(k, j) * relu(a + (2 * j - k) * s / sp.sqrt(k)) ** 2, (j, 0, k)) / 2**k

MOST_WEIGHTS = 500  # with more, binomials are no floats


def equal_weights(inner_product: float, std: float, n_weights: int) -> float:
    """Return the interference ``E ReLU(a + v)²`` on an encoding of equal weights, under random-sign noise.

    Parameters
    ----------
    inner_product : float
        a, the inner product with the feature that is on.
    std : float
        Standard deviation ``s = σ‖W_j‖`` of the noise on the output, above 0.
    n_weights : int
        Number k of weights, from 1 to 500. It falls to 0 where ``a ≤ −s √k``; for many it is as under
        Gaussian noise.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    Own derivation, ``random_signs``.
    """
    at = (arguments.real("inner_product", inner_product), arguments.real("std", std, above=0))
    return float(_equal_weights(*at, arguments.whole("n_weights", n_weights, least=1, most=MOST_WEIGHTS)))


def expected_loss(weights: np.ndarray, noise_std: float) -> float:
    """Return the expected loss ``Σ_i E ‖ReLU(W (W_i + ξ)) − e_i‖²`` under random signs ``ξ_k = ±σ``, exactly.

    Parameters
    ----------
    weights : array_like, shape (feature, neuron)
        Encodings W, of at most 28 neurons: time and memory grow like ``2^(m/2)``.
    noise_std : float
        σ, above 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.
    """
    W, std = _checked(weights, noise_std)
    outputs = zip(W @ W.T, np.eye(len(W)), W, strict=True)
    return float(sum(_output(inner, target, encoding, std)[0].sum() for inner, target, encoding in outputs))


def force(weights: np.ndarray, noise_std: float) -> np.ndarray:
    """Return the averaged force under random signs, exactly: minus the gradient of a quarter of the loss.

    Parameters
    ----------
    weights, noise_std
        As for `expected_loss`.

    Returns
    -------
    numpy.ndarray, shape (feature, neuron)
        In flow units.

    Raises
    ------
    TypeError, ValueError
        As `expected_loss`.
    """
    W, std = _checked(weights, noise_std)
    outputs = zip(W @ W.T, np.eye(len(W)), W, strict=True)
    _, errors, pulls = zip(*(_output(*output, std) for output in outputs), strict=True)
    return -((np.array(errors) + np.transpose(errors)) @ W + np.array(pulls)) / 2


def _output(
    inner: np.ndarray, target: np.ndarray, encoding: np.ndarray, std: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what the loss holds of one output, for each input: means over all 2^m signs.

    Parameters
    ----------
    inner : numpy.ndarray, shape (feature,)
        Inner products a of the output's encoding with that of the feature that is on.
    target : numpy.ndarray, shape (feature,)
        What the output y = ReLU(a + v) should be.
    encoding : numpy.ndarray, shape (neuron,)
    std : float

    Returns
    -------
    loss : numpy.ndarray, shape (feature,)
        ``E (y − target)²``.
    error : numpy.ndarray, shape (feature,)
        ``E (y − target) 1[y > 0]``, half the slope of the loss by a.
    pull : numpy.ndarray, shape (neuron,)
        ``Σ_i E (y − target) 1[y > 0] ξ``, half the slope by the encoding's weights against the noise.
    """
    left, right = (std * _signs(half) for half in (len(encoding) // 2, (len(encoding) + 1) // 2))
    p, q = left @ encoding[: left.shape[1]], right @ encoding[left.shape[1] :]
    right, q = right[np.argsort(-q)], -np.sort(-q)
    # sums over the first 0, 1, 2, … of the sorted half: those for which the ReLU is on
    first, second, signs, both = (_running(x) for x in (q, q**2, right, q[:, None] * right))

    base = inner[:, None] + p
    on = np.searchsorted(-q, base)
    miss = base - target[:, None]
    error = miss * on + first[on]
    loss = miss**2 * on + 2 * miss * first[on] + second[on] + (len(q) - on) * target[:, None] ** 2
    count, weighted = (np.bincount(on.ravel(), x, len(q) + 1) for x in (None, miss.ravel()))
    pull = np.concatenate([error.sum(axis=0) @ left, weighted @ signs + count @ both])
    outcomes = 2.0 ** len(encoding)
    return loss.sum(axis=1) / outcomes, error.sum(axis=1) / outcomes, pull / outcomes


def _running(x: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros_like(x[:1]), np.cumsum(x, axis=0)])


@lru_cache(maxsize=4)
def _signs(count: int) -> np.ndarray:
    """Return all rows of so many signs, shape (2^count, count)."""
    return np.array(list(product((1.0, -1.0), repeat=count))).reshape(2**count, count)


def _checked(weights: np.ndarray, noise_std: float) -> tuple[np.ndarray, float]:
    W = arguments.array("weights", weights, ("feature", "neuron"))
    if W.shape[1] > MOST_NEURONS:
        raise arguments.ArgumentError(f"weights must have at most {MOST_NEURONS} neurons, got {W.shape[1]}")
    return W, arguments.real("noise_std", noise_std, above=0)


_equal_weights = function(EQUAL_WEIGHTS, a, s, k)


def _steps() -> tuple[Step, ...]:
    lattice = (2 * j - k) / sp.sqrt(k)
    return (
        equal(
            EQUAL_WEIGHTS.subs(k, 1),
            mean_square((s,)),
            "One weight: the noise on the output is +s or -s. While |a| < s only the first one counts, and "
            "below a = -s nothing is left: noise and interference are free, as never under Gaussian "
            "noise.",
            symbolic=False,
        ),
        order(
            (a + s) ** 2 / 2 - SQUARE,
            a * s * (1 - sp.sqrt(2 / sp.pi)) - a**3 / (3 * s * sp.sqrt(2 * sp.pi)),
            a,
            5,
            "Against Gaussian noise, or a dense encoding, a single weight gains at a < 0 and loses at a > 0.",
        ),
        equal(
            mean_square((s / sp.sqrt(3),) * 3),
            EQUAL_WEIGHTS.subs(k, 3),
            "Equal weights: a binomial sum, here written out for three.",
            symbolic=False,
        ),
        equal(
            sp.Sum(sp.binomial(5, j) * lattice.subs(k, 5) ** 4, (j, 0, 5)) / 2**5 - 3,
            -2 * sp.Rational(1, 5),
            "The excess kurtosis of k equal weights is kappa F = -2/k, here for five.",
        ),
        order(
            sp.log(sp.cosh(theta * s / sp.sqrt(k))) * k,
            theta**2 * s**2 / 2 - theta**4 * s**4 / (12 * k) + theta**6 * s**6 / (45 * k**2),
            theta,
            8,
            "Further cumulants fall like 1/k^2: many weights are as under Gaussian noise.",
        ),
    )


derivations = (
    Derivation(
        name="random_signs",
        statement=(
            "Under random-sign noise a sparse encoding with inner products below -sigma pays nothing for "
            "noise and interference, a dense one does."
        ),
        source="own; arXiv:2312.03096, noise instead of L1, has the mechanism",
        status="proved",
        proof=_steps,
        domains={s: (0.2, 1)},
        prediction="theory.noise.random_signs.force",
    ),
)
