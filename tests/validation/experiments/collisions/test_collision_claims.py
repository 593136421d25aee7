"""Benign and malign collisions: what is measured, and that a planted effect is seen."""

import numpy as np
import pytest
import xarray as xr

from theory import interference
from validation.experiments.catalogue import find
from validation.experiments.collisions import pairs, ratio_law
from validation.experiments.findings import Findings


def findings(name, part, **setting):
    result = xr.concat([part.assign_coords(setting)], "setting", coords=list(setting), data_vars="all")
    return Findings(find(name), result)


def test_the_smaller_weight_follows_the_closed_form_and_a_shift_is_seen():
    part = pairs.malign(2, 2, seed=3)
    larger, smaller = part.weights.values[0]
    expected = interference.malign_collision(larger, smaller, np.array(pairs.TIMES))[1]
    np.testing.assert_allclose(part.weights.values[1:, 1], expected, rtol=1e-3)
    assert all(row.agrees for row in findings("malign_collision", part, n=2, m=2).rows)
    shifted = part.assign(weights=part.weights + 0.01 * (part.time > 0))
    assert [row.side for row in findings("malign_collision", shifted, n=2, m=2).rows] == ["above"] * 4


def test_pairs_of_one_sign_lower_the_share():
    networks = {"polysemantic": ("replicate", [4, 4]), "opposite": ("replicate", [4, 2])}
    setting = {"source": "simulation", "n": 16, "m": 32, "l1": 0.01, "replicates": 2}
    (row,) = findings("benign_collision", xr.Dataset(networks), **setting)("opposite")
    assert (row.estimate.value, row.side) == (0.75, "below")


def test_a_pair_of_opposite_signs_does_not_move():
    part = pairs.benign("simulation", 2, 2, 0.0, 1, seed=3)
    assert float(part.moved) == 0


@pytest.mark.parametrize(("claim", "predicted"), [("exclusion_law", 128 * 127 / 510), ("quarter", 32.0)])
def test_counts_are_expected_where_the_fitted_law_is(claim, predicted):
    made = find(claim)
    part = xr.Dataset({"polysemantic_neurons": ("replicate", [20.0, 30.0])}, {"n": 128, "m": 128})
    quantity = made.quantities["count"]
    assert quantity.predicted(part) == pytest.approx(predicted)
    law = ratio_law.law(128, 128, *ratio_law.FOUND) * 128 * 127 / 510
    band = quantity.band(part)
    assert (band.low + band.high) / 2 * predicted == pytest.approx(law)


def test_more_neurons_are_expected_to_let_more_leaders_win():
    quantity = find("winner_interference").quantities["kept"]
    bands = [quantity.band(xr.Dataset(coords={"m": m})) for m in (64, 256)]
    assert [band.high + band.low for band in bands] == pytest.approx([2 * 0.283, 2 * (0.283 + 2 * 0.0893)])
