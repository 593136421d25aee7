import numpy as np
import pytest
import xarray as xr

from sim import simulate
from sim.superposition import descents, falls, kernel, subsets
from theory import Superposition, superposition


@pytest.mark.parametrize("seed", range(3))
def test_kernel_is_the_derived_gradient(seed):
    rng = np.random.default_rng(seed)
    model = Superposition(6, 3, 0, rng.uniform(0.5, 2, 6))
    weights, biases = rng.normal(0, 0.7, (6, 3)), rng.normal(0, 0.3, 6)
    biases[0] = 0.0
    weights[1] = 0.0
    out = np.empty_like(weights), np.empty_like(biases)
    loss = kernel.descend(weights, biases, model.importances, *out)
    assert loss == pytest.approx(superposition.expected_loss(weights, biases, model), rel=1e-13)
    for ours, derived in zip(out, superposition.gradient(weights, biases, model), strict=True):
        np.testing.assert_allclose(-ours, derived, atol=1e-14)


@pytest.mark.parametrize(("n", "p"), [(1, 0.5), (2, 0.9), (5, 0.3)])
def test_kernel_of_subsets_is_the_derived_gradient(n, p):
    rng = np.random.default_rng(n)
    model = Superposition(n, 2, p, rng.uniform(0.5, 2, n))
    for _ in range(5):
        weights, biases = rng.normal(0, 0.7, (n, 2)), rng.normal(0, 0.3, n)
        biases[0] = 0.0
        out = np.empty_like(weights), np.empty_like(biases)
        loss = subsets.descend(weights, biases, model.importances, p, *subsets.states(n), *out)
        assert loss == pytest.approx(superposition.expected_loss(weights, biases, model), rel=1e-12)
        for ours, derived in zip(out, superposition.gradient(weights, biases, model), strict=True):
            np.testing.assert_allclose(-ours, derived, atol=1e-13)


def test_flow_ends_at_a_derived_critical_point():
    run = simulate(Superposition(5, 2, 0), seed=1)
    loss = superposition.expected_loss(run.final.values, run.biases.values, Superposition(5, 2, 0))
    stable = [point.loss for point in superposition.polygons(5) if point.stable]
    assert min(abs(loss - other) for other in stable) < 1e-12
    assert run.attrs["index"] == 0
    assert run.attrs["slope"] < 1e-12
    assert (np.diff(run.loss) <= 1e-12).all()
    assert run.loss[-1] == loss
    assert run.initial.dims == run.final.dims == ("feature", "neuron")


def test_flow_turns_with_its_start():
    model = Superposition(4, 2, 0)
    start = model.initial(np.random.default_rng(0))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    order = [2, 0, 3, 1]
    plain, turned = (
        simulate(model, initial=w, until=20.0, rtol=1e-9) for w in (start, (start @ turn)[order])
    )
    np.testing.assert_allclose((plain.final.values @ turn)[order], turned.final, atol=1e-6)


@pytest.mark.parametrize("method", ["bdf", "radau", "rk45"])
def test_methods_agree(method):
    model = Superposition(3, 2, 0.3)
    one, other = (simulate(model, seed=2, until=5.0, method=name, rtol=1e-7) for name in ("lsoda", method))
    np.testing.assert_allclose(one.final, other.final, atol=1e-5)
    assert one.loss[0] == other.loss[0]


def test_given_times():
    run = simulate(Superposition(3, 2, 0), seed=0, until=2.0, times=[0.5, 1.0])
    assert run.time.values.tolist() == [0.5, 1.0]


def test_descents_are_those_of_their_seeds():
    few, more = (descents(Superposition(3, 1, 0), count, seed=5) for count in (2, 3))
    xr.testing.assert_equal(few.final, more.final.isel(replicate=slice(2)))
    assert few.slope.max() < 1e-8


def test_falls_between_plateaus():
    times = np.geomspace(0.1, 1e4, 400)
    loss = 1 + 2 / (1 + (times / 3) ** 4) + 1 / (1 + (times / 300) ** 4)
    found = falls(times, loss)
    np.testing.assert_allclose(found.time, [3, 300], rtol=0.1)
    np.testing.assert_allclose(found.before, [4, 2], atol=0.05)
    np.testing.assert_allclose(found.after, [2, 1], atol=0.05)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"initial": np.ones((2, 2))}, "initial"),
        ({"initial_biases": np.ones(2)}, "initial_biases"),
        ({"until": -1}, "until"),
        ({"times": [1.0]}, "times"),
        ({"method": "euler"}, "method"),
        ({"rtol": 2.0}, "rtol"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_arguments_are_named(given, named):
    with pytest.raises(ValueError, match=named):
        simulate(Superposition(3, 2, 0), **given)
