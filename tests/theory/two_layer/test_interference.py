import numpy as np
import pytest
from scipy import stats

from theory import TwoLayer, two_layer
from theory.two_layer.interference import EXCESS_KURTOSIS, Interference

SIZE = (128, 64, 1, 1 / 32)


def sampled(model, projections=12, samples=4000):
    """Interference on single features of drawn projections, by samples."""
    rng, found = np.random.default_rng(0), []
    for _ in range(projections):
        rows = model.project(rng)
        x = rng.random((samples, model.n_features)) * (
            rng.random((samples, model.n_features)) < model.probability
        )
        cosines = rows @ rows[:8].T
        cosines[np.arange(8), np.arange(8)] = 0
        found.append(x @ cosines)
    return np.concatenate(found)


@pytest.mark.parametrize("projection", ["independent", "orthogonal"])
def test_law_is_that_of_samples(projection):
    model = TwoLayer(*SIZE, projection=projection)
    law, found = two_layer.interference_law(model), sampled(model)
    assert law.probabilities.sum() == pytest.approx(1)
    assert np.sqrt((found**2).mean()) == pytest.approx(law.std, rel=0.03)
    for at in (-0.2, 0.0, 0.1):
        for k in (1, 2):
            assert (np.maximum(at + found, 0) ** k).mean() == pytest.approx(law.moment(k, at), rel=0.1)


def test_moments_of_independent_directions_are_the_derived_ones():
    for size in (SIZE, (512, 64, 1, 1 / 64)):
        law = two_layer.interference_law(TwoLayer(*size, projection="independent"))
        assert law.std == pytest.approx(two_layer.interference_std(*size[:2], size[3]), rel=1e-5)
        symbols = dict(zip(("N", "m_in", "epsilon"), (size[0], size[1], size[3]), strict=True))
        derived = EXCESS_KURTOSIS.subs({s: symbols[s.name] for s in EXCESS_KURTOSIS.free_symbols})
        assert law.excess_kurtosis == pytest.approx(float(derived), rel=1e-3)


@pytest.mark.parametrize("neurons", [1, 2])
def test_best_response_to_a_normal_law_is_the_closed_form(neurons):
    values = np.linspace(-2, 2, 8001)
    law = Interference(values, stats.norm(0, 0.2).pdf(values) * (values[1] - values[0]))
    ours, closed = law.best_response(1 / 64, neurons), two_layer.best_response(1 / 64, 0.2, neurons)
    assert ours.loss == pytest.approx(closed.loss, rel=1e-5)
    np.testing.assert_allclose(ours.biases, closed.biases, atol=1e-3)


def test_rare_large_interference_costs_more_than_a_normal_one():
    model = TwoLayer(*SIZE)
    law = two_layer.interference_law(model)
    exact, normal = law.best_response(1 / 32), two_layer.best_response(1 / 32, law.std)
    assert exact.loss > 1.1 * normal.loss
    found, rng = sampled(model).ravel(), np.random.default_rng(1)
    x = rng.random(found.size) * (rng.random(found.size) < 1 / 32)
    answer = exact.weights[0] * np.maximum(x + found + exact.biases[0], 0)
    assert ((answer - x) ** 2).mean() == pytest.approx(exact.loss, rel=0.08)


@pytest.mark.parametrize(
    "bad",
    [{"task": "absolute"}, {"frequencies": "power_law"}, {"n_inputs": 2}, {"n_features": 1, "n_inputs": 1}],
)
def test_other_models_are_refused(bad):
    given = {"n_features": 128, "n_inputs": 64, "n_neurons": 1, "probability": 1 / 32} | bad
    with pytest.raises(ValueError, match=r"^model must"):
        two_layer.interference_law(TwoLayer(**given))
