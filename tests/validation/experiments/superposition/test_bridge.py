import numpy as np
import pytest
import xarray as xr

from validation.experiments.findings import Findings
from validation.experiments.superposition import bridge

(BRIDGE,) = bridge.EXPERIMENTS


def test_necessary_from_as_many_features_as_neurons_on():
    assert [bridge.necessary(q) for q in (0.5, 1, 1.5, 2, 4)] == [0, 0, 0.5, 1, 1]


def test_l1_gives_neurons_to_features_and_without_it_none_has_one():
    with_l1, without = (
        bridge.measure("training", n=8, l1=l1, m=16, replicates=1, seed=0) for l1 in (0.02, 0.0)
    )
    assert (with_l1.polysemantic < 0.3).all()
    assert (without.polysemantic > 0.6).all()
    assert (with_l1.encoded == 1).all()


def test_what_is_read_off():
    part = xr.Dataset(
        {
            "polysemantic": ("replicate", np.array([0.5, 0.6, 0.7])),
            "encoded": ("replicate", np.ones(3)),
        },
        coords={"source": "training", "n": 24, "l1": 0.02, "m": 16, "replicates": 3},
    )
    found = Findings(BRIDGE, xr.concat([part], "setting"))
    assert found("share").first.predicted == pytest.approx(24 * 23 / (2 * 31) / 16)
    assert found("incidental").first.estimate.value == pytest.approx(1 - 0.5 / 0.6)
    assert found("incidental").first.estimate.low == 0
