import array_api_strict
import numpy as np
import pytest
import torch

from tests.validation.training.dictionaries import reference
from theory import Dictionary
from validation.training.dictionaries import kernels, patterns
from validation.training.dictionaries.kinds import CODERS
from validation.training.dictionaries.loss import loss_and_gradient

SAMPLES, INPUTS, LATENTS = 60, 7, 40
STRENGTHS = {
    "l1": {"l1_coefficient": 0.3},
    "topk": {"k": 3},
    "batch_topk": {"k": 2.5},
    "gated": {"l1_coefficient": 0.3},
    "jumprelu": {"l0_coefficient": 0.2},
    "matryoshka": {"k": 3, "widths": (5, 17, LATENTS)},
}


def drawn(kind, seed=0, shift=-1.5):
    """Return a model, its parameters and inputs; with the shift few latents are on."""
    rng = np.random.default_rng(seed)
    model = Dictionary(INPUTS, LATENTS, kind, **STRENGTHS[kind])
    parameters = {
        "W_enc": rng.normal(size=(INPUTS, LATENTS)),
        "b_enc": rng.normal(size=LATENTS) + shift,
        "W_dec": rng.normal(size=(LATENTS, INPUTS)),
        "b_dec": 0.3 * rng.normal(size=INPUTS),
    }
    parameters |= {name: 0.2 * np.abs(rng.normal(size=LATENTS)) + 0.05 for name in CODERS[kind].extra}
    return model, parameters, rng.normal(size=(SAMPLES, INPUTS)) / 2


def by_autograd(model, parameters, inputs, dead=None):
    tensors = {name: torch.tensor(value, requires_grad=True) for name, value in parameters.items()}
    dead = None if dead is None else torch.tensor(dead)
    loss = reference.loss(model, tensors, torch.tensor(inputs), dead)
    loss.backward()
    return loss.item(), {name: tensor.grad.numpy() for name, tensor in tensors.items()}


def agree(ours, loss, gradient):
    np.testing.assert_allclose(float(ours.loss), loss, rtol=1e-10)
    assert ours.gradient.keys() == gradient.keys()
    for name, value in gradient.items():
        np.testing.assert_allclose(
            np.asarray(ours.gradient[name]), value, rtol=1e-8, atol=1e-11, err_msg=name
        )


@pytest.mark.parametrize("kind", CODERS)
@pytest.mark.parametrize("shift", [-1.5, 1.0], ids=["few on", "many on"])
def test_loss_and_gradient_are_those_of_autograd(kind, shift):
    model, parameters, inputs = drawn(kind, shift=shift)
    agree(loss_and_gradient(model, parameters, inputs), *by_autograd(model, parameters, inputs))


@pytest.mark.parametrize("kind", CODERS)
def test_lists_and_masks_give_the_same(kind):
    model, parameters, inputs = drawn(kind)
    listed = loss_and_gradient(model, parameters, inputs)
    many = {name: np.stack([value, value]) for name, value in parameters.items()}
    masked = loss_and_gradient(model, many, np.stack([inputs, inputs]))
    for name, value in listed.gradient.items():
        np.testing.assert_allclose(masked.gradient[name][1], value, rtol=1e-9, atol=1e-12, err_msg=name)
    np.testing.assert_allclose(masked.loss, float(listed.loss))
    np.testing.assert_array_equal(masked.fired[0], listed.fired)


@pytest.mark.parametrize("kind", CODERS)
def test_runs_on_the_array_api_standard(kind):
    model, parameters, inputs = drawn(kind)
    xp = array_api_strict
    strict = {name: xp.asarray(value) for name, value in parameters.items()}
    ours = loss_and_gradient(model, strict, xp.asarray(inputs))
    agree(ours, *by_autograd(model, parameters, inputs))


@pytest.mark.parametrize("kind", ["topk", "batch_topk", "matryoshka"])
@pytest.mark.parametrize("share", [0.1, 0.6])
def test_the_auxiliary_loss_has_no_factor_too_many(kind, share):
    model, parameters, inputs = drawn(kind, shift=0.0)
    dead = np.random.default_rng(1).random(LATENTS) < share
    ours = loss_and_gradient(model, parameters, inputs, dead=dead)
    agree(ours, *by_autograd(model, parameters, inputs, dead))
    assert float(ours.loss) > float(loss_and_gradient(model, parameters, inputs).loss)


@pytest.mark.parametrize("kind", ["l1", "gated", "jumprelu"])
def test_a_strength_that_warms_up_is_a_factor(kind):
    model, parameters, inputs = drawn(kind)
    (name,) = STRENGTHS[kind]
    half = Dictionary(INPUTS, LATENTS, kind, **{name: STRENGTHS[kind][name] / 2})
    ours = loss_and_gradient(model, parameters, inputs, strength=0.5)
    agree(ours, *by_autograd(half, parameters, inputs))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_listed_latents_are_those_of_a_mask(dtype):
    rng = np.random.default_rng(3)
    pre, bias = rng.normal(size=(30, 50)).astype(dtype), rng.normal(size=50).astype(dtype) - 1
    for k in (1, 4, 8):
        first, latents = kernels.largest(pre, bias, k)
        mask = patterns.largest(pre[None], bias[None], k).mask[0]
        np.testing.assert_array_equal(np.nonzero(mask)[1], latents)
        np.testing.assert_array_equal(np.diff(first), mask.sum(axis=1))
    first, latents = kernels.above(pre, 1 - bias)
    np.testing.assert_array_equal(np.nonzero(pre > 1 - bias)[1], latents)
    np.testing.assert_allclose(
        patterns.batch_threshold(pre, bias, 2.5), patterns.batch_threshold(pre[None], bias[None], 2.5)[0]
    )
    assert patterns.batch_threshold(pre, bias, 49) == 0
