"""A unit of work: what is measured, stacked and checked in a worker."""

import pickle

import numpy as np
import pytest
import xarray as xr

from validation.sweeps.points import seed_of
from validation.sweeps.units import Measuring, Unit

UNIT = Unit((0, 1), {"n": 4}, 2, 5)


def given(values):
    """Measure what is given: a value for each replicate, or the same for all."""
    values = iter(values)
    return lambda n, seed: next(values)


def test_replicates_are_stacked_and_keep_their_types():
    def measure(seed, n):
        return {"seed_": seed, "even": seed % 2 == 0, "half": np.float32(n / 2), "n_": np.int16(n)}

    measured, seconds = Measuring(measure, 1, True)(UNIT)
    assert seconds >= 0
    assert measured.sizes == {"replicate": 3}
    assert measured.seed_.values.tolist() == [seed_of(1, {"n": 4}, k) for k in (2, 3, 4)]
    assert {str(v): x.dtype.str[1:] for v, x in measured.items()} == {
        "seed_": "i8",
        "even": "b1",
        "half": "f4",
        "n_": "i2",
    }


def test_datasets_are_stacked_with_their_labels():
    def measure(seed, n):
        attrs = {"of": "no use"}
        return xr.Dataset({"w": ("k", np.full(n, seed % 5, np.int8), attrs)}, {"k": list("abcd")}, attrs)

    measured, _ = Measuring(measure, 1, True)(UNIT)
    assert measured.w.dims == ("replicate", "k")
    assert measured.w.dtype == np.int8
    assert measured.k.values.tolist() == list("abcd")
    assert not measured.attrs
    assert not measured.w.attrs


def test_without_replicates_it_is_as_it_was_returned():
    of_its_own = xr.Dataset({"w": ("replicate", np.arange(3.0))})
    assert Measuring(given([of_its_own]), 0, False)(Unit((0, 0), {"n": 1}, 0, 1))[0].identical(of_its_own)
    numbers, _ = Measuring(given([{"a": 1.5}]), 0, False)(Unit((0, 0), {"n": 1}, 0, 1))
    assert numbers.a.shape == ()


def test_it_goes_to_another_process_as_it_is():
    call = Measuring(lambda seed, n: {"x": seed % n}, 1, True)
    there = pickle.loads(pickle.dumps(call))
    assert there(UNIT)[0].identical(call(UNIT)[0])
    assert pickle.loads(pickle.dumps(call)).measure is there.measure  # with what it caches


@pytest.mark.parametrize(
    "returned",
    [
        [None] * 3,
        [1.5] * 3,
        [[1, 2]] * 3,
        [{"x": "text"}] * 3,
        [{"x": None}] * 3,
        [{"x": 1j}] * 3,
        [{"x": np.ones(2)}] * 3,
        [{"x": [1, 2]}] * 3,
        [{"x": 1}, {"x": 1}, {"y": 1}],
        [{"x": 1}, {"x": 1}, {"x": [1, 2]}],
        [{"x": 1}, xr.Dataset({"x": 1}), {"x": 1}],
        [xr.DataArray(1.0)] * 3,
        [xr.Dataset({"x": ("k", np.ones(0))})] * 3,
        [xr.Dataset({"x": ("k", np.array(["a"]))})] * 3,
        [xr.Dataset({"x": ("replicate", np.ones(2))})] * 3,
        [xr.Dataset({"x": ("k", np.ones(k))}) for k in (1, 1, 2)],
        [xr.Dataset({"x": ("k", np.ones(1))}, {"k": [k]}) for k in (1, 1, 2)],
        [xr.Dataset({name: 1.0}) for name in "xxy"],
        [xr.Dataset({"x": ("k", np.ones(1))}, {"k": [np.nan]})] * 3,
        [xr.Dataset({"x": ("k", np.ones(1))}, {"k": np.array(["2020-01-01"], "M8[ns]")})] * 3,
        [xr.Dataset({"x": ("k", np.ones(1))}, {"k": np.array([None])})] * 3,
        [{}] * 3,
        [{"replicate": 1}] * 3,
        [xr.Dataset()] * 3,
    ],
    ids=range(24),
)
def test_what_is_no_measurement(returned):
    with pytest.raises((ValueError, TypeError), match=r"^measure must [^\n]*$"):
        Measuring(given(returned), 0, True)(UNIT)
