"""Monosemantic neurons that read a feature through interference: the loss of their response in closed form.

The feature x is on with probability ε, uniform on [0, 1] when on. A neuron that reads it along its own
direction sees ``u = x + η``, where the interference η of all other features is taken as normal with mean 0
and standard deviation s. The response of several neurons is ``Σ_i α_i ReLU(u − β_i)``, so that its mean
squared error is the quadratic ``ε/3 − 2ε α·B + α·Pα`` in the weights α.
"""

from collections.abc import Callable
from typing import Any

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


# What follows holds for any law of the interference, by its rectified moments ``moment(k, z)``.


def signal(moment: Callable, at: Any) -> Any:
    """Return B, the overlap of a neuron that switches on at `at` with its feature."""
    return moment(2, 1 - at) / 2 - (moment(3, 1 - at) - moment(3, -at)) / 6


def power(moment: Callable, at: Any, probability: Any) -> Any:
    """Return P, the mean square of its response."""
    return (1 - probability) * moment(2, -at) + probability * (moment(3, 1 - at) - moment(3, -at)) / 3


def mean_response(moment: Callable, at: Any, probability: Any) -> Any:
    """Return the mean of its response."""
    return (1 - probability) * moment(1, -at) + probability * (moment(2, 1 - at) - moment(2, -at)) / 2


def overlap(moment: Callable, earlier: Any, later: Any, probability: Any) -> Any:
    """Return the mean product of the responses of two neurons, of which one switches on later."""
    gap = later - earlier
    return power(moment, later, probability) + gap * mean_response(moment, later, probability)


SIGNAL = signal(moment, beta)
POWER = power(moment, beta, eps)
OVERLAP = overlap(moment, beta, gamma, eps)


def _one_neuron_steps() -> tuple[Step, ...]:
    normal = density(v / s) / s
    of_signal = x * moment(2, x - beta) / 2 - moment(3, x - beta) / 6
    of_power = moment(3, x - beta) / 3
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
            sp.Derivative(of_signal, x),
            x * moment(1, x - beta),
            "So the overlap of target and response has an antiderivative.",
        ),
        equal(
            sp.Subs(of_signal, x, 1) - sp.Subs(of_signal, x, 0),
            SIGNAL,
            "It gives B, the overlap while the feature is on.",
        ),
        equal(sp.Derivative(of_power, x), moment(2, x - beta), "The same for the squared response."),
        equal(
            (1 - eps) * moment(2, -beta) + eps * (of_power.subs(x, 1) - of_power.subs(x, 0)),
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
