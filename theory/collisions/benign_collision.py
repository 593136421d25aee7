"""Two features alone: a benign collision of their largest weights survives, whatever happens elsewhere.

Without interference it would, too, but malign collisions and inner products displace features; they never
displace these. With a third feature it is no longer so: what pushes one of the two need not help the other.
"""

import sympy as sp

from theory.collisions.counting import INDEPENDENT_SLOTS
from theory.collisions.exclusion import MEAN
from theory.common import arguments
from theory.derivation import Derivation, Step, define, equal, function
from theory.flow.loss import forces
from theory.notation import G, N, a, b, c, d_weight as d, encodings, lam, m, n, p_rest as p, q_rest as q

LEAST = (INDEPENDENT_SLOTS / MEAN).subs(n, 2)


def least_ratio(n_neurons: int) -> float:
    """Return the least ratio of polysemantic neurons of two features to the exclusion law: ``1 − 1/(2m)``.

    The benign collisions of largest initial weights are all still there in the end; what displaced features
    form comes on top of them. Own derivation ``benign_collision_survives``.

    Raises
    ------
    TypeError, ValueError
        If `n_neurons` is no whole number of at least 1.
    """
    return float(_least(arguments.whole("n_neurons", n_neurons, least=1)))


_least = function(LEAST, m)


def _steps() -> tuple[Step, ...]:
    W = encodings(2, 3)
    force = sum(forces(W, lam).values(), sp.zeros(2, 3))

    def rates(other: sp.Expr, met: sp.Expr) -> sp.Matrix:
        found = sp.Matrix([[a, other, p], [-b, met, q]])  # the collision, any other neuron, and the rest
        return force.subs(dict(zip(W, found, strict=True)), simultaneous=True)

    same, opposite = rates(c, d), rates(-c, d)
    return (
        define(
            N, a**2 + c**2 + p**2, "Squared norm of an encoding with a on the shared neuron, c on another."
        ),
        define(G, -a * b + c * d + p * q, "Its inner product with the other one, which has -b there and d."),
        equal(
            same[0, 0] - same[0, 1],
            (1 - N) * (a - c) + G * (b + d),
            "The lead of a over a weight c: L1 leaves it alone, feature benefit stretches it, and "
            "interference, on while G > 0, adds to it if |d| <= b.",
            symbolic=False,
        ),
        equal(
            opposite[0, 0] + opposite[0, 1],
            ((1 - N) * (a - c) + G * (b - d)).subs(G, -a * b - c * d + p * q),
            "The same for a weight -c of the other sign, c > 0 again.",
            symbolic=False,
        ),
        equal(
            -same[1, 0] - same[1, 1],
            (1 - (b**2 + d**2 + q**2)) * (b - d) + G * (a + c),
            "And for the lead of -b over d, with |c| <= a: each lead keeps the other from falling below 0, "
            "so both weights stay the largest of their encodings as long as these live.",
            symbolic=False,
        ),
        equal(
            LEAST,
            1 - 1 / (2 * m),
            "So two features end with at least the benign collisions that they begin with, 1/(2m) of them "
            "expected, over the mean of the exclusion law.",
        ),
    )


derivations = (
    Derivation(
        name="benign_collision_survives",
        statement=(
            "Two features alone whose largest weights share a neuron with opposite signs keep it: all three "
            "forces leave both leads positive."
        ),
        source="own",
        status="proved",
        proof=_steps,
        # small weights but on the last neuron, so that the inner product is positive
        domains={a: (0.1, 0.3), b: (0.1, 0.3), c: (0.1, 0.3), d: (0.1, 0.3), p: (0.5, 0.7), q: (0.5, 0.7)},
        prediction="theory.collisions.least_ratio",
    ),
)
