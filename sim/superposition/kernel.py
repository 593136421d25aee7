"""Gradient of the expected loss with one feature on, by hand in Numba, for right-hand sides of the flow."""

from numba import njit


@njit(cache=True, nogil=True)
def descend(weights, biases, importances, by_weights, by_biases):
    """Write minus the gradient by weights (feature, neuron) and biases, and return the loss."""
    n, m = weights.shape
    by_weights[:] = 0.0
    by_biases[:] = 0.0
    loss = 0.0
    for i in range(n):  # the feature that is on
        for j in range(n):  # output
            product = 0.0
            for k in range(m):
                product += weights[i, k] * weights[j, k]
            bias = biases[j]
            low, high = 0.0, 1.0  # where the output is on
            if product > 0:
                low = min(1.0, max(0.0, -bias / product))
            elif product < 0:
                high = min(1.0, max(0.0, -bias / product))
            elif bias <= 0:
                high = 0.0
            first, second, third = high - low, (high**2 - low**2) / 2, (high**3 - low**3) / 3
            mean = product * second + bias * first
            overlap = product * third + bias * second
            factor = importances[j] / n
            loss += factor * (product * overlap + bias * mean)
            if i == j:
                loss += factor * (1 / 3 - 2 * overlap)
                mean -= second
                overlap -= third
            by_biases[j] -= 2 * factor * mean
            for k in range(m):
                by_weights[i, k] -= 2 * factor * overlap * weights[j, k]
                by_weights[j, k] -= 2 * factor * overlap * weights[i, k]
    return loss
