import numpy as np
import pytest
import xarray as xr

from validation.experiments.findings import Findings
from validation.experiments.superposition import dimensionality, notebook


def test_what_is_near_a_shape():
    values = [0.5, 0.519, 0.53, 0.66, 0.41, 0.9]
    assert dimensionality.near(values).tolist() == [True, True, False, True, True, False]
    # bands of width 0.04 around five values, two of which overlap by 0.015, from 0.355 to 0.77
    assert pytest.approx(0.185 / 0.415, abs=1e-3) == dimensionality.EVEN


def test_shares_near_a_shape():
    trained = np.array([[0.5, 0.5, 0.6, 0.95], [0.67, 0.6, 0.6, np.nan]])
    part = xr.Dataset(
        {
            "trained": (("replicate", "feature"), trained),
            "random": (("replicate", "feature"), np.full((2, 4), 0.1)),
            "dimensions": ("replicate", [0.5, 0.6]),
        }
    ).assign_coords(p=0.1, n=4, m=2, replicates=2)
    found = Findings(dimensionality.EXPERIMENTS[0], xr.concat([part], "setting"))
    assert found["sticky"].first.estimate.value == pytest.approx((2 / 4 + 1 / 3) / 2)
    assert found["between"].first.estimate.value == pytest.approx((2 / 3 + 1 / 3) / 2)
    assert found["random"].first.estimate.value == 0
    assert found["sticky"].first["rarity"] == 10


def test_sparse_features_pair_up():
    found = dimensionality.measure(0.05, 12, 4, steps=600, replicates=2, seed=0)
    assert found.trained.notnull().sum("feature").min() > 4
    assert (found.random < 1).all() or found.random.isnull().any()


def test_interference_and_lengths_of_the_notebook():
    dense, sparse = (notebook.measure(5, 2, 0.9**4, p, steps=1500, replicates=2, seed=0) for p in (1.0, 0.05))
    assert ((dense.length > 0.5).sum("feature") <= 2).all()
    assert ((sparse.length > 0.5).sum("feature") > 2).all()
    assert (sparse.interference.max("feature") > 0.1).all()
    assert (sparse.dimensions < dense.dimensions).all()
    assert sparse["encoding"].shape == (2, 5, 2)
