"""Planted collisions: what is planted, what becomes of it, and what is said of it."""

import numpy as np
import pytest
import xarray as xr

from sim.replicates import observe
from theory import Autoencoder
from validation.experiments.collisions.collision_course import EXPERIMENTS, measure, put
from validation.experiments.findings import Findings

SIZE = {"n": 2, "m": 8, "l1": 0.01, "replicates": 40}


def planted(shares, place="refuge"):
    """Return findings where the mover ends there in so many of 100 runs, by what is planted."""
    parts = []
    for plant, share in shares.items():
        setting = {"place": place, "plant": plant, "n": 3, "m": 8, "l1": 0.01, "replicates": 100}
        ends = ("replicate", (np.arange(100) < share).astype(float))
        parts.append(xr.Dataset(dict.fromkeys(("mover", "sitter", "both"), ends)).assign_coords(setting))
    return Findings(EXPERIMENTS[0], xr.concat(parts, "setting", coords=list(setting), data_vars="all"))


def test_put_lets_two_weights_change_places():
    encoding = np.array([0.1, -0.9, 0.3])
    put(encoding, 2, -1)
    assert encoding.tolist() == [0.1, 0.3, -0.9]
    put(encoding, 2, 1)
    assert encoding.tolist() == [0.1, 0.3, 0.9]


def test_two_features_of_opposite_sign_always_stay():
    assert measure("favourite", "opposite", **SIZE, seed=0).both.values.all()


def test_two_features_of_the_same_sign_never_both_stay():
    assert not measure("favourite", "same", **SIZE, seed=0).both.values.any()


def test_without_planting_it_is_the_plain_flow():
    def look(flow):
        first = np.abs(flow.weights[0]).argmax()
        sign = np.sign(flow.weights[0, first])
        flow.settle()
        return {"mover": flow.weights[0, first] * sign > 0.5}

    plain = observe(look, Autoencoder(2, 8, 0.01), 40, 0)
    np.testing.assert_array_equal(measure("favourite", "none", **SIZE, seed=0).mover, plain["mover"])


@pytest.mark.parametrize(("share", "word"), [(90, "more"), (10, "less"), (50, "not decidedly more or less")])
def test_answer_says_which_way_the_mover_is_moved(share, word):
    findings = planted({"none": 50, "opposite": share, "same": 0})
    row, same = findings("change")
    assert row.estimate.value == pytest.approx((share - 50) / 100)
    told = findings.said(EXPERIMENTS[0].answer)
    assert f"on its refuge {word} often where one of opposite sign is (by {row}), and less often" in told
    assert f"(by {same})" in told


def test_both_of_one_sign_are_below_or_at_what_is_proved():
    rows = planted({"same": 0, "opposite": 50})("both")
    assert [(row.predicted, row.side) for row in rows] == [(0, "not decided"), (None, "")]
    assert planted({"same": 50})("both")[0].side == "above"


def test_nothing_to_compare_with_is_no_error():
    assert planted({"same": 50}).said(EXPERIMENTS[0].answer) == "Not enough of it has been run to say."
