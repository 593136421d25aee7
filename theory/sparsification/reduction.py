"""One encoding without interference, reduced exactly to two variables.

Feature benefit and L1 alone: ``dw/dt = (1 − ‖w‖²) w − λ sign(w)``. All gaps between the absolute weights
stretch alike, so that a clock B and a waterline s carry the whole encoding: ``|w_k| = (u_k − s)₊ / √B``.
Symbols: u = |w(0)|, N = ‖w‖², L = ‖w‖₁, k active weights, q = Σ(u − s)₊², p = Σ(u − s)₊.
"""

import sympy as sp

from theory.common import arguments
from theory.derivation import Derivation, Step, define, equal, function, order
from theory.notation import B, N, force, lam, p, q, starts, t, threshold, v, w, waterline as s, weights

WATERLINE_RATE = lam * sp.sqrt(B(t))
FINAL = 2 / sp.sqrt(3) * sp.cos(sp.acos(-3 * sp.sqrt(3) / 2 * lam) / 3)
LARGEST_L1 = 2 / (3 * sp.sqrt(3))


def final_weight(l1: float) -> float:
    """Return the weight at which the winner ends, 0 when λ > 2/(3√3) and the encoding dies.

    Notes
    -----
    Own derivation ``final_weight``: the larger root of ``w (1 − w²) = λ``.
    """
    l1 = arguments.real("l1", l1, least=0)
    return float(_final(l1)) if l1 <= LARGEST_L1 else 0.0


_final = function(FINAL, lam)


def _threshold_steps() -> tuple[Step, ...]:
    on_one = (1 - N) * w - lam
    return (
        define(force, on_one, "Feature benefit and L1 on a positive weight w; N = ‖w‖² < 1."),
        define(threshold, lam / (1 - N), "The threshold."),
        equal((1 - N) * threshold, lam, "There the two forces balance."),
        equal(force, (w - threshold) * lam / threshold, "Below it the force is negative, above it positive."),
        equal(
            on_one - on_one.subs(w, v),
            (1 - N) * (w - v),
            "A gap between two weights does not feel λ: all gaps are stretched by one factor.",
        ),
    )


def _reduction_steps() -> tuple[Step, ...]:
    return (
        *(
            define(weight, (start - s(t)) / sp.sqrt(B(t)), f"Weight {i} of three.")
            for i, (weight, start) in enumerate(zip(weights, starts, strict=True), 1)
        ),
        equal(
            weights[0] * sp.sqrt(B(t)) + s(t), starts[0], "With s = 0 and B = 1 at the start it begins at u."
        ),
        define(
            q, sum((start - s(t)) ** 2 for start in starts), "Sum of the squared excesses over the waterline."
        ),
        define(p, sum(start - s(t) for start in starts), "Sum of the excesses."),
        equal(sum(weight**2 for weight in weights), q / B(t), "So ‖w‖² = q/B …"),
        equal(sum(weights), p / sp.sqrt(B(t)), "… and ‖w‖₁ = p/√B."),
        define(sp.Derivative(B(t), t), 2 * (q - B(t)), "The clock follows q at rate 2."),
        define(sp.Derivative(s(t), t), WATERLINE_RATE, "The waterline rises."),
        equal(
            sp.Derivative((starts[0] - s(t)) / sp.sqrt(B(t)), t) + lam,
            (1 - q / B(t)) * weights[0],
            "Every weight obeys its flow, until s reaches u and it stays at 0.",
        ),
        equal(
            weights[0] - weights[1],
            (starts[0] - starts[1]) / sp.sqrt(B(t)),
            "The order never changes: the largest initial weight wins, always.",
        ),
        equal(
            sp.Derivative(q, t),
            -2 * p * WATERLINE_RATE,
            "Between deaths q falls by 2p for each unit of s …",
        ),
        equal(sp.Derivative(p, t), -len(starts) * WATERLINE_RATE, "… and p by the number of active weights."),
    )


def _final_steps() -> tuple[Step, ...]:
    return (
        equal(FINAL * (1 - FINAL**2), lam, "One weight left: its force vanishes."),
        order(FINAL, 1 - lam / 2 - sp.Rational(3, 8) * lam**2, lam, 3, "The branch near 1."),
        equal(
            sp.Derivative(w * (1 - w**2) - lam, w).doit().subs(w, FINAL),
            -1 - 2 * sp.cos(2 * sp.acos(-3 * sp.sqrt(3) / 2 * lam) / 3),
            "The slope there is negative (the angle is below 2π/3): stable.",
        ),
        equal(
            sp.Subs(sp.Derivative(w**3, w), w, 1 / sp.sqrt(3)),
            1,
            "The feature benefit w − w³ peaks at 1/√3 …",
        ),
        equal(sp.Subs(w * (1 - w**2), w, 1 / sp.sqrt(3)), LARGEST_L1, "… where it equals 2/(3√3) …"),
        equal(sp.Limit(FINAL, lam, LARGEST_L1), 1 / sp.sqrt(3), "… and the two roots meet."),
    )


derivations = (
    Derivation(
        name="threshold",
        statement="A weight below λ/(1 − ‖w‖²) shrinks, one above it grows; gaps only stretch.",
        source="seed 001, Sparsity force",
        status="proved",
        proof=_threshold_steps,
        domains={N: (0.1, 0.9)},
    ),
    Derivation(
        name="reduction",
        statement=(
            "|w_k| = (u_k − s)₊/√B with B' = 2(q − B), s' = λ√B solves the flow of one encoding exactly."
        ),
        source="own",
        status="proved",
        proof=_reduction_steps,
    ),
    Derivation(
        name="final_weight",
        statement="The winner ends at the larger root of w(1 − w²) = λ; beyond λ = 2/(3√3) it dies.",
        source="own",
        status="proved",
        proof=_final_steps,
        domains={lam: (0.01, 0.38)},
        prediction="theory.sparsification.final_weight",
    ),
)
