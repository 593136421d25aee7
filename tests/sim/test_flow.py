import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import solve_ivp

from sim import simulate, sparsify
from sim.flow import Flow
from sim.forces import FORCES
from sim.watch import Watch, default_times
from theory import Autoencoder, interference, sparsification

METHODS = ("splitting", "event", "euler")
ERROR = {"splitting": 5e-3, "event": 1e-9, "euler": 5e-3}  # at the default tolerances, where all is smooth
WEIGHTS = arrays(np.float64, (3, 5), elements=st.floats(-1, 1, width=16).filter(lambda w: abs(w) > 0.01))
quick = settings(max_examples=15, deadline=None)


def final(weights, l1=0.02, method="splitting", until=20.0, **options):
    model = Autoencoder(*weights.shape, l1)
    return simulate(model, initial=weights, until=until, method=method, **options).final.values


@pytest.mark.parametrize("method", METHODS)
@quick
@given(WEIGHTS, st.permutations(range(3)), st.permutations(range(5)), st.sampled_from([-1.0, 1.0]))
def test_permutations_and_flips_of_neurons_commute_with_the_flow(method, weights, features, neurons, sign):
    flips = np.array([1, sign, 1, -sign, 1])
    moved = (weights * flips)[features][:, neurons]
    expected = (final(weights, method=method, until=5.0) * flips)[features][:, neurons]
    np.testing.assert_allclose(final(moved, method=method, until=5.0), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_rotations_commute_with_the_flow_without_l1(method):
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(4, 6)) / np.sqrt(6)
    rotation = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    turned = final(weights @ rotation, 0.0, method)
    np.testing.assert_allclose(turned, final(weights, 0.0, method) @ rotation, rtol=0, atol=1e-10)


@pytest.mark.parametrize("method", METHODS)
@quick
@given(WEIGHTS, st.floats(0.001, 0.1))
def test_energy_never_increases(method, weights, l1):
    result = simulate(Autoencoder(3, 5, l1), initial=weights, until=60.0, method=method)
    # interpolation is wrong by a tenth of rtol; the gradient of the energy is at most of the size of weights
    rise = 0.1 * result.attrs["rtol"] if method == "splitting" else 1e-9
    assert (np.diff(result.energy) <= rise).all()


@pytest.mark.parametrize("until", [None, 60.0])
@pytest.mark.parametrize("method", METHODS)
def test_output_times_change_nothing_but_the_output(method, until):
    model = Autoencoder(8, 16, 0.02)
    plain = simulate(model, seed=3, method=method, until=until, times=[0.0])
    end = until or plain.attrs["time_to_sparsity"]
    for times in (None, np.linspace(0, end, 110)):
        asked = simulate(model, seed=3, method=method, until=until, times=times)
        np.testing.assert_array_equal(asked.final, plain.final)
        assert asked.sizes["time"] > 50
        assert plain.sizes["time"] == 1
        assert asked.attrs["evaluations"] <= 1.05 * plain.attrs["evaluations"]
        assert asked.attrs["deaths"] == plain.attrs["deaths"]


def test_a_watched_flow_is_the_same_in_single_precision_and_with_neurons_dropped():
    model = Autoencoder(64, 128, 5e-3)
    plain = simulate(model, seed=1, until=300.0, times=[0.0])
    asked = simulate(model, seed=1, until=300.0, times=np.linspace(0, 299, 77))
    assert (~plain.final.any("feature")).any()
    np.testing.assert_array_equal(asked.final, plain.final)


def course(model, method, rtol, times):
    """Return weights at `times`, and the evaluations of the force."""
    flow = Flow(model, model.initial(np.random.default_rng(0)), method, FORCES, rtol)
    flow.watch = Watch(times, lambda weights: (weights,), times[-1])
    flow.advance(20.0)
    return np.array([weights for _, weights in flow.watch.seen]), flow.evaluations


@pytest.mark.parametrize(
    ("method", "rtols", "order"),
    [("splitting", (3e-3, 1e-3, 3e-4, 1e-4), 2), ("euler", (0.02, 0.005, 0.00125), 1)],
)
def test_weights_within_steps_are_of_the_order_of_the_method(method, rtols, order):
    model, times = Autoencoder(8, 32, 0.02), np.linspace(0.3, 19.7, 98)
    exact, _ = course(model, "event", 1e-10, times)
    runs = [course(model, method, rtol, times) for rtol in rtols]
    errors = [np.sqrt(((weights - exact) ** 2).sum(-1).mean(-1)).max() for weights, _ in runs]
    found = -np.polyfit(np.log([evaluations for _, evaluations in runs]), np.log(errors), 1)[0]
    assert found == pytest.approx(order, abs=0.3)


def test_weights_within_steps_of_event_are_exact():
    model, times = Autoencoder(8, 32, 0.02), np.linspace(0.3, 19.7, 98)
    exact, rough = (course(model, "event", rtol, times)[0] for rtol in (1e-12, 1e-6))
    assert 0 < np.abs(rough - exact).max() < 1e-6
    np.testing.assert_array_equal(rough == 0, exact == 0)


@pytest.mark.parametrize("method", METHODS)
def test_fixed_point_is_sparse_and_exact(method):
    model = Autoencoder(8, 16, 0.02)
    result = simulate(model, seed=3, method=method)
    weights = result.final.values
    active = weights[weights != 0]
    assert ((weights != 0).sum(axis=1) <= 1).all()
    np.testing.assert_array_equal(np.abs(active), float(sparsification.final_weight(0.02)))
    again = simulate(model, initial=weights, until=50.0, method=method)
    np.testing.assert_allclose(again.final, weights, rtol=0, atol=1e-10)
    assert again.attrs["deaths"] == again.attrs["rebirths"] == 0


@pytest.mark.parametrize("method", METHODS)
def test_without_interference_every_encoding_is_the_exact_one(method):
    model = Autoencoder(3, 40, 0.005)
    times = np.array([0.0, 1.0, 10.0, 100.0, 300.0])
    result = simulate(
        model, seed=1, times=times, until=300.0, method=method, forces=("feature_benefit", "l1")
    )
    for i in range(3):
        exact = sparsify(result.initial[i].values, 0.005, times)
        np.testing.assert_allclose(result.l2_norm[:, i], exact.l2_norm, rtol=0, atol=ERROR[method])
        np.testing.assert_allclose(result.l1_norm[:, i], exact.l1_norm, rtol=2 * ERROR[method])
        assert np.abs(result.active[:, i].values - exact.active.values).max() <= (method != "event")
        assert np.abs(result.final[i]).argmax("neuron") == np.abs(exact.final).argmax("neuron")


def test_euler_is_of_first_order():
    weights = np.random.default_rng(2).normal(size=(4, 8)) / 3
    exact = final(weights, 0.01, "event")
    errors = [np.abs(final(weights, 0.01, "euler", rtol=h) - exact).max() for h in (0.02, 0.02 / 16)]
    assert np.log2(errors[0] / errors[1]) / 4 == pytest.approx(1, abs=0.1)


def test_error_of_event_follows_its_tolerance():
    model = Autoencoder(8, 32, 0.02)
    runs = {
        rtol: simulate(model, seed=0, until=100.0, times=[100.0], method="event", rtol=rtol)
        for rtol in (1e-5, 1e-8, 1e-12)
    }
    assert runs[1e-8].attrs["deaths"] == runs[1e-12].attrs["deaths"] > 200
    errors = [float(np.abs(runs[rtol].final - runs[1e-12].final).max()) for rtol in (1e-5, 1e-8)]
    assert errors[0] < 1e-5
    assert errors[1] < 1e-8


def test_splitting_agrees_with_event():
    model = Autoencoder(16, 64, 0.01)
    winners = []
    for seed in range(4):
        exact = simulate(model, seed=seed, method="event", times=[0.0]).final
        fast = simulate(model, seed=seed, times=[0.0]).final
        winners.append((np.abs(exact).argmax("neuron") == np.abs(fast).argmax("neuron")).mean())
    assert np.mean(winners) >= 0.98


@pytest.mark.filterwarnings("ignore:n_neurons")
@pytest.mark.parametrize("method", METHODS)
def test_malign_collision_follows_the_closed_form(method):
    times = np.linspace(0, 5, 6)
    result = simulate(
        Autoencoder(2, 1, 0.0),
        initial=[[0.9], [0.5]],
        times=times,
        until=5.0,
        method=method,
        forces=("interference",),
    )
    a, b = interference.malign_collision(0.9, 0.5, times)
    np.testing.assert_allclose(result.l2_norm, np.stack([a, b], axis=1), rtol=0, atol=ERROR[method])


@pytest.mark.parametrize("method", METHODS)
def test_benign_collision_feels_no_force(method):
    weights = np.array([[0.9, 0.0], [-0.5, 0.0]])
    moved = final(weights, 0.0, method, forces=("interference",))
    np.testing.assert_array_equal(moved, weights)


def reborn_weight(weights, l1, until):
    """Return where the dead weight is under interference and L1, from the equations, once it is negative."""

    def flow(_, flat):
        one, two = flat.reshape(2, 2)
        product = one @ two
        signs = np.array([[1, -1], [1, 1]])
        return (-product * np.array([two, one]) - l1 * signs).ravel()

    return solve_ivp(flow, (0, until), weights.ravel(), rtol=1e-10, atol=1e-12).y[1, -1]


@pytest.mark.parametrize("method", METHODS)
def test_dead_weight_is_reborn_only_by_a_force_greater_than_l1(method):
    """The force on the dead weight w, −ReLU(W_1·W_2) W_2, is −0.512 at first and falls with time."""
    weights = np.array([[0.8, 0.0], [0.8, 0.8]])
    still = final(weights, 0.7, method, 0.05, forces=("interference", "l1"), rtol=0.001)
    reborn = final(weights, 0.1, method, 0.05, forces=("interference", "l1"), rtol=0.001)
    assert still[0, 1] == 0
    assert reborn[0, 1] == pytest.approx(reborn_weight(weights, 0.1, 0.05), rel=2e-3)


def test_too_strong_l1_kills_everything():
    result = simulate(Autoencoder(2, 4, 0.5), seed=0)
    assert not result.final.any()


def test_times_and_until():
    model = Autoencoder(4, 8, 0.02)
    to_the_end = simulate(model, seed=1, times=[0.0, 3.0])
    assert to_the_end.time.values.tolist() == [0.0, 3.0]
    assert to_the_end.attrs["time_to_sparsity"] > 3
    stopped = simulate(model, seed=1, until=3.0)
    assert stopped.time[-1] == 3
    assert "time_to_sparsity" not in stopped.attrs
    np.testing.assert_array_equal(stopped.initial, to_the_end.initial)
    grid = default_times(10.0)
    assert list(grid)[-1] == 10.0


@pytest.mark.filterwarnings("ignore:not sparse")
def test_exact_tie_is_given_up_with_a_warning():
    model = Autoencoder(1, 2, 0.05)
    with pytest.warns(UserWarning, match="exactly equal"):
        result = simulate(model, initial=[[0.5, 0.5]], method="euler", rtol=0.3)
    assert "time_to_sparsity" not in result.attrs


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"method": "magic"}, "method"),
        ({"forces": ("gravity",)}, "forces"),
        ({"rtol": 0.0}, "rtol"),
        ({"until": -1.0}, "until"),
        ({"times": [1.0, 9.0], "until": 5.0}, "times"),
        ({"initial": np.zeros((3, 8))}, "initial"),
        ({"initial": np.full((4, 8), np.nan)}, "initial"),
        ({"seed": -1}, "seed"),
        ({"forces": ("feature_benefit",)}, "until"),
    ],
)
def test_bad_input_is_named(options, named):
    with pytest.raises((ValueError, TypeError), match=f"^{named} must"):
        simulate(Autoencoder(4, 8, 0.02), **options)


@pytest.mark.parametrize("method", METHODS)
def test_the_flow_ends_when_the_race_is_over(method):
    model = Autoencoder(8, 16, 0.02)
    flow = Flow(model, model.initial(np.random.default_rng(3)), method, FORCES, None)
    flow.settle()
    assert flow.at_rest()
    assert flow.time < flow.last_change + 100


def test_saved_weights_are_those_that_are_measured():
    run = simulate(Autoencoder(4, 8, 0.02), save_weights=True)
    assert run.weights.dims == ("time", "feature", "neuron")
    np.testing.assert_array_equal(run.weights[0], run.initial)
    np.testing.assert_array_equal((run.weights != 0).sum("neuron"), run.active)
    np.testing.assert_allclose(np.abs(run.weights).sum("neuron"), run.l1_norm, rtol=1e-12)
    assert run.drop_vars("weights").identical(simulate(Autoencoder(4, 8, 0.02)))


def test_a_generator_draws_a_seed_that_gives_the_same_again():
    model, rng = Autoencoder(4, 8, 0.02), np.random.default_rng(0)
    first, second = simulate(model, seed=rng), simulate(model, seed=rng)
    assert simulate(model, seed=np.random.default_rng(0)).identical(first)
    assert simulate(model, seed=first.attrs["seed"]).identical(first)
    assert not first.initial.equals(second.initial)
