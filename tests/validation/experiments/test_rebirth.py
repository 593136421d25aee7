"""Rebirth: rests and passages told apart, winners followed, and what is said of them."""

import dataclasses

import numpy as np
import pytest
from matplotlib.figure import Figure

from theory.interference.rebirth import rebirth_until
from validation.experiments import experimenting, rebirth

TINY = [
    {"method": method, "n": 12, "m": 12, "l1": l1, "replicates": 3}
    for method, l1 in (("splitting", 0.02), ("splitting", 0.01), ("event", 0.02))
]


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


@pytest.fixture(scope="module")
def result():
    patch = pytest.MonkeyPatch()
    tiny = dataclasses.replace(rebirth.experiment, settings=lambda full: TINY)
    patch.setattr(experimenting, "experiments", (tiny,))
    yield experimenting.run("rebirth", seed=1)
    patch.undo()


def test_rests_passages_and_winners_are_told_apart():
    flow = Scripted(
        [[0.5, 0.1, -0.2], [0.3, 0.4, 0.2]],
        [[0.4, 0.0, 0.1], [0.3, 0.0, 0.0]],  # one passes; three come to rest
        [[0.2, 0.3, 0.1], [0.6, 0.0, 0.0]],  # one is reborn …
        [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],  # … and wins
    )
    seen = rebirth._follow(flow)
    counts = {name: int(seen[name]) for name in ("returned", "passed", "winners", "winners_returned")}
    assert counts == {"returned": 1, "passed": 1, "winners": 2, "winners_returned": 1}
    assert seen["winners_passed"] == 0
    assert seen["largest"] == 1.0
    assert seen["middle"] == pytest.approx(0.01 * 2 * rebirth.SHORTEST)
    assert seen["returned_at"].sum() == 1


def test_latest_rebirth_is_that_of_the_strongest_pair():
    weights = [[0.9, 0.1], [0.4, 0.8], [-0.5, -0.1]]
    inner = np.dot(weights[0], weights[1])
    assert rebirth._latest(Scripted(weights)) == pytest.approx(rebirth_until(inner, 0.9, 0.01))
    assert rebirth._latest(Scripted([[1.0, 0.0], [0.0, 1.0]])) == 0


def test_weights_are_conserved(result):
    left = 12 * 12 - result.deaths + result.rebirths
    np.testing.assert_array_equal(left, result.winners)
    assert (result.passed + result.returned <= result.rebirths).all()


def test_event_and_splitting_see_the_same(result):
    fast, exact = result.isel(setting=0), result.isel(setting=2)
    assert exact.returned.sum() > 0
    np.testing.assert_allclose(fast.returned.sum(), exact.returned.sum(), atol=3)
    np.testing.assert_allclose(fast.passed.sum(), exact.passed.sum(), atol=3)


def test_one_feature_alone_has_no_rebirths():
    found = rebirth.experiment.measure("splitting", 1, 6, 0.02, 3, seed=0).expand_dims("setting")
    found = found.assign_coords({k: ("setting", [v]) for k, v in (TINY[0] | {"n": 1, "m": 6}).items()})
    assert found.rebirths.sum() == 0
    assert "No rebirths after a rest were seen" in rebirth.experiment.findings(found)
    assert isinstance(rebirth.experiment.figure(found), Figure)


def test_findings_and_figure_follow_the_data(result):
    told = rebirth.experiment.findings(result)
    assert "by event against splitting" in told
    other = result.copy(deep=True)
    other["winners_returned"] = other.winners_returned + 1
    assert rebirth.experiment.findings(other) != told
    assert isinstance(rebirth.experiment.figure(result), Figure)
    for kept in ([0], [2]):
        assert rebirth.experiment.findings(result.isel(setting=kept))
        assert isinstance(rebirth.experiment.figure(result.isel(setting=kept)), Figure)


def test_a_seed_gives_the_same_result(result):
    again = rebirth.experiment.measure(seed=1, **TINY[0])
    np.testing.assert_array_equal(again.returned, result.returned[0])
