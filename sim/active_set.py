"""The flow on the active weights alone: once most weights are dead, work follows those that live.

An encoding is a list of neurons with a weight on each; a neuron is a list of the features on it. One row at
a time, its inner products with the encodings that share a neuron give its mismatch, and those that push it
give the force, on its dead weights too. The cost is Σ_k (features on neuron k)² and, for each positive inner
product, the length of the other encoding; no matrix is formed.
"""

import numpy as np
from numba import njit

WORTH = 0.1  # share of active weights below which the lists beat BLAS, as measured at n = 64


@njit(cache=True, nogil=True)
def pack(weights, velocity, neurons, values, velocities, counts):
    """List the active weights of each encoding and their velocities; return how many there are."""
    total = 0
    for i in range(weights.shape[0]):
        count = 0
        for k in range(weights.shape[1]):
            if weights[i, k] != 0.0:
                neurons[i, count], values[i, count] = k, weights[i, k]
                velocities[i, count] = velocity[i, k]
                count += 1
        counts[i] = count
        total += count
    return total


@njit(cache=True, nogil=True)
def unpack(neurons, values, velocities, counts, weights, velocity):
    """Write the lists back to arrays."""
    weights[:] = 0.0
    velocity[:] = 0.0
    for i in range(weights.shape[0]):
        for a in range(counts[i]):
            weights[i, neurons[i, a]] = values[i, a]
            velocity[i, neurons[i, a]] = velocities[i, a]


@njit(cache=True, nogil=True)
def by_neuron(neurons, values, counts, starts, features, sizes):
    """List the features on each neuron: those of neuron k are ``starts[k]`` to ``starts[k + 1]``."""
    starts[:] = 0
    for i in range(counts.size):
        for a in range(counts[i]):
            starts[neurons[i, a] + 1] += 1
    for k in range(starts.size - 1):
        starts[k + 1] += starts[k]
    for i in range(counts.size):
        for a in range(counts[i]):
            k = neurons[i, a]
            features[starts[k]], sizes[starts[k]] = i, values[i, a]
            starts[k] += 1
    for k in range(starts.size - 1, 0, -1):
        starts[k] = starts[k - 1]
    starts[0] = 0


@njit(cache=True, nogil=True)
def proximal_step(old, new, feature_benefit, interference, h, l1, revive):
    """Take one proximal Euler step of the lists `old` into `new`.

    Parameters
    ----------
    old, new : tuple
        Neurons, values and velocities, each of shape (feature, neuron), and counts, shape (feature,).
    feature_benefit, interference : bool
    h, l1 : float
    revive : bool
        Whether dead weights may be reborn.

    Returns
    -------
    died, reborn : int
    unsteady : float
        Largest change of the velocity of an encoding since the last step.
    """
    neurons, values, _, counts = old
    n, m = neurons.shape
    total = counts.sum()
    starts, features, sizes = np.empty(m + 1, np.int64), np.empty(total, np.int64), np.empty(total)
    by_neuron(neurons, values, counts, starts, features, sizes)
    product, met, others = np.empty(n), np.full(n, -1), np.empty(n, np.int64)
    force, reached, places = np.empty(m), np.full(m, -1), np.empty(m, np.int64)
    died, reborn, unsteady = 0, 0, 0.0
    for i in range(n):
        n_others = 0
        for a in range(counts[i]):
            for b in range(starts[neurons[i, a]], starts[neurons[i, a] + 1]):
                j = features[b]
                if met[j] != i:
                    met[j], product[j], others[n_others] = i, 0.0, j
                    n_others += 1
                product[j] += values[i, a] * sizes[b]
        n_places = 0
        for b in range(n_others):
            j = others[b]
            if j == i:
                mismatch = 1.0 - product[i] if feature_benefit else 0.0
            else:
                mismatch = -product[j] if interference and product[j] > 0.0 else 0.0
            if mismatch != 0.0 or j == i:
                for a in range(counts[j]):
                    k = neurons[j, a]
                    if reached[k] != i:
                        reached[k], force[k], places[n_places] = i, 0.0, k
                        n_places += 1
                    force[k] += mismatch * values[j, a]
        d, r, change = _update_row(i, old, new, force, reached, places[:n_places], h, l1, revive)
        died, reborn, unsteady = died + d, reborn + r, max(unsteady, change)
    return died, reborn, np.sqrt(unsteady)


@njit(cache=True, nogil=True)
def _update_row(i, old, new, force, reached, places, h, l1, revive):
    """Step the living weights of one encoding, then see whether a dead one is reborn."""
    neurons, values, velocities, counts = old
    count, died, reborn, change = 0, 0, 0, 0.0
    for a in range(counts[i]):
        k, w = neurons[i, a], values[i, a]
        moved = w + h * force[k]
        reached[k] = -2 - i  # seen: only dead neurons are left for rebirth
        moved = moved - h * l1 if moved > h * l1 else (moved + h * l1 if moved < -h * l1 else 0.0)
        if moved == 0.0:
            died += 1
            change += velocities[i, a] ** 2
        else:
            v = (moved - w) / h
            change += (v - velocities[i, a]) ** 2
            new[0][i, count], new[1][i, count], new[2][i, count] = k, moved, v
            count += 1
    if revive:
        for k in places:
            if reached[k] == i and abs(force[k]) > l1:
                new[0][i, count], new[2][i, count] = k, 0.0
                new[1][i, count] = h * (force[k] - l1 if force[k] > 0.0 else force[k] + l1)
                count += 1
                reborn += 1
    new[3][i] = count
    return died, reborn, change
