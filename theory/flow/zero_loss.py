"""Solutions without loss, those that L1 leaves of them, and their stability where the energy is not smooth.

Without L1 encodings have no loss exactly if all have unit length and no two have a positive inner product.
With L1 the sparse ones among them survive, slightly shortened, and each is a strict local minimum of the
energy: features alone on a neuron and pairs of opposite signs, in any mixture. The energy has kinks, so
stability is read off its exact change in every direction V, not off a Hessian.
"""

import sympy as sp

from theory.derivation import Derivation, Step, equal
from theory.flow.loss import energy, loss, relu
from theory.notation import encodings, lam, phi, w, x, y, z

V = encodings(2, 2, "v")
v_11, v_12, v_21, v_22 = V

ALONE = sp.eye(2)
PAIR = sp.Matrix([[1, 0], [-1, 0]])
BALANCE = w * (1 - w**2)


def _lengthening(row: sp.Matrix, displacement: sp.Matrix) -> sp.Expr:
    """Return by how much a displacement changes the squared norm of an encoding."""
    return 2 * row.dot(displacement) + displacement.dot(displacement)


def _solution_steps() -> tuple[Step, ...]:
    none, clipped = sp.Integer(0), sp.Max(0, -x * y, evaluate=False)
    first, second = V.row(0), V.row(1)
    return (
        equal(
            loss(sp.Matrix([[1, 0], [sp.cos(phi), sp.sin(phi)]]), none),
            2 * relu(sp.cos(phi)) ** 2,
            "Two unit encodings at an angle phi have no loss if it is 90 degrees or more. So a path without "
            "loss leads from two features on two neurons to a pair of opposite signs on one.",
            symbolic=False,
        ),
        equal(
            (x**2 - 1) ** 2 + (y**2 - 1) ** 2 + (z**2 - 1) ** 2 + 2 * clipped**2,
            loss(sp.Matrix([[x, 0], [-y, 0], [0, z]]), none),
            "In a mixture of pairs and features alone only the lengths cost anything: ReLU clips the inner "
            "product of a pair.",
        ),
        equal(
            energy(ALONE + V, none),
            (_lengthening(ALONE.row(0), first) ** 2 + _lengthening(ALONE.row(1), second) ** 2) / 4
            + relu(v_12 + v_21 + first.dot(second)) ** 2 / 2,
            "Displaced by V, two features alone pay for their lengths and for a positive inner product only: "
            "the energy never falls and is flat in all other directions. Stable, but not strictly.",
            symbolic=False,
        ),
        equal(
            energy(PAIR + V, none),
            (_lengthening(PAIR.row(0), first) ** 2 + _lengthening(PAIR.row(1), second) ** 2) / 4
            + relu(-1 - v_11 + v_21 + first.dot(second)) ** 2 / 2,
            "A pair the same; for small V its inner product stays negative, so it is free to turn.",
            symbolic=False,
        ),
    )


def _sparse_steps() -> tuple[Step, ...]:
    one = energy(sp.Matrix([[w]]), lam)
    first, second = V.row(0), V.row(1)

    def rise(solution: sp.Matrix) -> sp.Expr:
        return (energy(w * solution + V, lam) - energy(w * solution, lam)).subs(lam, BALANCE)

    def cost(solution: sp.Matrix) -> sp.Expr:
        lengthenings = [_lengthening(w * solution.row(i), V.row(i)) ** 2 for i in (0, 1)]
        return sp.Add(*lengthenings) / 4 - (1 - w**2) * (first.dot(first) + second.dot(second)) / 2

    return (
        equal(lam - sp.Derivative(one, w), BALANCE, "One weight w is stationary where this is lambda;"),
        equal(
            sp.Derivative(one, (w, 2)), 3 * w**2 - 1, "the larger root, above 1/sqrt(3), is a strict minimum."
        ),
        equal(
            energy(w * PAIR, lam),
            sp.Mul(2, one, evaluate=False),
            "A pair of opposite signs costs exactly what two features alone cost,",
        ),
        equal(
            energy(w * ALONE, lam),
            sp.Mul(2, one, evaluate=False),
            "which is this: nothing in the energy prefers either.",
        ),
        equal(
            rise(ALONE),
            BALANCE * (sp.Abs(v_12) + sp.Abs(v_21))
            + cost(ALONE)
            + relu(w * (v_12 + v_21) + first.dot(second)) ** 2 / 2,
            "Two features alone, displaced by a small V: L1, lambda = w (1 - w^2), makes the energy rise at "
            "first order in every direction that wakes a dead weight; all else is of second order.",
            symbolic=False,
        ),
        equal(
            rise(PAIR),
            BALANCE * (sp.Abs(v_12) + sp.Abs(v_22))
            + cost(PAIR)
            + relu(-(w**2) + w * (v_21 - v_11) + first.dot(second)) ** 2 / 2,
            "A pair the same. Along its own weight each rises by the curvature above: all mixtures are "
            "strict local minima, and none ever turns into another.",
            symbolic=False,
        ),
    )


# displacements that switch every ReLU on and every absolute value to one side
_DISPLACED = {v_11: (-0.6, -0.5), v_21: (0.5, 0.6), v_12: (0.6, 0.9), v_22: (0.6, 0.9), w: (0.62, 0.7)}

derivations = (
    Derivation(
        name="zero_loss",
        statement=(
            "Without L1 unit encodings without positive inner products have no loss: monosemantic solutions, "
            "pairs of opposite signs and mixtures; they are stable but not strictly."
        ),
        source="seed 001, Possible solutions; stability own",
        status="proved",
        proof=_solution_steps,
        domains=_DISPLACED | {phi: (0.1, 1.5)},
    ),
    Derivation(
        name="sparse_minima",
        statement=(
            "With L1 features alone on a neuron and pairs of opposite signs are strict local minima of the "
            "energy, at the same cost."
        ),
        source="own",
        status="proved",
        proof=_sparse_steps,
        domains=_DISPLACED,
    ),
)
