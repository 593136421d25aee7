import numpy as np
import pytest

from theory import two_layer

EPS, STD = 1 / 64, 0.1


def by_samples(shared, bias, samples=400_000):
    """What a neuron saves that reads features alike through independent normal interference."""
    rng = np.random.default_rng(3)
    x = rng.random((samples, shared)) * (rng.random((samples, shared)) < EPS)
    activity = np.maximum(x.sum(axis=1) + rng.normal(0, STD * shared**0.5, samples) + bias, 0)
    return (activity @ x).sum() ** 2 / shared / samples / (activity @ activity)


@pytest.mark.parametrize("bias", [-0.2, 0.0, 0.1])
@pytest.mark.parametrize("shared", [1, 2, 3])
def test_what_a_neuron_saves_is_that_of_samples(shared, bias):
    assert two_layer.saved(shared, bias, EPS, STD) == pytest.approx(by_samples(shared, bias), rel=0.04)


def test_one_feature_is_the_one_neuron_of_the_best_response():
    best = two_layer.best_response(EPS, STD)
    assert EPS / 3 - two_layer.saved(1, best.biases[0], EPS, STD) == pytest.approx(best.loss, rel=1e-9)


@pytest.mark.parametrize("shared", [2, 4])
def test_sharing_pays_above_a_bias_near_zero_and_not_below(shared):
    bias = two_layer.sharing_bias(EPS, STD, shared)
    assert abs(bias) < 0.5 * STD
    for off, sign in ((-0.05, -1), (0.05, 1)):
        more = [two_layer.saved(r, bias + off, EPS, STD) for r in (shared, 1)]
        assert np.sign(more[0] - more[1]) == sign


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: two_layer.saved(0, 0.0, 0.1, 0.1), "n_shared"),
        (lambda: two_layer.saved(4, 0.0, 0.5, 0.1), "probability"),
        (lambda: two_layer.saved(1, np.nan, 0.5, 0.1), "bias"),
        (lambda: two_layer.sharing_bias(0.1, 0.0), "std"),
        (lambda: two_layer.sharing_bias(0.1, 0.1, 1), "n_shared"),
    ],
)
def test_bad_arguments_are_named(call, named):
    with pytest.raises(ValueError, match=f"^{named} must"):
        call()
