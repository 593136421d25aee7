import numpy as np
import pytest

from theory import Superposition, superposition
from validation.experiments.superposition import correlated_features
from validation.experiments.superposition.correlated_features import loss
from validation.training import superposition as training

WEIGHTS = {
    "opposite": [[1.0, 0], [-1, 0], [0, 1], [0, -1]],
    "across": [[1.0, 0], [0, 1], [-1, 0], [0, -1]],
    "beside": np.sqrt(0.5) * np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]]),
}


@pytest.mark.parametrize("pairs", ["independent", "correlated", "anticorrelated"])
def test_loss_is_that_of_samples(pairs):
    rng = np.random.default_rng(0)
    weights, biases = rng.normal(size=(4, 2)), rng.normal(size=4) / 10
    x = np.zeros((200_000, 4))
    places, values = training.entries(Superposition(4, 2, 0.3), pairs)(rng, len(x))
    x.reshape(-1)[places] = values
    losses = ((np.maximum(x @ weights @ weights.T + biases, 0) - x) ** 2).sum(axis=1)
    error = losses.std() / len(losses) ** 0.5
    assert abs(loss(weights, biases, pairs, 0.3) - losses.mean()) < 4 * error


def test_arrangements_cost_what_theory_says():
    p, none = 0.2, np.zeros(4)
    of = {
        name: {kind: loss(np.array(W), none, kind, p) for kind in correlated_features.KINDS}
        for name, W in WEIGHTS.items()
    }
    assert of["opposite"]["anticorrelated"] == pytest.approx(0, abs=1e-12)
    assert of["beside"]["correlated"] == pytest.approx(2 * superposition.together_loss(p), rel=1e-3)
    assert of["across"]["correlated"] == pytest.approx(2 * p**2 / 3, rel=1e-3)  # four times p²/6
    assert of["opposite"]["correlated"] == pytest.approx(2 * p / 3, rel=1e-3)


def test_partners_lie_as_their_company_wants():
    together = correlated_features.measure("correlated", 0.5, steps=800, replicates=4, seed=0)
    assert (together.beside & ~together.across & ~together.opposite).sum() >= 2
    apart = correlated_features.measure("anticorrelated", 0.5, steps=800, replicates=4, seed=0)
    assert apart.opposite.sum() >= 2
    assert not apart.beside.any()
    assert apart.loss.min() < 1e-3
