from functools import partial

import numpy as np
import pytest

from sim.monosemanticity import monosemantic_neurons
from theory import TwoLayer
from validation import train
from validation.training import course, two_layer
from validation.training.models.two_layer import Problem, Replicates
from validation.training.optimizers import LAMB, Stepper
from validation.training.schedules import SCHEDULES, Periodic

MODEL = TwoLayer(16, 8, 24, 1 / 8)
LAMB_STEPS = 50
SETTINGS = {"steps": 40, "batch": 64, "replicates": 3, "initial_bias": -0.1, "seed": 2**70}


@pytest.fixture(scope="module")
def result():
    return train(MODEL, **SETTINGS)


def test_what_a_run_gives(result):
    assert result.step.values.tolist() == [0, 1, 3, 7, 15, 31, 40]
    assert result.loss.dims == result.monosemantic.dims == ("replicate", "step")
    assert result.single_feature_activations.dims == ("replicate", "feature", "neuron")
    assert result.attrs["source"] == "training"
    assert result.attrs["optimizer"] == "lamb:weight_decay=0"
    assert (result.loss[:, -1] < result.loss[:, 0]).all()
    found = monosemantic_neurons(result.single_feature_activations.values)
    np.testing.assert_array_equal(result.monosemantic[:, -1], found.sum(axis=1))
    hidden = result.projection.values @ result.W1.values + result.biases.values[:, None]
    np.testing.assert_allclose(result.single_feature_activations, np.maximum(hidden, 0), atol=1e-6)


def test_replicates_depend_on_nothing_but_the_seed_and_their_number(result):
    one = train(MODEL, **SETTINGS | {"replicates": 1})
    assert one.isel(replicate=0).drop_attrs().identical(result.isel(replicate=0).drop_attrs())


def test_a_bias_shifts_the_same_start(result):
    other = train(MODEL, **SETTINGS | {"initial_bias": 0.4, "steps": 1})
    np.testing.assert_allclose(other.initial_biases - result.initial_biases, 0.5)
    assert other.initial_W1.identical(result.initial_W1)
    assert other.projection.identical(result.projection)


def test_loss_is_that_of_many_samples(result):
    """Of weights of zero it is the mean square of the targets, N ε/3."""
    key = np.array([[5, 6]], np.uint64)
    network = Replicates([Problem.drawn(MODEL, np.random.default_rng(0), 0.0, "float64")], key, 8)
    nothing = {name: np.zeros((1, *a.shape)) for name, a in MODEL.initial(np.random.default_rng(1)).items()}
    (loss,) = network.losses(nothing, 1000, 100)
    assert loss == pytest.approx(16 / 8 / 3, rel=0.01)


def test_biases_of_dead_neurons_decay_in_the_first_half_and_nothing_else_moves():
    run = train(MODEL, **SETTINGS | {"initial_bias": -9.0, "bias_decay": 5.0, "learning_rate": 0.01})
    np.testing.assert_allclose(run.biases, run.initial_biases * (1 - 0.05) ** 20, rtol=1e-5)
    np.testing.assert_allclose(run.W1, run.initial_W1, rtol=1e-6)
    assert (run.dead == 24).all()


def test_l1_on_activations_makes_them_smaller():
    little, much = (
        np.abs(train(MODEL, **SETTINGS | {"l1": l1}).single_feature_activations).sum() for l1 in (0.0, 1.0)
    )
    assert much < 0.9 * little


@pytest.mark.parametrize("task", ["reprojector", "absolute"])
@pytest.mark.parametrize("activation", ["gelu", "solu"])
def test_other_tasks_and_activations_learn(task, activation):
    model = TwoLayer(16, 8, 24, 1 / 8, task, activation, "power_law", "independent")
    run = train(model, **SETTINGS | {"initial_bias": 0.0, "replicates": 1})
    assert run.loss[0, -1] < run.loss[0, 0]
    assert ("wanted" in run) == (task == "reprojector")


def test_an_interrupted_run_goes_on_to_the_same_end(monkeypatch, tmp_path, result):
    file, record, calls = tmp_path / "run.safetensors", course.Course.record, []

    def interrupted(self):
        calls.append(self)
        if len(calls) == 5:
            raise KeyboardInterrupt
        record(self)

    with monkeypatch.context() as patch:
        patch.setattr(course, "CHECKPOINT_SECONDS", 0.0)
        patch.setattr(course.Course, "record", interrupted)
        assert train(MODEL, **SETTINGS, checkpoint=file).attrs["interrupted"] == 1
    assert train(MODEL, **SETTINGS, checkpoint=file).identical(result)


def test_lamb_is_that_of_optax():
    """Step by step, each parameter and replicate a layer of its own, with the cosine that anneals."""
    optax, jax = pytest.importorskip("optax"), pytest.importorskip("jax")
    rng = np.random.default_rng(7)
    shapes = {"W1": (2, 8, 24), "b1": (2, 24), "W2": (2, 24, 16)}
    start = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    ours = {
        name: Stepper(
            LAMB(weight_decay=0.0),
            array.copy(),
            0.01,
            factor=partial(SCHEDULES["cosine"]().factor, steps=LAMB_STEPS),
        )
        for name, array in start.items()
    }
    with jax.enable_x64(True):
        theirs = optax.lamb(optax.cosine_decay_schedule(0.01, LAMB_STEPS))
        layers = {(name, r): jax.numpy.asarray(a[r]) for name, a in start.items() for r in range(2)}
        state, update = theirs.init(layers), jax.jit(theirs.update)
        for _ in range(LAMB_STEPS):
            size = 10.0 ** rng.uniform(-6, 2)
            gradients = {name: size * rng.normal(size=shape) for name, shape in shapes.items()}
            for name, stepper in ours.items():
                stepper.update(gradients[name].copy())
            told = {(name, r): jax.numpy.asarray(gradients[name][r]) for name, r in layers}
            updates, state = update(told, state, layers)
            layers = optax.apply_updates(layers, updates)
            for (name, r), layer in layers.items():
                np.testing.assert_allclose(ours[name].weights[r], np.asarray(layer), rtol=1e-9, atol=1e-11)


def test_periodic_schedule_goes_to_zero_and_back():
    factor = Periodic(half=8).factor
    np.testing.assert_allclose([factor(k, 5) for k in (0, 4, 8, 16, 20)], [1, 0.5, 0, 1, 0.5], atol=1e-15)


def test_snapshots():
    assert two_layer.snapshots(1).tolist() == [0, 1]
    assert two_layer.snapshots(8).tolist() == [0, 1, 3, 7, 8]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"initial_bias": np.nan}, "initial_bias must"),
        ({"bias_decay": -1.0}, "bias_decay must"),
        ({"bias_decay": 200.0}, "bias_decay times learning_rate must"),
        ({"batch": 0}, "batch must"),
        ({"l1": -1.0}, "l1 must"),
        ({"schedule": "sine"}, "schedule must be one of constant, cosine, periodic"),
        ({"batch": 10**12}, "batch must be less than 1000000000000: that takes"),
    ],
)
def test_bad_arguments_are_named(given, named):
    with pytest.raises(ValueError, match=f"^{named}"):
        train(MODEL, **given)
