import numpy as np
import pytest

from validation.analysis.latents import absorption, firing

FEATURES = np.array([[1.0, 0, 0, 0], [2.0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])


def test_precision_recall_and_shrinkage():
    latents = np.array([[0.0, 0.9, 0], [0.5, 1.9, 0], [0.5, 0.3, 0], [0.0, 0, 0]])
    found = firing(latents, FEATURES, [1, 0, 2, -1])
    np.testing.assert_allclose(found.precision, [2 / 3, 1, np.nan, np.nan])
    np.testing.assert_allclose(found.recall, [1, 1, np.nan, np.nan])
    np.testing.assert_allclose(found.f1, [0.8, 1, np.nan, np.nan])
    np.testing.assert_allclose(found.shrinkage, [1 - (0.9 + 3.8) / 5, 0.5, np.nan, np.nan])


def test_a_dead_latent_is_unknown_and_a_wrong_one_is_not():
    latents = np.array([[0.0, 0.0], [0, 0], [0, 0], [0, 1.0]])
    found = firing(latents, FEATURES, [0, 1, -1, -1])
    assert np.isnan(found.f1[0])
    assert found.f1[1] == 0


def test_absorption_counts_silent_parents():
    features = np.array([[1.0, 1, 0], [1, 1, 0], [1, 0, 0], [0, 0, 1]])
    latents = np.array([[0.0, 1, 0], [0.2, 1, 0], [1, 0, 0], [0, 0, 1]])
    np.testing.assert_allclose(absorption(latents, features, [0, 1, 2], {0: 1, 2: 1}), [0.5, np.nan])


@pytest.mark.parametrize("latent", [[0, 1], [0, 1, 2, 5], [0.0, 1, 2, 2], [-2, 0, 0, 0]])
def test_latents_must_be_there(latent):
    with pytest.raises(ValueError, match=r"^latent must"):
        firing(np.ones((4, 3)), FEATURES, latent)
