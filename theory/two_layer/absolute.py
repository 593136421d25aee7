"""Absolute values by few neurons: what a circuit that computes in superposition can and cannot do.

The task "absolute" of `theory.TwoLayer`: a feature is the difference of two draws, each on with ε/2, and its
absolute value is wanted. Two neurons, one for each sign, compute it exactly for one feature. With one feature
on at a time m neurons can do so for m − 2 of them: let each neuron read all features along a direction of a
plane, ``w_ik = a_k·d_i``. Its activity is ``(|w_ik| |x| + w_ik x)/2``, and a linear readout that does not see
the plane, two of m dimensions, tells the rest apart.
"""

from typing import NamedTuple

import sympy as sp

from theory.common import arguments
from theory.derivation import Derivation, Step, equal, function
from theory.notation import occurrence as p, u_input as y, weight as a, z_shift as x

HALF = p / 2
POWER = p / 3 - p**2 / 8  # mean square of a target
MEAN = p / 2 - p**2 / 6
VARIANCE = POWER - MEAN**2

EXAMPLE_NEURONS = sp.Matrix([[1, 0], [0, 1], [1, 1], [1, -1], [-1, 2]])  # directions a_k
EXAMPLE_FEATURES = sp.Matrix([[1, 0], [0, 1], [1, -1]])  # and d_i


class Shares(NamedTuple):
    """Losses of circuits for absolute values, over that of outputs that are 0.

    Parameters
    ----------
    naive : float
        Two neurons for each of as many features as there are; others are 0, or their mean where it is worth
        a neuron.
    superposed : float
        m − 2 features exactly, others 0, with one feature on at a time.
    least : float
        No circuit has less: m neurons give outputs in m directions only.
    """

    naive: float
    superposed: float
    least: float


def absolute_losses(n_features: int, n_neurons: int, probability: float) -> Shares:
    """Return what circuits of m neurons lose of the absolute values of n features.

    Parameters
    ----------
    n_features, n_neurons : int
        n and m, at least 1.
    probability : float
        ε, above 0 and at most 1: each of the two draws of a feature is on with ε/2.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    Own derivation ``absolute_values``. The task is that of arXiv:2211.09169, section 3.
    """
    n = arguments.whole("n_features", n_features, least=1)
    m = arguments.whole("n_neurons", n_neurons, least=1)
    spread = float(_spread(arguments.real("probability", probability, above=0, most=1)))

    def left(done: int) -> float:
        return max(0, n - done) / n

    return Shares(min(left(m // 2), left((m - 1) // 2) * spread), left(m - 2), left(m) * spread)


def absolute_power(probability: float) -> float:
    """Return the loss of a feature whose output is 0: ``ε/3 − ε²/8``.

    Parameters
    ----------
    probability : float
        ε, above 0 and at most 1.

    Raises
    ------
    TypeError, ValueError
        If that is no such number.
    """
    return float(_power(arguments.real("probability", probability, above=0, most=1)))


_power, _spread = function(POWER, p), function(VARIANCE / POWER, p)


def _absolute_steps() -> tuple[Step, ...]:
    wanted = (EXAMPLE_NEURONS * EXAMPLE_FEATURES.T).applyfunc(sp.Abs)
    seen = sp.Matrix.hstack(EXAMPLE_NEURONS, wanted)
    moments = VARIANCE * sp.eye(3) + MEAN**2 * sp.ones(3, 3)

    def targets(power: int) -> sp.Expr:
        both = sp.Integral(2 * sp.Integral((x - y) ** power, (y, 0, x)), (x, 0, 1))
        return HALF**2 * both + 2 * HALF * (1 - HALF) * sp.Integral(x**power, (x, 0, 1))

    return (
        equal(targets(2), POWER, "Mean square of a target, with both draws on or one."),
        equal(targets(1), MEAN, "Its mean."),
        equal(
            sp.Max(a * x, 0),
            (a * sp.Abs(x) + a * x) / 2,
            "A neuron with weight a is on for one sign of x: half the absolute value, and half of x.",
            symbolic=False,
        ),
        equal(
            sp.Determinant(seen),
            8,
            "Five neurons, three features in a plane: the plane and the three vectors |w| are independent, "
            "so that a linear readout is blind to the plane and gives each |x| to its output. Naively two "
            "features would need four.",
        ),
        equal(
            sp.Determinant(moments - y * sp.eye(3)),
            (VARIANCE - y) ** 2 * (VARIANCE + 3 * MEAN**2 - y),
            "Targets' second moments, here for n = 3, have the variance as eigenvalue n - 1 times, and one "
            "that is larger by n times the squared mean. Outputs of m neurons span m directions, so that at "
            "least the n - m smallest are lost (Eckart and Young).",
        ),
    )


derivations = (
    Derivation(
        name="absolute_values",
        statement=(
            "m neurons compute the absolute values of m - 2 features exactly, one on at a time, where two "
            "neurons for each would do m/2; of n features n - m variances are lost at least."
        ),
        source="own; task of arXiv:2211.09169, section 3",
        status="proved",
        proof=_absolute_steps,
        domains={p: (0.1, 0.9), x: (-1, 1)},
        prediction="theory.two_layer.absolute_losses",
    ),
)
