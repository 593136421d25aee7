import numpy as np
import xarray as xr

from validation.experiments.findings import Findings
from validation.experiments.superposition.geometry import EXPERIMENTS, measure

(GEOMETRY,) = EXPERIMENTS


def test_descents_end_in_derived_minima():
    found = measure(4, 3, seed=0)
    assert found.apart.max() < 1e-8
    assert found.corners.values.tolist() == [4, 4, 4]
    assert found.lowest == 0


def test_what_is_read_off():
    n = 10
    part = xr.Dataset(
        {
            "loss": ("replicate", np.where(np.arange(n) < 4, 0.5, 0.7)),
            "apart": ("replicate", np.where(np.arange(n) < 9, 1e-12, 1e-3)),
            "corners": ("replicate", np.full(n, 5)),
            "regular": ("replicate", np.arange(n) < 8),
            "lowest": ((), 0.5),
        },
        coords={"n": 5, "replicates": n},
    )
    found = Findings(GEOMETRY, xr.concat([part], "setting"))
    assert found("reached").first.estimate.value == 0.9
    assert found("lowest").first.estimate.value == 0.4
    assert found("shared").first.estimate.value == 0.2
    assert found("apart").first.estimate.value == 1e-3
    assert not found("reached").first.agrees
