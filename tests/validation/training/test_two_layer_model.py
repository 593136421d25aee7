from itertools import product

import array_api_strict
import numpy as np
import pytest

from theory import TwoLayer
from theory.two_layer.model import ACTIVATIONS, TASKS
from validation.training.models import sparse_layers
from validation.training.models.two_layer import (
    Problem,
    loss,
    loss_and_gradient,
    single_feature_activations,
)
from validation.training.sparse_samples import draw


def problem(task="decoder", activation="relu", l1=0.0, bias=-0.1, dtype="float64"):
    model = TwoLayer(12, 7, 20, 0.2, task, activation)
    rng = np.random.default_rng(6)
    samples = draw(rng, model.probabilities(), 90, model.draws == 2, dtype)
    weights = {name: array.astype(dtype) for name, array in model.initial(rng, bias).items()}
    return weights, Problem.drawn(model, rng, l1, dtype), samples


def by_pytorch(weights, asked, samples):
    """Loss and gradient by the model's definition, differentiated by PyTorch."""
    torch = pytest.importorskip("torch")
    activation = {
        "relu": torch.relu,
        "gelu": torch.nn.functional.gelu,
        "solu": lambda h: h * torch.exp(h),
    }[asked.model.activation]
    features = torch.tensor(samples.dense(12))
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in weights.items()}
    inputs = features @ torch.tensor(asked.projection)
    activity = activation(inputs @ tensors["W1"] + tensors["b1"])
    targets = features.abs() if asked.model.task == "absolute" else features
    if asked.model.task == "reprojector":
        targets = targets @ torch.tensor(asked.wanted)
    squares = ((activity @ tensors["W2"] - targets) ** 2).sum() / len(features)
    (squares + asked.l1 * activity.abs().sum() / len(features)).backward()
    return squares.item(), {name: tensor.grad.numpy() for name, tensor in tensors.items()}


@pytest.mark.parametrize("l1", [0.0, 0.3])
@pytest.mark.parametrize(("task", "activation"), product(TASKS, ACTIVATIONS))
@pytest.mark.parametrize("way", ["dense", "sparse", "standard"])
def test_loss_and_gradient_are_those_of_pytorch(monkeypatch, way, task, activation, l1):
    """By BLAS, by the neurons that are on alone, and by any array library."""
    monkeypatch.setattr(sparse_layers, "SPARSE", {"dense": 0.0, "sparse": 2.0}.get(way, 0.5))
    weights, asked, samples = problem(task, activation, l1)
    expected, gradient = by_pytorch(weights, asked, samples)
    if way == "standard":
        weights = {name: array_api_strict.asarray(array) for name, array in weights.items()}
        rows = [
            array_api_strict.asarray(array) for array in (asked.projection, asked.wanted) if array is not None
        ]
        asked = Problem(asked.model, *(rows if len(rows) == 2 else (*rows, None)), l1)
    found, ours = loss_and_gradient(weights, asked, samples)
    assert found == pytest.approx(expected, rel=1e-12)
    assert loss(weights, asked, samples) == pytest.approx(expected, rel=1e-12)
    for name, theirs in gradient.items():
        np.testing.assert_allclose(np.asarray(ours[name]), theirs, rtol=1e-10, atol=1e-12)


def test_gradient_keeps_the_precision_and_the_weights():
    weights, asked, samples = problem(dtype="float32")
    before = {name: array.copy() for name, array in weights.items()}
    _, gradient = loss_and_gradient(weights, asked, samples)
    for name, array in weights.items():
        assert gradient[name].dtype == np.float32
        np.testing.assert_array_equal(array, before[name])


def test_dead_neurons_have_no_gradient():
    weights, asked, samples = problem(bias=-9.0)
    found, gradient = loss_and_gradient(weights, asked, samples)
    assert found == pytest.approx((samples.values**2).sum() / 90)
    assert not any(array.any() for array in gradient.values())


def test_activations_of_single_features():
    weights, asked, _ = problem()
    found = single_feature_activations(weights, asked)
    for feature, row in enumerate(found):
        np.testing.assert_allclose(
            row, np.maximum(asked.projection[feature] @ weights["W1"] + weights["b1"], 0)
        )
