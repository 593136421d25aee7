import numpy as np
import pytest
from scipy.integrate import solve_ivp

from sim import ensemble, simulate
from sim.metrics import benign_pairs, fourth_norms, leading_slots, polysemantic_neurons
from theory import Autoencoder, collisions
from theory.common import schema
from validation.training import blocks, parts, train
from validation.training.activations import GELU, ReLU
from validation.training.inputs import Independent, Single
from validation.training.noise import Dropout, Gaussian, Signs


def flow(model, initial, until):
    """Integrate feature benefit, interference and L1 as the seed writes them; no weight may reach 0."""

    def force(_, flat):
        W = flat.reshape(initial.shape)
        change = np.empty_like(W)
        for i, w in enumerate(W):
            interference = sum(max(w @ other, 0) * other for j, other in enumerate(W) if j != i)
            change[i] = (1 - w @ w) * w - interference - model.l1 * np.sign(w)
        return change.ravel()

    end = solve_ivp(force, (0, until), initial.ravel(), rtol=1e-10, atol=1e-12).y[:, -1]
    return end.reshape(initial.shape)


def test_gradient_descent_follows_the_flow_to_first_order_in_the_rate():
    model = Autoencoder(4, 7, l1=0.02)
    rng = np.random.default_rng(4)
    initial = rng.uniform(0.2, 0.5, (4, 7)) * rng.choice([-1, 1], (4, 7))
    until, steps = 1.0, np.array([1000, 2000])
    expected = flow(model, initial, until)
    assert (np.sign(expected) == np.sign(initial)).all()
    error = []
    for count in steps:
        result = train(
            model, steps=int(count), learning_rate=until / (4 * count), initial=initial, dtype="float64"
        )
        assert result.time.values[-1] == pytest.approx(until)
        error.append(np.abs(result.final.values[0] - expected).max())
    assert error[1] < 1e-3
    assert error[0] / error[1] == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize("l1_step", ["subgradient", "proximal"])
def test_through_deaths_and_rebirths_too(l1_step):
    """The distance to the exact event-driven flow is of order 1 in the rate, below 10⁻⁴."""
    model, until = Autoencoder(8, 16, l1=0.01), 20.0
    initial = model.initial(np.random.default_rng(3))
    flow = simulate(model, initial=initial, until=until, times=[0.0], method="event", rtol=1e-12)
    assert flow.attrs["deaths"] > 40
    assert flow.attrs["rebirths"] > 5
    distance = []
    for count in (5000, 40_000):
        result = train(
            model,
            steps=count,
            learning_rate=until / 4 / count,
            initial=initial,
            dtype="float64",
            l1_step=l1_step,
        )
        distance.append(np.abs(result.final.values[0] - flow.final.values).max())
    assert distance[1] < 1e-4
    assert np.log(distance[0] / distance[1]) / np.log(8) == pytest.approx(1, abs=0.1)


def test_one_feature_grows_logistically():
    """With λ = 0, ``N = ‖w‖²`` obeys ``N' = 2 (1 − N) N``."""
    result = train(Autoencoder(1, 50, l1=0, init_std=0.02), steps=4000, learning_rate=2.5e-4, dtype="float64")
    N = result.l2_norm.values[0, :, 0] ** 2
    odds = N[0] / (1 - N[0]) * np.exp(2 * result.time.values)
    np.testing.assert_allclose(N, odds / (1 + odds), rtol=2e-3)


def test_gradient_descent_ends_sparse_at_the_final_weight():
    """One weight is left, with ``w (1 − w²) = λ``, up to the jump of a step."""
    model = Autoencoder(3, 12, l1=0.05)
    result = train(model, steps=6000, learning_rate=5e-3, replicates=2)
    assert (result.active.values[:, -1] == 1).all()
    assert (result.active.values[:, 0] > 6).all()
    largest = np.abs(result.final.values).max(axis=-1)
    np.testing.assert_allclose(largest * (1 - largest**2), model.l1, atol=1e-3)


@pytest.mark.slow
def test_polysemantic_neurons_under_adamw():
    """Benign pairs, on average as many as the flow has from the same weights, and no more than exclusion.

    The exclusion law is that without interference, which lowers the count.
    """
    model, runs = Autoencoder.from_training(16, 32, 4e-3), 256
    result = train(model, "adamw", steps=8000, replicates=runs, seed=5)
    flow = ensemble(model, runs, seed=5)
    np.testing.assert_allclose(flow.initial, result.initial, rtol=1e-15)
    count, of_flow = polysemantic_neurons(result.final.values), polysemantic_neurons(flow.final.values)
    apart, law = count - of_flow, collisions.polysemantic_neurons(16, 32)
    assert abs(apart.mean()) < 4 * apart.std(ddof=1) / np.sqrt(runs)
    assert count.mean() < law.mean() + 4 * law.std() / np.sqrt(runs)
    assert count.sum() == (benign_pairs(result.final.values) == 1).sum()
    assert (result.active.values[:, -1] == 1).mean() > 0.95


def test_result_is_in_the_common_format(tmp_path):
    model = Autoencoder.from_training(3, 5, 0.01)
    result = train(model, "adamw", steps=40, replicates=2, seed=6)
    assert result.sizes["replicate"] == 2
    assert result.initial.dims == result.final.dims == ("replicate", "feature", "neuron")
    for name in ("l1_norm", "l2_norm", "active", "leader"):
        assert result[name].dims == ("replicate", "step", "feature")
    assert result.energy.dims == ("replicate", "step")
    assert result.step.values[[0, 1, -1]].tolist() == [0, 1, 40]
    assert "time" not in result.coords
    assert result.attrs["source"] == "training"
    assert result.attrs["l1"] == 0.0025
    schema.save(result, tmp_path / "run.nc")
    assert schema.load(tmp_path / "run.nc").identical(result)


def test_leaders_are_the_slots_of_largest_weights():
    result = train(Autoencoder(3, 5, l1=0.01), "adam", steps=20, learning_rate=0.05, replicates=2, seed=4)
    for end, weights in ((0, result.initial), (-1, result.final)):
        np.testing.assert_array_equal(result.leader[:, end], leading_slots(weights.values))
    assert (result.leader[:, 0] != result.leader[:, -1]).any()


def test_mini_batches_of_basis_vectors_have_their_gradient_on_average():
    """Averaged over many small steps, one feature at a time trains like all of them at once."""
    model, rate, steps = Autoencoder(4, 6, l1=0.01), 1e-4, 4000
    all_at_once = train(model, steps=steps, learning_rate=rate, seed=1)
    batches = train(model, steps=steps, learning_rate=rate, seed=1, inputs=Single(batch=4))
    moved = np.abs(all_at_once.final - all_at_once.initial).max()
    assert np.abs(batches.final - all_at_once.final).max() < 0.05 * moved
    assert np.abs(batches.final - all_at_once.final).max() > 0


def test_records_describe_the_weights():
    model = Autoencoder(3, 5, l1=0.01)
    result = train(model, steps=30, learning_rate=0.01, dtype="float64")
    for index, name in ((0, "initial"), (-1, "final")):
        w = result[name].values[0]
        at = result.isel(time=index, replicate=0)
        np.testing.assert_allclose(at.l1_norm, np.abs(w).sum(axis=1))
        np.testing.assert_allclose(at.l2_norm, np.linalg.norm(w, axis=1))
        assert at.active.values.tolist() == (np.abs(w) > 2 * 0.01 * 0.04).sum(axis=1).tolist()
        error = np.maximum(w @ w.T, 0) - np.eye(3)
        np.testing.assert_allclose(at.energy, np.sum(error**2) / 4 + 0.01 * np.abs(w).sum())
    assert (np.diff(result.energy.values) < 0).all()


def test_replicates_start_from_the_children_of_the_seed():
    model = Autoencoder(3, 5, l1=0.01)
    result = train(model, steps=1, replicates=3, seed=7)
    for child, initial in zip(np.random.SeedSequence(7).spawn(3), result.initial.values, strict=True):
        np.testing.assert_array_equal(initial, model.initial(np.random.default_rng(child)))


OPTIONS = {
    "plain": {},
    "proximal": {"l1_step": "proximal", "schedule": "cosine", "l2": 0.01, "init": "orthogonal"},
    "sampled": {"inputs": Independent(p=0.3, batch=8), "noise": Gaussian(std=0.1), "tied": False},
    "activations": {"l1_on": "activations", "noise": Dropout(p=0.2), "activation": GELU(), "init": "xavier"},
}

WRITTEN = {
    Independent(p=0.3, batch=8): "independent:p=0.3,batch=8",
    Gaussian(std=0.1): "gaussian:std=0.1",
    Dropout(p=0.2): "dropout:p=0.2",
    GELU(): "gelu",
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("optimizer", ["gd", "adamw"])
@pytest.mark.parametrize("shape", [(5, 9), (40, 70)])
def test_result_depends_neither_on_cores_nor_on_blocks(monkeypatch, optimizer, shape, options):
    model = Autoencoder(*shape, l1=0.01)
    finals = []
    for cores, block_bytes in ((1, 2**30), (2, 2**30), (3, 1)):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        monkeypatch.setattr(blocks, "BLOCK_BYTES", block_bytes)
        result = train(model, optimizer, steps=30, learning_rate=1e-3, replicates=5, **options)
        finals.append(result.final.values)
    np.testing.assert_array_equal(finals[0], finals[1])
    np.testing.assert_array_equal(finals[0], finals[2])


def test_given_weights():
    model = Autoencoder(2, 3, l1=0.01)
    given = np.arange(12).reshape(2, 2, 3) / 12
    both = train(model, steps=5, replicates=2, initial=given)
    np.testing.assert_array_equal(both.initial, given)
    second = train(model, steps=5, initial=given[1])
    np.testing.assert_array_equal(second.final.values[0], both.final.values[1])
    assert "seed" not in second.attrs


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"optimizer": "sgd"}, "optimizer must be one of gd, momentum, adam, adamw, lamb"),
        ({"device": "tpu"}, "device must be one of cpu, cuda"),
        ({"dtype": "float16"}, "dtype must be one of float32, float64"),
        ({"steps": 0}, "steps must be a whole number of at least 1"),
        ({"replicates": 0}, "replicates must be a whole number of at least 1"),
        ({"seed": -1}, "seed must be a whole number of at least 0"),
        ({"learning_rate": 0}, "learning_rate must be a finite number greater than 0"),
        ({"initial": np.ones((3, 3))}, r"initial must have shape \(2, 3\) or \(1, 2, 3\), got \(3, 3\)"),
        ({"initial": [1.0]}, "initial must be an array"),
        ({"learning_rate": 100.0}, "learning_rate must be smaller: training diverges at 100"),
        ({"schedule": "linear"}, "schedule must be one of constant, cosine, periodic"),
        ({"l1_on": "biases"}, "l1_on must be one of weights, activations"),
        ({"l1_step": "exact"}, "l1_step must be one of subgradient, proximal"),
        (
            {"l1_on": "activations", "l1_step": "proximal"},
            "l1_step must be subgradient for L1 on activations",
        ),
        ({"l2": -1.0}, "l2 must be a finite number of at least 0"),
        ({"noise": "signs:std=0.1"}, "noise must be one of none, gaussian, .*, got 'signs:std=0.1'"),
        ({"noise": "signs"}, r"noise must say std: Signs\(std=\.\.\.\)"),
        ({"noise": ReLU()}, r"noise must be one of none, .* got ReLU\(\)"),
        ({"inputs": "pairs"}, "inputs must be one of basis, single, orthogonal, contexts, independent"),
        ({"activation": "tanh"}, "activation must be one of none, relu, gelu, solu, layer_norm"),
        ({"init": "zeros"}, "init must be one of normal, xavier, uniform, orthogonal"),
        ({"optimizer": ["adamw"]}, "optimizer must be one of gd, momentum"),
        ({"checkpoint": "/nowhere/run.safetensors"}, "checkpoint must be a file in a writable folder"),
        ({"initial": "/nowhere/weights.safetensors"}, "initial must be a safetensors file"),
    ],
)
def test_bad_arguments_name_themselves(arguments, message):
    with pytest.raises(ValueError, match=message):
        train(Autoencoder(2, 3, l1=0.01), **{"steps": 50, **arguments})


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("optimizer", ["gd", "momentum", "adam", "adamw", "lamb"])
def test_the_loss_falls_with_every_option(optimizer, options):
    model = Autoencoder(8, 16, l1=0.001)
    result = train(model, optimizer, steps=300, learning_rate=5e-3, replicates=4, seed=1, **options)
    assert result.final.shape == (4, 8, 16)
    assert (result.energy.values[:, -1].mean() < result.energy.values[:, 0].mean()).all()
    assert ("final_decoder" in result) == (not options.get("tied", True))
    assert result.attrs["interrupted"] == 0
    for name, value in options.items():
        assert result.attrs[name] == WRITTEN.get(value, value)


def test_schedule_reaches_the_flow_time():
    model = Autoencoder(3, 5, l1=0.01)
    result = train(model, steps=40, learning_rate=0.01, schedule="cosine")
    assert result.time.values[-1] == pytest.approx(
        4 * 0.01 * sum((1 + np.cos(np.pi * k / 40)) / 2 for k in range(40))
    )


def test_proximal_gradient_descent_follows_the_flow_with_exact_zeros():
    model = Autoencoder(3, 12, l1=0.05)
    result = train(model, steps=6000, learning_rate=5e-3, l1_step="proximal", dtype="float64")
    assert result.attrs["active_threshold"] == 0
    assert (np.count_nonzero(result.final.values, axis=-1) == 1).all()
    largest = np.abs(result.final.values).max(axis=-1)
    np.testing.assert_allclose(largest * (1 - largest**2), model.l1, rtol=1e-6)


@pytest.mark.slow
def test_random_signs_make_encodings_sparse_and_gaussian_noise_does_not():
    """Seed 001 and arXiv:2312.03096, without L1. Gaussian noise leaves directions random.

    Of these ``E Σ v⁴ = 3/(m + 2)`` and ``E (Σ v⁴)² = (105 + 9 (m − 1)) / ((m + 2) (m + 4) (m + 6))``. Random
    signs raise the mean by more than ten times what chance does.
    """
    model = Autoencoder(8, 16, l1=0.0)
    settings = {"steps": 20_000, "learning_rate": 0.02, "replicates": 4}
    fourth = {
        noise: fourth_norms(train(model, noise=noise(std=0.15), **settings).final.values).mean()
        for noise in (Signs, Gaussian)
    }
    m = model.n_neurons
    mean, square = 3 / (m + 2), (105 + 9 * (m - 1)) / ((m + 2) * (m + 4) * (m + 6))
    error = np.sqrt((square - mean**2) / (4 * 8))
    assert abs(fourth[Gaussian] - mean) < 4 * error
    assert fourth[Signs] > mean + 10 * error


@pytest.mark.parametrize("optimizer", ["gd", "adamw"])
def test_large_networks_are_trained_in_parts_with_the_same_steps(monkeypatch, optimizer):
    model = Autoencoder(6, 50, l1=0.01)
    settings = {"steps": 60, "learning_rate": 0.01, "replicates": 2, "dtype": "float64", "l2": 0.01}
    whole = train(model, optimizer, **settings)
    monkeypatch.setattr(parts, "PART", 40)
    finals = []
    for cores in (1, 2, 3):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        split = train(model, optimizer, **settings)
        np.testing.assert_allclose(split.final, whole.final, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(split.energy, whole.energy)
        finals.append(split.final.values)
    np.testing.assert_array_equal(finals[0], finals[1])
    np.testing.assert_array_equal(finals[0], finals[2])
    assert not np.array_equal(finals[0], whole.final.values)  # sums in another order: the parts were used


def test_an_error_in_one_part_ends_all(monkeypatch):
    monkeypatch.setattr(parts, "PART", 40)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr(parts, "self_product", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(Autoencoder(6, 50, l1=0.01), steps=3)


@pytest.mark.gpu
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("optimizer", ["gd", "momentum", "adam", "adamw", "lamb"])
def test_on_a_gpu(optimizer, options):
    cupy = pytest.importorskip("cupy")
    if not cupy.is_available():
        pytest.skip("needs a GPU")
    settings = {"steps": 50, "learning_rate": 0.01, "replicates": 2, "dtype": "float64", **options}
    here, there = (
        train(Autoencoder(6, 10, l1=0.01), optimizer, device=d, **settings) for d in ("cpu", "cuda")
    )
    np.testing.assert_allclose(there.final, here.final, rtol=1e-6, atol=1e-6)
