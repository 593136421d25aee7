"""Sobol samples of settings."""

import numpy as np
import pytest

from validation.sweeps.sample import sobol

BOX = {
    "share": {"low": 0, "high": 1},
    "rate": {"low": 1e-4, "high": 1e-1, "log": True},
    "n": {"low": 1, "high": 16, "whole": True},
    "m": {"low": 2, "high": 1000, "whole": True, "log": True},
}


def columns(points):
    return {name: np.array([point[name] for point in points]) for name in points[0]}


def test_each_power_of_two_is_spread_evenly():
    """A net of 2**k points has one in each of as many equal parts of an axis, and a whole number as often."""
    drawn = columns(sobol(BOX, 64, seed=3))
    parts = np.arange(64)
    assert (np.sort(np.floor(64 * drawn["share"])) == parts).all()
    assert (np.sort(np.floor(64 * np.log(drawn["rate"] / 1e-4) / np.log(1e3))) == parts).all()
    assert (np.unique(drawn["n"], return_counts=True)[1] == 4).all()
    assert (np.unique(drawn["n"]) == np.arange(1, 17)).all()


def test_whole_numbers_are_whole_and_within_bounds():
    drawn = columns(sobol(BOX, 4096))
    assert {type(value) for value in sobol(BOX, 4)[0].values()} == {float, int}
    assert (drawn["m"].min(), drawn["m"].max()) == (2, 1000)
    assert np.median(drawn["m"]) == pytest.approx(np.sqrt(2 * 1001), rel=0.02)  # even in its logarithm


def test_larger_sample_begins_with_the_smaller_one():
    assert sobol(BOX, 100, seed=5)[:37] == sobol(BOX, 37, seed=5)


def test_seed_is_another_sample():
    assert sobol(BOX, 8, seed=1) == sobol(BOX, 8, seed=1) != sobol(BOX, 8, seed=2)


def test_equal_points_are_one():
    few = {"n": {"low": 1, "high": 4, "whole": True}}
    assert sorted(point["n"] for point in sobol(few, 64)) == [1, 2, 3, 4]


def test_a_single_point():
    assert len(sobol(BOX, 1)) == 1
