import numpy as np
import pytest
import xarray as xr

from tests.validation.experiments.made_up import experiment
from validation.experiments.experiment import grid, mean_of


def test_grid_combines_values_and_keeps_together_what_goes_together():
    assert grid({"n, m": [(2, 4), (3, 9)], "law": "signs", "l1": (1, 2)}) == [
        {"n": 2, "m": 4, "law": "signs", "l1": 1},
        {"n": 2, "m": 4, "law": "signs", "l1": 2},
        {"n": 3, "m": 9, "law": "signs", "l1": 1},
        {"n": 3, "m": 9, "law": "signs", "l1": 2},
    ]
    with pytest.raises(ValueError, match="argument 2"):
        grid({"n, m": [(2, 4, 5)]})


def test_mean_is_over_replicates_of_the_means_over_all_else():
    values = np.arange(12.0).reshape(3, 2, 2)
    part = xr.Dataset({"x": (("replicate", "feature", "look"), values)}, {"look": [0, 1]})
    assert mean_of("x")(part, 0.9).value == values.mean()
    found = mean_of("x")(part.sel(look=[1]), 0.9)
    rows = values[..., 1].mean(axis=1)
    assert found.value == rows.mean()
    assert found.high - found.low == pytest.approx(2 * 2.9199856 * rows.std(ddof=1) / 3**0.5)


def test_predicts_and_rough():
    assert experiment().predicts
    assert not experiment(predicted=None).predicts
    assert not experiment().rough
    assert experiment(band=(0.9, 1.1)).rough
