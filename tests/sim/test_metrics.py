import numpy as np
import pytest
from scipy import sparse

from sim.metrics import (
    benign_pairs,
    dead_features,
    features_on,
    fourth_norms,
    leading_slots,
    polysemantic_neurons,
    winner_kept,
    winners,
)

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


def test_features_on_neurons():
    weights = np.array([CASES["malign pair"][0], CASES["two of two"][0]])
    assert features_on(weights).tolist() == [[2, 0], [2, 2]]
    assert features_on(weights, 0.85).tolist() == [[1, 0], [0, 0]]


def test_benign_pairs_are_of_opposite_signs():
    weights = np.array([[1.0, 0.9, 0.0, 0.4], [-0.8, 1.1, 0.6, -1.0], [0.7, -0.6, -0.5, 0.0]])
    assert benign_pairs(weights).tolist() == [2, 2, 0, 0]
    assert benign_pairs(weights[None], 0.0).tolist() == [[2, 2, 1, 1]]
    assert benign_pairs(sparse.csr_array(weights), 0.0).tolist() == [2, 2, 1, 1]


def test_winner_is_the_largest_weight_with_its_sign():
    weights = np.array([[0.1, -0.9, 0.2], [0.8, 0.1, -0.7], [0.0, 0.0, 0.0]])
    assert winners(weights).tolist() == [[0, -1, 0], [1, 0, 0], [0, 0, 0]]
    np.testing.assert_array_equal(winners(np.stack([weights, -weights]))[1], -winners(weights))


def test_slots_number_neurons_by_sign():
    weights = np.array([[0.1, -0.9, 0.0], [0.8, 0.2, -0.3], [0.0, 0.0, 0.0]])
    assert leading_slots(weights).tolist() == [3, 0, -1]
    assert leading_slots(np.stack([weights, -weights])).tolist() == [[3, 0, -1], [2, 1, -1]]


def test_fourth_norm_depends_on_neither_length_nor_signs():
    weights = np.array([[-3.0, 0.0, 0.0, 0.0], [1e-15, -1e-15, 0.0, 0.0], [2.0, 2.0, -2.0, 2.0], [0.0] * 4])
    np.testing.assert_allclose(fourth_norms(weights), [1, 1 / 2, 1 / 4, np.nan], rtol=1e-14)
    narrow = fourth_norms(weights.astype(np.float32))
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, [1, 1 / 2, 1 / 4, np.nan], rtol=4e-7)
