import numpy as np
import pytest
import xarray as xr

from validation.experiments.findings import Findings
from validation.experiments.superposition import phase_diagram
from validation.experiments.superposition.phase_diagram import measure
from validation.experiments.superposition.phases import (
    EXTRA_OUT,
    OPPOSITE,
    OTHER_OUT,
    SAME_SIDE,
    SEVERAL_OUT,
    best,
    phase,
    predicted,
    usual,
)


def test_phases_are_told_apart():
    one = np.array([[1.0, -0.8], [1.0, 0.01], [0.05, 1.0], [1.0, 0.4], [0.0, 0.02]])[..., None]
    assert phase(one).tolist() == [OPPOSITE, EXTRA_OUT, OTHER_OUT, SAME_SIDE, SEVERAL_OUT]
    two = np.array([[[1, 0], [0, 1], [0, -0.9]], [[1, 0], [0, 1], [0, 0.3]], [[1, 0], [0, 1], [0, 0.03]]])
    assert phase(two).tolist() == [OPPOSITE, SAME_SIDE, EXTRA_OUT]


def part(importance):
    flow = np.array([[OPPOSITE, OPPOSITE, SAME_SIDE], [EXTRA_OUT, OPPOSITE, EXTRA_OUT]])
    return xr.Dataset(
        {
            "flow": (("density", "replicate"), flow),
            "flow_loss": (("density", "replicate"), np.array([[1.0, 1.0, 0.5], [0.4, 0.3, 0.4]])),
            "trained": (("density", "replicate"), np.full((2, 3), OPPOSITE)),
            "trained_loss": (("density", "replicate"), np.ones((2, 3))),
            "p": ("density", [0.1, 1.0]),
            "boundary": ((), 0.5),
        },
        coords={"n": 2, "m": 1, "importance": importance},
    )


def test_best_and_usual_runs_beside_the_prediction():
    one = part(0.5)
    assert best(one, "flow").tolist() == [SAME_SIDE, OPPOSITE]
    assert usual(one, "flow").tolist() == [OPPOSITE, EXTRA_OUT]
    assert predicted(one).tolist() == [OPPOSITE, EXTRA_OUT]
    assert predicted(part(2.0)).tolist() == [OPPOSITE, OTHER_OUT]
    found = Findings(
        phase_diagram.EXPERIMENTS[0],
        xr.concat([one, part(2.0)], "setting", coords=list(one.coords), data_vars="all"),
    )
    assert found["flow_usual"].first.estimate.value == 1
    assert found["flow_best"].first.estimate.value == 0
    assert found["trained_best"].first.estimate.value == 0.5
    assert found["phase"].first.estimate.value == 0
    assert found["same_side"].first.estimate.value == pytest.approx(1 / 6)
    assert found["alike"].first.estimate.value == 0.5


def test_a_pair_forms_where_features_are_rare():
    found = measure(2, 1, 2, 0.6, steps=500, replicates=6, seed=0)
    assert found.p.values.tolist() == pytest.approx([0.01, 1.0])
    assert (best(found, "flow") == OPPOSITE).tolist() == [True, False]
    assert (best(found, "trained") == OPPOSITE).tolist() == [True, False]
    assert 0.5 < found.boundary < 1
