"""Hidden noise: what it adds to feature benefit and interference, averaged over the noise (`theory.noise`).

The output of encoding j on the input e_i sees the inner product ``a = W_i·W_j`` and normal noise of standard
deviation ``s = σ‖W_j‖``. With ``x = a/s`` and ``f = ‖W_j‖₄⁴ / ‖W_j‖⁴`` all terms are finite however short the
encoding is. The noise-free force is taken off before anything is added up, so that nothing cancels.
"""

import functools
import math
from collections.abc import Callable

import numpy as np
from numba import njit

from sim.forces.kinds import Force
from theory.common import arguments

DENSITY = 1 / math.sqrt(2 * math.pi)  # φ(0)


def noise_drift(noise_std: float, excess_kurtosis: float = 0.0) -> Force:
    """Return what hidden noise adds to the averaged force.

    Together with feature benefit and interference it is `theory.noise.force`. At the cusp of the loss where
    an encoding is 0, its own output exerts no force.

    Parameters
    ----------
    noise_std : float
        Standard deviation σ of the noise on each hidden neuron, above 0.
    excess_kurtosis : float
        κ of the noise, at least −2: 0 for Gaussian noise, −2 for random signs.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    arXiv:2312.03096, noise instead of L1.
    """
    std = arguments.real("noise_std", noise_std, above=0)
    kurtosis = arguments.real("excess_kurtosis", excess_kurtosis, least=-2)
    return Force(f"noise_drift({std!r}, {kurtosis!r})", smooth=_of_noise(std, kurtosis))


@functools.cache
def _of_noise(std: float, kurtosis: float) -> Callable:
    @njit
    def smooth(weights, force):
        add_drift(weights, force, std, kurtosis)

    return smooth


@njit(cache=True, nogil=True)
def add_drift(weights, force, std, kurtosis):
    """Add the drift under noise of this standard deviation and excess kurtosis to `force`."""
    n, m = weights.shape
    gram = np.dot(weights, weights.T)
    pull = np.zeros((n, n))  # slopes of the loss of output j (row) by a
    for j in range(n):
        norm = math.sqrt(gram[j, j])
        if norm == 0.0:
            continue
        fourth = 0.0
        for k in range(m):
            fourth += (weights[j, k] / norm) ** 4
        along, cubes = 0.0, 0.0  # slopes of its loss along the unit encoding and along the cubes of that
        for i in range(n):
            x = gram[j, i] / (std * norm)
            pull[j, i], one, other = slopes_of_output(x, norm, fourth, std, kurtosis, i == j)
            along += one
            cubes += other
        for k in range(m):
            unit = weights[j, k] / norm
            force[j, k] -= 0.25 * (along + cubes * unit * unit) * unit
    force -= 0.25 * np.dot(pull + pull.T, weights)


@njit(cache=True, nogil=True)
def slopes_of_output(x, norm, fourth, std, kurtosis, own):
    """Return by what noise changes the slopes of the loss of one output on one input.

    Parameters
    ----------
    x : float
        a/s, the inner product in units of the noise on the output.
    norm, fourth : float
        ‖W_j‖, above 0, and f, of the encoding whose output it is; the noise on it has excess kurtosis κf.
    std, kurtosis : float
        σ and κ of the noise on neurons.
    own : bool
        Whether the input is the feature of the output.

    Returns
    -------
    by_a, along, cubes : float
        By the inner product; by the norm; by the fourth norm, times 4‖W_j‖³.
    """
    s, square = std * norm, x * x
    bell = DENSITY * math.exp(-0.5 * square)
    tail = 0.5 * math.erfc(abs(x) / math.sqrt(2.0))  # Φ(−|x|)
    off = tail if x > 0.0 else 1.0 - tail  # Φ(−x), the share of the time that the output is off
    twelfth = kurtosis * fourth * bell / 12.0
    by_a = 2.0 * s * (bell - abs(x) * tail) - twelfth * s * (1.0 - square)
    along = 2.0 * std * s * (1.0 - off) - twelfth * std * s * x * (square - 3.0)
    cubes = -kurtosis * std * s * x * bell / 3.0
    if own:
        by_a += 2.0 * off - twelfth * x * (3.0 - square)
        along -= 2.0 * std * bell + twelfth * std * (square * square - 6.0 * square + 3.0)
        cubes -= kurtosis * std * (square - 1.0) * bell / 3.0
    return by_a, along, cubes
