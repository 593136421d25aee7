import numpy as np
import pytest

from theory import Superposition
from validation.experiments.superposition import sampled_loss


@pytest.mark.parametrize(("n", "m", "p"), [(3, 2, 0.0), (3, 1, 0.5), (9, 2, 0.1)])
def test_samples_agree_with_theory(n, m, p):
    found = sampled_loss.measure(n, m, p, samples=100_000, seed=0)
    assert found.apart.size == 1 + n * m + n
    assert np.abs(found.apart).max() < sampled_loss.MOST
    assert found.error > 0


def test_slopes_are_those_of_the_mean_loss():
    model = Superposition(4, 2, 0.5)
    rng = np.random.default_rng(0)
    x, weights, biases = model.inputs(rng, 50), rng.normal(size=(4, 2)), rng.normal(size=4)
    step = 1e-6

    def at(shift):
        moved = weights + shift[:8].reshape(4, 2), biases + shift[8:]
        return sampled_loss._mean(model, *moved, x)[0]

    slopes = [(at(step * e) - at(-step * e)) / (2 * step) for e in np.eye(12)]
    np.testing.assert_allclose(sampled_loss._mean(model, weights, biases, x)[1:], slopes, atol=1e-7)
