"""Untied layers: what keeps encoders and decoders apart, and what makes them alike."""

import sympy as sp

from theory.common import arguments
from theory.derivation import Derivation, Step, equal, function
from theory.flow.loss import relu
from theory.notation import (
    decoder as d,
    encoder as e,
    encodings,
    error_slope as g,
    lam,
    layer_gap as gap,
    t,
    w,
)

E, D = (encodings(2, 2, letter, positive=True) for letter in "ed")
GAP = gap * sp.exp(-lam * t)


def untied_loss(encoders: sp.Matrix, decoders: sp.Matrix) -> sp.Expr:
    """Return ``Σ_i ‖ReLU(D E_i) − e_i‖²``, of encoders and decoders (feature, neuron)."""
    outputs, n = decoders * encoders.T, encoders.rows
    return sp.Add(*(((1 if i == j else 0) - relu(outputs[j, i])) ** 2 for i in range(n) for j in range(n)))


def layers_apart(start: float, l1: float, time: float) -> float:
    """Return how far both weights of a settled feature are apart after a flow time: ``start e^{−λt}``.

    Parameters
    ----------
    start : float
        Difference of decoder and encoder on the neuron of the feature, small.
    l1 : float
        λ, at least 0: without L1 the difference stays.
    time : float
        Flow time, at least 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.

    Notes
    -----
    Own derivation, ``untied``.
    """
    start, l1 = arguments.real("start", start), arguments.real("l1", l1, least=0)
    return float(_gap(start, l1, arguments.real("time", time, least=0)))


_gap = function(GAP, gap, lam, t)


def _steps() -> tuple[Step, ...]:
    loss = untied_loss(E, D)
    change = sp.zeros(2, 2)
    for i in range(2):
        by_e, by_d = (sp.Matrix([[sp.diff(loss, x) for x in W.row(i)]]) for W in (E, D))
        change += E.row(i).T * by_e - D.row(i).T * by_d
    both = change + change.T
    of_d, of_e = g * e - lam, g * d - lam
    conserved = [
        equal(
            both[a, b],
            0,
            "The loss sees only the product of both layers, and descent on it conserves D^T D - E^T E, entry "
            "by entry.",
            symbolic=False,
        )
        for a, b in ((0, 0), (0, 1), (1, 1))
    ]
    return (
        *conserved,
        equal(
            of_d - of_e,
            -g * (d - e),
            "With one weight of either layer left, each is pulled by the error times the other one, g, and "
            "by L1: their difference falls at rate g,",
        ),
        equal(
            sp.Subs(of_d, (e, g), (w, lam / w)),
            0,
            "where both are at rest, g = lambda/w, about lambda.",
        ),
        equal(
            sp.Derivative(GAP, t),
            -lam * GAP,
            "So the layers become alike like exp(-lambda t); without L1 what is apart stays so.",
        ),
    )


derivations = (
    Derivation(
        name="untied",
        statement=(
            "Without penalties D^T D - E^T E of untied layers is conserved: they do not become alike. L1 "
            "makes them so, like exp(-lambda t), once one weight a feature is left."
        ),
        source="seed 001, footnote 9; conservation and rate own",
        status="proved",
        proof=_steps,
        prediction="theory.flow.layers_apart",
    ),
)
