"""Closed forms against the same losses minimised over all parameters, with no use of the derivations."""

import itertools

import numpy as np
import pytest
from scipy import optimize, stats

from theory import dictionaries


def best_code(inputs, decoder, l1):
    """Return the least loss of a sample over codes of no negative entry, trying all sets of latents."""
    least = inputs @ inputs
    for count in range(1, len(decoder) + 1):
        for chosen in itertools.combinations(range(len(decoder)), count):
            rows = decoder[list(chosen)]
            code = np.linalg.solve(rows @ rows.T, rows @ inputs - l1 / 2)
            if (code > 0).all():
                rest = inputs - code @ rows
                least = min(least, rest @ rest + l1 * code.sum())
    return least


@pytest.mark.parametrize(("l1", "p"), [(0.1, 0.05), (0.4, 0.3)])
def test_shrinkage_is_where_the_loss_is_least(l1, p):
    values = np.array([0.7, 1.0, 1.6])

    def loss(x):
        latents, bias = x[:-1], x[-1]
        return p * ((values - bias - latents) ** 2 + l1 * latents).mean() + (1 - p) * bias**2

    found = optimize.minimize(loss, np.ones(4), method="BFGS", options={"gtol": 1e-10}).x
    law = dictionaries.l1_shrinkage(l1, p)
    np.testing.assert_allclose(values - found[:-1], law.latent, rtol=1e-5)
    np.testing.assert_allclose(values - found[:-1] - found[-1], law.output, rtol=1e-5)
    np.testing.assert_allclose(found[-1], law.bias, rtol=1e-5)


def best_angles(l1, co_occurrence):
    """Return the angles of both latents with the least loss; the parent is on alone twice as often as not."""
    events = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    chances = [2.0, 1 - co_occurrence, co_occurrence]

    def loss(angles):
        decoder = np.array([[np.cos(angles[0]), np.sin(angles[0])], [np.sin(angles[1]), np.cos(angles[1])]])
        return sum(p * best_code(x, decoder, l1) for p, x in zip(chances, events, strict=True))

    starts = [(0.05, 0.1), (0.05, 0.7)]
    runs = [
        optimize.minimize(loss, at, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14})
        for at in starts
    ]
    return min(runs, key=lambda run: run.fun).x


@pytest.mark.parametrize(("l1", "co_occurrence"), [(0.4, 0.9), (0.8, 0.8), (1.2, 0.5)])
def test_an_absorbing_child_leans_as_predicted_and_its_parent_not_at_all(l1, co_occurrence):
    assert l1 > dictionaries.absorption_threshold(co_occurrence)
    parent, child = best_angles(l1, co_occurrence)
    np.testing.assert_allclose(child, dictionaries.child_tilt(l1, co_occurrence), rtol=1e-4)
    np.testing.assert_allclose(parent, 0, atol=1e-4)


@pytest.mark.parametrize("co_occurrence", [0.3, 0.6, 0.9])
def test_absorption_sets_in_at_the_threshold(co_occurrence):
    threshold = dictionaries.absorption_threshold(co_occurrence)
    for factor, silent in [(0.97, False), (1.03, True)]:
        l1 = factor * threshold
        parent, child = best_angles(l1, co_occurrence)
        decoder = np.array([[np.cos(parent), np.sin(parent)], [np.sin(child), np.cos(child)]])
        with_parent = best_code(np.ones(2), decoder, l1)
        assert (best_code(np.ones(2), decoder[1:], l1) - with_parent < 1e-9) == silent
    tilts = [dictionaries.child_tilt(factor * threshold, co_occurrence) for factor in (1 - 1e-9, 1.0)]
    np.testing.assert_allclose(*tilts, rtol=1e-6)


def test_a_weak_l1_turns_a_child_by_half_the_odds():
    np.testing.assert_allclose(dictionaries.child_tilt(1e-5, 0.75) / 1e-5, 1.5, rtol=1e-4)


@pytest.mark.parametrize("l1", [0.01, 0.3, 1.5])
def test_composing_pays(l1):
    apart, diagonal = np.eye(2), np.full((1, 2), 0.5**0.5)
    gain = best_code(np.ones(2), apart, l1) - best_code(np.ones(2), diagonal, l1)
    np.testing.assert_allclose(dictionaries.composing_gain(l1), gain)
    assert gain > 0


@pytest.mark.parametrize("co_occurrence", [0.0, 0.2, 0.5, 0.95])
def test_one_latent_leans_where_its_loss_is_least(co_occurrence):
    def loss(angle):
        latent = np.array([np.sin(angle), np.cos(angle)])
        return co_occurrence * (2 - latent.sum() ** 2) + (1 - co_occurrence) * (1 - latent[1] ** 2)

    least = optimize.minimize_scalar(loss, bounds=(-0.5, 1), method="bounded", options={"xatol": 1e-10}).x
    np.testing.assert_allclose(dictionaries.top_1_tilt(co_occurrence), least, atol=1e-6)


@pytest.mark.parametrize(("n", "p", "k"), [(8, 0.2, 1), (20, 0.1, 3), (5, 0.5, 5)])
def test_top_k_leaves_out_what_is_beyond_k(n, p, k):
    rng = np.random.default_rng(0)
    on = rng.random((200_000, n)) < p
    order = np.argsort(rng.random(on.shape) - on, axis=1)  # those that are on first, in random order
    kept = np.zeros_like(on)
    np.put_along_axis(kept, order[:, :k], True, axis=1)
    out = on & ~kept
    bias = out.sum() / (out.sum() + (~on).sum())
    loss = (out * (1 - bias) ** 2 + ~on * bias**2).mean()
    np.testing.assert_allclose(dictionaries.unexplained(n, p, k), loss / (p * (1 - p)), rtol=0.03, atol=1e-12)
    np.testing.assert_allclose(
        dictionaries.unexplained(n, p, n - 1) * p * (p**n / n + 1 - p), stats.binom.pmf(n, n, p) / n
    )


@pytest.mark.parametrize("share", [0.2, 1.0, -0.1, float("nan")])
def test_the_co_occurrence_has_a_range(share):
    with pytest.raises(ValueError, match=r"^co_occurrence must"):
        dictionaries.absorption_threshold(share)
