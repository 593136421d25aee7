import math

import numpy as np
import pytest
from scipy import stats

from sim import ensemble, simulate
from sim.forces import FORCES, action
from sim.integrators.leg import Leg
from sim.integrators.splitting import stage, steps
from theory import Autoencoder


def distance(one, two):
    return float(np.sqrt(((one.final - two.final) ** 2).sum("neuron").mean()))


@pytest.mark.parametrize(
    ("model", "until"), [(Autoencoder(8, 32, 0.02), 30.0), (Autoencoder(16, 64, 1e-3), 300.0)]
)
def test_order_two_through_deaths_rebirths_and_kinks(model, until):
    exact = simulate(model, until=until, times=[until], method="event")
    assert exact.attrs["deaths"] > 50
    runs = [simulate(model, until=until, times=[until], rtol=rtol) for rtol in (1e-2, 1e-3, 1e-4)]
    errors = [distance(run, exact) for run in runs]
    order = -np.polyfit(np.log([run.attrs["evaluations"] for run in runs]), np.log(errors), 1)[0]
    assert order == pytest.approx(2.0, abs=0.3)
    for error, rtol in zip(errors, (1e-2, 1e-3, 1e-4), strict=True):
        assert error < rtol


@pytest.mark.filterwarnings("ignore:n_neurons")
@pytest.mark.parametrize("rtol", [5e-3, 5e-4])
def test_the_first_step_is_tested(rtol):
    """Many features on few neurons turn fast: a first step that is too long is done again."""
    leg = Leg(0.0, steps.FIRST * np.sqrt(rtol), math.inf, False, rtol, 10**9)
    used = []
    for model in (Autoencoder(16, 64, 1e-3), Autoencoder(128, 16, 1e-3)):
        weights = model.initial(np.random.default_rng(0))
        passed, _ = steps.advance(weights, leg, None, 1e-3, action(FORCES))
        used.append(passed.evaluations)
    assert used[0] <= 2 + 2 * stage.ATTEMPTS < used[1]  # what a single step can take


def test_cost_hardly_depends_on_l1():
    counts = [
        np.mean(
            [simulate(Autoencoder(32, 96, l1), seed, times=[0.0]).attrs["evaluations"] for seed in range(3)]
        )
        for l1 in (1e-3, 1e-6)
    ]
    assert counts[1] < 2 * counts[0]


def test_deaths_and_rebirths_are_those_of_event():
    model = Autoencoder(16, 64, 0.01)
    exact, fast = (simulate(model, times=[0.0], method=method) for method in ("event", "splitting"))
    assert fast.attrs["deaths"] == pytest.approx(exact.attrs["deaths"], rel=0.05)
    assert fast.attrs["deaths"] - fast.attrs["rebirths"] == exact.attrs["deaths"] - exact.attrs["rebirths"]
    assert fast.attrs["time_to_sparsity"] == pytest.approx(exact.attrs["time_to_sparsity"], rel=0.05)


def test_single_precision_agrees_with_double(monkeypatch):
    model = Autoencoder(64, 128, 5e-3)  # large enough for single precision
    single = simulate(model, until=60.0, times=[60.0], rtol=1e-3)
    monkeypatch.setattr("sim.integrators.splitting.steps.WORTH_IT", np.inf)
    double = simulate(model, until=60.0, times=[60.0], rtol=1e-3)
    assert 0 < distance(single, double) < 1e-3


def test_runs_are_equal_to_the_last_bit():
    model = Autoencoder(64, 128, 5e-3)
    one, two = (simulate(model, times=[0.0, 20.0]) for _ in range(2))
    assert one.identical(two)


def test_a_run_in_parts_is_the_run():
    model = Autoencoder(16, 64, 1e-3)
    whole = simulate(model, until=400.0, times=[400.0], rtol=1e-3)
    parts = simulate(model, until=400.0, times=np.linspace(1, 400, 40), rtol=1e-3)
    assert distance(whole, parts) < 1e-3


@pytest.mark.slow
def test_ensembles_of_event_and_splitting_have_the_same_distribution():
    model = Autoencoder(16, 32, 0.01)
    exact = ensemble(model, 200, seed=1, method="event", rtol=1e-6)
    fast = ensemble(model, 200, seed=2)
    times = stats.ks_2samp(exact.time_to_sparsity, fast.time_to_sparsity)
    counts = stats.ttest_ind(exact.polysemantic_neurons, fast.polysemantic_neurons)
    kept = stats.ttest_ind(exact.winner_kept, fast.winner_kept)
    assert min(times.pvalue, counts.pvalue, kept.pvalue) > 0.01


@pytest.mark.parametrize("model", [Autoencoder(16, 64, 0.9), Autoencoder(64, 256, 0.9)])
def test_when_all_weights_are_dead_time_goes_on(model):
    run = simulate(model, times=[0.0, 100.0, 200.0], until=1000.0, forces=["l1"])
    assert (run.final == 0).all()
    assert run.attrs["deaths"] == model.n_features * model.n_neurons


@pytest.mark.filterwarnings("ignore:n_neurons")
def test_many_features_on_few_neurons_cost_little_more():
    """Corrections that all push each other have to be damped, or steps become short."""
    few, many = (
        np.mean(
            [simulate(Autoencoder(64, m, 1e-3), seed, times=[0.0]).attrs["evaluations"] for seed in range(3)]
        )
        for m in (256, 32)
    )
    assert many < 4 * few


@pytest.mark.parametrize("l1", [1e-3, 1e-5])
def test_winners_are_those_of_a_careful_run(l1):
    """Small λ is stiff: there winners are lost first."""
    model, wrong = Autoencoder(32, 128, l1), 0
    for seed in range(8):
        fast, careful = (simulate(model, seed, times=[0.0], rtol=rtol).final for rtol in (None, 3e-4))
        wrong += int((np.sign(fast) != np.sign(careful)).any("neuron").sum())
    assert wrong <= 4
