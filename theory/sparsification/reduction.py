"""One encoding without interference, reduced exactly to two variables.

Feature benefit and L1 alone: ``dw/dt = (1 − ‖w‖²) w − λ sign(w)``. All gaps between the absolute weights
stretch alike, so that a clock B and a waterline s carry the whole encoding: ``|w_k| = (u_k − s)₊ / √B``.
Symbols: u = |w(0)|, N = ‖w‖², L = ‖w‖₁, k active weights, q = Σ(u − s)₊², p = Σ(u − s)₊.
"""

import sympy as sp

from theory.common import arguments
from theory.derivation import Derivation, define, equal, function, order

t = sp.Symbol("t", positive=True)
lam = sp.Symbol("lambda", positive=True)
w, v, N, L, k = sp.symbols("w v N L k", positive=True)
B, s = sp.Function("B", positive=True), sp.Function("s", positive=True)
q, p = sp.Function("q", positive=True), sp.Function("p", positive=True)

_force = (1 - N) * w - lam
_F, _theta = sp.symbols("F theta")

threshold = Derivation(
    name="threshold",
    statement="A weight below λ/(1 − ‖w‖²) shrinks, one above it grows; gaps only stretch.",
    source="seed 001, section “Sparsity force”",
    status="proved",
    steps=(
        define(_F, _force, "Feature benefit and L1 on a positive weight w; N = ‖w‖² < 1."),
        define(_theta, lam / (1 - N), "The threshold."),
        equal((1 - N) * _theta, lam, "There the two forces balance."),
        equal(_F, (w - _theta) * lam / _theta, "Below it the force is negative, above it positive."),
        equal(
            _force - _force.subs(w, v),
            (1 - N) * (w - v),
            "A gap between two weights does not feel λ: all gaps are stretched by one factor.",
        ),
    ),
    domains={N: (0.1, 0.9)},
)

_u = sp.symbols("u1:4", positive=True)
_w = sp.symbols("w1:4")
_q, _p = sp.symbols("q p", positive=True)
waterline_rate = lam * sp.sqrt(B(t))

reduction = Derivation(
    name="reduction",
    statement="|w_k| = (u_k − s)₊/√B with B' = 2(q − B), s' = λ√B solves the flow of one encoding exactly.",
    source="own",
    status="proved",
    steps=(
        *(
            define(a, (b - s(t)) / sp.sqrt(B(t)), f"Weight {i} of three.")
            for i, (a, b) in enumerate(zip(_w, _u, strict=True), 1)
        ),
        equal(_w[0] * sp.sqrt(B(t)) + s(t), _u[0], "With s = 0 and B = 1 at the start it begins at u."),
        define(_q, sum((b - s(t)) ** 2 for b in _u), "Sum of the squared excesses over the waterline."),
        define(_p, sum(b - s(t) for b in _u), "Sum of the excesses."),
        equal(sum(a**2 for a in _w), _q / B(t), "So ‖w‖² = q/B …"),
        equal(sum(_w), _p / sp.sqrt(B(t)), "… and ‖w‖₁ = p/√B."),
        define(sp.Derivative(B(t), t), 2 * (_q - B(t)), "The clock follows q at rate 2."),
        define(sp.Derivative(s(t), t), waterline_rate, "The waterline rises."),
        equal(
            sp.Derivative((_u[0] - s(t)) / sp.sqrt(B(t)), t) + lam,
            (1 - _q / B(t)) * _w[0],
            "Every weight obeys its flow, until s reaches u and it stays at 0.",
        ),
        equal(
            _w[0] - _w[1],
            (_u[0] - _u[1]) / sp.sqrt(B(t)),
            "The order never changes: the largest initial weight wins, always.",
        ),
        equal(
            sp.Derivative(_q, t),
            -2 * _p * waterline_rate,
            "Between deaths q falls by 2p for each unit of s …",
        ),
        equal(sp.Derivative(_p, t), -len(_u) * waterline_rate, "… and p by the number of active weights."),
    ),
)

final = 2 / sp.sqrt(3) * sp.cos(sp.acos(-3 * sp.sqrt(3) / 2 * lam) / 3)
largest_l1 = 2 / (3 * sp.sqrt(3))

final_weight_law = Derivation(
    name="final_weight",
    statement="The winner ends at the larger root of w(1 − w²) = λ; beyond λ = 2/(3√3) it dies.",
    source="own",
    status="proved",
    steps=(
        equal(final * (1 - final**2), lam, "One weight left: its force vanishes."),
        order(final, 1 - lam / 2 - sp.Rational(3, 8) * lam**2, lam, 3, "The branch near 1."),
        equal(
            sp.Derivative(w * (1 - w**2) - lam, w).doit().subs(w, final),
            -1 - 2 * sp.cos(2 * sp.acos(-3 * sp.sqrt(3) / 2 * lam) / 3),
            "The slope there is negative (the angle is below 2π/3): stable.",
        ),
        equal(
            sp.Subs(sp.Derivative(w**3, w), w, 1 / sp.sqrt(3)),
            1,
            "The feature benefit w − w³ peaks at 1/√3 …",
        ),
        equal(sp.Subs(w * (1 - w**2), w, 1 / sp.sqrt(3)), largest_l1, "… where it equals 2/(3√3) …"),
        equal(sp.Limit(final, lam, largest_l1), 1 / sp.sqrt(3), "… and the two roots meet."),
    ),
    domains={lam: (0.01, 0.38)},
    prediction="sparsification.final_weight",
)

derivations = (threshold, reduction, final_weight_law)

_final = function(final, lam)


def final_weight(l1: float) -> float:
    """Return the weight at which the winner ends, 0 when λ > 2/(3√3) and the encoding dies.

    Notes
    -----
    Derivation ``final_weight``: the larger root of ``w (1 − w²) = λ``.
    """
    l1 = arguments.real("l1", l1, least=0)
    return float(_final(l1)) if l1 <= largest_l1 else 0.0
