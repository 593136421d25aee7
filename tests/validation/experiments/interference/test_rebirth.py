"""Rebirth: rests and passages told apart, winners followed, and what is said of them."""

import numpy as np
import pytest
import xarray as xr

from theory.interference.rebirth import rebirth_until
from validation.experiments.findings import Findings
from validation.experiments.interference import at_zero, rebirth


class Scripted:
    """A flow that shows given weights at successive looks."""

    def __init__(self, *shown, l1=0.01):
        self.shown, self.l1 = [np.array(weights, float) for weights in shown], l1
        self.weights, self.time = self.shown.pop(0), 0.0
        self.deaths = self.rebirths = 0

    def advance(self, time):
        self.weights, self.time = self.shown.pop(0), time

    def at_rest(self):
        return not self.shown

    def exhausted(self):
        return False


def test_rests_passages_and_winners_are_told_apart():
    flow = Scripted(
        [[0.5, 0.1, -0.2], [0.3, 0.4, 0.2]],
        [[0.4, 0.0, 0.1], [0.3, 0.0, 0.0]],  # one passes; three come to rest
        [[0.2, 0.3, 0.1], [0.6, 0.0, 0.0]],  # one is reborn …
        [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],  # … and wins
    )
    seen = at_zero._follow(flow)
    counts = {name: int(seen[name]) for name in ("returned", "passed", "winners", "winners_returned")}
    assert counts == {"returned": 1, "passed": 1, "winners": 2, "winners_returned": 1}
    assert seen["winners_passed"] == 0
    assert seen["largest"] == 1.0
    assert seen["middle"] == pytest.approx(0.01 * 2 * at_zero.SHORTEST)
    assert seen["returned_at"].sum() == 1


def test_one_shared_coordinate_is_seed_001s_condition():
    weights = np.array(
        [
            [0.5, 0.0, 0.0, 0.3],  # shares neuron 1 with the second, and nothing with the third
            [0.6, 0.7, 0.0, 0.0],
            [0.0, 0.4, 0.9, 0.0],  # shares neuron 2 with the second
            [-0.5, 0.0, 0.2, 0.3],  # no positive inner product but with the third
        ]
    )
    expected = [
        [False, True, False, False],  # the second acts
        [False, False, True, True],  # of the third and of the first
        [True, False, False, True],  # of the second, and of the fourth
        [False, True, False, False],
    ]
    np.testing.assert_array_equal(at_zero.one_shared(weights), expected)
    both = np.array([[0.5, 0.5, 0.0], [0.5, 0.5, 0.3]])  # share two
    assert not at_zero.one_shared(both).any()


def test_latest_rebirth_is_that_of_the_strongest_pair():
    weights = [[0.9, 0.1], [0.4, 0.8], [-0.5, -0.1]]
    inner = np.dot(weights[0], weights[1])
    assert at_zero._latest(Scripted(weights)) == pytest.approx(rebirth_until(inner, 0.9, 0.01))
    assert at_zero._latest(Scripted([[1.0, 0.0], [0.0, 1.0]])) == 0


def result_of(*measured, **coords):
    parts = [part.assign_coords(replicate=range(part.sizes["replicate"]), **coords) for part in measured]
    return xr.concat(parts, "setting", join="outer").assign_coords(
        method=("setting", ["splitting", "event"][: len(parts)])
    )


def test_weights_are_conserved_and_both_methods_see_the_same():
    fast, exact = (at_zero.measure(method, 12, 12, 0.02, 3, seed=1) for method in ("splitting", "event"))
    np.testing.assert_array_equal(12 * 12 - fast.deaths + fast.rebirths, fast.winners)
    assert exact.returned.sum() > 0
    np.testing.assert_allclose(fast.returned.sum(), exact.returned.sum(), atol=3)
    np.testing.assert_allclose(fast.passed.sum(), exact.passed.sum(), atol=3)


def test_rates_are_for_each_rest_and_winners_are_counted_once():
    each = {name: ("replicate", [value] * 2) for name, value in COUNTS.items()}
    part = xr.Dataset(each | {"returned_at": ("bin", np.zeros(30))})
    found = Findings(
        rebirth.EXPERIMENTS[0],
        result_of(part, part).assign_coords({name: ("setting", [value] * 2) for name, value in SIZE.items()}),
    )
    assert found("returned")[0].estimate.value == pytest.approx(30 / (110 - 10))
    assert found("won")[0].estimate.value == pytest.approx(1 / 48)
    assert found("late")[0].estimate.value == pytest.approx(0.2)
    assert found("one_shared")[0].estimate.value == pytest.approx(1 / 40)
    assert found("by_events")[0].estimate.value == pytest.approx(1)
    assert "20 % of them are late" in found.said(rebirth.EXPERIMENTS[0].meaning)
    assert "0.1 to 0.1 passages" in found.said(rebirth.EXPERIMENTS[0].meaning)


COUNTS = {
    "deaths": 110.0,
    "rebirths": 40.0,
    "returned": 30.0,
    "passed": 10.0,
    "winners": 48.0,
    "winners_returned": 1.0,
    "winners_passed": 0.0,
    "middle": 0.3,
    "late": 6.0,
    "largest": 0.1,
    "exposed": 40.0,
    "revived": 1.0,
}
SIZE = {"n": 48, "m": 96, "l1": 0.004, "replicates": 2}
