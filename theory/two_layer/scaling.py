"""Two-layer toy model: can a neuron be monosemantic at all? What a smaller problem must keep.

A neuron that reads a feature in its own direction, with bias b over its weight, is silent on another
feature at value 1 if their cosine is at most −b. It is monosemantic if all N − 1 cosines are, and its bias
is what the interference leaves it: the largest cosine, and not N or m_in, must stay below the best bias.
"""

import numpy as np
import sympy as sp

from theory.common import arguments
from theory.derivation import Derivation, Merit, Step, define, equal, function
from theory.notation import N_features, cosine_limit as limit, m_in, tail
from theory.two_layer.interference import interference_law, spread
from theory.two_layer.model import TwoLayer

TAIL = sp.betainc_regularized((m_in - 1) / 2, sp.Rational(1, 2), 0, 1 - limit**2) / 2
ALL_BELOW = (1 - TAIL) ** (N_features - 1)


def monosemantic_share(model: TwoLayer, bias: float | None = None, threshold: float = 0.999) -> float:
    """Return the share of features whose neuron is monosemantic if it reads them in their own direction.

    Parameters
    ----------
    model : TwoLayer
        As `theory.two_layer.interference_law` takes it.
    bias : float, optional
        Of the neuron, over its weight, between −1 and 0; by default that of the best response to the
        interference.
    threshold : float
        Share of the own feature in all activations by single features, as in `monosemantic_neurons`.

    Returns
    -------
    float
        Chance that no other feature activates the neuron by more than what the threshold leaves.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    Own derivation, ``largest_cosine``. Trained neurons may lean away from the features that disturb them.
    """
    arguments.instance("model", model, TwoLayer)
    if bias is None:
        bias = min(0.0, interference_law(model).best_response(model.probability).biases[0])
    bias = arguments.real("bias", bias, above=-1, most=0)
    share = arguments.real("threshold", threshold, above=0, most=1)
    largest = (-bias + (1 + bias) * (1 / share - 1)) / spread(model)
    return float(_all_below(model.n_features, model.n_inputs, min(largest, 1.0)))


_all_below = function(ALL_BELOW, N_features, m_in, limit)


def _cosine_steps() -> tuple[Step, ...]:
    norm = sp.beta(sp.Rational(1, 2), (m_in - 1) / 2)
    return (
        equal(
            sp.Derivative(TAIL, limit),
            -((1 - limit**2) ** ((m_in - 3) / 2)) / norm,
            "The cosine of two random directions in m_in dimensions has this density: the left side is "
            "the slope of the chance that it exceeds a limit,",
            symbolic=False,
        ),
        equal(sp.Subs(TAIL, limit, 0), sp.Rational(1, 2), "since half of them are positive.", symbolic=False),
        define(tail, TAIL, "Of one other feature."),
        equal(
            sp.exp((N_features - 1) * sp.log(1 - tail)),
            ALL_BELOW,
            "Chance that none of N - 1 independent ones does.",
            symbolic=False,
        ),
    )


def _cosine_merit() -> float:
    """Return the difference from drawn orthogonal projections, whose cosines are not independent."""
    model = TwoLayer(128, 64, 1, 1 / 32)
    found = []
    for seed in range(20):
        rows = model.project(np.random.default_rng(seed))
        found.append((rows @ rows.T - 2 * np.eye(128)).max(axis=1) <= 0.25)
    return abs(float(np.mean(found)) - monosemantic_share(model, -0.25, 1.0))


derivations = (
    Derivation(
        name="largest_cosine",
        statement=(
            "A neuron of one feature is monosemantic with the chance that no other feature's cosine exceeds "
            "its bias."
        ),
        source="own, for the model of seed 000 (arXiv:2211.09169)",
        status="asymptotic",
        proof=_cosine_steps,
        domains={limit: (sp.Rational(1, 10), sp.Rational(9, 10)), m_in: (4, 9)},
        prediction="theory.two_layer.monosemantic_share",
        merit=Merit("off by {:.3f} at N = 128, m_in = 64, bias -0.25, orthogonal", _cosine_merit),
    ),
)
