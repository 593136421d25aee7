"""Co-occurrence: the expected loss when features are on together by chance.

Each feature is on independently with probability p, at value 1. The mean loss per occurrence of a feature,
``E[loss] / p``, takes the place of the training loss, so that p → 0 is the model of seed 001 at the same λ.
What this does to benign collisions is in `theory.benign_pair`.
"""

import numpy as np
import sympy as sp

from theory import arguments
from theory.derivation import Derivation, Step, equal, function, order, script
from theory.flow import relu

n = sp.Symbol("n", integer=True, positive=True)
p, a, b, r = sp.symbols("p a b r", positive=True)
SINGLE, DOUBLE = sp.symbols("S_1 S_2", positive=True)  # sums of the losses of inputs with 1, 2 features on

ONE_ON = p * (1 - p) ** (n - 1)  # probability that one given feature is on and no other
TWO_ON = p**2 * (1 - p) ** (n - 2)  # that two given features are on and no other
SECOND_ORDER = p * SINGLE + p**2 * (DOUBLE - (n - 1) * SINGLE)
PAIR_COST = 2 * p**2  # of a benign pair of unit weights


def sample_loss(W: sp.Matrix, on: tuple[int, ...]) -> sp.Expr:
    """Return the squared error ``‖ReLU(W Wᵀ x) − x‖²`` of the input in which the features `on` are on."""
    x = sp.Matrix([1 if i in on else 0 for i in range(W.rows)])
    output = (W * (W.T * x)).applyfunc(relu)
    return sp.Add(*((output - x).applyfunc(lambda error: error**2)))


def checked_probability(value: float) -> float:
    """Return the probability p as a float of at least 0 and less than 1, or raise an error."""
    probability = arguments.real("probability", value, least=0)
    if probability >= 1:
        raise arguments.ArgumentError(f"probability must be less than 1, got {value}")
    return probability


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
    single = ((np.maximum(gram, 0) - identity) ** 2).sum(axis=1)
    i, j = np.triu_indices(len(W), 1)
    double = ((np.maximum(gram[i] + gram[j], 0) - identity[i] - identity[j]) ** 2).sum(axis=1)
    return float(_second_order(len(W), p, single.sum(), double.sum()))


def pair_cost(probability: float) -> float:
    """Return the expected loss that a benign pair adds: ``2 p²``, exactly, at unit weights.

    Raises
    ------
    TypeError, ValueError
        If p is no probability less than 1.
    """
    return float(_pair_cost(checked_probability(probability)))


_second_order = function(SECOND_ORDER, n, p, SINGLE, DOUBLE)
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
            p**2 * sample_loss(W, (0, 1)).subs({a: 1, b: 1}),
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
        source="own; the question is from the comments of seed 001",
        status="asymptotic",
        steps=_rare_features_steps(),
        prediction="theory.co_occurrence.expected_loss",
    ),
    Derivation(
        name="benign_pair_cost",
        statement="A benign pair of unit weights adds 2 p^2 to the expected loss: it is not harmless.",
        source="own; seed 001 has p = 0, where the pair is free",
        status="proved",
        steps=_cost_steps(),
        prediction="theory.co_occurrence.pair_cost",
    ),
)

if __name__ == "__main__":
    script(derivations)
