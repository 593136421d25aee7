import numpy as np
import pytest

from sim.metrics import dead_features, polysemantic_neurons, winner_kept

CASES = {
    "monosemantic": ([[1.0, 0.0], [0.0, 1.0]], 0),
    "benign pair": ([[1.0, 0.0], [-1.0, 0.0]], 1),
    "malign pair": ([[0.9, 0.0], [0.8, 0.0]], 1),
    "small weight": ([[1.0, 0.0], [-0.4, 0.9]], 0),
    "two of two": ([[0.7, -0.7], [0.7, 0.7]], 2),
}


@pytest.mark.parametrize(("weights", "count"), CASES.values(), ids=CASES)
def test_polysemantic_neurons(weights, count):
    assert polysemantic_neurons(np.array(weights)) == count


def test_replicates_are_counted_one_by_one():
    weights = np.array([weights for weights, _ in CASES.values()])
    np.testing.assert_array_equal(polysemantic_neurons(weights), [count for _, count in CASES.values()])


def test_threshold_is_checked():
    with pytest.raises(ValueError, match=r"^threshold must"):
        polysemantic_neurons(np.eye(2), -1.0)


def test_winners_and_dead_features():
    initial = np.array([[0.1, -0.5], [0.4, 0.2], [0.3, 0.1]])
    final = np.array([[0.0, -1.0], [0.0, 1.0], [0.0, 0.0]])
    assert winner_kept(initial, final) == pytest.approx(1 / 3)
    assert dead_features(final) == 1
