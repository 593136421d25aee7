"""Sums over the initial weights above a waterline: all that the reduced flow knows of their distribution.

``k(s) = #{u > s}``, ``p(s) = Σ(u − s)₊``, ``q(s) = Σ(u − s)₊²`` over the absolute initial weights u of one
encoding. In the population limit they are integrals over the distribution: closed for normal, uniform and
Laplace weights, a quadrature for any other distribution, sums for a sample.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import sympy as sp
from scipy.stats.distributions import rv_frozen

from theory.common import arguments
from theory.derivation import Derivation, Step, equal, function
from theory.model import Autoencoder
from theory.notation import m, s, sigma, u
from theory.sparsification import levels

_z = s / sigma
_gauss = sp.sqrt(2 / sp.pi) * sp.exp(-(_z**2) / 2)
_beyond = sp.erfc(_z / sp.sqrt(2))
_rest, _decay = sp.sqrt(3) * sigma - s, sp.exp(-sp.sqrt(2) * _z)

# name in SciPy: density of u, its end, and k, p, q; σ is the standard deviation of the weights
FAMILIES = {
    "norm": (
        sp.sqrt(2 / sp.pi) * sp.exp(-(u**2) / (2 * sigma**2)) / sigma,
        sp.oo,
        (
            m * _beyond,
            m * sigma * (_gauss - _z * _beyond),
            m * sigma**2 * ((1 + _z**2) * _beyond - _z * _gauss),
        ),
    ),
    "uniform": (
        1 / (sp.sqrt(3) * sigma),
        sp.sqrt(3) * sigma,
        tuple(m * _rest ** (n + 1) / (n + 1) / (sp.sqrt(3) * sigma) for n in range(3)),
    ),
    "laplace": (
        sp.sqrt(2) / sigma * sp.exp(-sp.sqrt(2) * u / sigma),
        sp.oo,
        (m * _decay, m * sigma * _decay / sp.sqrt(2), m * sigma**2 * _decay),
    ),
}


@dataclass(frozen=True)
class Excesses:
    """The sums k (`active`), p (`first`) and q (`second`) as functions of the waterline."""

    active: Callable[..., np.ndarray]
    first: Callable[..., np.ndarray]
    second: Callable[..., np.ndarray]


def excesses(model: Autoencoder, weights: rv_frozen | np.ndarray | None = None) -> Excesses:
    """Return the sums over the m weights of one encoding.

    Parameters
    ----------
    model : Autoencoder
        Its m and, by default, σ.
    weights : frozen continuous distribution of scipy.stats or array_like, shape (sample,), optional
        Distribution of the initial weights, or a sample of it; by default normal with deviation σ.

    Raises
    ------
    TypeError, ValueError
        If `weights` is neither, or has no finite variance.
    """
    arguments.instance("model", model, Autoencoder)
    if weights is None:
        return _closed("norm", model.n_neurons, model.init_std)
    if not isinstance(weights, rv_frozen):
        return _sampled(np.abs(arguments.array("weights", weights, ("sample",))), model.n_neurons)
    mean, deviation = weights.mean(), weights.std()
    if not 0 < deviation < np.inf:
        raise arguments.ArgumentError(f"weights must have a finite variance, got {deviation**2}")
    if weights.dist.name in FAMILIES and abs(mean) < 1e-12 * deviation:
        return _closed(weights.dist.name, model.n_neurons, deviation)
    return _integrated(weights, model.n_neurons, np.hypot(mean, deviation))


def _closed(name: str, n_neurons: int, deviation: float) -> Excesses:
    end = float(_ENDS[name](deviation))

    def at(f: Callable) -> Callable:
        return lambda level: f(np.minimum(level, end), n_neurons, deviation)

    return Excesses(*(at(f) for f in _SUMS[name]))


def _integrated(weights: rv_frozen, n_neurons: int, scale: float) -> Excesses:
    """Integrate P(|w| > s + y) over y (p) and twice its product with y (q) by the double exponential rule."""
    nodes = np.linspace(-4.0, 4.0, 321)
    y = scale * np.exp(np.pi / 2 * np.sinh(nodes))
    shares = n_neurons * y * np.pi / 2 * np.cosh(nodes) * (nodes[1] - nodes[0])

    def beyond(level):
        return weights.sf(level) + weights.cdf(-level)

    def tail(level):
        return beyond(np.asarray(level)[..., None] + y)

    return Excesses(
        lambda level: n_neurons * beyond(level),
        lambda level: tail(level) @ shares,
        lambda level: tail(level) @ (2 * y * shares),
    )


def _sampled(sizes: np.ndarray, n_neurons: int) -> Excesses:
    """Sum over a sample, scaled to the number of neurons."""
    sizes = np.sort(sizes)[::-1]
    numbers = np.arange(1, len(sizes))
    steps = -np.diff(sizes) * numbers
    first = np.append(0.0, np.cumsum(steps))
    second = np.append(0.0, np.cumsum(levels.square_after(numbers, first[:-1], 0.0, steps)))
    share = n_neurons / len(sizes)

    def at(level):
        above = np.searchsorted(-sizes, -np.asarray(level))
        lowest = np.maximum(above - 1, 0)
        step = (lowest + 1) * np.maximum(sizes[lowest] - level, 0.0)
        return above, lowest, step

    def active(level):
        return share * at(level)[0]

    def excess(level):
        _, lowest, step = at(level)
        return share * levels.sum_after(first[lowest], step)

    def square(level):
        _, lowest, step = at(level)
        return share * levels.square_after(lowest + 1, first[lowest], second[lowest], step)

    return Excesses(active, excess, square)


_SUMS = {name: tuple(function(f, s, m, sigma) for f in sums) for name, (_, _, sums) in FAMILIES.items()}
_ENDS = {name: function(end, sigma) for name, (_, end, _) in FAMILIES.items()}


def _steps(family: str) -> tuple[Step, ...]:
    density, end, (active, first, second) = FAMILIES[family]
    return (
        equal(sp.Integral(density, (u, 0, end)), 1, "Density of the absolute initial weights."),
        equal(sp.Integral(u**2 * density, (u, 0, end)), sigma**2, "Their mean square."),
        equal(m * sp.Integral(density, (u, s, end)), active, "Active weights: those above the waterline."),
        equal(sp.Derivative(first, s), -active, "Each of them brings down the sum of excesses at rate 1 …"),
        equal(sp.Derivative(second, s), -2 * first, "… and that of their squares at twice its excess."),
        equal(first.subs(s, 0), m * sp.Integral(u * density, (u, 0, end)), "They start from the mean …"),
        equal(sp.Subs(second, s, 0), m * sigma**2, "… and the mean square."),
    )


derivations = tuple(
    Derivation(
        name=f"population_{family}",
        statement=f"For {title} weights k, p and q are closed functions of the waterline: no free constant.",
        source="own",
        status="proved",
        proof=partial(_steps, family),
        domains={sigma: (1, 2), s: (0.1, 1.5)},
        prediction="theory.sparsification.population",
    )
    for family, title in (("norm", "normal"), ("uniform", "uniform"), ("laplace", "Laplace"))
)
