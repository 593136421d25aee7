"""Many flows to where they rest, on all cores: a Rosenbrock method in Numba, without a Python call a step.

RODAS, of order 4 with an embedded error of order 3, stiffly accurate (Hairer and Wanner, Solving Ordinary
Differential Equations II, section IV.7), in the form without products by the Jacobian; this one comes from
forward differences of the slope.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import get_num_threads, njit

from sim.machine.blas import one_thread
from sim.progress import track
from sim.superposition import kernel, subsets
from theory.superposition import Superposition

GAMMA = 0.25
STAGES = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0],
        [1.544, 0.0, 0.0, 0.0, 0.0],
        [0.9466785280815826, 0.2557011698983284, 0.0, 0.0, 0.0],
        [3.314825187068521, 2.896124015972201, 0.9986419139977817, 0.0, 0.0],
        [1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 0.0],
        [1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1.0],
    ]
)
COUPLING = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0],
        [-5.6688, 0.0, 0.0, 0.0, 0.0],
        [-2.430093356833875, -0.2063599157091915, 0.0, 0.0, 0.0],
        [-0.1073529058151375, -9.594562251023355, -20.47028614809616, 0.0, 0.0],
        [7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160, 0.0],
        [8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054],
    ]
)
FIRST, NUDGE = 1e-2, 1e-7  # step; of the forward differences
LEAST, MOST, SAFETY = 0.2, 6.0, 0.9  # factors of a step
MOST_STEPS = 4000  # ten times what flows take: more at a kink of the slope, where steps no longer grow


def settled(
    model: Superposition, weights: np.ndarray, rtol: float, at_rest: float, latest: float
) -> tuple[np.ndarray, ...]:
    """Return where flows from some weights and biases 0 come to rest.

    Parameters
    ----------
    model : Superposition
        One whose loss is exact.
    weights : ndarray, shape (replicate, feature, neuron)
    rtol : float
        Relative error of a step; the absolute one is a thousandth of it.
    at_rest : float
        Largest slope at which a flow rests.
    latest : float
        Flow time by which it is given up, as it is after `MOST_STEPS`.

    Returns
    -------
    weights : ndarray, shape (replicate, feature, neuron)
    biases : ndarray, shape (replicate, feature)
    losses, times, slopes : ndarray, shape (replicate,)
        Losses and flow times of the ends, and the largest slopes there.
    """
    count, n, m = weights.shape
    points = np.zeros((count, n * m + n))
    points[:, : n * m] = weights.reshape(count, -1)
    known = subsets.states(n if model.probability else 1)
    problem = n, m, model.importances, model.probability, *known

    def settle(point: np.ndarray) -> tuple[float, float, float]:
        return _settle(point, problem, rtol, at_rest, latest)

    with one_thread(), ThreadPoolExecutor(get_num_threads()) as pool:
        ends = list(track(pool.map(settle, points), "descending", total=count))
    return points[:, : n * m].reshape(weights.shape), points[:, n * m :], *np.array(ends).T


@njit(cache=True, nogil=True)
def _settle(at, problem, rtol, at_rest, latest):
    """Move a point along the flow to where it rests, and return loss, time and the largest slope."""
    size, time, step = len(at), 0.0, FIRST
    slope, jacobian, moved = np.empty(size), np.empty((size, size)), np.empty(size)
    changes = np.empty((6, size))
    unit = np.eye(size)
    steps = 0
    while True:
        loss = _slope(at, problem, slope)
        largest = np.abs(slope).max()
        if largest < at_rest or time >= latest or steps >= MOST_STEPS:
            return loss, time, largest
        for k in range(size):
            moved[:] = at
            moved[k] += NUDGE
            _slope(moved, problem, jacobian[k])
            jacobian[k] = (jacobian[k] - slope) / NUDGE  # that of a gradient, which is symmetric
        while True:
            inverse = np.linalg.inv(unit / (GAMMA * step) - (jacobian + jacobian.T) / 2)
            for stage in range(6):
                moved[:] = at
                for k in range(stage):
                    moved += STAGES[stage, k] * changes[k]
                _slope(moved, problem, slope)
                for k in range(stage):
                    slope += COUPLING[stage, k] / step * changes[k]
                changes[stage] = inverse @ slope
            error = 0.0
            for k in range(size):
                new = moved[k] + changes[5, k]
                allowed = rtol * (max(abs(at[k]), abs(new)) + 1e-3)
                error += (changes[5, k] / allowed) ** 2 / size
            taken, steps = step, steps + 1
            step *= min(MOST, max(LEAST, SAFETY * max(error, 1e-20) ** -0.125))
            if error <= 1:
                break
        time += taken
        at[:] = moved + changes[5]


@njit(cache=True, nogil=True)
def _slope(at, problem, out):
    """Write the right-hand side of the flow, and return the loss."""
    n, m, importances, probability, digits, order = problem
    size = n * m
    weights, by_weights = at[:size].reshape(n, m), out[:size].reshape(n, m)
    if probability == 0:
        return kernel.descend(weights, at[size:], importances, by_weights, out[size:])
    return subsets.descend(
        weights, at[size:], importances, probability, digits, order, by_weights, out[size:]
    )
