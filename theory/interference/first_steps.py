"""The first steps of Adam: weights move at one speed, interference decays, and leads are lost.

While gradients change little, a step of Adam has the size of the rate whatever the gradient is. What counts
is the sign of the force on a weight: of the pull along its encoding against the push of other encodings.
"""

import numpy as np
import sympy as sp
from numpy.polynomial.legendre import leggauss
from scipy import stats
from scipy.special import ndtr, ndtri

from theory.common import arguments
from theory.derivation import Derivation, Merit, Step, equal, function, order
from theory.model import Autoencoder
from theory.notation import (
    N,
    average as beta,
    clock as s,
    coefficient as c,
    distance as tau,
    flip,
    gradient as g,
    i,
    kappa_pull as kappa,
    m,
    missing as y_0,
    normal as u,
    push as q,
    push_start as q_0,
    sigma,
    steps as k,
    w_signed as w,
    z,
)

NODES = 24  # of each quadrature; twice as many change the share by less than 10⁻³
SLOPE = 2 * sp.sqrt(2 / sp.pi) * m * sigma  # at which q falls by distance
END = q_0 / SLOPE
PULL = y_0 / q_0 + q_0 - 2 * q  # κ


def end_of_interference(model: Autoencoder) -> float:
    """Return the distance, rate times steps, that Adam's weights go until interference is gone.

    ``√(π/8) √ρ/(mσ)`` with ρ = (n − 1) mσ⁴/2, about 0.63 √((n − 1)/2m) σ for σ = 1/√m. Own derivation,
    ``sign_flow``.
    """
    start = np.sqrt((model.n_features - 1) * model.n_neurons * model.init_std**4 / 2)
    return float(_end(start, model.n_neurons, model.init_std))


def leads_kept(model: Autoencoder, distances: np.ndarray) -> np.ndarray:
    """Return the share of features whose largest initial weight is the largest after first steps of Adam.

    Parameters
    ----------
    model : Autoencoder
        Parameters n ≥ 2, m ≥ 2 and σ; its λ is taken as small against the other forces.
    distances : array_like, shape (distance,)
        Rate times number of steps, at least 0.

    Returns
    -------
    ndarray, shape (distance,)
        Constant from the distance on at which interference is gone.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    Own derivations ``first_steps``, ``push_and_pull``, ``sign_flow``, ``leads_kept``. Encodings differ by
    their lengths, ``‖W_i‖² = σ² χ²_m``, and by how others push, a binomial number of squared normals.
    """
    arguments.instance("model", model, Autoencoder)
    arguments.whole("n_features", model.n_features, least=2)
    arguments.whole("n_neurons", model.n_neurons, least=2)
    distances = arguments.array("distances", distances, ("distance",))
    if (distances < 0).any():
        raise arguments.ArgumentError("distances must be at least 0")
    shares, weights = _nodes(0.0, 1.0, 5)
    lengths = model.init_std**2 * stats.chi2.ppf(shares, model.n_neurons)
    others = model.init_std * np.sqrt(_squares(model.n_features - 1, shares))
    return np.array(
        [
            sum(
                one * two * _kept(model, distance, 1 - length, other * np.sqrt(length))
                for length, one in zip(lengths, weights, strict=True)
                for other, two in zip(others, weights, strict=True)
            )
            for distance in distances
        ]
    )


def _squares(number: int, shares: np.ndarray) -> np.ndarray:
    """Return quantiles of the sum of ReLU(u)² over so many normal variables."""
    freedom = np.arange(1, number + 1)
    odds = stats.binom.pmf(np.arange(number + 1), number, 0.5)
    grid = np.linspace(0, number + 10 * np.sqrt(number) + 10, 4000)
    below = odds[0] + (odds[1:, None] * stats.chi2.cdf(grid, freedom[:, None])).sum(axis=0)
    return np.interp(shares, below, grid)


def _kept(model: Autoencoder, distance: float, missing: float, push: float) -> float:
    """Return the share of leads kept, of encodings with these 1 − ‖W‖² and q at the start.

    Weights are in units of σ: of the leader z, of another one y; their pushes u are standard normal.
    """
    size, std = model.n_neurons, model.init_std
    distance = min(distance, float(_end(push, size, std)))
    shares, weights = _nodes(0.0, 1.0, NODES)
    leader = -ndtri((1 - shares ** (1 / size)) / 2)[:, None]
    slope = float(_slope(size, std))
    turned = np.clip((ndtri(shares) / _seen(leader, size) + push - missing / push) / (2 * slope), 0, distance)
    moved = distance - 2 * turned
    reach = np.minimum(2 * distance / std, leader)
    nodes, parts = _nodes(0.0, 1.0, NODES)
    other = leader - reach * nodes
    needed = std * (leader - other)[:, None, :] + moved[:, :, None]
    at = np.clip((distance - needed) / 2, 0, distance)
    pull = _pull(push - slope * at, push, missing)
    overtakes = ndtr(pull * _seen(other, size)[:, None, :]) * (needed < distance)
    overtakes[needed < -distance] = 1.0
    density = 2 * np.exp(-(other**2) / 2) / np.sqrt(2 * np.pi)
    odds = ((density * parts)[:, None, :] * overtakes).sum(axis=-1) * reach / (2 * ndtr(leader) - 1)
    return float(weights @ (1 - np.minimum(odds, 1)) ** (size - 1) @ weights)


def _seen(z: np.ndarray, size: int) -> np.ndarray:
    """Return z over the deviation √(1 − w²/N) of its push, with N = w² + (m − 1) σ²."""
    return z * np.sqrt(1 + z**2 / (size - 1))


def _nodes(low: float, high: float, number: int) -> tuple[np.ndarray, np.ndarray]:
    nodes, weights = leggauss(number)
    return (low + high) / 2 + (high - low) / 2 * nodes, (high - low) / 2 * weights


_slope = function(SLOPE, m, sigma)
_end = function(END, q_0, m, sigma)
_pull = function(PULL, q, q_0, y_0)
_density = sp.exp(-(u**2) / 2) / sp.sqrt(2 * sp.pi)


def _first_steps() -> tuple[Step, ...]:
    def averaged(of: sp.Expr) -> sp.Expr:
        return sp.Sum((1 - beta) * beta ** (k - i) * of, (i, 1, k)) / (1 - beta**k)

    return (
        equal(averaged(g), g, "Adam's mean of the gradients after k steps, if they are all g,"),
        equal(averaged(g**2), g**2, "and of their squares, each corrected for its start at 0."),
        equal(
            g / sp.sqrt(g**2),
            sp.sign(g),
            "A step is the rate times the one over the root of the other: ±rate.",
        ),
    )


def _push_and_pull() -> tuple[Step, ...]:
    rest = sigma**2 - 2 * c * sigma**2 * w + c**2 * sigma**2 * N
    return (
        equal(
            sp.Subs(sp.Derivative(rest, c), c, w / N),
            0,
            "Of another feature's weight W_jk, c W_i.W_j is what the inner product of the encodings tells. "
            "The rest, E(W_jk - c W_i.W_j)^2, is least for c = w/N, w = W_ik, N = |W_i|^2.",
        ),
        equal(
            rest.subs(c, w / N),
            sigma**2 * (1 - w**2 / N),
            "It is a normal variable of about the initial variance. So sum_j ReLU(W_i.W_j) W_jk = q^2 w/N "
            "+ sigma q u with q^2 = sum_j ReLU(W_i.W_j)^2 and u standard normal: for N near 1 the force is "
            "the pull (1 - N - q^2) w less the push sigma q u, whose u stays as all products decay alike.",
        ),
    )


def _sign_flow() -> tuple[Step, ...]:
    pushed, left = q_0 * sp.exp(-s), (y_0 + q_0**2) * sp.exp(-s) - q_0**2 * sp.exp(-2 * s)
    half = sp.Integral(_density, (u, -sp.oo, kappa * z)) - sp.Integral(_density, (u, kappa * z, sp.oo))
    return (
        equal(
            half,
            sp.erf(kappa * z / sp.sqrt(2)),
            "Mean sign of the force on a weight w = sigma z, by kappa = (1 - N - q^2)/q.",
        ),
        equal(
            sp.Integral(2 * z * _density.subs(u, z) * sp.erf(kappa * z / sp.sqrt(2)), (z, 0, sp.oo)),
            sp.sqrt(2 / sp.pi) * kappa / sp.sqrt(1 + kappa**2),
            "Its mean product with z: so N grows by 2 m sigma times that for each unit of distance.",
            symbolic=False,
        ),
        equal(
            sp.Integral(2 * _density.subs(u, z) * 2 * _density.subs(u, kappa * z), (z, 0, sp.oo)),
            sp.sqrt(2 / sp.pi) / sp.sqrt(1 + kappa**2),
            "And with the push, of which each positive inner product has the share W_i.W_j/q: both encodings "
            "move, so that q falls by 2 m sigma times this. With the clock ds = 2 sqrt(2/pi) m sigma / "
            "sqrt(1 + kappa^2) dtau/q both equations are linear, dq/ds = -q and dN/ds = 1 - N - q^2:",
            symbolic=False,
        ),
        equal(sp.Derivative(pushed, s), -pushed, "q = q_0 e^-s,"),
        equal(sp.Derivative(left, s), -(left - pushed**2), "1 - N = (y_0 + q_0^2) e^-s - q_0^2 e^-2s."),
        equal(
            (left - pushed**2) / pushed,
            PULL.subs(q, pushed),
            "The pull over the push turns from y_0/q_0 - q_0 to y_0/q_0 + q_0: first large weights shrink.",
        ),
        order(
            sp.sqrt(1 + kappa**2),
            1,
            kappa,
            2,
            "It is small, so that distance is q_0 (1 - e^-s) over the slope:",
        ),
        equal(sp.Integral(pushed / SLOPE, (s, 0, s)), (q_0 - pushed) / SLOPE, "q falls linearly,"),
        equal(
            sp.Mul(END, SLOPE, evaluate=False),
            q_0,
            "and interference is gone after a distance that does not depend on the rate.",
        ),
    )


def _leads() -> tuple[Step, ...]:
    return (
        equal(
            sp.Integral(-1, (z, 0, flip)) + sp.Integral(1, (z, flip, tau)),
            tau - 2 * flip,
            "A weight shrinks until kappa z exceeds its push u, at a distance t, and grows from then on.",
        ),
        equal(
            sp.Subs(tau - 2 * flip, flip, (tau - w) / 2),
            w,
            "It goes further than w if it turns before (tau - w)/2, so if u is less than kappa z there. "
            "The leader stays in front if none of the m - 1 others, each below it at the start, does.",
        ),
    )


def _leads_kept_merit() -> float:
    start, rng = Autoencoder(64, 256, 0.0), np.random.default_rng(0)
    distance = end_of_interference(start) / 2
    kept = [_followed(start.initial(rng), distance) for _ in range(40)]
    return abs(float(np.mean(kept)) - leads_kept(start, np.array([distance])).item())


def _followed(weights: np.ndarray, distance: float, steps: int = 40) -> float:
    """Follow all weights at one speed, each by the sign of its force, and return the share of leads kept."""
    leader = np.abs(weights).argmax(axis=1)
    for _ in range(steps):
        products = weights @ weights.T
        residual = np.where(products > 0, np.eye(len(products)) - products, 0.0)
        weights = weights + distance / steps * np.sign(residual @ weights)
    return float((np.abs(weights).argmax(axis=1) == leader).mean())


derivations = (
    Derivation(
        name="first_steps",
        statement="While gradients are constant, a step of Adam has the size of the rate, whatever they are.",
        source="arXiv:1412.6980, section 2.1",
        status="proved",
        proof=_first_steps,
        domains={beta: (0.1, 0.9), k: (2, 6)},
        prediction="theory.interference.end_of_interference",
    ),
    Derivation(
        name="push_and_pull",
        statement="Interference on a weight is a pull along its encoding and a normal push.",
        source="own",
        status="asymptotic",
        proof=_push_and_pull,
        prediction="theory.interference.leads_kept",
        merit=Merit(
            "share of leads kept {:.1e} off that of 40 networks, half way through", _leads_kept_merit
        ),
    ),
    Derivation(
        name="sign_flow",
        statement=(
            "In first steps of Adam the root of interference falls linearly, to 0 in √(π/8) q₀/(mσ rate) "
            "steps."
        ),
        source="own",
        status="asymptotic",
        proof=_sign_flow,
        domains={kappa: (0.1, 0.9), s: (0.1, 2)},
        prediction="theory.interference.end_of_interference",
        merit=Merit(
            "share of leads kept {:.1e} off that of 40 networks, half way through", _leads_kept_merit
        ),
    ),
    Derivation(
        name="leads_kept",
        statement="The share of largest initial weights that still lead after first steps of Adam.",
        source="own",
        status="asymptotic",
        proof=_leads,
        prediction="theory.interference.leads_kept",
        merit=Merit(
            "share of leads kept {:.1e} off that of 40 networks, half way through", _leads_kept_merit
        ),
    ),
)
