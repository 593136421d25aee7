import numpy as np
import pytest

from theory import Autoencoder
from validation.training.initial_weights import INITIALS

MODEL = Autoencoder(30, 400, 0.01, init_std=0.2)


def draw(name, model=MODEL):
    return INITIALS[name]().draw(model, np.random.default_rng(13))


@pytest.mark.parametrize(
    ("name", "deviation", "limit"),
    [
        ("normal", 0.2, np.inf),
        ("uniform", 0.2, 0.2 * 3**0.5),
        ("xavier", (2 / 430) ** 0.5, (6 / 430) ** 0.5),
        ("orthogonal", 0.2, np.inf),
    ],
)
def test_mean_deviation_and_range(name, deviation, limit):
    weights = draw(name)
    assert weights.shape == (30, 400)
    assert abs(weights.mean()) < 4 * deviation / np.sqrt(weights.size)
    np.testing.assert_allclose(weights.std(), deviation, rtol=4 / np.sqrt(weights.size))
    assert np.abs(weights).max() <= limit


def test_normal_is_that_of_the_model():
    np.testing.assert_array_equal(draw("normal"), MODEL.initial(np.random.default_rng(13)))


@pytest.mark.filterwarnings("ignore:n_neurons")
@pytest.mark.parametrize("shape", [(5, 5), (5, 9), (9, 5)])
def test_orthogonal(shape):
    weights = draw("orthogonal", Autoencoder(*shape, 0.01))
    short = weights if shape[0] <= shape[1] else weights.T
    np.testing.assert_allclose(short @ short.T, np.eye(len(short)), atol=1e-12)
