"""Any number of features on: the expected loss exactly, by a recursion over subsets without cancellation.

With the features K on at random, and those of R at 1, an output is ``ReLU(z)`` with ``z = c + Σ_K a_i x_i``.
The closed form of ``E z₊^q``, a sum of powers over the corners of a cube divided by all a_i, cancels where
some a_i are small. Integrating by parts one finds instead, for a z that passes 0 at the share t of its range,
``(q + k) E z₊^q = Σ_i (1 − t) E[z₊^q | x_i high] + t E[z₊^q | x_i low]``: means of what is already known,
with positive weights. All states of all subsets share their values: there are 3ⁿ of them.
"""

import functools
from typing import NamedTuple

import numpy as np
import sympy as sp

from theory.derivation import Derivation, Step, equal
from theory.flow import relu
from theory.notation import (
    a_product as a,
    b_bias as b,
    c_product as c,
    q_power as q,
    second_on as y,
    share_t as t,
    x_on as x,
)
from theory.superposition.one_feature import Slopes

MOST_FEATURES = 8  # 3ⁿ states for each output
POWERS = (2, 1, 2)  # of the means of a state: E z₊², E z₊, E x_j z₊


class States(NamedTuple):
    """All ways in which each feature is off (0), random (1) or at 1 (2); n base-3 digits make the number."""

    digits: np.ndarray  # (state, feature)
    random: np.ndarray  # (state,): how many features are random
    drawn: np.ndarray  # the states in which none is at 1: subsets of features that are on


@functools.cache
def _states(n: int) -> States:
    digits = np.arange(3**n)[:, None] // 3 ** np.arange(n) % 3
    return States(digits, (digits == 1).sum(axis=1), np.flatnonzero((digits != 2).all(axis=1)))


class _Range(NamedTuple):
    """Where z lies, for each output and state."""

    low: np.ndarray
    width: np.ndarray
    share: np.ndarray  # of the width at which it passes 0
    mixed: np.ndarray
    positive: np.ndarray


def slopes(products: np.ndarray, biases: np.ndarray, importances: np.ndarray, probability: float) -> Slopes:
    """Return the expected loss and its derivatives by inner products, (input, output), and biases."""
    n = len(biases)
    states, a = _states(n), products.T  # (output, input)
    at = _range(a, biases, states)
    square, mean, overlap = _forward(a, at, states)
    count = states.random[states.drawn]
    weight = np.zeros(3**n)
    weight[states.drawn] = probability**count * (1.0 - probability) ** (n - count)
    own_on = (states.digits == 1).T
    loss = ((square - 2 * overlap) @ weight + probability / 3) @ importances
    bar_square = importances[:, None] * weight
    bars = (bar_square, np.zeros_like(square), -2 * bar_square * own_on)
    by_a, by_bias = _backward(a, at, states, (square, mean, overlap), bars)
    return Slopes(float(loss), by_a.T, by_bias)


def _range(a: np.ndarray, biases: np.ndarray, states: States) -> _Range:
    is_random, at_one = states.digits == 1, states.digits == 2
    low = biases[:, None] + a @ at_one.T + np.minimum(a, 0) @ is_random.T
    width = np.abs(a) @ is_random.T
    high = low + width
    mixed = (low < 0) & (high > 0)
    share = np.divide(-low, width, out=np.zeros_like(low), where=mixed)
    return _Range(low, width, share, mixed, low >= 0)


def _forward(a: np.ndarray, at: _Range, states: States) -> tuple[np.ndarray, ...]:
    """Return ``E z₊²``, ``E z₊`` and ``E x_j z₊`` with j the output's own feature, (output, state)."""
    n = len(a)
    own = (states.digits == 1).T
    middle, variance = at.low + at.width / 2, (a**2 @ own) / 12
    square = np.where(at.positive, middle**2 + variance, 0.0)
    mean = np.where(at.positive, middle, 0.0)
    overlap = np.where(at.positive & own, middle / 2 + np.diag(a)[:, None] / 12, 0.0)
    for k in range(1, n + 1):
        every = [_ends(k, i, a, at, states) for i in range(n)]
        here = at.mixed & (states.random == k)
        for number, known in enumerate((square, mean, overlap)):
            total = np.zeros_like(known)
            for i, ends in enumerate(every):
                total[ends.here] += ends.mean(known)
                if number == 2:
                    high, level = ends.high[1][i], ends.here[1][0]
                    t = ends.share[i]
                    total[i, level] += (1 - t) * mean[i, high] + t * mean[i, level]
            known[here] = total[here] / (POWERS[number] + k)
        overlap *= own
    return square, mean, overlap


def _backward(
    a: np.ndarray,
    at: _Range,
    states: States,
    means: tuple[np.ndarray, ...],
    bars: tuple[np.ndarray, ...],
) -> tuple[np.ndarray, np.ndarray]:
    """Return the derivatives by a, (output, input), and biases, from those by the `means` of all states."""
    n = len(a)
    by_share = np.zeros_like(at.low)
    for k in range(n, 0, -1):
        for number in (2, 1, 0):
            given = bars[number] * at.mixed / (POWERS[number] + k)
            for i in range(n):
                ends = _ends(k, i, a, at, states)
                bar = given[ends.here]
                ends.give(bars[number], bar)
                by_share[ends.here] += bar * ends.fall(means[number])
                if number == 2:
                    high, level = ends.high[1][i], ends.here[1][0]
                    t = ends.share[i]
                    bars[1][i, high] += (1 - t) * bar[i]
                    bars[1][i, level] += t * bar[i]
                    by_share[i, level] += bar[i] * (means[1][i, level] - means[1][i, high])
    own = (states.digits == 1).T
    by_square, by_mean, by_overlap = (np.where(at.positive, bar, 0.0) for bar in bars)
    middle = at.low + at.width / 2
    by_middle = 2 * middle * by_square + by_mean + own * by_overlap / 2
    by_width = by_middle / 2 - np.divide(
        by_share * at.share, at.width, out=np.zeros_like(middle), where=at.mixed
    )
    by_low = by_middle - np.divide(by_share, at.width, out=np.zeros_like(middle), where=at.mixed)
    by_a = by_low @ (states.digits == 2) + np.where(a < 0, by_low @ own.T, 0.0)
    by_a += np.where(a < 0, -1, 1) * (by_width @ own.T) + a * (by_square @ own.T) / 6
    by_a[np.diag_indices(n)] += (own * by_overlap).sum(axis=1) / 12
    return by_a, by_low.sum(axis=1)


class _Ends(NamedTuple):
    """States of k random features of which i is one, and those with i at either end of its range."""

    here: tuple[np.ndarray, np.ndarray]
    high: tuple[np.ndarray, np.ndarray]
    low: tuple[np.ndarray, np.ndarray]
    share: np.ndarray

    def mean(self, known: np.ndarray) -> np.ndarray:
        return (1 - self.share) * known[self.high] + self.share * known[self.low]

    def give(self, bars: np.ndarray, bar: np.ndarray) -> None:
        bars[self.high] += (1 - self.share) * bar
        bars[self.low] += self.share * bar

    def fall(self, known: np.ndarray) -> np.ndarray:
        return known[self.low] - known[self.high]


def _ends(k: int, i: int, a: np.ndarray, at: _Range, states: States) -> _Ends:
    level = np.flatnonzero((states.random == k) & (states.digits[:, i] == 1))
    rows = np.arange(len(a))[:, None]
    at_one, off, up = level + 3**i, level - 3**i, (a[:, i] >= 0)[:, None]
    here = rows, level[None]
    high, low = np.where(up, at_one, off), np.where(up, off, at_one)
    return _Ends(here, (rows, high), (rows, low), at.share[here])


def _together_steps() -> tuple[Step, ...]:
    plane, line = a * x + c * y + b, a * x + b
    two = (relu(b + a + c) ** 4 - relu(b + a) ** 4 - relu(b + c) ** 4 + relu(b) ** 4) / (12 * a * c)
    zero = -t * (a + c)
    return (
        equal(
            sp.Derivative(plane**4 / (12 * a * c), x, y),
            plane**2,
            "Two features on: an antiderivative of the squared output, also with ReLU, whose fourth power is "
            "three times differentiable.",
        ),
        equal(
            sp.Integral(sp.Integral(plane**2, (x, 0, 1)), (y, 0, 1)),
            ((a + b + c) ** 4 - (a + b) ** 4 - (b + c) ** 4 + b**4) / (12 * a * c),
            "So the mean square is a sum over the corners of the square of inputs, here if no ReLU is 0.",
        ),
        equal(
            sp.Integral((a * x - t * a) ** q, (x, t, 1)),
            (1 - t) * ((1 - t) * a) ** q / (q + 1),
            "Recursion for one random feature, and an output that passes 0 at x = t.",
        ),
        equal(
            sp.Integral(x * (a * x - t * a), (x, t, 1)),
            ((1 - t) * (1 - t) * a + t * sp.Integral(a * x - t * a, (x, t, 1))) / 3,
            "The same for the overlap of the output with this feature.",
        ),
        equal(
            4 * two.subs(b, zero),
            (1 - t) * (_one(zero + a, c) + _one(zero + c, a)) + t * (_one(zero, c) + _one(zero, a)),
            "Two random features: the mean square is a mean of those with one feature at either end.",
            symbolic=False,
        ),
        equal(
            sp.Derivative(x * line ** (q + 1), x),
            (q + 1) * x * a * line**q + line ** (q + 1),
            "By such parts, one for each random feature, and since the sum of a x and b is "
            "the output itself, "
            "this is so for any number of them.",
        ),
    )


def _one(start: sp.Expr, slope: sp.Expr) -> sp.Expr:
    """Return the mean square of ``ReLU(start + slope x)``."""
    return (relu(start + slope) ** 3 - relu(start) ** 3) / (3 * slope)


derivations = (
    Derivation(
        name="features_together",
        statement=(
            "The mean square of an output with any number of features on is a mean, with "
            "positive weights, of "
            "those with one feature less: exact for any p, and without cancellation."
        ),
        source="own",
        status="proved",
        proof=_together_steps,
        domains={t: (0.05, 0.95)},
        prediction="theory.superposition.expected_loss",
    ),
)
