"""Cure by splitting: what is split, what becomes of it, and what is said of the counts."""

import numpy as np
import pytest
import xarray as xr

from theory.co_occurrence.splitting import separation_probability
from validation.experiments.catalogue import find
from validation.experiments.co_occurrence.cure_by_splitting import NOISES, measure
from validation.experiments.co_occurrence.split_neurons import (
    OUTCOMES,
    TIED,
    outcome,
    polysemantic_pairs,
    split,
)
from validation.experiments.findings import Findings
from validation.report.statistics import share

CURE = find("cure_by_splitting")
SETTING = {"source": "simulation", "n": 8, "m": 8, "l1": 0.02, "p": 0.0, "networks": 6}


def crafted(*settings):
    """Return findings of two networks with these counts, by source, p and outcome, at every noise but 0."""
    parts = []
    for source, p, counts in settings:
        cases = np.zeros((2, len(NOISES), len(OUTCOMES)))
        cases[:, 1:], cases[:, 0, OUTCOMES.index("split")] = np.array(counts) / 2, sum(counts) / 2
        data = xr.Dataset({"cases": (("replicate", "noise", "outcome"), cases)})
        data = data.assign_coords(noise=list(NOISES), outcome=list(OUTCOMES), replicate=[0, 1])
        parts.append(data.assign_coords(SETTING | {"source": source, "p": p}))
    return Findings(CURE, xr.concat(parts, "setting", coords=list(SETTING), data_vars="all"))


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
    result = measure(**SETTING, seed=0)
    by_noise = result.cases.sum(("replicate", "outcome")).values
    assert (by_noise == by_noise[0]).all()
    assert by_noise[0] > 0
    assert int(result.cases.sel(noise=0, outcome="split").sum()) == by_noise[0]
    xr.testing.assert_equal(result, measure(**SETTING, seed=0))


@pytest.mark.slow
@pytest.mark.parametrize("source", ["training", "untied"])
def test_trained_networks_separate_what_often_meets(source):
    result = measure(**(SETTING | {"source": source, "p": 0.08, "networks": 2}), seed=1)
    found = result.cases.sel(noise=0.01).sum("replicate")
    assert int(found.sum()) > 0
    assert int(found.sel(outcome="apart")) == int(found.sum())


def test_shares_are_of_the_pairs_that_decide():
    found = crafted(("simulation", 0.006, (30, 10, 4, 6)))
    (row,) = found("apart", noise=0.01)
    assert row.estimate == share(30, 40, found.level)
    assert row.predicted == pytest.approx(separation_probability(0.01, 0.02, 0.006))
    (astray,) = found("astray", noise=0.3)
    assert astray.estimate.value == pytest.approx(6 / 50)
    (stay,) = found("stay")
    assert stay.estimate.value == 1


def test_nothing_is_predicted_of_untied_weights():
    (row,) = crafted(("untied", 0.006, (30, 10, 0, 0)))("apart", noise=0.01)
    assert row.predicted is None


def test_apart_and_together_exchanged_are_not_as_expected():
    expected = separation_probability(0.01, 0.02, 0.006)  # 0.85
    apart = round(400 * expected)
    right, wrong = (
        crafted(("simulation", 0.006, counts))
        for counts in ((apart, 400 - apart, 0, 0), (400 - apart, apart, 0, 0))
    )
    assert right("apart", noise=0.01)[0].as_expected
    assert not wrong("apart", noise=0.01)[0].as_expected
    assert wrong("apart", noise=0.01)[0].side == "below"


def test_answer_and_meaning_follow_the_counts():
    def said(of, last):
        return crafted(("simulation", 0.0, (50, 50, 0, 0)), ("simulation", 0.02, last)).said(of)

    answer = said(CURE.answer, (99, 1, 0, 0))
    assert "features of 50 [" in answer
    assert "% of split neurons come apart in the flow where p/λ = 0, and of 99.0 [" in answer
    assert answer.endswith("% where p/λ = 1.")
    assert "where p/λ = 0, and of 50 [" in said(CURE.answer, (50, 50, 0, 0))
    both = [("simulation", 0.0, (200, 200, 0, 0)), ("untied", 0.0, (90, 10, 0, 0))]
    assert "is in 4 of 4 intervals" in crafted(*both).said(CURE.meaning)
    assert "s = 0.001, 90 [" in crafted(*both).said(CURE.meaning)
    assert "is in 0 of 4 intervals" in crafted(("simulation", 0.0, (90, 10, 0, 0)), both[1]).said(
        CURE.meaning
    )


def test_nothing_to_split():
    found = crafted(("simulation", 0.0, (0, 0, 0, 0)))
    assert found.rows == []
    assert found.said(CURE.answer) == "Not enough of it has been run to say."
