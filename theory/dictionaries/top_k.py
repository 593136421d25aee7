"""Top-k: what a dictionary loses that may use k latents on a sample, whatever is on there.

Features have value 1 where they are on and orthogonal directions.
"""

import sympy as sp

from theory.common import arguments
from theory.derivation import Derivation, Step, equal, function
from theory.notation import (
    decoder_bias as beta,
    j_on as j,
    kept as k,
    left_out,
    n_on as n,
    p_alone as q,
    p_both as r,
    p_feature as p,
    tilt as delta,
)

LOSS = r * (1 - sp.sin(2 * delta)) + q * sp.sin(delta) ** 2  # of the samples with the child on, k = 1
TILT = sp.atan2(2 * r, q) / 2

CHANCE = sp.binomial(n, j) * p**j * (1 - p) ** (n - j)
EXCESS = sp.Sum((j - k) * CHANCE, (j, k + 1, n))  # features on beyond k, on average
BIAS = left_out / (left_out + 1 - p)
UNEXPLAINED = left_out / (p * (left_out + 1 - p))


def top_1_tilt(co_occurrence: float) -> float:
    """Return the angle in radians by which the child's latent leans towards its parent if k = 1.

    Parameters
    ----------
    co_occurrence : float
        Probability that the parent is on where the child is, at least 0 and below 1.

    Returns
    -------
    float
        ``½ atan(2r/q)``, where the child is on alone with probability q and with its parent with r: there is
        no threshold. With k = 2 the angle is 0, since both features have their latents.

    Raises
    ------
    TypeError, ValueError
        If the co-occurrence is not as said above.

    Notes
    -----
    Own derivation, ``top_1_child``.
    """
    share = arguments.real("co_occurrence", co_occurrence, least=0, below=1)
    return float(_tilt(1 - share, share))


def unexplained(n_features: int, probability: float, k: int) -> float:
    """Return the share of the variance that a top-k dictionary with a latent for each feature leaves out.

    Parameters
    ----------
    n_features : int
        Number of features, at least 1; each is on independently of the others.
    probability : float
        Probability that a feature is on, above 0 and below 1.
    k : int
        How many latents may be on, at least 1.

    Returns
    -------
    float
        What is on beyond k is left out, and the decoder bias makes up for part of it. A batch top-k
        dictionary leaves nothing out once k exceeds the mean number on by more than batches differ.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    Own derivation, ``top_k_left_out``. Dictionaries whose latents are composed of features can do better.
    """
    n_features = arguments.whole("n_features", n_features, least=1)
    probability = arguments.real("probability", probability, above=0, below=1)
    k = arguments.whole("k", k, least=1)
    on = range(k + 1, n_features + 1)
    excess = sum(_excess(number, k, n_features, probability) for number in on)
    return float(_unexplained(excess / n_features, probability))


_tilt = function(TILT, q, r)
_excess = function((j - k) * CHANCE, j, k, n, p)
_unexplained = function(UNEXPLAINED, left_out, p)


def _child_steps() -> tuple[Step, ...]:
    parent, child = sp.Matrix([1, 0]), sp.Matrix([sp.sin(delta), sp.cos(delta)])
    both, alone = sp.Matrix([1, 1]), sp.Matrix([0, 1])
    rests = [x - child.dot(x) * child for x in (both, alone)]
    least = r + q / 2 - sp.sqrt(q**2 + 4 * r**2) / 2
    second = (1 - sp.tan(delta)) * parent + child / sp.cos(delta)
    return (
        equal(
            r * rests[0].dot(rests[0]) + q * rests[1].dot(rests[1]),
            LOSS,
            "One latent, at an angle from the child, has both features or the child alone.",
        ),
        equal(sp.Subs(sp.Derivative(LOSS, delta), delta, TILT), 0, "The loss is least at this angle,"),
        equal(LOSS.subs(delta, TILT), least, "where it is this,"),
        equal(
            sp.Subs(sp.Derivative(LOSS, delta, 2), delta, TILT),
            2 * sp.sqrt(q**2 + 4 * r**2),
            "and a minimum.",
        ),
        equal(second[0], both[0], "Two latents have both at any angle below 45 degrees: along the parent,"),
        equal(sp.Mul(child[1], 1 / sp.cos(delta), evaluate=False), both[1], "and along the child,"),
        equal(
            sp.Derivative(q * sp.sin(delta) ** 2, delta),
            q * sp.sin(2 * delta),
            "so that with k = 2 nothing but the child alone turns its latent: back to its own direction.",
        ),
    )


def _left_out_steps() -> tuple[Step, ...]:
    loss = left_out * (1 - beta) ** 2 + (1 - p) * beta**2
    fewer = sp.binomial(n - 1, j - 1) * p ** (j - 1) * (1 - p) ** (n - j)
    return (
        equal(
            j * CHANCE,
            n * p * fewer,
            "Of j features that are on, with binomial j, all beyond k are left out. Their mean number has",
            symbolic=False,
        ),
        equal(
            EXCESS,
            sp.Sum(n * p * fewer - k * CHANCE, (j, k + 1, n)),
            "two sums of binomial chances. Each feature is left out with an nth of it, l.",
            symbolic=False,
        ),
        equal(
            sp.Subs(sp.Derivative(loss, beta), beta, BIAS),
            0,
            "The bias that is best where a feature is left out or off; where it is kept its latent has the "
            "rest.",
        ),
        equal(loss.subs(beta, BIAS), left_out * (1 - p) / (left_out + 1 - p), "Loss of a feature."),
        equal(
            loss.subs(beta, BIAS) / (p * (1 - p)),
            UNEXPLAINED,
            "Over the variance of a feature: the share that is left out.",
        ),
    )


derivations = (
    Derivation(
        name="top_1_child",
        statement=(
            "With k = 1 the latent of a child leans towards its parent by half the angle of tangent 2r/q, "
            "with k = 2 not at all."
        ),
        source="own",
        status="proved",
        proof=_child_steps,
        domains={delta: (0.05, 0.7)},
        prediction="theory.dictionaries.top_1_tilt",
    ),
    Derivation(
        name="top_k_left_out",
        statement=(
            "Where the number of features on varies, a top-k dictionary with a latent for each leaves out "
            "what is on beyond k: a share l/(p (l + 1 - p)) of the variance, l n the mean excess over k."
        ),
        source="own; question of Bussmann et al., arXiv:2412.06410",
        status="proved",
        proof=_left_out_steps,
        domains={p: (0.05, 0.6), n: (6, 9), k: (1, 3), j: (1, 5)},
        prediction="theory.dictionaries.unexplained",
    ),
)
