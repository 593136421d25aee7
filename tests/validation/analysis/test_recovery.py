import itertools

import numpy as np
import pytest

from validation.analysis.recovery import recovery


def directions(rng, *shape):
    drawn = rng.normal(size=shape)
    return drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)


def test_finds_features_whatever_the_order_and_length_of_latents():
    rng = np.random.default_rng(0)
    features = directions(rng, 6, 4)
    order = rng.permutation(9)
    decoder = np.vstack([features, directions(rng, 3, 4)])[order] * rng.uniform(0.5, 2, (9, 1))
    found = recovery(decoder, features)
    np.testing.assert_allclose(found.cosine, 1)
    np.testing.assert_array_equal(order[found.latent], np.arange(6))
    assert found.share == 1


def test_a_latent_of_the_wrong_sign_has_not_found_its_feature():
    features = np.eye(3)
    found = recovery(np.diag([1.0, -1.0, 1.0]), features)
    assert found.share == pytest.approx(2 / 3)
    np.testing.assert_array_equal(found.cosine, [1, 0, 1])
    np.testing.assert_array_equal(found.latent, [0, -1, 2])


def test_all_features_count_if_there_are_fewer_latents():
    found = recovery(np.eye(4)[:1], np.eye(4))
    np.testing.assert_array_equal(found.cosine, [1, 0, 0, 0])
    np.testing.assert_array_equal(found.latent, [0, -1, -1, -1])
    assert found.share == 0.25


def test_one_latent_is_not_counted_for_two_features():
    features = np.array([[1.0, 0.1], [1.0, -0.1]])
    found = recovery([[1.0, 0.0], [-1.0, 0.0]], features)
    assert found.share == 0.5
    assert found.unique == 1  # each has one latent near it, the same
    assert recovery([[1.0, 0.0], [1.0, 0.05]], features).unique == 0


def test_the_assignment_is_the_best_of_all():
    rng = np.random.default_rng(1)
    decoder, features = directions(rng, 5, 3), directions(rng, 4, 3)
    best = max((features * decoder[list(chosen)]).sum() for chosen in itertools.permutations(range(5), 4))
    assert recovery(decoder, features).cosine.sum() == pytest.approx(best)


@pytest.mark.parametrize(("latents", "n", "inputs"), [(6, 6, 6), (128, 64, 24), (5, 20, 8)])
def test_random_dictionaries_are_at_the_level_of_chance(latents, n, inputs):
    rng = np.random.default_rng(2)
    features = directions(rng, n, inputs)
    found = [recovery(directions(rng, latents, inputs), features) for _ in range(20)]
    means = [one.cosine.mean() for one in found]
    error = 3 * np.std(means) * (2 / 20) ** 0.5
    assert abs(np.mean(means) - found[0].chance) < error
    assert 0 < found[0].chance < 1
    assert found[0].chance == found[1].chance


def test_in_the_plane_one_latent_and_one_feature_are_at_chance_0():
    assert abs(recovery([[1.0, 0.0]], [[0.0, 1.0]]).chance) < 0.5


@pytest.mark.parametrize(
    ("decoder", "features", "name"),
    [
        (np.zeros((2, 3)), np.eye(3), "decoder"),
        (np.eye(2), np.eye(3), "decoder"),
        (np.eye(3), np.eye(3)[0], "true_features"),
        (np.full((2, 2), np.nan), np.eye(2), "decoder"),
    ],
)
def test_bad_input_is_named(decoder, features, name):
    with pytest.raises(ValueError, match=rf"^{name} must"):
        recovery(decoder, features)
