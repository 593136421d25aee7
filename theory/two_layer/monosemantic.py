"""Monosemantic neurons that read a feature through interference: the loss of their response in closed form.

The feature x is on with probability ε, uniform on [0, 1] when on. A neuron that reads it along its own
direction sees ``u = x + η``, where the interference η of all other features is taken as normal with mean 0
and standard deviation s. The response of several neurons is ``Σ_i α_i ReLU(u − β_i)``, so that its mean
squared error is the quadratic ``ε/3 − 2ε α·B + α·Pα`` in the weights α.
"""

import sympy as sp

from theory.derivation import Derivation, Step, equal
from theory.noise.gaussian import density, probability
from theory.notation import (
    B_signal,
    B_two,
    P_power,
    P_two,
    feature as x,
    interference_std as s,
    occurrence as eps,
    r_later as r,
    threshold_beta as beta,
    threshold_gamma as gamma,
    u_input as u,
    v_noise as v,
    weight as alpha,
    z_shift as z,
)

# Moments of the rectified noise, G_k(z) = E (z + η)₊^k.
MOMENTS = (
    probability(z / s),
    z * probability(z / s) + s * density(z / s),
    (z**2 + s**2) * probability(z / s) + z * s * density(z / s),
    (z**3 + 3 * z * s**2) * probability(z / s) + (z**2 + 2 * s**2) * s * density(z / s),
)


def moment(k: int, at: sp.Expr) -> sp.Expr:
    """Return ``G_k(at) = E ReLU(at + η)^k``."""
    return MOMENTS[k].subs(z, at)


# B, the overlap of a neuron that switches on at β with its feature, and P, with itself or with one that
# switches on at γ ≥ β.
SIGNAL = moment(2, 1 - beta) / 2 - (moment(3, 1 - beta) - moment(3, -beta)) / 6
POWER = (1 - eps) * moment(2, -beta) + eps * (moment(3, 1 - beta) - moment(3, -beta)) / 3
SLOPE_POWER = (1 - eps) * moment(1, -gamma) + eps * (moment(2, 1 - gamma) - moment(2, -gamma)) / 2
OVERLAP = POWER.subs(beta, gamma) + (gamma - beta) * SLOPE_POWER


def _one_neuron_steps() -> tuple[Step, ...]:
    normal = density(v / s) / s
    signal = x * moment(2, x - beta) / 2 - moment(3, x - beta) / 6
    power = moment(3, x - beta) / 3
    B, P = B_signal, P_power
    quadratic = eps / 3 - 2 * alpha * eps * B + alpha**2 * P
    return (
        *(
            equal(
                sp.Integral((z + v) ** k * normal, (v, -z, sp.oo)),
                MOMENTS[k],
                f"Moment {k} of the rectified sum of z and normal interference.",
                symbolic=False,
            )
            for k in range(4)
        ),
        *(
            equal(
                sp.Derivative(MOMENTS[k], z),
                k * MOMENTS[k - 1],
                f"The slope of moment {k} is the one before.",
            )
            for k in (1, 2, 3)
        ),
        equal(
            sp.Derivative(signal, x),
            x * moment(1, x - beta),
            "So the overlap of target and response has an antiderivative.",
        ),
        equal(
            sp.Subs(signal, x, 1) - sp.Subs(signal, x, 0),
            SIGNAL,
            "It gives B, the overlap while the feature is on.",
        ),
        equal(sp.Derivative(power, x), moment(2, x - beta), "The same for the squared response."),
        equal(
            (1 - eps) * moment(2, -beta) + eps * (power.subs(x, 1) - power.subs(x, 0)),
            POWER,
            "It gives P, the power of the response, which interference has a part in also while the "
            "feature is off.",
        ),
        equal(
            sp.Subs(sp.Derivative(quadratic, alpha), alpha, eps * B / P),
            0,
            "The loss is a quadratic in the weight. Best weight at a given bias.",
        ),
        equal(
            sp.Subs(quadratic, alpha, eps * B / P), eps / 3 - eps**2 * B**2 / P, "Loss at the best weight."
        ),
    )


def _two_neurons_steps() -> tuple[Step, ...]:
    later = sp.Max(0, u - r)
    mean = moment(2, x - gamma) / 2
    slope = (1 - eps) * moment(1, -gamma) + eps * (mean.subs(x, 1) - mean.subs(x, 0))
    B = sp.Matrix(B_two)
    p11, p12, p22 = P_two
    P = sp.Matrix([[p11, p12], [p12, p22]])
    best = eps * P.inv() * B
    return (
        equal(
            sp.Max(0, u) * later,
            later**2 + r * later,
            "Product of two neurons, of which one switches on at 0 and the other one later, at r.",
            symbolic=False,
        ),
        equal(
            sp.Derivative(mean, x),
            moment(1, x - gamma),
            "Antiderivative of the mean response.",
        ),
        equal(
            POWER.subs(beta, gamma) + (gamma - beta) * slope,
            OVERLAP,
            "Overlap of neurons that switch on at beta and, later, at gamma.",
        ),
        equal(
            eps / 3 - 2 * eps * B.dot(best) + best.dot(P * best),
            eps / 3
            - eps**2 * (p22 * B[0] ** 2 - 2 * p12 * B[0] * B[1] + p11 * B[1] ** 2) / (p11 * p22 - p12**2),
            "Loss at the best two weights.",
        ),
    )


derivations = (
    Derivation(
        name="one_neuron",
        statement="Best weight and loss of one monosemantic neuron at a given bias, in closed form.",
        source="own, for the model of seed 000 (arXiv:2211.09169, section 5)",
        status="proved",
        proof=_one_neuron_steps,
        prediction="theory.two_layer.best_response",
    ),
    Derivation(
        name="two_neurons",
        statement="Loss of two monosemantic neurons on one feature at given biases, in closed form.",
        source="own, for the model of seed 000 (arXiv:2211.09169, section 5)",
        status="proved",
        proof=_two_neurons_steps,
        prediction="theory.two_layer.best_response",
    ),
)
