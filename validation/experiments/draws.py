"""Independent streams of random numbers, of which the first ones do not depend on how many there are."""

import numpy as np


def draws(seed: int, number: int) -> list[np.random.Generator]:
    """Return so many independent generators; the first of many are those of few."""
    return [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(number)]
