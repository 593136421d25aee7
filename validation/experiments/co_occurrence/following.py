"""What is noted of a flow on its way: active weights, and the runners-up of the features of benign pairs."""

import numpy as np

from sim.flow import Flow

SPARSE = 1.1  # active weights of a feature, on average, at which a run counts as sparse


def follow(flow: Flow, times: np.ndarray) -> dict[str, np.ndarray]:
    """Follow a flow: active weights over time and, of each benign pair, the runner-up as it ends.

    The runner-up is relative to the length of its encoding, of the feature that is second to have but one
    weight, at the time when the other has; 0 if both are first.
    """
    course = []
    for time in times:
        flow.advance(time)
        course.append(flow.weights.astype(np.float32))
    sizes = np.abs(np.array(course))
    active = (sizes > 0).sum(axis=-1)
    runner_up = np.full(sizes.shape[1] // 2, np.nan)
    large = sizes[-1] > 0.5
    for place, neuron in enumerate(np.flatnonzero(large.sum(axis=0) == 2)[: runner_up.size]):
        pair = np.flatnonzero(large[:, neuron])
        first = np.argmax((active[:, pair] <= 1).any(axis=1))
        encodings = sizes[first, pair]
        others = np.delete(encodings, neuron, axis=1).max(axis=1) / np.linalg.norm(encodings, axis=1)
        runner_up[place] = others.max()
    return {"final": flow.weights.copy(), "active": active.mean(axis=-1), "runner_up": runner_up}


def sparse_at(times: np.ndarray, active: np.ndarray) -> float:
    """Return when a feature has on average at most `SPARSE` active weights, interpolated in logarithms."""
    below = np.flatnonzero(active <= SPARSE)
    if not below.size or not below[0] or times[below[0] - 1] <= 0:
        return np.nan
    at = [below[0] - 1, below[0]]
    fallen = np.log(active[at[0]] / SPARSE) / np.log(active[at[0]] / active[at[1]])
    return float(times[at[0]] * (times[at[1]] / times[at[0]]) ** fallen)
