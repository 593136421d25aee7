"""Co-occurrence: what is measured, and that the findings follow the data."""

import itertools

import numpy as np
import pytest
import xarray as xr

from theory import Autoencoder, co_occurrence as theory
from validation import co_occurring, experimenting, sparse_inputs
from validation.experiments.co_occurrence import experiment

SIZE = {"n": 6, "m": 8, "l1": 0.05, "replicates": 3}


@pytest.fixture(scope="module")
def result():
    probabilities = {"simulation": (0.0, 0.02), "training": (0.0, 0.02, 0.15)}
    settings = [
        {"source": source, "p": p, **SIZE} for source, values in probabilities.items() for p in values
    ]
    measured = [experiment.measure(seed=1, **setting).assign_coords(setting) for setting in settings]
    return xr.concat(measured, "setting", coords=list(settings[0]), data_vars="all")


def brute_force(weights, p):
    total = 0.0
    for on in itertools.product((0, 1), repeat=len(weights)):
        x = np.array(on)
        error = np.maximum(weights @ (weights.T @ x), 0) - x
        total += p ** x.sum() * (1 - p) ** (len(x) - x.sum()) * error @ error
    return total / p


@pytest.mark.parametrize("p", [0.01, 0.3])
def test_loss_is_the_mean_over_all_inputs(p):
    weights = np.random.default_rng(0).normal(0, 0.5, (6, 4))
    weights[2] = 0.0
    assert sparse_inputs.loss_per_occurrence(weights, p) == pytest.approx(brute_force(weights, p))


def test_loss_of_rare_features_is_that_on_basis_vectors():
    weights = np.random.default_rng(0).normal(0, 0.5, (6, 4))
    basis = ((np.maximum(weights @ weights.T, 0) - np.eye(6)) ** 2).sum()
    assert sparse_inputs.loss_per_occurrence(weights, 0.0) == pytest.approx(basis)
    second_order = theory.expected_loss(weights, 1e-4) / 1e-4
    assert sparse_inputs.loss_per_occurrence(weights, 1e-4) == pytest.approx(second_order, rel=1e-6)


def test_training_on_rare_features_goes_over_into_that_on_basis_vectors():
    model = Autoencoder(4, 6, 0.05)
    basis, rare = (sparse_inputs.train_rare(model, "independent", p, 20.0, 2, 0) for p in (0.0, 1e-3))
    assert rare.times[-1] == pytest.approx(basis.times[-1], rel=0.02)
    assert np.abs(rare.final - basis.final).max() < 0.1
    assert np.abs(basis.final).max() > 0.5


def test_sizes_are_relative_to_the_usual_winner():
    weights = np.array([[0.4, 0.0], [-0.4, 0.0], [0.0, 0.5], [0.01, 0.01]])
    relative = sparse_inputs.relative(np.stack([weights, 3 * weights]))
    np.testing.assert_allclose(relative[0], weights / 0.4)
    np.testing.assert_allclose(relative[0], relative[1])
    assert not sparse_inputs.relative(np.zeros((1, 2, 2))).any()


def test_time_is_between_the_records_around_it():
    times = np.array([0.0, 1.0, 2.0, 4.0])
    assert co_occurring.sparse_at(times, np.array([8.0, 4.0, 1.1, 1.0])) == pytest.approx(2)
    assert 2 < co_occurring.sparse_at(times, np.array([8.0, 4.0, 1.3, 1.0])) < 4
    assert np.isnan(co_occurring.sparse_at(times, np.array([8.0, 4.0, 3.0, 2.0])))


def test_one_seed_one_result(result):
    again = experiment.measure(seed=1, source="training", p=0.02, **SIZE)
    np.testing.assert_array_equal(again.loss, result.loss[3])
    np.testing.assert_array_equal(again.polysemantic, result.polysemantic[3])


def planted(result, counts):
    """Replace the counts of all runs, by setting."""
    values = np.broadcast_to(np.array(counts)[:, None], result.polysemantic.shape)
    return result.assign(polysemantic=(result.polysemantic.dims, values))


def test_findings_follow_the_data(result):
    gone = experiment.findings(planted(result, [4, 2, 4, 2, 0]))
    assert "half as many at p = 0.02 = 0.4 λ" in gone
    assert gone.count("From p = 0.15 = 3 λ on there is none") == 1
    stay = experiment.findings(planted(result, [4, 4, 4, 5, 4]))
    assert "there is none" not in stay
    assert "half as many" not in stay


def test_nothing_to_count_is_no_error(result):
    nothing = planted(result, [0] * 5)
    assert "From p = 0 = 0 λ on there is none" in experiment.findings(nothing)
    experiment.figure(nothing)
    for kept in ([0], [1], [-1]):
        assert experiment.findings(result.isel(setting=kept))
        experiment.figure(result.isel(setting=kept))


def test_it_is_listed():
    assert experimenting.find("co_occurrence") is experiment
