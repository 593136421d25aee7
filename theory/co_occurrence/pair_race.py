"""How many benign pairs outlast co-occurrence: the race of both features, while neither has settled.

`theory.co_occurrence.pair_escape` asks whether a feature leaves a partner that has settled. Most pairs are
undone before: while several weights are left, a push of the size of p is shared by large runners-up.
"""

import functools

import numpy as np
import sympy as sp

from theory.co_occurrence.pair_escape import LEAD
from theory.co_occurrence.rare_features import checked_probability
from theory.common import arguments
from theory.derivation import Derivation, Merit, Step, define, equal, function
from theory.notation import (
    E_pair as E,
    L,
    a,
    b,
    force_a,
    force_g,
    g_new as g,
    lam,
    lead as s,
    multiplier as mu,
    p_on as p,
)

RACE_ENERGY = lam * (a + g) + p * (a * b) ** 2 / 2  # as far as it depends on the first feature
LEAST_LEAD = p * a * g * b**2 / lam
PAIRS, SEED = 2000, 0  # drawn races; their share has a standard error of 1 % at most
RACERS = 64  # weights that are followed: smaller ones are dead before a pair feels anything
STEP, END = 0.05, 40.0  # of λt: as a share of 1/‖w‖₁, and after which nothing is open


@functools.cache
def pairs_left(p_over_l1: float, n_neurons: int) -> float:
    """Return the share of benign pairs of p = 0 that are left at p/λ, for weak p and λ and few features.

    Both features begin with Gaussian weights, the largest ones on one neuron with opposite signs, and race
    under L1 and what co-occurrence adds; no third feature matters. Nothing is fitted.

    Parameters
    ----------
    p_over_l1 : float
        Probability that a feature is on, over λ in flow units; at least 0 and at most 1000.
    n_neurons : int
        Number of neurons m, at least 4.

    Returns
    -------
    float
        Mean over 2,000 races, drawn with a fixed seed: its standard error is 0.011 at most.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.

    Notes
    -----
    Own derivation, ``pair_race``.
    """
    ratio = arguments.real("p_over_l1", p_over_l1, least=0, most=1000)
    m = arguments.whole("n_neurons", n_neurons, least=4)
    return float(_race(_excesses(m), ratio).mean())


def least_lead(larger: float, runner_up: float, partner: float, l1: float, probability: float) -> float:
    """Return the lead of a winner over its runner-up below which co-occurrence makes the runner-up gain.

    Parameters
    ----------
    larger, runner_up, partner : float
        Weights of a feature on the neuron that it shares and on the next one, and of its partner; above 0.
    l1, probability : float
        λ in flow units, above 0, and p, less than 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.
    """
    weights = {"larger": larger, "runner_up": runner_up, "partner": partner, "l1": l1}
    checked = [arguments.real(name, value, above=0) for name, value in weights.items()]
    return float(_least_lead(*checked, checked_probability(probability)))


_least_lead = function(LEAST_LEAD, a, g, b, lam, p)


@functools.cache
def _excesses(m: int) -> np.ndarray:
    """Return what the largest weights of both features are above the next one, (feature, pair, weight)."""
    sizes = np.abs(np.random.default_rng(SEED).normal(size=(2, PAIRS, m)))
    count = min(RACERS, m - 1)
    largest = -np.sort(-sizes, axis=-1)[..., : count + 1]
    return largest[..., :count] - largest[..., count:]


def _race(excesses: np.ndarray, ratio: float) -> np.ndarray:
    """Return which pairs are left; the first weight of either feature is on the shared neuron."""
    weights, left = excesses.copy(), np.zeros(excesses.shape[1], bool)
    racing, time = np.arange(left.size), np.zeros(left.size)
    while racing.size:
        weights /= np.linalg.norm(weights, axis=-1, keepdims=True)
        shared, norms = weights[..., 0], weights.sum(axis=-1)
        push = ratio * shared * shared[::-1] ** 2
        step = STEP / norms.max(axis=0)
        force = (norms + push * shared)[..., None] * weights - 1.0
        force[..., 0] -= push
        weights = np.where(weights > 0, np.maximum(weights + step[:, None] * force, 0), 0)
        time += step
        alone = (np.count_nonzero(weights, axis=-1) == 1).all(axis=0)
        over = alone | (weights[..., 0] == 0).any(axis=0) | (time > END)
        left[racing[over]] = (weights[:, over, 0] > 0).all(axis=0)
        racing, time, weights = racing[~over], time[~over], weights[:, ~over]
    return left


def _steps() -> tuple[Step, ...]:
    return (
        define(
            E,
            RACE_ENERGY,
            "Energy per occurrence of two features while both race: winners a and b on one neuron with "
            "opposite signs, g a runner-up of the first. Other weights add lambda times their sum.",
        ),
        define(
            force_a,
            mu * a - lam - p * a * b**2,
            "Lengths stay 1, by a feature benefit mu. Force on the winner: beside L1 the partner pushes it.",
        ),
        equal(force_a, mu * a - sp.Derivative(E, a), "It is minus the slope of the energy, at length 1."),
        define(force_g, mu * g - lam, "Force on the runner-up, which nobody pushes."),
        equal(force_g, mu * g - sp.Derivative(E, g), "It is minus the slope, too."),
        equal(
            force_g / g - force_a / a,
            p * b**2 - lam * (a - g) / (a * g),
            "Growth of ln(g/a): L1 favours the larger weight, co-occurrence the one that is not shared.",
        ),
        define(s, LEAST_LEAD, "So the runner-up gains while the lead is less than this."),
        equal(p * b**2 - lam * s / (a * g), 0, "There they balance."),
        equal(
            (LEAD - p * (1 - LEAD**2) / (2 * lam)),
            0,
            "With a settled partner, b = 1, and two weights left, a g = (1 - lead^2)/2, it is the "
            "threshold of escape_from_pair.",
        ),
        define(mu, lam * L + p * a**2 * b**2, "The feature benefit that keeps the length, by ‖w‖_1 = L:"),
        equal(
            mu - lam * L - a * p * a * b**2,
            0,
            "the forces on all weights, times the weights, add up to 0. In the time lambda t nothing "
            "but p/lambda is left: the share of pairs that outlast the race is a function of it, and of "
            "the law of the initial weights.",
        ),
    )


def _merit() -> float:
    return pairs_left(0.5, 256)


derivations = (
    Derivation(
        name="pair_race",
        statement=(
            "A benign pair is mostly undone before it settles: a runner-up g gains on the winner a while its "
            "lag is less than (p/lambda) a g b^2, b being the partner's weight."
        ),
        source="own; question from seed 001, comments",
        status="asymptotic",
        proof=_steps,
        prediction="theory.co_occurrence.pairs_left",
        merit=Merit("{:.2f} of the pairs are left at p = lambda/2, m = 256", _merit),
    ),
)
