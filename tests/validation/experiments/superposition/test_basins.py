import numpy as np
import pytest
import xarray as xr

from validation.experiments.findings import Findings
from validation.experiments.superposition import basins
from validation.experiments.superposition.basins import corners, measure, pentagon, same, two_first

ANGLES = 2 * np.pi * np.arange(5) / 5


def around(angles, lengths=1.17):
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1) * np.reshape(lengths, (-1, 1))


def test_pentagons():
    off = np.radians([0, 4, 0, 0, 0])
    assert pentagon(around(ANGLES + 0.3))
    assert pentagon(around(ANGLES[[2, 0, 4, 1, 3]] + off))
    assert not pentagon(around(ANGLES + 2 * off))
    assert not pentagon(around(ANGLES, [1.2, 1.2, 1.2, 1.2, 0.1]))
    assert corners(around(ANGLES, [1.2, 1.2, 1.2, 1.2, 0.1])) == 4


def test_the_same_minimum_has_the_same_neighbours():
    assert same(around(ANGLES), around(ANGLES + 1.0))
    assert same(around(ANGLES), around(-ANGLES))
    assert not same(around(ANGLES), around(ANGLES[[1, 0, 2, 3, 4]]))


def test_two_most_important():
    assert two_first(np.array([[1.0, 0], [0, 1], [0.1, 0], [0, 0], [0, 0.2]]))
    assert not two_first(np.array([[1.0, 0], [0.1, 0], [0, 1], [0, 0], [0, 0]]))


def test_flow_and_training_begin_with_the_same_weights():
    found = measure("gd", 0.0, 1.0, steps=2, replicates=3, seed=1)
    assert corners(found.flow.values).min() >= 4
    assert corners(found.trained.values).max() <= 5
    assert not np.allclose(found.flow, found.trained)


def test_what_is_read_off():
    regular, square = around(ANGLES), around(ANGLES * [1, 1.25, 1.25, 1.25, 1], [1, 1, 1, 1, 0])
    flow = np.stack([regular, regular, square, square])
    dims = ("replicate", "feature", "neuron")
    only = xr.Dataset({"flow": (dims, flow)}).assign_coords(method="flow", p=0.0, decay=1.0, replicates=4)
    both = xr.Dataset({"flow": (dims, flow), "trained": (dims, flow[[0, 2, 2, 2]])}).assign_coords(
        method="adamw", p=0.0, decay=1.0, replicates=4
    )
    dense = both.assign_coords(p=1.0, decay=0.9)
    collected = xr.concat(
        [only, both, dense], "setting", coords=list(only.coords), join="outer", data_vars="all"
    )
    found = Findings(basins.EXPERIMENTS[0], collected)
    assert [row.estimate.value for row in found["flow"]] == [0.5, 0.5]
    assert [row.estimate.value for row in found["trained"]] == [0.25]
    assert [row.estimate.value for row in found["four"]] == [0.5, 0.5]
    assert [row.estimate.value for row in found["same"]] == [0.75, 0.75]
    assert [row.estimate.value for row in found["two"]] == [pytest.approx(0)]
