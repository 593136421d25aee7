import numpy as np
import pytest

from theory import TwoLayer, two_layer
from validation.training.sparse_samples import draw


def plane(angles):
    return np.column_stack([np.cos(angles), np.sin(angles)])


@pytest.mark.parametrize("m", [5, 8, 12])
def test_two_less_than_the_neurons_are_exact_one_at_a_time(m):
    n = m - 2
    signs = (-1.0) ** np.arange(m)  # with equal ones a feature can be on one side of all neurons
    directions = signs[:, None] * plane(np.arange(m) * np.pi / m)
    features = plane(np.pi / 2 + (np.arange(n) + 0.4) * np.pi / m)  # each between other neurons
    read = directions @ features.T  # (neuron, feature)
    plane_and_sizes = np.hstack([directions, np.abs(read)])
    write = np.linalg.solve(plane_and_sizes.T, np.vstack([np.zeros((2, n)), 2 * np.eye(n)])).T
    for x in (0.7, -0.3):
        outputs = write @ np.maximum(read * x, 0)
        np.testing.assert_allclose(outputs, abs(x) * np.eye(n), atol=1e-6)
    assert two_layer.absolute_losses(n, m, 0.1).superposed == 0


@pytest.mark.parametrize("p", [0.1, 0.8])
def test_moments_are_those_of_the_samples(p):
    model = TwoLayer(1, 1, 1, p, task="absolute")
    x = np.abs(draw(np.random.default_rng(0), model.probabilities(), 400_000, True, "float64").dense(1)[:, 0])
    assert two_layer.absolute_power(p) == pytest.approx((x**2).mean(), rel=0.02)
    shares = two_layer.absolute_losses(9, 4, p)
    assert shares.least == pytest.approx(5 / 9 * x.var() / (x**2).mean(), rel=0.02)
    assert shares.least <= shares.superposed
    assert shares.least <= shares.naive


def test_no_linear_readout_is_below_the_least():
    rng = np.random.default_rng(1)
    model = TwoLayer(6, 6, 3, 0.4, task="absolute")
    x = draw(rng, model.probabilities(), 20_000, True, "float64").dense(6)
    hidden = np.maximum(x @ rng.normal(size=(6, 3)), 0)
    left = np.abs(x) - hidden @ np.linalg.lstsq(hidden, np.abs(x), rcond=None)[0]
    share = (left**2).sum() / (x**2).sum()
    assert share > two_layer.absolute_losses(6, 3, 0.4).least


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="n_neurons"):
        two_layer.absolute_losses(4, 0, 0.1)
    with pytest.raises(ValueError, match="probability"):
        two_layer.absolute_power(0)
