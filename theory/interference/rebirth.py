"""When a dead weight is reborn: L1 holds it at 0 unless interference is stronger."""

import sympy as sp

from theory.common import arguments
from theory.derivation import Derivation, Step, equal, function, order
from theory.flow.loss import L1_TERM, OTHER_OUTPUT, OWN_OUTPUT
from theory.notation import (
    R,
    a_0 as a0,
    eps,
    inner,
    lam,
    lam_train,
    rest_of_product as r,
    t,
    v_signed as v,
    w_signed as w,
    y,
)

REBIRTH_UNTIL = sp.log(a0 * y / lam) / 2


def rebirth_until(inner_product: float, weight: float, l1: float) -> float:
    """Return the flow time after which a decaying inner product can revive no weight: ``½ ln(a₀ |w|/λ)``.

    Parameters
    ----------
    inner_product : float
        a₀, of two near-unit encodings at time 0, above 0; it falls like ``e^{−2t}``.
    weight : float
        w, of the other encoding on the neuron of the dead weight, not 0.
    l1 : float
        λ, above 0.

    Returns
    -------
    float
        0 if it can revive none from the start.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.

    Notes
    -----
    A weight at 0 is reborn exactly when ``|Σ_{j≠i} ReLU(W_i·W_j) W_jk| > λ``, which seed 001 expects not to
    happen. Own derivation ``rebirth``.
    """
    values = {"inner_product": inner_product, "weight": abs(weight), "l1": l1}
    until = _rebirth_until(*(arguments.real(name, value, above=0) for name, value in values.items()))
    return max(0.0, float(until))


_rebirth_until = function(REBIRTH_UNTIL, a0, y, lam)


def _rebirth_steps() -> tuple[Step, ...]:
    seen = ((OWN_OUTPUT + OTHER_OUTPUT + L1_TERM) / 4).subs(lam_train, 4 * lam)

    def rise(sign: int) -> sp.Expr:
        moved = seen.subs({w: sign * eps, r: inner}, simultaneous=True)
        return moved - seen.subs({w: 0, r: inner}, simultaneous=True)

    second = eps**2 * (R - 1 + v**2) / 2
    return (
        order(
            rise(1),
            eps * (lam + inner * v) + second,
            eps,
            4,
            "A dead weight that leaves 0 upwards changes the energy so; r > 0 is the inner product with "
            "another encoding, whose weight on this neuron is v. Feature benefit is of second order,",
        ),
        order(
            rise(-1),
            eps * (lam - inner * v) + second,
            eps,
            4,
            "downwards so. One of them lowers it if r |v| > lambda.",
        ),
        equal(
            sp.Subs(a0 * sp.exp(-2 * t) * y, t, REBIRTH_UNTIL),
            lam,
            "An inner product that decays from a_0 reaches that bound, for |v| = y, at this time.",
        ),
    )


derivations = (
    Derivation(
        name="rebirth",
        statement="A dead weight is reborn exactly when the interference on it exceeds lambda.",
        source="seed 001, Benign and malign collisions (“probably not strong enough”); criterion own",
        status="proved",
        proof=_rebirth_steps,
        domains={lam: (0.1, 0.5), v: (0.1, 0.6), a0: (0.5, 0.9)},
        prediction="theory.interference.rebirth_until",
    ),
)
