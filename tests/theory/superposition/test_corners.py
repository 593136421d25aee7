import numpy as np
import pytest
from scipy import optimize

from theory import Superposition, superposition


@pytest.mark.parametrize("corners", [5, 6, 7, 8, 11])
def test_regular_polygons_have_the_best_length_and_bias(corners):
    model = Superposition(corners, 2, 0)
    angle = 2 * np.pi * np.arange(corners) / corners
    unit = np.column_stack([np.cos(angle), np.sin(angle)])

    def loss(at):
        return superposition.expected_loss(at[0] * unit, np.full(corners, at[1]), model)

    length, bias, least = superposition.regular_polygon(corners)
    assert loss([length**0.5, bias]) == pytest.approx(least, abs=1e-14)
    grid = [
        (size, -share * size**2) for size in np.linspace(0.8, 2, 8) for share in np.linspace(0.05, 0.95, 10)
    ]
    best = optimize.minimize(
        loss, min(grid, key=loss), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-14}
    )
    assert least == pytest.approx(best.fun, abs=1e-9)


def test_few_corners_cost_nothing():
    assert superposition.regular_polygon(3)[2] == superposition.regular_polygon(4)[2] == 0


def test_polygons_of_five_features():
    stable = [point for point in superposition.polygons(5) if point.stable and not point.dead]
    assert [(point.corners, point.regular, point.flat) for point in stable] == [(5, True, 0), (4, True, 1)]
    pentagon, square = stable
    assert pentagon.loss == pytest.approx(superposition.regular_polygon(5)[2], abs=1e-14)
    assert square.loss == pytest.approx((1 / 3 - 1 / 20) / 5, abs=1e-14)
    assert square.biases[4] == pytest.approx(1 / 10)


def test_polygons_are_critical_points_and_dead_features_cost_a_third():
    model = Superposition(5, 2, 0)
    for point in superposition.polygons(5):
        assert (
            max(np.abs(part).max() for part in superposition.gradient(point.weights, point.biases, model))
            < 1e-11
        )
        assert superposition.expected_loss(point.weights, point.biases, model) == point.loss
    (dead,) = (
        point for point in superposition.polygons(5) if point.multiplicities == (1,) * 4 and point.dead
    )
    assert dead.loss == pytest.approx(1 / 15, abs=1e-14)


@pytest.mark.slow
def test_two_features_may_share_a_corner_of_a_hexagon():
    points = {point.multiplicities: point for point in superposition.polygons(7) if not point.dead}
    shared = points[1, 1, 1, 1, 1, 2]
    assert shared.stable
    assert not shared.regular
    assert superposition.regular_polygon(7)[2] < shared.loss < points[(1,) * 5].loss


@pytest.mark.parametrize(("n", "length"), [(6, 0.6), (6, 0.75), (12, superposition.regular_polygon(5)[0])])
def test_left_out_features_stay_out_above_the_threshold(n, length):
    angle = 2 * np.pi * np.arange(5) / 5
    model = Superposition(n, 2, 0)
    weights, biases = np.zeros((n, 2)), np.full(n, 1 / (2 * n))
    weights[:5] = length**0.5 * np.column_stack([np.cos(angle), np.sin(angle)])
    biases[:5] = -0.28
    before = superposition.expected_loss(weights, biases, model)
    weights[-1] = 1e-3 * np.array([np.cos(0.4), np.sin(0.4)])
    rise = superposition.expected_loss(weights, biases, model) - before
    assert rise == pytest.approx((5 * length - (4 - 3 / n)) / 6 * 1e-6 / n, rel=1e-3)


def test_dimensionality():
    square = np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1]])
    np.testing.assert_allclose(superposition.dimensionality(square), 0.5)
    angle = 2 * np.pi * np.arange(5) / 5
    pentagon = 3 * np.column_stack([np.cos(angle), np.sin(angle)])
    np.testing.assert_allclose(superposition.capacity(pentagon), 0.4)
    assert superposition.dimensionality(np.zeros((3, 2))).tolist() == [0, 0, 0]
    assert superposition.dimensions_per_feature(square) == 0.5
    tiny = superposition.dimensionality(1e-90 * pentagon)
    np.testing.assert_allclose(tiny, 0.4)
    with pytest.raises(ValueError, match="weights"):
        superposition.dimensionality([1.0])


def test_boundary_of_the_pair():
    boundary = superposition.phase_boundary(1.0)
    assert superposition.pair_loss(boundary) == pytest.approx(superposition.alone_loss(boundary), rel=1e-4)
    assert superposition.pair_loss(0.9 * boundary) < superposition.alone_loss(0.9 * boundary)
    assert boundary > 4 / 7  # of encodings of length 1
    assert superposition.phase_boundary(0.5) == pytest.approx(superposition.phase_boundary(2.0))
    rare = superposition.pair_loss(1e-3) / (1e-6 / 3)
    assert rare == pytest.approx(1, abs=0.01)
    with pytest.raises(ValueError, match="importance"):
        superposition.phase_boundary(0.0)


def test_pairs_on_more_neurons_cost_what_each_costs():
    """Three pairs and a feature alone, on four neurons: a critical point, whose loss is the sum of theirs."""
    p = 0.2
    model = Superposition(7, 4, p)
    weights = np.zeros((7, 4))
    weights[[0, 2, 4, 6], range(4)], weights[[1, 3, 5], range(3)] = 1, -1
    weights, biases, slope = superposition.newton(weights, np.append(np.full(6, 0.01), 0.0), model)
    assert slope < 1e-9
    products = np.abs(weights @ weights.T) > 1e-6
    assert products.sum() == 3 * 4 + 1
    loss = superposition.expected_loss(weights, biases, model)
    assert loss == pytest.approx(3 * superposition.pair_loss(p), rel=1e-7)
    assert loss < 3 * superposition.alone_loss(p)
