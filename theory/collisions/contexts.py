"""Features in contexts of which the decoder sees one: who shares a neuron, and with which signs.

Interference acts within a context only, and so does exclusion: there no two features keep one slot. Those of
different contexts do not know of each other, and share neurons with either sign alike.
"""

from typing import NamedTuple

import sympy as sp

from theory.collisions.exclusion import MEAN
from theory.common import arguments
from theory.common.arguments import ArgumentError
from theory.derivation import Derivation, Step, equal, function
from theory.notation import i, in_context as r, k, m, n, n_contexts as c

WITHIN = c * MEAN.subs(n, n / c)
ACROSS = n**2 * (1 - 1 / c) / 2 / (2 * m)  # pairs of different contexts, over 2m slots


class Sharing(NamedTuple):
    """Mean numbers of pairs of features on one neuron, by signs, within contexts and across them."""

    opposite_within: float
    same_within: float
    opposite_across: float
    same_across: float


def sharing(n_features: int, n_neurons: int, contexts: int) -> Sharing:
    """Return the mean numbers of pairs of features that share a neuron in the end.

    Parameters
    ----------
    n_features, n_neurons, contexts : int
        n features, n/c in each of c contexts, of which c divides n; m neurons, at least n/(2c).

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.

    Notes
    -----
    Seed 001, “A more realistic toy model”; own derivation ``contexts``.
    """
    c = arguments.whole("contexts", contexts, least=1)
    n = arguments.whole("n_features", n_features, least=1)
    m = arguments.whole("n_neurons", n_neurons, least=1)
    if n % c or n > 2 * m * c:
        raise ArgumentError(f"n_features must be a multiple of {c}, of at most {2 * m * c}, got {n}")
    across = float(_across(n, m, c))
    return Sharing(float(_within(n, m, c)), 0.0, across, across)


_within, _across = (function(formula, n, m, c) for formula in (WITHIN, ACROSS))


def _steps() -> tuple[Step, ...]:
    pairs = r * (r - 1) / 2
    return (
        equal(
            pairs / (2 * m - 1),
            MEAN.subs(n, r),
            "Of r features of one context, on different slots, two are on one neuron with probability "
            "1/(2m - 1): the other sign is one of the 2m - 1 slots left.",
        ),
        equal(
            sp.Sum(MEAN.subs(n, n / c), (k, 1, c)),
            WITHIN,
            "Contexts do not know of each other: benign pairs of n/c features each add up.",
        ),
        equal(
            n * (n - 1) / 2 - c * pairs.subs(r, n / c),
            n**2 * (1 - 1 / c) / 2,
            "The pairs of features of different contexts.",
        ),
        equal(
            sp.Sum(1 / (2 * m) ** 2, (i, 1, 2 * m)) * n**2 * (1 - 1 / c) / 2,
            ACROSS,
            "Their slots are independent, and the same with probability 1/(2m); opposite ones as often.",
        ),
    )


derivations = (
    Derivation(
        name="contexts",
        statement=(
            "If exclusion acts within contexts only, two features of different ones take the same slot with "
            "probability 1/(2m), and the opposite one as often."
        ),
        source="seed 001, A more realistic toy model; count own",
        status="proved",
        proof=_steps,
        prediction="theory.collisions.sharing",
    ),
)
