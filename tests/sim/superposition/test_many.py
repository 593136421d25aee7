import numpy as np
import pytest
import xarray as xr

from sim import simulate
from sim.superposition import batch, descents, ends, many, subsets
from theory import Superposition, superposition


def starts(model, count, seed=0):
    return np.stack([model.initial(np.random.default_rng((seed, k))) for k in range(count)])


@pytest.mark.parametrize(("n", "m", "p"), [(2, 1, 0.3), (5, 2, 0)])
def test_ends_are_those_of_the_flow(n, m, p):
    model = Superposition(n, m, p, np.linspace(1, 0.7, n))
    weights = starts(model, 3, seed=1)
    found = ends(model, weights)
    assert found.slope.max() < 1e-9
    for k, start in enumerate(weights):
        run = simulate(model, initial=start)
        # along what is flat, weights keep some of each step's error
        np.testing.assert_allclose(found.final[k], run.final, atol=1e-5)
        np.testing.assert_allclose(found.biases[k], run.biases, atol=1e-5)
        assert found.loss[k] == pytest.approx(run.loss[-1].item(), abs=1e-10)


def test_ends_of_three_features_at_any_density_are_those_of_the_flow():
    """Up to the same time: Newton's method, at kinks, would take minutes."""
    model = Superposition(3, 2, 0.2, np.linspace(1, 0.7, 3))
    weights = starts(model, 3, seed=1)
    found = ends(model, weights)
    for k, start in enumerate(weights):
        run = simulate(model, initial=start, until=float(found.end_time[k]))
        np.testing.assert_allclose(found.final[k], run.final, atol=1e-5)
        np.testing.assert_allclose(found.biases[k], run.biases, atol=1e-5)
        assert found.loss[k] == pytest.approx(run.loss[-1].item(), abs=1e-10)


def test_a_step_is_as_exact_as_order_four():
    model = Superposition(3, 2, 0.5)
    weights = starts(model, 1, seed=3)[0]
    biases = np.array([-0.05, 0.03, 0.04])  # at biases 0 the slope has kinks
    point = np.concatenate([weights.ravel(), biases])
    problem = 3, 2, model.importances, 0.5, *subsets.states(3)
    _, time, _ = batch._settle(point, problem, 1e-3, 0.0, batch.FIRST)
    exact = simulate(model, initial=weights, initial_biases=biases, until=batch.FIRST, rtol=1e-12)
    assert time == batch.FIRST
    np.testing.assert_allclose(point[:6].reshape(3, 2), exact.final, atol=1e-10)
    np.testing.assert_allclose(point[6:], exact.biases, atol=1e-10)


def test_ends_do_not_depend_on_the_number_of_descents():
    model = Superposition(4, 2, 0)
    weights = starts(model, 5)
    few, more = ends(model, weights[:2]), ends(model, weights)
    xr.testing.assert_equal(few.final, more.final.isel(replicate=slice(2)))


def test_where_the_loss_is_a_sample_flows_are_followed_one_after_another(monkeypatch):
    model = Superposition(3, 1, 0)
    weights = starts(model, 2)
    fast = ends(model, weights)
    monkeypatch.setattr(many, "exact", lambda model: False)
    found = ends(model, weights)
    assert (fast.method, found.method) == ("rosenbrock", "lsoda")
    np.testing.assert_allclose(found.loss, fast.loss, atol=1e-12)
    np.testing.assert_allclose(found.slope, 0, atol=1e-8)


def test_descents_know_their_critical_points():
    found = descents(Superposition(5, 2, 0), 4, seed=2)
    stable = [point.loss for point in superposition.polygons(5) if point.stable]
    assert np.abs(found.loss.values[:, None] - stable).min(axis=1).max() < 1e-10
    assert (found["index"] == 0).all()
    assert found.slope.max() < 1e-11
    assert found.seed == 2


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"initial": np.ones((2, 3))}, "initial"),
        ({"initial": np.ones((2, 3, 3))}, "initial"),
        ({"initial": np.full((1, 3, 2), np.nan)}, "initial"),
        ({"initial": np.ones((1, 3, 2)), "rtol": 0.0}, "rtol"),
    ],
)
def test_bad_arguments_are_named(given, named):
    with pytest.raises(ValueError, match=named):
        ends(Superposition(3, 2, 0), **given)
