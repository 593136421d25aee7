"""The loss, written once, and the flow that gradient descent on it follows.

Everything else about the dynamics, symbolic or numeric, is derived from `terms`.
"""

from collections.abc import Callable

import numpy as np
import sympy as sp

from theory.derivation import Derivation, Step, define, equal, function
from theory.notation import (
    R,
    a,
    b,
    encodings,
    lam,
    lam_train,
    moving,
    rest_of_product as r,
    t,
    v_signed as v,
    w_signed as w,
    x,
    y,
)

FORCES = ("feature_benefit", "interference", "l1")


def relu(a: sp.Expr) -> sp.Expr:
    """Return ``ReLU(a) = max(0, a)``."""
    return sp.Max(0, a)


def terms(W: sp.Matrix, l1_train: sp.Expr) -> dict[str, sp.Expr]:
    """Return the three terms of the training loss, named after the force that each exerts.

    Parameters
    ----------
    W : sympy.Matrix, shape (n, m)
        Encodings, one row for each feature.
    l1_train : sympy.Expr
        L1 strength λ_train of the training loss.
    """
    n = W.rows
    error = (W * W.T).applyfunc(relu) - sp.eye(n)
    pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
    return {
        "feature_benefit": sp.Add(*(error[i, i] ** 2 for i in range(n))),
        "interference": sp.Add(*(error[pair] ** 2 for pair in pairs)),
        "l1": l1_train * sp.Add(*(sp.Abs(w) for w in W)),
    }


def loss(W: sp.Matrix, l1_train: sp.Expr) -> sp.Expr:
    """Return the training loss ``Σ_i ‖ReLU(W W_i) − e_i‖² + λ_train Σ_i ‖W_i‖₁`` (seed 001)."""
    return sp.Add(*terms(W, l1_train).values())


def energy(W: sp.Matrix, l1: sp.Expr) -> sp.Expr:
    """Return ``E(W) = ¼‖ReLU(W Wᵀ) − I‖² + λ‖W‖₁``, a quarter of the loss at λ_train = 4 λ."""
    return sp.expand_mul(loss(W, 4 * l1) / 4)


def forces(W: sp.Matrix, l1: sp.Expr) -> dict[str, sp.Matrix]:
    """Return the forces on the weights, each of W's shape: minus the gradients of the terms of the energy."""
    return {
        name: W.applyfunc(lambda w, term=term: -sp.diff(term, w) / 4)
        for name, term in terms(W, 4 * l1).items()
    }


def derived_forces(n_features: int, n_neurons: int) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Return the derived forces as functions of the encodings.

    Made for small sizes, as the truth that fast kernels are held against.

    Returns
    -------
    dict of str to function
        "feature_benefit", "interference" and "l1" (at strength λ = 1), each from an array of shape
        (n_features, n_neurons) to one of the same shape.
    """
    W = encodings(n_features, n_neurons)
    return {name: _of_weights(force, W) for name, force in forces(W, sp.Integer(1)).items()}


def derived_energy(n_features: int, n_neurons: int) -> Callable[[np.ndarray, float], float]:
    """Return the energy as a function of the encodings, shape (n_features, n_neurons), and of λ."""
    W = encodings(n_features, n_neurons)
    evaluate = function(energy(W, lam), lam, *W)
    return lambda weights, l1: float(evaluate(l1, *np.asarray(weights, dtype=float).flat))


def _of_weights(expression: sp.Matrix, W: sp.Matrix) -> Callable[[np.ndarray], np.ndarray]:
    evaluate = function(expression, *W)
    return lambda weights: np.array(evaluate(*np.asarray(weights, dtype=float).flat), dtype=float)


# What the loss contains of one weight w = W_ik, for any n and m. R is the rest of the squared norm,
# Σ_{l≠k} W_il². Each other feature j adds a term with v = W_jk, its weight on the same neuron, and
# r = Σ_{l≠k} W_il W_jl, the rest of the inner product, which the loss holds twice, as (i, j) and as (j, i).
OWN_OUTPUT = (relu(w**2 + R) - 1) ** 2
OTHER_OUTPUT = 2 * relu(w * v + r) ** 2
L1_TERM = lam_train * sp.Abs(w)

FEATURE_BENEFIT = (1 - (w**2 + R)) * w
INTERFERENCE = -relu(w * v + r) * v
L1 = -lam * sp.sign(w)


def _seen_by_first_weight(W: sp.Matrix) -> sp.Expr:
    """Return what the loss contains of the weight W_11, by the general formulas."""
    first, rest = W[0, 0], W[0, 1:]
    others = (
        OTHER_OUTPUT.subs({v: W[i, 0], r: (rest * W[i, 1:].T)[0]}, simultaneous=True)
        for i in range(1, W.rows)
    )
    return sp.Add(OWN_OUTPUT.subs(R, (rest * rest.T)[0]), *others, L1_TERM).subs(w, first)


def _gradient_steps() -> tuple[Step, ...]:
    W = encodings(2, 2)
    whole, seen = loss(W, lam_train), _seen_by_first_weight(W)
    return (
        equal(
            whole - whole.subs(W[0, 0], 0),
            seen - seen.subs(W[0, 0], 0),
            "One weight w enters the loss by its own output, by the inner product with each other encoding "
            "(twice) and by its absolute value; written out for two features on two neurons.",
            symbolic=False,
        ),
        equal(
            -sp.Derivative(OWN_OUTPUT, w) / 4,
            FEATURE_BENEFIT,
            "Feature benefit: an encoding wants unit length. R is the rest of its squared norm.",
        ),
        equal(
            -sp.Derivative(OTHER_OUTPUT, w) / 4,
            INTERFERENCE,
            "Interference, one term for each other feature: encodings with a positive inner product repel. "
            "v is the weight of the other feature on the same neuron, r the rest of the inner product.",
            symbolic=False,
        ),
        equal(
            -sp.Derivative(L1_TERM, w) / 4,
            L1.subs(lam, lam_train / 4),
            "L1 pulls every weight towards 0 with the same strength.",
        ),
        equal(
            sp.Derivative(OWN_OUTPUT + OTHER_OUTPUT + L1_TERM, w)
            + 4 * (FEATURE_BENEFIT + INTERFERENCE + L1).subs(lam, lam_train / 4),
            0,
            "Together: gradient descent on the loss is the flow at lambda_train / 4, run 4 times faster.",
            symbolic=False,
        ),
    )


def _descent_steps() -> tuple[Step, ...]:
    first, second = moving(a), moving(b)  # every ReLU is on and every sign is +
    E = energy(sp.Matrix([x, y]), lam)
    force_a, force_b = (-sp.diff(E, weight).subs({x: first, y: second}) for weight in (x, y))
    return (
        define(sp.Derivative(first, t), force_a, "The flow, here for two positive weights on one neuron."),
        define(sp.Derivative(second, t), force_b, "The same for the other one."),
        equal(
            sp.Derivative(E.subs({x: first, y: second}), t),
            -(force_a**2) - force_b**2,
            "The energy falls at the rate of the squared length of the force, so it never increases. By the "
            "chain rule this is so for any number of weights.",
        ),
    )


derivations = (
    Derivation(
        name="flow",
        statement=(
            "Gradient descent on the loss is the flow with feature benefit, interference and L1 at "
            "lambda = lambda_train / 4, run 4 times faster."
        ),
        source="seed 001, Loss and dynamics, footnote 7",
        status="proved",
        proof=_gradient_steps,
        # small weights with positive inner products, where every ReLU is on
        domains={w: (0.1, 0.6), v: (0.1, 0.6), r: (0.1, 0.6)} | dict.fromkeys(encodings(2, 2), (0.1, 0.6)),
        prediction="theory.flow.derived_forces",
    ),
    Derivation(
        name="energy_descent",
        statement="The flow descends the energy E = loss / 4: dE/dt = minus the squared length of the force.",
        source="own",
        status="proved",
        proof=_descent_steps,
        prediction="theory.flow.derived_energy",
    ),
)
