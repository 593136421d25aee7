import numpy as np
import pytest
import xarray as xr

from theory import superposition
from validation.experiments.findings import Findings
from validation.experiments.superposition import useful_sparsity

(EXPERIMENT,) = useful_sparsity.EXPERIMENTS


def test_pairs_over_alone():
    one = superposition.pair_loss(0.2) / superposition.alone_loss(0.2)
    assert useful_sparsity.pairs_over_alone(4, 2, 0.2) == pytest.approx(one)
    assert useful_sparsity.pairs_over_alone(3, 2, 0.2) == pytest.approx(one)
    assert useful_sparsity.pairs_over_alone(8, 2, 0.2) == pytest.approx((2 * one + 4) / 6)


def test_sparse_features_share_neurons_as_pairs_do():
    found = useful_sparsity.measure(4, 2, 0.1, replicates=3, seed=0)
    assert found.ratio.min() == pytest.approx(useful_sparsity.pairs_over_alone(4, 2, 0.1), rel=0.02)


def test_half_is_read_off_between_the_settings():
    parts = [
        xr.Dataset(
            {"ratio": ("replicate", np.array([ratio, ratio]))},
            coords={"n": 4, "m": 2, "p": p, "replicates": 2},
        )
        for p, ratio in ((0.1, 0.25), (0.4, 0.75))
    ]
    half = Findings(EXPERIMENT, xr.concat(parts, "setting", coords="all"))("half").first
    assert half.estimate.value == pytest.approx(0.2)
    assert half.predicted == pytest.approx(0.3, abs=0.1)
