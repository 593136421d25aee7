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
    assert interference.initial_share(model) == pytest.approx(share, rel=0.05)


def test_strength_at_default_deviation():
    assert interference.initial_strength(Autoencoder(64, 128, 0)) == pytest.approx(63 / 256, rel=1e-14)


def test_share_needs_more_neurons_than_the_square_of_features_at_unit_length():
    n = 50
    assert interference.initial_share(Autoencoder(n, 10 * n, 0)) > 0.5
    assert interference.initial_share(Autoencoder(n, 10 * n, 0, 0.5 / np.sqrt(10 * n))) < 0.05
    assert interference.initial_share(Autoencoder(n, 10 * n**2, 0)) < 0.15
