import numpy as np
import pytest

from validation.analysis.geometry import shapes
from validation.analysis.networks import analyze


def polygon(corners, size=1.0):
    angle = 2 * np.pi * np.arange(corners) / corners + 0.3
    return size * np.column_stack([np.cos(angle), np.sin(angle)])


def cosines(weights):
    unit = weights / np.linalg.norm(weights, axis=1, keepdims=True)
    return unit @ unit.T


@pytest.mark.parametrize(
    ("weights", "name"),
    [
        (np.eye(3), "alone"),
        (np.vstack([np.eye(2), -np.eye(2)]), "pair"),
        (polygon(3), "triangle"),
        (np.eye(4) - 0.25, "tetrahedron"),
        (np.eye(6) - 1 / 6, "simplex of 6"),
        (polygon(5), "pentagon"),
        (polygon(6), "hexagon"),
        (polygon(9), "polygon of 9"),
        (np.array([[1, 0], [0.9, 0.4], [-0.2, 1]]), "other"),
    ],
)
def test_shapes_have_their_names(weights, name):
    rng = np.random.default_rng(0)
    turn, _ = np.linalg.qr(rng.normal(size=(weights.shape[1],) * 2))
    noisy = weights @ turn + 0.01 * rng.normal(size=weights.shape)
    assert set(shapes(cosines(noisy), np.ones(len(weights), bool))) == {name}


def test_analysis_has_shapes_and_dimensionalities():
    weights = np.zeros((8, 5))
    weights[:5, :2] = polygon(5, 1.2)
    weights[5, 2], weights[6, 2] = 1, -1
    found = analyze(weights)
    assert found["shape"].values.tolist() == ["pentagon"] * 5 + ["pair"] * 2 + ["dead"]
    np.testing.assert_allclose(found.dimensionality, [0.4] * 5 + [0.5] * 2 + [0], atol=1e-6)
