import numpy as np
import pytest

from theory import TwoLayer

RNG = np.random.default_rng


def test_frequencies():
    equal = TwoLayer(512, 64, 8, 1 / 64)
    np.testing.assert_array_equal(equal.probabilities(), 1 / 64)
    power = TwoLayer(512, 64, 8, 1 / 64, frequencies="power_law").probabilities()
    np.testing.assert_allclose(power[1:8] / power[3], (4 / np.arange(2.0, 9)) ** 1.1)
    assert power[0] == 1  # cut off
    rare = TwoLayer(512, 64, 8, 1e-3, frequencies="power_law").probabilities()
    assert rare.sum() == pytest.approx(0.512)
    assert TwoLayer(512, 64, 8, 1e-3, task="absolute", frequencies="power_law").probabilities().sum() == (
        pytest.approx(0.256)
    )


@pytest.mark.parametrize("projection", ["orthogonal", "independent"])
def test_projections(projection):
    rows = TwoLayer(96, 24, 8, 0.1, projection=projection).project(RNG(0))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1)
    gram = rows.T @ rows / (96 / 24)
    spread = np.abs(gram - np.eye(24)).max()
    assert spread < 0.25 if projection == "orthogonal" else spread > 0.25


def test_initial_weights_are_those_of_pytorch_with_shifted_biases():
    first, second = TwoLayer(8, 4, 400, 0.1).initial(RNG(1), -1.0), TwoLayer(8, 4, 400, 0.1).initial(RNG(1))
    assert {name: array.shape for name, array in first.items()} == {
        "W1": (4, 400),
        "b1": (400,),
        "W2": (400, 8),
    }
    np.testing.assert_allclose(second["b1"] - first["b1"], 1)
    for array, limit in ((first["W1"], 0.5), (second["b1"], 0.5), (first["W2"], 0.05)):
        assert 0.95 * limit < np.abs(array).max() <= limit
        assert array.std() == pytest.approx(limit / 3**0.5, rel=0.1)


def test_outputs():
    assert TwoLayer(8, 4, 5, 0.1).n_outputs == TwoLayer(8, 4, 5, 0.1, task="absolute").n_outputs == 8
    assert TwoLayer(8, 4, 5, 0.1, task="reprojector").n_outputs == 4


@pytest.mark.parametrize(
    ("named", "bad"),
    [
        ("n_features", {"n_features": 0}),
        ("n_inputs", {"n_inputs": 9}),
        ("n_neurons", {"n_neurons": 2.5}),
        ("probability", {"probability": 0.0}),
        ("probability", {"probability": 1.5}),
        ("task", {"task": "encoder"}),
        ("activation", {"activation": "tanh"}),
        ("frequencies", {"frequencies": "zipf"}),
        ("projection", {"projection": 3}),
    ],
)
def test_bad_arguments_are_named(named, bad):
    given = {"n_features": 8, "n_inputs": 4, "n_neurons": 5, "probability": 0.1} | bad
    with pytest.raises(ValueError, match=f"^{named} must"):
        TwoLayer(**given)
