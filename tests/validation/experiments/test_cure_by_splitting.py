import numpy as np
import pytest
import xarray as xr

from validation.experiments import cure_by_splitting, experimenting
from validation.experiments.split_neurons import OUTCOMES, TIED, outcome, polysemantic_pairs, split

SETTING = {"source": "simulation", "n": 8, "m": 8, "l1": 0.02, "p": 0.0, "networks": 6}


def collected(*settings, change=lambda part: part):
    parts = [change(cure_by_splitting._measure(**s, seed=0)).assign_coords(s) for s in settings]
    return xr.concat(parts, "setting", coords=list(settings[0]), data_vars="all")


def pair():
    weights = np.zeros((3, 3))
    weights[[0, 1, 2], [1, 1, 2]] = 1.0, -0.9, 1.0
    return weights


def test_pairs_are_found_with_features_and_neuron():
    assert polysemantic_pairs(pair()) == [(0, 1, 1)]
    assert polysemantic_pairs(np.eye(3)) == []


def test_split_networks_compute_the_same():
    weights, nothing = pair(), np.zeros((3, 5))
    pairs = polysemantic_pairs(weights)
    tied = split(weights, pairs, nothing, TIED)
    np.testing.assert_allclose(tied @ tied.T, weights @ weights.T, atol=1e-15)
    encoder, decoder = (split(weights, pairs, nothing, share) for share in (1.0, 0.5))
    np.testing.assert_allclose(encoder @ decoder.T, weights @ weights.T, atol=1e-15)
    assert np.count_nonzero(tied) == 5


def test_noise_is_on_the_copies_only():
    noise = np.ones((3, 5))
    change = split(pair(), [(0, 1, 1)], noise, TIED) - split(pair(), [(0, 1, 1)], 0 * noise, TIED)
    np.testing.assert_allclose(change, noise * np.isin(np.arange(5), (1, 3)))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([[1, 0, 0], [0, -1, 0], [0, 0, 1]], "apart"),
        ([[0, 1, 0], [0, -1, 0], [0, 0, 1]], "together"),
        ([[0.7, 0.7, 0], [0, -1, 0], [0, 0, 1]], "split"),
        ([[1, 0, 0], [0, 0, -1], [0, 0, 1]], "other"),
        ([[1, 0, 0], [0, -1, 0], [-1, 0, 0]], "other"),
        ([[0, 0, 0], [0, -1, 0], [0, 0, 1]], "other"),
    ],
)
def test_outcomes(rows, said):
    assert outcome(np.array(rows, float), (0, 1), (0, 1)) == said


def test_every_pair_is_counted_and_without_noise_stays_split():
    result = cure_by_splitting._measure(**SETTING, seed=0)
    by_noise = result.cases.sum(("replicate", "outcome")).values
    assert (by_noise == by_noise[0]).all()
    assert by_noise[0] > 0
    assert int(result.cases.sel(noise=0, outcome="split").sum()) == by_noise[0]
    xr.testing.assert_equal(result, cure_by_splitting._measure(**SETTING, seed=0))


@pytest.mark.parametrize("source", ["training", "untied"])
def test_trained_networks_separate_what_often_meets(source):
    result = cure_by_splitting._measure(**(SETTING | {"source": source, "p": 0.08, "networks": 2}), seed=1)
    found = result.cases.sel(noise=0.01).sum("replicate")
    assert int(found.sum()) > 0
    assert int(found.sel(outcome="apart")) == int(found.sum())


def test_findings_follow_the_data():
    settings = (SETTING | {"networks": 40}, SETTING | {"p": 0.06, "networks": 40})

    def swapped(part):
        return part.assign(cases=part.cases.copy(data=part.cases.values[..., [1, 0, 2, 3]]))

    measured, other = (
        cure_by_splitting._findings(collected(*settings, change=c)) for c in (lambda p: p, swapped)
    )
    assert measured != other
    assert "p/λ = 3 for s = 0.001" in measured
    assert "none of the p/λ here for s = 0.001" in other


def test_nothing_to_split():
    result = collected(SETTING)
    result["cases"] = 0 * result.cases
    assert "0 of 0" in cure_by_splitting._findings(result)
    assert cure_by_splitting._figure(result)


def test_is_listed():
    assert experimenting.find("cure_by_splitting").settings(False)
    assert len(OUTCOMES) == 4
