"""Gradient of the expected loss with any number of features on, in Numba: `theory.superposition.cube`.

Each state says which features are off, random or at 1. An output's mean square, mean and overlap with its
own feature in a state are means of those in states with one random feature less; derivatives go back the same
way.
"""

import functools

import numpy as np
from numba import njit


@functools.cache
def states(n):
    """Return the base-3 digits of all states, (state, feature), and the states by their random features."""
    digits = np.arange(3**n)[:, None] // 3 ** np.arange(n) % 3
    return digits.astype(np.int8), np.argsort((digits == 1).sum(axis=1), kind="stable")


@njit(cache=True, nogil=True)
def descend(weights, biases, importances, probability, digits, order, by_weights, by_biases):
    """Write minus the gradient by weights (feature, neuron) and biases, and return the loss."""
    n = weights.shape[0]
    products = weights @ weights.T
    by_weights[:] = 0.0
    loss = probability * importances.sum() / 3
    means, bars = np.empty((len(digits), 3)), np.empty((len(digits), 3))
    by_product = np.empty(n)
    for j in range(n):
        for s in order:
            _forward(s, j, products[j], biases[j], digits[s], means)
        loss += _start(j, importances[j], probability, digits, means, bars)
        by_product[:] = 0.0
        by_biases[j] = 0.0
        for s in order[::-1]:
            by_biases[j] -= _back(s, j, products[j], biases[j], digits[s], means, bars, by_product)
        for i in range(n):
            by_weights[i] -= by_product[i] * weights[j]
            by_weights[j] -= by_product[i] * weights[i]
    return loss


@njit(cache=True, nogil=True)
def _range(products, bias, digits):
    """Return the least value of what enters the ReLU, its range, its variance, and the random features."""
    low, width, variance, count = bias, 0.0, 0.0, 0
    for i in range(len(products)):
        if digits[i] == 2 or (digits[i] == 1 and products[i] < 0):
            low += products[i]
        if digits[i] == 1:
            width += abs(products[i])
            variance += products[i] ** 2 / 12
            count += 1
    return low, width, variance, count


@njit(cache=True, nogil=True)
def _forward(s, j, products, bias, digits, means):
    """Write mean square, mean and overlap of output j in state s."""
    low, width, variance, count = _range(products, bias, digits)
    own = digits[j] == 1
    means[s] = 0.0
    if low >= 0:
        middle = low + width / 2
        means[s, 0], means[s, 1] = middle**2 + variance, middle
        means[s, 2] = middle / 2 + products[j] / 12 if own else 0.0
    elif low + width > 0:
        t = -low / width
        place = 1
        for i in range(len(products)):
            if digits[i] == 1:
                high, least = (s + place, s - place) if products[i] >= 0 else (s - place, s + place)
                for k in range(3 if own and i != j else 2):
                    means[s, k] += (1 - t) * means[high, k] + t * means[least, k]
            place *= 3
        means[s, 0] /= 2 + count
        means[s, 1] /= 1 + count
        if own:
            means[s, 2] += (1 - t) * means[s + 3**j, 1] + t * means[s, 1]
            means[s, 2] /= 2 + count


@njit(cache=True, nogil=True)
def _start(j, importance, probability, digits, means, bars):
    """Write the derivatives of the loss by the means of all states, and return output j's part of it."""
    loss = 0.0
    for s in range(len(digits)):
        chance = importance
        for digit in digits[s]:
            chance *= 0.0 if digit == 2 else probability if digit == 1 else 1 - probability
        bars[s, 0], bars[s, 1], bars[s, 2] = chance, 0.0, -2 * chance
        loss += chance * (means[s, 0] - 2 * means[s, 2])
    return loss


@njit(cache=True, nogil=True)
def _back(s, j, products, bias, digits, means, bars, by_product):
    """Pass derivatives on from state s, add those by products, and return that by the bias."""
    low, width, _, count = _range(products, bias, digits)
    own = digits[j] == 1
    if low + width <= 0 and low < 0:
        return 0.0
    if low >= 0:
        overlap = bars[s, 2] if own else 0.0
        by_low = 2 * (low + width / 2) * bars[s, 0] + bars[s, 1] + overlap / 2
        by_width = by_low / 2
        by_product[j] += overlap / 12
    else:
        t, by_share = -low / width, 0.0
        if own:
            bar = bars[s, 2] / (2 + count)
            bars[s + 3**j, 1] += (1 - t) * bar
            bars[s, 1] += t * bar
            by_share += bar * (means[s, 1] - means[s + 3**j, 1])
        place = 1
        for i in range(len(products)):
            if digits[i] == 1:
                high, least = (s + place, s - place) if products[i] >= 0 else (s - place, s + place)
                for k in range(3 if own and i != j else 2):
                    bar = bars[s, k] / (1 + count if k == 1 else 2 + count)
                    bars[high, k] += (1 - t) * bar
                    bars[least, k] += t * bar
                    by_share += bar * (means[least, k] - means[high, k])
            place *= 3
        by_low, by_width = -by_share / width, -by_share * t / width
    for i in range(len(products)):
        if digits[i] == 2:
            by_product[i] += by_low
        elif digits[i] == 1:
            by_product[i] += by_width if products[i] >= 0 else by_low - by_width
            if low >= 0:
                by_product[i] += bars[s, 0] * products[i] / 6
    return by_low
