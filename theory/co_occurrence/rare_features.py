"""Co-occurrence: the expected loss when features are on together by chance.

Each feature is on independently with probability p, at value 1. The mean loss per occurrence of a feature,
``E[loss] / p``, takes the place of the training loss, so that p → 0 is the model of seed 001 at the same λ.
What this does to benign collisions is in `theory.co_occurrence.pair_at_rest`.
"""

import numpy as np
import sympy as sp

from theory.common import arguments
from theory.derivation import Derivation, Step, equal, function, order
from theory.flow.loss import relu
from theory.notation import (
    S_1 as SINGLE,
    S_2 as DOUBLE,
    a,
    b,
    n,
    p_on as p,
    product_slopes,
    q_product as q,
    r_pair as r,
    target as t,
    u_product as u,
    v_product as v,
    x,
    y,
    z,
)

ONE_ON = p * (1 - p) ** (n - 1)  # probability that one given feature is on and no other
TWO_ON = p**2 * (1 - p) ** (n - 2)  # that two given features are on and no other
SECOND_ORDER = p * SINGLE + p**2 * (DOUBLE - (n - 1) * SINGLE)
PAIR_COST = 2 * p**2  # of a benign pair of unit weights
ENERGY = SINGLE / 4 + p * (DOUBLE - (n - 1) * SINGLE) / 4  # per occurrence of a feature, in flow units

# One output, of an encoding with the inner products u and v with those that are on (v = 0 if only one is),
# and the target t. At its kink a ReLU counts as off.
ERROR = (relu(u + v) - t) ** 2
SLOPE = 2 * (relu(u + v) - t) * sp.Heaviside(u + v, 0)


def sample_loss(W: sp.Matrix, on: tuple[int, ...]) -> sp.Expr:
    """Return the squared error ``‖ReLU(W Wᵀ x) − x‖²`` of the input in which the features `on` are on."""
    x = sp.Matrix([1 if i in on else 0 for i in range(W.rows)])
    output = (W * (W.T * x)).applyfunc(relu)
    return sp.Add(*((output - x).applyfunc(lambda error: error**2)))


def checked_probability(value: float) -> float:
    """Return the probability p as a float of at least 0 and less than 1, or raise an error."""
    return arguments.real("probability", value, least=0, below=1)


def expected_loss(weights: np.ndarray, probability: float) -> float:
    """Return the expected loss ``E ‖ReLU(W Wᵀ x) − x‖²`` to second order in p.

    Parameters
    ----------
    weights : array_like, shape (feature, neuron)
        Encodings W.
    probability : float
        Probability p with which each feature is on, less than 1.

    Returns
    -------
    float
        ``p Σ_i ℓ_i + p² Σ_{i<j} (ℓ_ij − ℓ_i − ℓ_j)`` with the losses ℓ of inputs with one and two features
        on; the error is of order p³.

    Raises
    ------
    TypeError, ValueError
        If the weights are no matrix of finite numbers or p is no probability less than 1.

    Notes
    -----
    Own derivation, ``rare_features``.
    """
    W = arguments.array("weights", weights, ("feature", "neuron"))
    p = checked_probability(probability)
    identity, gram = np.eye(len(W)), W @ W.T
    single = _error(gram, 0.0, identity)
    i, j = np.triu_indices(len(W), 1)
    double = _error(gram[i], gram[j], identity[i] + identity[j])
    return float(_second_order(len(W), p, single.sum(), double.sum()))


def force(weights: np.ndarray, probability: float) -> np.ndarray:
    """Return the averaged force on the encodings: minus the gradient of ``E[loss] / (4p)``.

    Parameters
    ----------
    weights, probability
        As for `expected_loss`.

    Returns
    -------
    numpy.ndarray, shape (feature, neuron)
        In flow units, to first order in p: at p = 0 feature benefit and interference.

    Raises
    ------
    TypeError, ValueError
        As `expected_loss`.

    Notes
    -----
    Own derivation, ``co_occurrence_force``.
    """
    W = arguments.array("weights", weights, ("feature", "neuron"))
    p = checked_probability(probability)
    identity, gram = np.eye(len(W)), W @ W.T
    single, double = _slope(gram, 0.0, identity), np.empty_like(gram)
    for k, (row, own) in enumerate(zip(gram, identity, strict=True)):
        slopes = _slope(row[:, None], row, own[:, None] + own)  # of output k with each two features on
        double[k] = slopes.sum(axis=1) - slopes.diagonal()
    by_gram = _energy(len(W), p, single, double)
    return -(by_gram + by_gram.T) @ W


def pair_cost(probability: float) -> float:
    """Return the expected loss that a benign pair adds: ``2 p²``, exactly, at unit weights.

    Raises
    ------
    TypeError, ValueError
        If p is no probability less than 1.
    """
    return float(_pair_cost(checked_probability(probability)))


_second_order = function(SECOND_ORDER, n, p, SINGLE, DOUBLE)
_energy = function(ENERGY, n, p, SINGLE, DOUBLE)  # linear in the sums, and so are its slopes
_error = function(ERROR, u, v, t)
_slope = function(SLOPE, u, v, t)
_pair_cost = function(PAIR_COST, p)


def _rare_features_steps() -> tuple[Step, ...]:
    return (
        order(
            ONE_ON,
            p - (n - 1) * p**2 + (n - 1) * (n - 2) * p**3 / 2,
            p,
            4,
            "Probability that a given feature is on, alone.",
        ),
        order(
            TWO_ON,
            p**2 - (n - 2) * p**3,
            p,
            4,
            "Probability that two given features are on, alone. For three it is of order p^3.",
        ),
        equal(
            SINGLE * (p - (n - 1) * p**2) + DOUBLE * p**2,
            SECOND_ORDER,
            "To second order, with the sums S_1, S_2 of the losses of inputs with one and two features on. "
            "Each feature is in n - 1 pairs: S_2 - (n - 1) S_1 is what pairs cost beyond their features.",
        ),
    )


def _force_steps() -> tuple[Step, ...]:
    inner = {u: x * z + q, v: y * z + r}
    slopes = dict(zip((u, v), product_slopes, strict=True))

    def pull(weight: sp.Symbol) -> sp.Expr:
        return sp.Add(*(slopes[by] * sp.Derivative(value, weight) for by, value in inner.items()))

    return (
        equal(
            SECOND_ORDER / (4 * p),
            ENERGY,
            "Energy per occurrence of a feature; a quarter, as in the flow. At p = 0 it is that of seed 001.",
        ),
        equal(
            sp.Derivative(ERROR, u),
            SLOPE,
            "Slope of the squared error of an output with the target t and the inner products u, v.",
            symbolic=False,
        ),
        equal(
            pull(x) + pull(y) + pull(z),
            slopes[u] * z + slopes[v] * z + slopes[u] * x + slopes[v] * y,
            "The slopes L_u, L_v act along both encodings of their inner product: with G the slope of the "
            "energy by all of them, the force is -(G + G^T) W. Here z is a weight of the encoding whose "
            "output it is, x and y those of the two features that are on, on the same neuron.",
        ),
    )


def _cost_steps() -> tuple[Step, ...]:
    W = sp.Matrix([a, -b])
    return (
        equal(
            sample_loss(W, (0,)) + sample_loss(W, (1,)),
            (1 - a**2) ** 2 + (1 - b**2) ** 2,
            "Alone, a feature of a benign pair is decoded like any other and the other output stays 0.",
        ),
        equal(
            sample_loss(W, (0, 1)).subs(a, b + r),
            ((1 - a * (a - b)) ** 2 + 1).subs(a, b + r),
            "Together they cancel; a = b + r is the larger weight. The smaller feature is lost altogether.",
            symbolic=False,
        ),
        equal(
            p**2 * sp.Subs(sample_loss(W, (0, 1)), (a, b), (1, 1)),
            PAIR_COST,
            "At unit weights both are lost, with probability p^2. Exact, for other features on other "
            "neurons.",
        ),
    )


derivations = (
    Derivation(
        name="rare_features",
        statement=(
            "With features on independently with probability p, the expected loss is p times the sum of "
            "the single losses plus p^2 times the sum over pairs of what the pair costs beyond its two "
            "features."
        ),
        source="own; question from seed 001, comments",
        status="asymptotic",
        proof=_rare_features_steps,
        prediction="theory.co_occurrence.expected_loss",
    ),
    Derivation(
        name="co_occurrence_force",
        statement=(
            "Co-occurrence acts through the inner products alone: the averaged force per occurrence of a "
            "feature is -(G + G^T) W, with G the slope of the energy by inner products."
        ),
        source="own",
        status="asymptotic",
        proof=_force_steps,
        prediction="theory.co_occurrence.force",
    ),
    Derivation(
        name="benign_pair_cost",
        statement="A benign pair of unit weights adds 2 p^2 to the expected loss: it is not harmless.",
        source="own; in seed 001, Benign and malign collisions, p = 0 and the pair is free",
        status="proved",
        proof=_cost_steps,
        prediction="theory.co_occurrence.pair_cost",
    ),
)
