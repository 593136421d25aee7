"""Co-occurrence: what is measured, what is read off it, and what is said."""

import itertools

import numpy as np
import pytest
import xarray as xr

from theory import Autoencoder, co_occurrence as theory, collisions
from theory.sparsification.reduction import final_weight
from validation.experiments.catalogue import find
from validation.experiments.co_occurrence import sparse_inputs
from validation.experiments.co_occurrence.co_occurrence import measure
from validation.experiments.co_occurrence.remaining import MARGIN, _crossing, sparse_at
from validation.experiments.findings import Findings
from validation.report.statistics import mean, share
from validation.training.inputs import Independent

CO_OCCURRENCE = find("co_occurrence")
SETTING = {"source": "simulation", "l1_on": "weights", "n": 6, "m": 8, "l1": 0.02, "replicates": 4}
ALONE = (1 - final_weight(0.02) ** 2) ** 2


def crafted(counts, l1=0.02, cost=2.0):
    """Return what four runs with these counts, by p/λ, are measured to be: each neuron costs `cost` p."""
    parts = []
    for ratio, by_run in counts.items():
        p, found = ratio * l1, np.array(by_run, float)
        alone = (1 - final_weight(l1) ** 2) ** 2
        data = {
            "polysemantic": ("replicate", found),
            "undecided": ("replicate", 0 * found),
            "loss": ("replicate", alone + cost * p * found / SETTING["n"]),
            "time": ("replicate", 100 + found),
        }
        parts.append(xr.Dataset(data, {"replicate": range(4)}).assign_coords(SETTING | {"l1": l1, "p": p}))
    return xr.concat(parts, "setting", coords=[*SETTING, "p"], data_vars="all")


def findings(*results):
    return Findings(CO_OCCURRENCE, xr.concat(results, "setting"))


FALLING = {0: (4, 4, 2, 2), 0.5: (3, 3, 2, 1), 1: (2, 1, 0, 0), 5: (0, 0, 0, 0)}  # shares 1, 0.75, 0.25, 0


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


@pytest.mark.slow
def test_training_on_rare_features_goes_over_into_that_on_basis_vectors():
    model = Autoencoder(4, 6, 0.05)
    basis, rare = (
        sparse_inputs.train_rare(model, Independent, p, 20.0, 0, replicates=2) for p in (0.0, 1e-3)
    )
    assert rare.times[-1] == pytest.approx(basis.times[-1], rel=0.02)
    assert np.abs(rare.final - basis.final).max() < 0.1
    assert np.abs(basis.final).max() > 0.5


def test_sizes_are_relative_to_the_usual_winner():
    weights = np.array([[0.4, 0.0], [-0.4, 0.0], [0.0, 0.5], [0.01, 0.01]])
    relative = sparse_inputs.relative(np.stack([weights, 3 * weights]))
    np.testing.assert_allclose(relative[0], weights / 0.4)
    np.testing.assert_allclose(relative[0], relative[1])
    assert not sparse_inputs.relative(np.zeros((1, 2, 2))).any()


def test_undecided_are_between_losers_and_winners():
    weights = np.array([[[1.0, -0.5], [0.19, 0.81]], [[0.0, 1.0], [-0.3, 0.79]]])
    assert sparse_inputs.undecided(weights).tolist() == [1, 2]


def test_time_is_between_the_records_around_it():
    times = np.array([0.0, 1.0, 2.0, 4.0])
    assert sparse_at(times, np.array([8.0, 4.0, 1.1, 1.0])) == pytest.approx(2)
    middle = 2 * 2 ** (np.log(1.3 / 1.1) / np.log(1.3))  # a power law between the records
    assert sparse_at(times, np.array([8.0, 4.0, 1.3, 1.0])) == pytest.approx(middle)
    assert np.isnan(sparse_at(times, np.array([8.0, 4.0, 3.0, 2.0])))


@pytest.mark.slow
@pytest.mark.parametrize("source", ["simulation", "training"])
def test_where_features_often_meet_no_polysemantic_neuron_is_left(source):
    runs = [measure(**(SETTING | {"source": source, "n": 4, "l1": 0.05}), p=p, seed=1) for p in (0.0, 0.25)]
    assert [int(run.polysemantic.sum()) for run in runs][1] == 0
    alone = (1 - final_weight(0.05) ** 2) ** 2
    np.testing.assert_allclose(runs[0].loss, alone, rtol=0.02)  # benign pairs are free on features alone
    again = measure(**(SETTING | {"source": source, "n": 4, "l1": 0.05}), p=0.25, seed=1)
    xr.testing.assert_equal(runs[1], again)


def test_half_is_between_settings_and_extended_beyond_the_last():
    ratios = np.array([0.0, 0.5, 1.0])
    assert _crossing(ratios, tuple(np.array([[8.0], [6], [2]])), -1) == pytest.approx(0.75)
    assert _crossing(ratios, tuple(np.array([[8.0], [7], [5]])), -1) == pytest.approx(1.25)
    both = _crossing(ratios, tuple(np.array([[[8.0], [8]], [[6], [7]], [[2], [5]]])), -1)
    np.testing.assert_allclose(both, [0.75, 1.25])


def test_quantities_of_crafted_counts():
    found = findings(crafted(FALLING))
    left = {row.setting["p"] / 0.02: row.estimate.value for row in found("left")}
    assert left == pytest.approx({0.5: 9 / 12, 1: 3 / 12, 5: 0})
    (half,) = found("half")
    assert half.estimate.value == pytest.approx(0.75)
    assert half.estimate.low < 0.75 < half.estimate.high
    assert [row.estimate for row in found("any")] == [share(k, 4, found.level) for k in (4, 4, 2, 0)]
    assert found("time")[0].estimate == mean(0.02 * (100 + np.array(FALLING[0])), found.level)
    assert found("count")[0].predicted == pytest.approx(collisions.polysemantic_neurons(6, 8).mean())
    assert [row.predicted for row in found("count")[1:]] == [None] * 3


def test_added_loss_is_2p_for_each_and_another_cost_is_noticed():
    for row in findings(crafted(FALLING))("added")[1:]:
        assert row.estimate.value == pytest.approx(row.predicted, abs=1e-12)
    dear = findings(crafted(dict.fromkeys(FALLING, (3, 3, 3, 3)), cost=2.2))("added")[1:3]
    assert not any(row.as_expected for row in dear)


def test_what_is_left_is_at_least_what_outlasts_the_race():
    (row,) = findings(crafted({0: (4, 4, 4, 4), 0.5: (4, 4, 4, 4)}))("left")
    share = theory.pairs_left(0.5, 8)
    assert row.predicted == pytest.approx(share)
    anew = 3 / (8 - 3)  # n/2 of the neurons that do not exclude a feature make a new pair
    assert row.band.high * share == pytest.approx(share + (1 - share) * anew + MARGIN)
    assert row.band.low * share == pytest.approx(share - MARGIN)
    assert not row.as_expected
    none = findings(crafted({0: (4, 4, 4, 4), 0.5: (0, 0, 0, 0)}))("left")[0]
    assert none.side == "below"
    assert not none.as_expected


@pytest.mark.slow
def test_l1_on_activations_of_rare_features_goes_over_into_that_on_weights():
    model = Autoencoder(4, 6, 0.05)
    ends = [
        sparse_inputs.train_rare(model, Independent, 1e-3, 20.0, 0, replicates=2, l1_on=on).final
        for on in ("weights", "activations")
    ]
    assert np.abs(ends[0] - ends[1]).max() < 0.1


def test_scaling_compares_the_smallest_and_the_largest_strength():
    same = findings(crafted(FALLING, 0.02), crafted(FALLING, 0.005))("scaling")
    assert same[0].estimate.value == pytest.approx(1)
    slower = {2 * ratio: counts for ratio, counts in FALLING.items()}
    apart = findings(crafted(FALLING, 0.02), crafted(slower, 0.005))("scaling")
    assert apart[0].estimate.value == pytest.approx(2)
    assert findings(crafted(FALLING))("scaling") == []


def trained(**kept):
    """Return what half of the neurons, or as many as are given, are kept at p = λ/2 in trained networks."""
    parts = []
    for on in ("weights", "activations"):
        part = crafted({0: (4, 4, 4, 4), 0.5: kept.get(on, (2, 2, 2, 2))})
        setting = {"source": ("setting", ["training"] * 2), "l1_on": ("setting", [on] * 2)}
        parts.append(part.assign_coords(setting))
    return parts


def test_answer_and_meaning_follow_the_counts():
    def said(of, at=None, **kept):
        return findings(crafted(FALLING | (at or {})), *trained(**kept)).said(of)

    assert said(CO_OCCURRENCE.answer).startswith("Half of the polysemantic neurons are left at p/λ = 0.75 [")
    assert "at p/λ = 5 any are in 0 [0, 60] % of the flows" in said(CO_OCCURRENCE.answer)
    assert "at p/λ = 5 any are in 25 [" in said(CO_OCCURRENCE.answer, at={5: (0, 0, 0, 1)})
    assert "25 % at p = λ/2 with L1 on weights, and 50 %" in said(CO_OCCURRENCE.answer, weights=(1, 1, 1, 1))
    stay = findings(crafted(dict.fromkeys(FALLING, (4, 4, 2, 2))), *trained())
    assert stay.said(CO_OCCURRENCE.answer) == "Not enough of it has been run to say."


def test_nothing_to_count_is_nothing_said():
    nothing = findings(crafted(dict.fromkeys(FALLING, (0, 0, 0, 0))))
    assert nothing("left") == nothing("half") == []
