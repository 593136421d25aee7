import numpy as np
import pytest

from theory import Autoencoder, flow
from validation.training import options, train
from validation.training.activations import ACTIVATIONS
from validation.training.inputs import INPUTS
from validation.training.models.general import General
from validation.training.models.tied import Tied
from validation.training.noise import NOISES

KEYS = np.arange(6, dtype=np.uint64).reshape(3, 2)


def loss_by_definition(weights, l1_train):
    """Feed in one basis vector after the other."""
    total = l1_train * np.abs(weights).sum()
    for basis_vector in np.eye(len(weights)):
        output = np.maximum(weights @ (weights.T @ basis_vector), 0)
        total += np.sum((output - basis_vector) ** 2)
    return total


def central_difference(loss, weights, step=1e-6):
    gradient = np.empty_like(weights)
    for index in np.ndindex(weights.shape):
        shift = np.zeros_like(weights)
        shift[index] = step
        up, down = (loss(w)[index[0]] for w in (weights + shift, weights - shift))
        gradient[index] = (up - down) / (2 * step)
    return gradient


@pytest.mark.parametrize(("l1_train", "l2"), [(0.0, 0.0), (0.3, 0.0), (0.3, 0.2)])
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 7), (2, 6, 2)])
def test_loss_and_gradient(shape, l1_train, l2):
    weights = np.random.default_rng(1).normal(0, 0.7, shape)
    network = Tied(l1_train, l2)
    expected = [loss_by_definition(w, l1_train) + l2 * np.sum(w**2) for w in weights]
    np.testing.assert_allclose(network.loss(weights), expected)
    np.testing.assert_allclose(
        network.gradient(weights), central_difference(network.loss, weights), rtol=1e-7, atol=1e-7
    )


def test_gradient_is_four_times_the_derived_forces():
    l1, weights = 0.07, np.random.default_rng(8).normal(0, 0.7, (3, 4))
    forces = flow.derived_forces(3, 4)
    force = forces["feature_benefit"](weights) + forces["interference"](weights) + l1 * forces["l1"](weights)
    network = Tied(4 * l1)
    np.testing.assert_allclose(network.gradient(weights[None])[0], -4 * force, rtol=1e-12)
    np.testing.assert_allclose(network.loss(weights[None])[0], 4 * flow.derived_energy(3, 4)(weights, l1))


def test_gradient_leaves_weights_alone_and_keeps_their_precision():
    weights = np.random.default_rng(2).normal(0, 0.5, (4, 6, 9))
    single = weights.astype(np.float32)
    before = single.copy()
    gradient = Tied(0.01).gradient(single)
    assert gradient.dtype == np.float32
    np.testing.assert_array_equal(single, before)
    np.testing.assert_allclose(gradient, Tied(0.01).gradient(weights), atol=1e-5)


def test_zero_encoding_and_benign_pair_feel_no_force():
    weights = np.zeros((1, 3, 2))
    weights[0, 0, 0], weights[0, 1, 0] = 1, -1
    np.testing.assert_array_equal(Tied(0.0).gradient(weights), 0)
    np.testing.assert_array_equal(Tied(0.1).gradient(weights), 0.1 * weights)


def general(inputs="basis", noise="none", activation="none", l1_weights=0.0, l1_activations=0.0, l2=0.0):
    made = options.typed("inputs", inputs, INPUTS), options.typed("noise", noise, NOISES)
    return General(*made, ACTIVATIONS[activation](), l1_weights, l1_activations, l2, KEYS)


def drawn(tied, features=4, neurons=5):
    shape = (3, features, neurons) if tied else (3, 2, features, neurons)
    return np.random.default_rng(9).normal(0, 0.7, shape)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(
    "noise", ["none", "gaussian:std=0.3", "signs:std=0.3", "uniform:std=0.3", "dropout:p=0.4"]
)
def test_gradient_is_the_derivative_of_the_loss(noise, activation, tied):
    """L1 on activations, samples and n = 4 in batches of 6 included."""
    network = general("independent:p=0.6,values=uniform,batch=6", noise, activation, l1_activations=0.2)
    weights = drawn(tied)
    expected = central_difference(lambda w: network.loss(w, 3), weights)
    np.testing.assert_allclose(network.smooth_gradient(weights, 3), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_are_those_of_pytorch_with_its_derivatives(activation):
    torch = pytest.importorskip("torch")
    functions = {
        "none": lambda h: h,
        "relu": torch.relu,
        "gelu": torch.nn.functional.gelu,
        "solu": lambda h: h * torch.exp(h),
        "layer_norm": lambda h: torch.nn.functional.layer_norm(h, h.shape[-1:]),
    }
    rng = np.random.default_rng(10)
    hidden, slope = rng.normal(size=(2, 3, 5)), rng.normal(size=(2, 3, 5))
    tensor = torch.tensor(hidden, requires_grad=True)
    theirs = functions[activation](tensor)
    (theirs * torch.tensor(slope)).sum().backward()
    f = ACTIVATIONS[activation]()
    np.testing.assert_allclose(f.value(hidden), theirs.detach().numpy(), rtol=1e-12, atol=1e-12)
    pulled = f.pull(hidden, f.value(hidden), slope)
    np.testing.assert_allclose(pulled, tensor.grad.numpy(), rtol=1e-12, atol=1e-12)


def test_general_model_contains_the_tied_one():
    weights = drawn(tied=True)
    for l1_weights, l1_activations in ((0.3, 0.0), (0.0, 0.3)):
        network, tied = general(l1_weights=l1_weights, l1_activations=l1_activations, l2=0.1), Tied(0.3, 0.1)
        np.testing.assert_allclose(network.loss(weights), tied.loss(weights))
    np.testing.assert_allclose(general().smooth_gradient(weights), tied.smooth_gradient(weights), atol=1e-12)
    # f(h) = h and basis vectors: hidden activations are the weights
    penalised = network.smooth_gradient(weights)
    np.testing.assert_allclose(penalised, tied.smooth_gradient(weights) + 0.3 * np.sign(weights), atol=1e-12)


def test_untied_model_with_equal_layers_gives_the_tied_gradient_in_two_parts():
    weights = drawn(tied=True)
    network = general("independent:p=0.5,batch=7", "signs:std=0.1", "gelu")
    both = network.smooth_gradient(np.stack([weights, weights], axis=1), 2)
    np.testing.assert_allclose(both.sum(axis=1), network.smooth_gradient(weights, 2), atol=1e-12)


def test_mean_loss_under_gaussian_noise_is_that_of_theory():
    """One feature, ``y = ReLU(W·W + s v)``: ``E (ReLU(a + s v) − 1)²`` by quadrature."""
    w = np.full((3, 1, 4), 0.3)
    a, s = 0.36, 0.2 * 0.6
    v = np.linspace(-9, 9, 20_001)
    density = np.exp(-(v**2) / 2) / np.sqrt(2 * np.pi)
    expected = np.trapezoid((np.maximum(a + s * v, 0) - 1) ** 2 * density, v)
    network = general(noise="gaussian:std=0.2")
    losses = np.array([network.loss(w, step) for step in range(20_000)])
    error = losses.std() / np.sqrt(losses.size)
    assert abs(losses.mean() - expected) < 4 * error
    assert error < 2e-3 * expected


@pytest.mark.parametrize("noise", ["none", "signs:std=0.2"])
def test_a_batch_depends_on_key_and_step_only(noise):
    weights = drawn(tied=True)
    settings = ("independent:p=0.5,batch=300", noise)
    forward, backward = general(*settings), general(*settings)
    steps = range(0, 60, 7)
    ahead = {step: forward.batch(weights, step) for step in steps}
    for step in reversed(steps):
        for one, other in zip(ahead[step], backward.batch(weights, step), strict=True):
            np.testing.assert_array_equal(one, other)
    last = general(*settings)
    last.keys = KEYS[2:]
    np.testing.assert_array_equal(last.batch(weights[2:], 35)[0][0], ahead[35][0][2])
    assert not np.array_equal(ahead[0][0], ahead[7][0])


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_array_api(activation, tied):
    """The very same code on the strict implementation of the standard."""
    xp = pytest.importorskip("array_api_strict")
    weights = drawn(tied)
    networks = [general("independent:p=0.5,batch=6", "dropout:p=0.3", activation, 0.1, 0.2, 0.3)]
    networks += [Tied(0.1, 0.2)] if tied else []
    for network in networks:
        for function in (network.loss, network.smooth_gradient):
            strict = function(xp.asarray(weights), 1)
            assert "array_api_strict" in type(strict).__module__
            np.testing.assert_allclose(np.asarray(strict), function(weights, 1), rtol=1e-12, atol=1e-12)


@pytest.mark.gpu
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_cupy(activation):
    cupy = pytest.importorskip("cupy")
    if not cupy.is_available():
        pytest.skip("needs a GPU")
    weights = drawn(tied=True)
    for network in (
        general("independent:p=0.5,batch=6", "dropout:p=0.3", activation, 0.1, 0.2, 0.3),
        Tied(0.1),
    ):
        for function in (network.loss, network.smooth_gradient):
            there = function(cupy.asarray(weights), 1).get()
            np.testing.assert_allclose(there, function(weights, 1), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("kind", ["orthogonal", "contexts"])
def test_gradient_on_inputs_that_are_shown_or_counted_otherwise(kind):
    network = general(kind, l1_activations=0.2)
    shape = (3, 2, 4, 5) if kind == "orthogonal" else (3, 4, 5)
    weights = np.random.default_rng(2).normal(0, 0.7, shape)
    numeric = central_difference(network.loss, weights)
    np.testing.assert_allclose(network.smooth_gradient(weights), numeric, atol=1e-6)


def test_orthogonal_inputs_train_as_basis_vectors_do():
    rng = np.random.default_rng(3)
    turn = INPUTS["orthogonal"]().directions(6)
    start = rng.normal(0, 0.4, (2, 6, 8))
    other = np.stack([turn.T @ start[0], start[1]])
    given = {"tied": False, "l1_on": "activations", "steps": 50, "learning_rate": 0.02, "dtype": "float64"}
    basis = train(Autoencoder(6, 8, 0.01), initial=start, **given).final.values[0]
    turned = train(Autoencoder(6, 8, 0.01), initial=other, inputs="orthogonal", **given).final.values[0]
    np.testing.assert_allclose(turn @ turned, basis, atol=1e-12)
    with pytest.raises(ValueError, match=r"^tied must be false for orthogonal inputs"):
        train(Autoencoder(6, 8, 0.01), inputs="orthogonal", steps=1)
