import numpy as np
import pytest
from scipy import stats

from sim import simulate
from sim.forces import action, noise_drift, smooth_force
from theory import Autoencoder, noise

NOISE_FREE = ("feature_benefit", "interference")
MODEL = Autoencoder(5, 8, 0.0)


def force(weights, *at):
    return smooth_force(weights, action((*NOISE_FREE, noise_drift(*at))))


def encodings(seed, n=5, m=8, zeros=0.3):
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 0.5, (n, m))
    weights[:, 1:][rng.random((n, m - 1)) < zeros] = 0.0
    return weights


def run(forces, seed=0, until=20.0, **options):
    return simulate(MODEL, seed, until=until, forces=forces, **options)


@pytest.mark.parametrize("kurtosis", [-2.0, 0.0, 3.0])
@pytest.mark.parametrize("std", [1e-3, 0.1, 0.5, 3.0])
def test_with_the_noise_free_forces_it_is_the_derived_one(std, kurtosis):
    for seed in range(3):
        weights = encodings(seed)
        expected = noise.force(weights, std, kurtosis)
        np.testing.assert_allclose(force(weights, std, kurtosis), expected, rtol=0, atol=1e-13)


def test_it_is_exact_where_the_difference_to_the_derived_one_is_lost_to_rounding():
    # far from the cut only the norm feels noise, σ²W_j for each other output that is on
    weights = np.ones((3, 1))
    drift = smooth_force(weights, action([noise_drift(1e-9)]))
    np.testing.assert_allclose(drift, -1.5e-18, rtol=1e-12)


def test_only_kurtosis_knows_the_basis():
    weights, turn = encodings(1), stats.ortho_group(8, seed=2).rvs()
    np.testing.assert_allclose(force(weights @ turn, 0.2), force(weights, 0.2) @ turn, rtol=0, atol=1e-13)
    knows = force(weights @ turn, 0.2, -2.0) - force(weights, 0.2, -2.0) @ turn
    assert np.abs(knows).max() > 1e-4


@pytest.mark.parametrize("kurtosis", [-2.0, 0.0])
def test_an_encoding_that_is_zero_feels_the_mean_of_both_sides_of_the_cusp(kurtosis):
    weights = encodings(3)
    weights[2] = 0.0
    beside = np.random.default_rng(4).normal(size=8) * 1e-9
    sides = []
    for sign in (1, -1):
        weights[2] = sign * beside
        sides.append(noise.force(weights, 0.2, kurtosis))
    weights[2] = 0.0
    np.testing.assert_allclose(force(weights, 0.2, kurtosis), np.mean(sides, axis=0), rtol=0, atol=1e-8)


def test_short_encodings_give_finite_forces():
    weights = encodings(5)
    weights[0] *= 1e-150
    assert np.isfinite(force(weights, 0.2, -2.0)).all()


@pytest.mark.parametrize("kurtosis", [-2.0, 0.0])
def test_splitting_converges_to_euler(kurtosis):
    forces, errors = (*NOISE_FREE, noise_drift(0.15, kurtosis)), np.zeros(3)
    for seed in range(4):
        coarse, fine = (run(forces, seed=seed, method="euler", rtol=h).final for h in (4e-3, 2e-3))
        exact = 2 * fine - coarse  # Euler's error is proportional to its step
        runs = [run(forces, seed=seed, rtol=rtol, times=[0.0]).final for rtol in (5e-3, 5e-4, 5e-5)]
        errors += [float(np.abs(final - exact).max()) / 4 for final in runs]
    assert errors[0] > 5 * errors[1] > 25 * errors[2]
    assert errors[0] < 2e-3, errors


@pytest.mark.parametrize("method", ["splitting", "euler"])
def test_expected_loss_never_increases(method):
    forces = (*NOISE_FREE, noise_drift(0.15, -2.0))
    ends = [run(forces, until=until, method=method).final for until in (0.1, 1.0, 10.0, 100.0, 1000.0)]
    losses = [noise.expected_loss(weights.values, 0.15, -2.0) for weights in ends]
    assert (np.diff(losses) < 0).all()


def test_random_signs_make_encodings_sparse_and_gaussian_noise_does_not():
    sparsity = {}
    for kurtosis in (-2.0, 0.0):
        forces = (*NOISE_FREE, noise_drift(0.3, kurtosis))
        final = run(forces, until=1000.0).final.values
        sparsity[kurtosis] = np.mean((final**4).sum(axis=1) / (final**2).sum(axis=1) ** 2)
    assert sparsity[-2.0] > 0.7
    assert sparsity[0.0] < 0.5


def test_event_refuses_it():
    with pytest.raises(ValueError, match=r"^method must not be 'event' .* noise_drift\(0\.1, -2\.0\)"):
        run((*NOISE_FREE, noise_drift(0.1, -2)), method="event")


@pytest.mark.parametrize(
    ("at", "named"), [((0.0,), "noise_std"), (([0.1],), "noise_std"), ((0.1, -3.0), "excess_kurtosis")]
)
def test_bad_arguments_are_named(at, named):
    with pytest.raises(ValueError, match=f"^{named} must"):
        noise_drift(*at)
