"""Hints in the lines about bad arguments."""

import numpy as np
import pytest
import xarray as xr

from theory.common import arguments
from validation import check


def test_one_name_where_several_are_taken():
    with pytest.raises(
        TypeError,
        match=r"^names must be a collection of claims, got 'quarter'; did you mean \['quarter'\]\?$",
    ):
        check("quarter")


def test_a_dataset_where_an_array_is_taken():
    run = xr.Dataset({"final": (("feature", "neuron"), np.eye(2)), "energy": 1.0})
    with pytest.raises(
        TypeError, match=r"^initial must be .*, got a Dataset; give one of its variables: .final, .energy$"
    ):
        arguments.array("initial", run, ("feature", "neuron"))


def test_names_of_elsewhere_go_before_names_that_are_spelled_alike():
    assert arguments.meant("lr", ("l1", "l2", "learning_rate")) == "; did you mean learning_rate?"
    assert arguments.meant("stepz", ("steps", "seed")) == "; did you mean steps?"
    assert arguments.meant("qqq", ("steps", "seed")) == ""


def test_a_generator_draws_seeds_one_after_the_other():
    rng, same = np.random.default_rng(1), np.random.default_rng(1)
    drawn = [arguments.seed_number("seed", rng) for _ in range(2)]
    assert drawn == [arguments.seed_number("seed", same) for _ in range(2)]
    assert drawn[0] != drawn[1]
    assert arguments.seed("seed", np.random.default_rng(1)).entropy == drawn[0]
