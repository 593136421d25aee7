"""One level of the race: the time that passes while j weights are left.

On the slow manifold (`theory.sparsification.norms`) the waterline s takes the time ``∫ ds/√q`` (in units of
1/λ), and q is a quadratic between two deaths. From the top down, each level adds its gap to the sums of
excesses.
"""

from collections.abc import Sequence

import numpy as np
import sympy as sp

from theory.derivation import Derivation, Step, equal, function
from theory.notation import E, P, Q, below as x, left as j

# j weights left, waterline x below u_j. P and Q: sums of the excesses over u_j and of their squares; gap E/j.
SUM_NEXT = P + E
SQUARE_NEXT = Q + (2 * P * E + E**2) / j
TIME_SPENT = sp.log((sp.sqrt(j * SQUARE_NEXT) + SUM_NEXT) / (sp.sqrt(j * Q) + P)) / sp.sqrt(j)

sum_after = function(SUM_NEXT, P, E)
square_after = function(SQUARE_NEXT, j, P, Q, E)
time_at = function(TIME_SPENT, j, P, Q, E)


def descend(steps: Sequence[np.ndarray]) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Follow sorted weights u₁ > u₂ > … from the top down.

    Parameters
    ----------
    steps : sequence of numpy.ndarray
        ``j (u_j − u_{j+1})`` for j = 1, 2, …; arrays that broadcast together.

    Returns
    -------
    spent : list of numpy.ndarray
        Time (in units of 1/λ) while 2, 3, … weights are left.
    sums, squares : numpy.ndarray
        Sums of the excesses over the lowest weight, and of their squares.
    """
    spent, sums, squares = [], steps[0], steps[0] ** 2
    for left, step in enumerate(steps[1:], start=2):
        spent.append(time_at(left, sums, squares, step))
        sums, squares = sum_after(sums, step), square_after(left, sums, squares, step)
    return spent, sums, squares


def _level_steps() -> tuple[Step, ...]:
    square = Q + 2 * P * x + j * x**2
    primitive = sp.log(sp.sqrt(j * square) + P + j * x) / sp.sqrt(j)
    return (
        equal(sp.Subs(square, x, 0), Q, "q at a waterline x below u_j starts from Q …"),
        equal(sp.Derivative(square, x), 2 * (P + j * x), "… half its slope is the sum of excesses …"),
        equal(sp.Derivative(P + j * x, x), j, "… whose slope is the number of weights."),
        equal(
            sp.Derivative(primitive, x), 1 / sp.sqrt(square), "The time ∫ dx/√q at one level is elementary."
        ),
        equal(
            sp.Subs(P + j * x, x, E / j),
            SUM_NEXT,
            "The gap to the next weight is E/j. The new sum of excesses …",
        ),
        equal(square.subs(x, E / j) - Q, SQUARE_NEXT - Q, "… and what the sum of their squares gains."),
        equal(
            primitive.subs(x, E / j) - primitive.subs(x, 0),
            TIME_SPENT,
            "Time spent while j weights are left.",
        ),
    )


derivations = (
    Derivation(
        name="time_per_level",
        statement=(
            "The time that passes while j weights are left is elementary in the gaps between the weights."
        ),
        source="own",
        status="proved",
        proof=_level_steps,
        prediction="theory.sparsification.time_to_sparsity",
    ),
)
