"""The analysis on constructed networks, the answer to each of which is known."""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import ortho_group

from sim import simulate
from sim.metrics import polysemantic_neurons
from theory import Autoencoder
from validation import analyze


def monosemantic():
    return np.eye(6, 10)


def on_one_neuron(*signs):
    """Features with these signs on neuron 0; three more on neurons of their own, of eight."""
    encodings = np.zeros((len(signs) + 3, 8))
    encodings[: len(signs), 0] = signs
    encodings[len(signs) :, 1:4] = np.eye(3)
    return encodings


def pentagon():
    angles = 2 * np.pi * np.arange(5) / 5
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def pairs_everywhere():
    return np.concatenate([np.eye(4), -np.eye(4)])


def rotated(n, m):
    return np.eye(n, m) @ ortho_group.rvs(m, random_state=1)


def gaussian(n, m):
    return np.random.default_rng(2).normal(0, m**-0.5, (n, m))


def with_dead_features():
    encodings = on_one_neuron(1, -1)
    encodings[-2:] = [[0], [1e-3]]  # one by zeros, one by what subgradient steps leave
    return encodings


def mixture():
    return np.concatenate([np.eye(12, 32), -np.eye(5, 32), rotated_block()])


def rotated_block():
    """Return two features on two neurons, 45 degrees off: a basis shared, and no dimension."""
    block = np.zeros((2, 32))
    block[:, 30:] = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    return block


KNOWN = {
    "monosemantic": (monosemantic(), {"monosemantic": 6, "dead": 4}),
    "benign pair": (on_one_neuron(1, -1), {"incidental": 1, "monosemantic": 3, "dead": 4}),
    "malign pair": (on_one_neuron(1, 1), {"incidental": 1, "monosemantic": 3, "dead": 4}),
    "three on a neuron": (on_one_neuron(1, -1, 1), {"incidental": 1, "monosemantic": 3, "dead": 4}),
    "five in two dimensions": (pentagon(), {"necessary": 2}),
    "a pair on each neuron": (pairs_everywhere(), {"necessary": 4}),
    "rotated": (rotated(12, 16), {"spread": 16}),
    "rotated, square": (rotated(16, 16), {"spread": 16}),
    "rotated, more features": (np.concatenate([rotated(16, 16), -rotated(16, 16)]), {"necessary": 16}),
    "untrained": (gaussian(24, 48), {"spread": 48}),
    "untrained, more features": (gaussian(48, 24), {"necessary": 24}),
    "dead features": (with_dead_features(), {"incidental": 1, "monosemantic": 1, "dead": 6}),
    "mixture": (mixture(), {"incidental": 5, "monosemantic": 7, "spread": 2, "dead": 18}),
}


def verdicts(encodings, *more):
    return dict(Counter(analyze(encodings, *more).verdict.values.tolist()))


@pytest.fixture(scope="module")
def run():
    return simulate(Autoencoder(n_features=48, n_neurons=64, l1=0.02), seed=1)


@pytest.mark.parametrize("case", KNOWN)
def test_known_cases(case):
    encodings, expected = KNOWN[case]
    assert verdicts(encodings) == expected


@pytest.mark.parametrize("case", KNOWN)
@pytest.mark.parametrize("scale", [0.01, 100, 1e-30, 1e200])
def test_scale_does_not_matter(case, scale):
    encodings, expected = KNOWN[case]
    assert verdicts(encodings * scale) == expected


@pytest.mark.parametrize("case", KNOWN)
def test_each_encoding_has_its_own_scale(case):
    encodings, expected = KNOWN[case]
    lengths = np.random.default_rng(0).uniform(0.6, 1.6, len(encodings))
    assert verdicts(encodings * lengths[:, None]) == expected


@pytest.mark.parametrize("case", KNOWN)
def test_symmetries_permute_the_verdicts(case):
    encodings, _ = KNOWN[case]
    rng = np.random.default_rng(3)
    features, neurons = (rng.permutation(size) for size in encodings.shape)
    signs = rng.choice([-1, 1], encodings.shape[1])
    moved = analyze((encodings * signs)[features][:, neurons]).verdict.values
    np.testing.assert_array_equal(moved, analyze(encodings).verdict.values[neurons])


@pytest.mark.parametrize("case", [case for case in KNOWN if "five" not in case])
def test_slight_noise_changes_nothing(case):
    encodings, expected = KNOWN[case]
    noise = np.random.default_rng(4).normal(0, 1e-3, encodings.shape)
    assert verdicts(encodings + noise) == expected


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_largest_weight_is_always_on_its_neuron(dtype):
    result = analyze(gaussian(40, 20).astype(dtype) * 0.037, threshold=1)
    assert result.on_neuron.sum() == 40


@pytest.mark.parametrize("dtype", [np.float16, np.float32, int])
def test_types_of_numbers(dtype):
    encodings, expected = KNOWN["benign pair"]
    assert verdicts(encodings.astype(dtype)) == expected


@pytest.mark.parametrize(("free", "verdict"), [(1, "necessary"), (2, "incidental"), (4, "incidental")])
def test_free_neurons_must_do_for_half_of_the_features_too_many(free, verdict):
    with_room = np.pad(pairs_everywhere(), ((0, 0), (0, free)))
    assert verdicts(with_room) == {verdict: 4, "dead": free}


def test_a_free_neuron_that_interferes_does_not_help():
    crowd = np.zeros((6, 9))
    crowd[:2, 0] = 1, -1
    crowd[2:, 1:5] = np.eye(4)
    crowd[2:, 5:] = 0.4 * np.array([[1, 1, 1, 1], [1, -1, -1, 1], [-1, 1, -1, -1], [-1, -1, 1, -1]])
    result = analyze(crowd)
    assert result.verdict.values.tolist() == ["necessary"] + ["monosemantic"] * 4 + ["minor"] * 4
    assert result.interference_change.values[0] == pytest.approx(2 * 0.4**2)


def test_collisions_are_counted_by_their_signs():
    result = analyze(on_one_neuron(1, -1, 1, 1))
    assert (result.on_neuron.values[0], result.benign.values[0], result.malign.values[0]) == (4, 3, 3)
    assert result.benign.values[1:].sum() == result.malign.values[1:].sum() == 0


def test_moving_a_feature_does_what_is_said():
    encodings = gaussian(12, 20)
    encodings[:, 15:] *= 0.1  # free
    result = analyze(encodings)
    for neuron in np.flatnonzero(result.on_neuron):
        feature, free = result.mover.values[neuron], result.free_neuron
        changes = []
        for sign in (1, -1):
            moved = encodings.copy()
            moved[feature] = 0
            moved[feature, free] = sign * np.linalg.norm(encodings[feature])
            changes.append(loss(moved) - loss(encodings))
        unit = np.linalg.norm(encodings[feature]) ** 4 / 2
        assert result.interference_change.values[neuron] == pytest.approx(min(changes) / unit, abs=1e-5)


def test_nearest_monosemantic_network_has_no_higher_loss():
    encodings = gaussian(12, 20)
    result = analyze(encodings)
    instead, lengths = np.zeros_like(encodings), np.linalg.norm(encodings, axis=1)
    assigned = result.assigned.values
    instead[np.arange(12), assigned] = lengths * np.sign(encodings[np.arange(12), assigned])
    assert np.unique(assigned).size == 12
    assert result.energy == pytest.approx(loss(encodings), rel=1e-5)
    assert result.energy_monosemantic == pytest.approx(loss(instead), rel=1e-5)
    assert loss(instead) <= loss(encodings)
    assert np.abs(instead).sum() <= np.abs(encodings).sum()
    away = np.linalg.norm(instead - encodings) / np.linalg.norm(encodings)
    assert result.distance_monosemantic == pytest.approx(away, rel=1e-5)


def test_no_monosemantic_network_with_too_few_neurons():
    result = analyze(pentagon())
    assert "energy_monosemantic" not in result.attrs
    assert (result.assigned == -1).all()


def test_effective_neurons_and_basis():
    split = np.zeros((1, 40))
    split[0, :5] = 1
    assert analyze(split).effective_neurons.item() == pytest.approx(5)
    assert analyze(monosemantic()).privileged
    assert not analyze(rotated(12, 16)).privileged
    random = analyze(gaussian(200, 400))
    assert not random.privileged
    assert random.effective_neurons.mean() == pytest.approx(402 / 3, rel=0.02)


def test_more_even_than_random_is_no_privileged_basis():
    assert not analyze(np.random.default_rng(0).choice([-1, 1], (8, 32))).privileged


def test_chains_of_features_are_one_group():
    chain = np.eye(6) + np.eye(6, k=1)
    result = analyze(chain[np.array([3, 0, 5, 1, 4, 2])])
    assert (result.group_features == 6).all()
    assert (result.group_neurons == 6).all()


def test_interference_is_in_units_of_a_copy():
    np.testing.assert_allclose(analyze(on_one_neuron(2, 2, -2)).interference[:3], [1, 1, 0], atol=1e-6)


def test_simulated_run(run):
    final, initial = run.final.values, run.initial.values
    result = analyze(final, initial)
    polysemantic = int(polysemantic_neurons(final))
    assert polysemantic > 0
    assert (result.verdict == "incidental").sum() == polysemantic
    assert (result.verdict == "monosemantic").sum() == 48 - 2 * polysemantic
    assert result.benign.sum() == polysemantic
    assert result.malign.sum() == 0
    for feature, neuron, rank in zip(
        result.link_feature.values, result.link_neuron.values, result.initial_rank.values, strict=True
    ):
        larger = np.abs(initial[feature]) > np.abs(initial[feature, neuron])
        assert rank == larger.sum() + 1
    np.testing.assert_allclose(
        result.link_weight, final[result.link_feature.values, result.link_neuron.values], rtol=1e-6
    )


def test_overloaded_run_is_necessary():
    with pytest.warns(UserWarning, match="necessary"):
        model = Autoencoder(n_features=12, n_neurons=8, l1=0.02)
    found = verdicts(simulate(model, seed=0).final.values)
    assert found["necessary"] >= 4
    assert "incidental" not in found


def test_all_zeros():
    result = analyze(np.zeros((3, 5)))
    assert (result.verdict == "dead").all()
    assert not result.alive.any()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((np.zeros(3),), r"weights must hold .* got shape \(3,\)"),
        ((np.zeros((0, 3)),), r"weights must hold .* got shape \(0, 3\)"),
        ((np.full((2, 2), np.nan),), "weights must hold .* got NaN or infinity"),
        ((np.full((2, 2), 1j),), "weights must hold .* got entries of type complex128"),
        ((np.full((2, 2), None),), "weights must hold .* got entries of type object"),
        ((np.eye(2), np.eye(3)), r"initial must hold .* of shape \(2, 2\), got shape \(3, 3\)"),
        ((np.eye(2), None, 0), "threshold must be a finite number greater than 0"),
        ((np.eye(2), None, 1.5), "threshold must be a finite number greater than 0 and at most 1"),
    ],
)
def test_bad_input(arguments, line):
    with pytest.raises(ValueError, match=f"^{line}"):
        analyze(*arguments)


def loss(encodings):
    return np.square(np.maximum(encodings @ encodings.T, 0) - np.eye(len(encodings))).sum() / 4
