"""Adam's first steps: the law against weights that all move at one speed, by the sign of their forces."""

import numpy as np
import pytest

from theory import Autoencoder, interference
from theory.interference import first_steps
from validation.training import train

MODEL = Autoencoder(64, 256, 2.5e-4)


def test_no_step_loses_no_lead_and_more_steps_lose_more_until_interference_is_gone():
    end = interference.end_of_interference(MODEL)
    kept = interference.leads_kept(MODEL, np.array([0, 0.2, 0.5, 1, 4]) * end)
    assert kept[0] == pytest.approx(1, abs=1e-12)
    assert (np.diff(kept[:4]) < -0.02).all()
    assert 0 <= kept[3] - kept[4] < 0.02  # encodings that feel more of it go on a little longer


def test_interference_is_gone_where_its_root_falls_to_zero_along_the_first_slope():
    """Of weights that all move by the sign of their force, whatever the size."""
    rng, step = np.random.default_rng(3), 1e-4
    weights = MODEL.initial(rng)
    roots = []
    for _ in range(2):
        products = weights @ weights.T
        np.fill_diagonal(products, 0)
        roots.append(np.sqrt((np.maximum(products, 0) ** 2).sum(axis=1).mean()))
        residual = np.where(weights @ weights.T > 0, np.eye(64) - weights @ weights.T, 0)
        weights = weights + step * np.sign(residual @ weights)
    end = roots[0] / (roots[0] - roots[1]) * step
    assert end == pytest.approx(interference.end_of_interference(MODEL), rel=0.06)


@pytest.mark.parametrize(("n", "m", "scale"), [(64, 128, 1.0), (32, 256, 0.9)])
def test_leads_kept_are_those_of_the_flow_of_signs(n, m, scale):
    model, rng = Autoencoder(n, m, 0.0, scale / m**0.5), np.random.default_rng(5)
    distance = interference.end_of_interference(model) / 2
    kept = [first_steps._followed(model.initial(rng), distance) for _ in range(40)]
    error = np.std(kept, ddof=1) / len(kept) ** 0.5
    assert abs(np.mean(kept) - interference.leads_kept(model, np.array([distance]))[0]) < 4 * error + 0.01


def test_adamw_loses_as_many():
    distance = 3e-3
    run = train(MODEL, "adamw", steps=6, learning_rate=distance / 6, replicates=24, seed=2)
    kept = (run.leader[:, -1] == run.leader[:, 0]).mean("feature")
    expected = interference.leads_kept(MODEL, np.array([distance]))[0]
    assert abs(kept.mean() - expected) < 4 * kept.std(ddof=1) / 24**0.5


def test_a_smaller_rate_loses_as_many_leads():
    end = interference.end_of_interference(MODEL)
    assert end == pytest.approx(0.6267 * np.sqrt(63 / 512) / 16, rel=1e-3)


@pytest.mark.parametrize(
    ("model", "distances", "name"),
    [
        (Autoencoder(1, 4, 0.0), [0.1], "n_features"),
        (Autoencoder(2, 1, 0.0), [0.1], "n_neurons"),
        (MODEL, [-0.1], "distances"),
        (MODEL, 0.1, "distances"),
    ],
)
def test_bad_arguments_are_named(model, distances, name):
    with pytest.raises(ValueError, match=name):
        interference.leads_kept(model, np.array(distances))
