"""Two-layer toy model: the best response of one or two monosemantic neurons to a feature.

The output is ``Σ_i α_i ReLU(u + b_i)``, where u is the feature seen through the interference of all others
(`theory.two_layer.monosemantic`): α is the product of the two layers' weights, b the bias over the weight of
the first layer.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import sympy as sp
from scipy import optimize

from theory.common import arguments
from theory.derivation import Derivation, Merit, Step, define, equal, function, order
from theory.notation import (
    B_signal,
    N_features,
    P_power,
    at_zero,
    feature as x,
    interference_std as s,
    m_in,
    moving,
    occurrence as eps,
    r_later as r,
    threshold_beta as beta,
    threshold_gamma as gamma,
    v_noise as v,
)
from theory.two_layer.monosemantic import OVERLAP, POWER, SIGNAL

INTERFERENCE_VARIANCE = (N_features - 1) * eps / (3 * m_in)

BEST_LOSS = eps / 3 - eps**2 * SIGNAL**2 / POWER
BIAS_SLOPE = sp.diff(BEST_LOSS, beta).subs(beta, 0)  # of the loss by β at bias 0


class Response(NamedTuple):
    """A response ``Σ_i weights_i ReLU(u + biases_i)`` and its loss."""

    weights: np.ndarray
    biases: np.ndarray
    loss: float


def interference_std(n_features: int, n_inputs: int, probability: float) -> float:
    """Return the standard deviation s of the interference on one feature.

    Parameters
    ----------
    n_features, n_inputs : int
        N features, projected to m_in inputs by random columns of length 1.
    probability : float
        Probability ε with which each feature is on, between 0 and 1.

    Returns
    -------
    float
        ``√((N − 1) ε / (3 m_in))``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    Own derivation, ``interference_of_features``.
    """
    n = arguments.whole("n_features", n_features, least=1)
    m = arguments.whole("n_inputs", n_inputs, least=1)
    return float(np.sqrt(_interference_variance(n, m, _checked(probability))))


def loss(weights: np.ndarray, biases: np.ndarray, probability: float, std: float) -> float:
    """Return the mean squared error of a response ``Σ_i weights_i ReLU(u + biases_i)``.

    Parameters
    ----------
    weights, biases : array_like, shape (neuron,)
    probability : float
        ε, above 0 and at most 1.
    std : float
        s, above 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    arXiv:2211.09169 (seed 000) has the model; own derivations ``one_neuron`` and ``two_neurons``.
    """
    weights = arguments.array("weights", weights, ("neuron",))
    biases = arguments.array("biases", biases, ("neuron",))
    if weights.shape != biases.shape:
        raise arguments.ArgumentError(f"biases must be as many as the weights, got {biases.shape}")
    eps, std = _checked(probability), arguments.real("std", std, above=0)
    signal, power = _quadratic_form(-biases, eps, std)
    return float(eps / 3 - 2 * eps * weights @ signal + weights @ power @ weights)


def best_response(probability: float, std: float, n_neurons: int = 1) -> Response:
    """Return the best response of one monosemantic neuron, or of two.

    Parameters
    ----------
    probability : float
        ε, above 0 and at most 1.
    std : float
        s, above 0.
    n_neurons : {1, 2}

    Returns
    -------
    Response
        Biases in falling order. One neuron balances recovery against interference; two make a steep step
        (is the feature on?) and then a gentler slope (how strong is it?).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    arXiv:2211.09169 (seed 000), section 5; own derivations ``one_neuron`` and ``two_neurons``.
    """
    eps, std = _checked(probability), arguments.real("std", std, above=0)
    return best(lambda at: _quadratic_form(at, eps, std), eps, std, n_neurons)


def best(
    form: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], eps: float, std: float, n_neurons: int
) -> Response:
    """Return the best response, given B and M of the loss ``ε/3 − 2ε α·B + α·Mα`` by thresholds."""
    if arguments.whole("n_neurons", n_neurons, least=1) > 2:
        raise arguments.ArgumentError(f"n_neurons must be 1 or 2, got {n_neurons}")

    def loss_at(thresholds: np.ndarray) -> float:
        if np.min(np.diff(thresholds), initial=1.0) < 1e-4:
            return eps / 3  # two neurons that coincide: no better than none
        return eps / 3 - eps * signal_and_weights(thresholds)[0]

    def signal_and_weights(thresholds: np.ndarray) -> tuple[float, np.ndarray]:
        signal, power = form(thresholds)
        weights = eps * np.linalg.solve(power, signal)
        return float(signal @ weights), weights

    grid = np.linspace(-1, 1, 41) * (1 + std)
    starts = [(b,) for b in grid] if n_neurons == 1 else [(b, c) for b in grid for c in grid if c > b]
    start = min(starts, key=lambda at: loss_at(np.array(at)))
    found = optimize.minimize(loss_at, start, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-15})
    return Response(signal_and_weights(found.x)[1], -found.x, float(found.fun))


def critical_probability(std: float) -> float:
    """Return the probability ε below which the best bias of one neuron is negative.

    Parameters
    ----------
    std : float
        s, above 0.

    Returns
    -------
    float
        About ``1 − √(2π) s`` for small s: the bias is negative unless the feature is on nearly always. 0 for
        s above about 0.75, where interference drowns the feature and no bias tells them apart.

    Raises
    ------
    TypeError, ValueError
        If s is not a number above 0.

    Notes
    -----
    Own derivation, ``negative_bias``: the loss falls with β at β = 0.
    """
    std = arguments.real("std", std, above=0)
    rarest = 1e-6
    if _bias_slope(rarest, std) >= 0:
        return 0.0
    return float(optimize.brentq(_bias_slope, rarest, 1.0, args=(std,), xtol=1e-12))


def _checked(probability: float) -> float:
    return arguments.real("probability", probability, above=0, most=1)


def _quadratic_form(thresholds: np.ndarray, eps: float, std: float) -> tuple[np.ndarray, np.ndarray]:
    """Return B and M of the loss ``ε/3 − 2ε α·B + α·Mα``."""
    later = np.maximum(thresholds[:, None], thresholds)
    earlier = np.minimum(thresholds[:, None], thresholds)
    return _signal(thresholds, std), _overlap(earlier, later, eps, std)


_interference_variance = function(INTERFERENCE_VARIANCE, N_features, m_in, eps)
_signal = function(SIGNAL, beta, s)
_overlap = function(OVERLAP, beta, gamma, eps, s)
_bias_slope = function(BIAS_SLOPE, eps, s)


def _interference_steps() -> tuple[Step, ...]:
    return (
        equal(eps * sp.Integral(x**2, (x, 0, 1)), eps / 3, "Mean square of a feature."),
        equal(
            sp.Integral(sp.cos(v) ** 2, (v, 0, 2 * sp.pi)) / (2 * sp.pi),
            sp.Rational(1, 2),
            "Mean squared inner product of two columns: the m_in squared components of a unit vector of "
            "random direction add up to 1, so that each is 1/m_in in the mean, here for two.",
        ),
        equal(
            (N_features - 1) * sp.UnevaluatedExpr(eps / 3) * sp.UnevaluatedExpr(1 / m_in),
            INTERFERENCE_VARIANCE,
            "Variance of the interference of N - 1 other features. Its mean is 0, for columns of random "
            "sign.",
        ),
    )


def _bias_steps() -> tuple[Step, ...]:
    B, dB, P, dP = at_zero
    b, p = moving(B_signal, beta), moving(P_power, beta)
    kink = 1 / sp.sqrt(2 * sp.pi)
    values = (
        (B, (1 + s**3 * kink) / 3, SIGNAL, "Overlap with the feature"),
        (dB, s**2 / 4 - sp.Rational(1, 2), sp.diff(SIGNAL, beta), "Slope of the overlap"),
        (P, (1 - eps) * s**2 / 2 + eps * (1 + 3 * s**2 - 2 * s**3 * kink) / 3, POWER, "Power"),
        (
            dP,
            -2 * (1 - eps) * s * kink - eps * (1 + s**2 / 2),
            sp.diff(POWER, beta),
            "Slope of the power, first what a bias silences while the feature is off",
        ),
    )
    return (
        equal(
            sp.Derivative(-(b**2) / p, beta),
            b * (b * sp.Derivative(p, beta) - 2 * p * sp.Derivative(b, beta)) / p**2,
            "Slope of the loss at the best weight by the threshold beta, up to the factor epsilon^2.",
        ),
        *(
            step
            for symbol, value, expression, name in values
            for step in (
                define(symbol, value, f"{name}, at beta = 0 and without terms of order exp(-1/(2 s^2))."),
                equal(symbol, _without_far_tail(expression), "The closed form agrees."),
            )
        ),
        define(eps, 1 - r * s, "A feature that is off for a share r s of the time."),
        order(
            B * dP - 2 * P * dB,
            2 * s**2 * (1 - r * kink) / 3,
            s,
            3,
            "The slope turns positive only for r < sqrt(2 pi): below epsilon = 1 - sqrt(2 pi) s the best "
            "bias is negative.",
        ),
    )


def _without_far_tail(expression: sp.Expr) -> sp.Expr:
    """Return an expression at β = 0 without the tail of the interference that reaches from 0 to 1."""
    return expression.subs(beta, 0).subs({sp.erf(1 / (sp.sqrt(2) * s)): 1, sp.exp(-1 / (2 * s**2)): 0})


def _negative_bias_merit() -> float:
    return abs(critical_probability(0.1) - (1 - np.sqrt(2 * np.pi) * 0.1))


derivations = (
    Derivation(
        name="interference_of_features",
        statement="The interference on a feature has standard deviation sqrt((N - 1) epsilon / (3 m_in)).",
        source="own, for the model of seed 000 (arXiv:2211.09169)",
        status="proved",
        proof=_interference_steps,
        prediction="theory.two_layer.interference_std",
    ),
    Derivation(
        name="negative_bias",
        statement=(
            "The best bias of a monosemantic neuron is negative unless its feature is on for more than "
            "about 1 - sqrt(2 pi) s of the time, for small s."
        ),
        source="own; found in training by seed 000 (arXiv:2211.09169, section 4.1.2)",
        status="asymptotic",
        proof=_bias_steps,
        prediction="theory.two_layer.critical_probability",
        merit=Merit("off by {:.3f} at s = 0.1", _negative_bias_merit),
    ),
)
