import numpy as np
import pytest

from theory import Autoencoder, interference


def strengths(model, draws=20_000, seed=2):
    """Interference and feature benefit along the first encoding, for random encodings."""
    rng = np.random.default_rng(seed)
    weights = np.stack([model.initial(rng) for _ in range(draws)])
    products = np.maximum(weights[:, 1:] @ weights[:, 0, :, None], 0)
    squared_norm = (weights[:, 0] ** 2).sum(axis=1)
    return (products**2).sum(axis=(1, 2)), (1 - squared_norm) * squared_norm


def standard_error(values):
    return values.std() / np.sqrt(values.size)


@pytest.mark.parametrize("init_std", [None, 0.1, 0.3])
def test_mean_and_variance_are_those_of_random_encodings(init_std):
    model = Autoencoder(8, 16, 0, init_std)
    strength, _ = strengths(model)
    mean, variance = interference.initial_strength(model), interference.initial_variance(model)
    assert mean == pytest.approx(strength.mean(), abs=3 * standard_error(strength))
    assert variance == pytest.approx(strength.var(), abs=3 * standard_error((strength - mean) ** 2))


@pytest.mark.parametrize("init_std", [None, 0.1])
def test_share_is_that_of_random_encodings(init_std):
    model = Autoencoder(8, 16, 0, init_std)
    strength, benefit = strengths(model)
    share = strength.mean() / np.sqrt((benefit**2).mean())
    errors = [
        standard_error(values) / values.mean() / power for values, power in ((strength, 1), (benefit**2, 2))
    ]
    assert interference.initial_share(model) == pytest.approx(share, rel=3 * np.hypot(*errors))


def test_strength_at_default_deviation():
    assert interference.initial_strength(Autoencoder(64, 128, 0)) == pytest.approx(63 / 256, rel=1e-14)


@pytest.mark.parametrize("m", [10**6, 10**8])
def test_share_needs_more_neurons_than_the_square_of_features_at_unit_length(m):
    """``(n − 1) / √(8m)`` at c = 1, ``(n − 1) c² / (2m (1 − c²))`` below; the next order is 1/m of it."""
    at_one = interference.initial_share(Autoencoder(50, m, 0))
    below = interference.initial_share(Autoencoder(50, m, 0, 0.5 / np.sqrt(m)))
    assert at_one == pytest.approx(49 / np.sqrt(8 * m), rel=20 / m)
    assert below == pytest.approx(49 / (6 * m), rel=20 / m)
