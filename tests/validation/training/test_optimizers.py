import math
from functools import partial

import numpy as np
import pytest

from validation.training.optimizers import (
    LAMB,
    OPTIMIZERS,
    Adam,
    AdamW,
    GradientDescent,
    Momentum,
    Penalty,
    Stepper,
)
from validation.training.schedules import SCHEDULES, Constant, Cosine, Periodic

STEPS, RATE = 200, 0.01
PENALTIES = [Penalty(), Penalty(l2=0.03)]


def gradients(dtype="float64", shape=(2, 3, 4)):
    """Gradients whose size goes through many orders of magnitude."""
    rng = np.random.default_rng(3)
    return [(10.0 ** rng.uniform(-6, 2) * rng.normal(size=shape)).astype(dtype) for _ in range(STEPS)]


def start(dtype="float64", shape=(2, 3, 4)):
    return np.random.default_rng(4).normal(size=shape).astype(dtype)


def gradient_descent(w, g, state, t, rate):
    return w - rate * g


def momentum(w, g, state, t, rate):
    state["v"] = 0.9 * state.get("v", 0) + g
    return w - rate * state["v"]


def moments(g, state, t):
    """Bias-corrected moments."""
    state["m"] = 0.9 * state.get("m", 0) + 0.1 * g
    state["v"] = 0.999 * state.get("v", 0) + 0.001 * g**2
    return state["m"] / (1 - 0.9**t), state["v"] / (1 - 0.999**t)


def adam(w, g, state, t, rate):
    m, v = moments(g, state, t)
    return w - rate * m / (np.sqrt(v) + 1e-8)


def adamw(w, g, state, t, rate):
    return adam(w * (1 - rate * 0.01), g, state, t, rate)


def lamb(w, g, state, t, rate):
    """Algorithm 2 of arXiv:1904.00962, layer by layer: the last two axes are one layer."""
    m, v = moments(g, state, t)
    ratio = m / (np.sqrt(v) + 1e-6) + 0.01 * w
    new = np.empty_like(w)
    for layer in range(len(w)):
        trust = np.linalg.norm(w[layer]) / np.linalg.norm(ratio[layer])
        new[layer] = w[layer] - rate * trust * ratio[layer]
    return new


PUBLISHED = {"gd": gradient_descent, "momentum": momentum, "adam": adam, "adamw": adamw, "lamb": lamb}


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("penalty", PENALTIES, ids=["plain", "l2"])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-6)])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_step_is_the_published_one(name, dtype, tolerance, penalty, schedule):
    factor = partial(SCHEDULES[schedule]().factor, steps=STEPS)
    weights = start(dtype)
    expected, state = weights.astype(float), {}
    optimizer = Stepper(OPTIMIZERS[name](), weights, RATE, penalty, factor)
    for t, gradient in enumerate(gradients(dtype), start=1):
        g = gradient.astype(float) + 2 * penalty.l2 * expected
        expected = PUBLISHED[name](expected, g, state, t, RATE * factor(t - 1))
        optimizer.update(gradient)
        np.testing.assert_allclose(weights, expected, rtol=tolerance, atol=tolerance * math.sqrt(t))
    assert weights.dtype == dtype


@pytest.mark.parametrize("schedule", ["constant", "cosine", "periodic"])
@pytest.mark.parametrize("name", ["gd", "momentum", "adam", "adamw"])
def test_each_step_is_that_of_pytorch(name, schedule):
    torch = pytest.importorskip("torch")
    parameter = torch.tensor(start())
    theirs = {
        "gd": lambda: torch.optim.SGD([parameter], lr=RATE),
        "momentum": lambda: torch.optim.SGD([parameter], lr=RATE, momentum=0.9),
        "adam": lambda: torch.optim.Adam([parameter], lr=RATE),
        "adamw": lambda: torch.optim.AdamW([parameter], lr=RATE),
    }[name]()
    schedulers = torch.optim.lr_scheduler
    scheduler = {
        "cosine": lambda: schedulers.CosineAnnealingLR(theirs, STEPS),
        "periodic": lambda: schedulers.CosineAnnealingLR(theirs, Periodic().half),
        "trapezoid": lambda: schedulers.LambdaLR(theirs, lambda k: min(1, (k + 1) / 10, (STEPS - k) / 40)),
    }.get(schedule, lambda: None)()
    weights = start()
    ours = Stepper(
        OPTIMIZERS[name](), weights, RATE, factor=partial(SCHEDULES[schedule]().factor, steps=STEPS)
    )
    for gradient in gradients():
        parameter.grad = torch.tensor(gradient)
        theirs.step()
        if scheduler:
            scheduler.step()
        ours.update(gradient)
        np.testing.assert_allclose(weights, parameter.numpy(), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_subgradient_of_l1_is_part_of_the_gradient(name):
    one, other = start(), start()
    fused = Stepper(OPTIMIZERS[name](), one, RATE, Penalty(l1=0.2))
    told = Stepper(OPTIMIZERS[name](), other, RATE)
    for gradient in gradients():
        told.update(gradient + 0.2 * np.sign(other))
        fused.update(gradient)
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_proximal_step_is_a_soft_threshold_after_the_step(name):
    one, other = start(), start()
    proximal = Stepper(OPTIMIZERS[name](), one, RATE, Penalty(l1=20.0, proximal=True))
    plain = Stepper(OPTIMIZERS[name](), other, RATE)
    for gradient in gradients():
        plain.update(gradient.copy())
        other[...] = np.sign(other) * np.maximum(np.abs(other) - 20 * RATE, 0)
        proximal.update(gradient)
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
    assert (one == 0).any()


@pytest.mark.parametrize("name", sorted(set(OPTIMIZERS) - {"lamb"}))
def test_weights_held_at_zero_stay_within_the_jitter(name):
    """Under ``λ |w| − force · w`` with |force| < λ the flow stops at 0; steps jump about it."""
    l1, rate = 0.05, 0.01
    force = np.linspace(-0.95, 0.95, 39) * l1
    weights = np.linspace(-0.1, 0.1, 39)
    optimizer = Stepper(OPTIMIZERS[name](), weights, rate, Penalty(l1))
    for _ in range(8000):
        optimizer.update(-force)
    largest = 0.0
    for _ in range(1000):
        optimizer.update(-force)
        largest = max(largest, np.abs(weights).max())
    assert 0.1 * optimizer.jitter(l1) < largest <= optimizer.jitter(l1)


def test_proximal_gradient_descent_holds_weights_at_exactly_zero():
    l1, force = 0.05, np.linspace(-0.95, 0.95, 39) * 0.05
    weights = np.linspace(-0.1, 0.1, 39)
    optimizer = Stepper(GradientDescent(), weights, 0.01, Penalty(l1, proximal=True))
    for _ in range(8000):
        optimizer.update(-force)
    np.testing.assert_array_equal(weights, 0)
    assert optimizer.jitter(l1) == 0


def test_no_weight_of_a_layer_jumps_further_than_the_jitter_of_lamb():
    weights = start()
    optimizer = Stepper(LAMB(), weights, RATE)
    for gradient in gradients():
        before, bound = weights.copy(), optimizer.jitter(1.0)
        optimizer.update(gradient)
        assert np.abs(weights - before).max() <= bound


def test_a_layer_of_zeros_has_trust_ratio_one():
    weights = np.zeros((1, 2, 2))
    Stepper(LAMB(), weights, RATE).update(np.ones((1, 2, 2)))
    np.testing.assert_allclose(weights, -RATE, rtol=1e-5)


def test_settings():
    one, other = start(), start()
    decayed, plain = Stepper(AdamW(weight_decay=0.0), one, RATE), Stepper(Adam(), other, RATE)
    slow, fast = (Stepper(Momentum(momentum=value), start(), RATE) for value in (0.5, 0.9))
    for gradient in gradients():
        for stepper in (decayed, plain, slow, fast):
            stepper.update(gradient.copy())
    np.testing.assert_array_equal(one, other)
    assert slow.jitter(1.0) == pytest.approx(fast.jitter(1.0) / 5)
    with pytest.raises(ValueError, match=r"^optimizer epsilon must be a finite number of at least 0"):
        Adam(epsilon=-1.0)


def test_schedules():
    assert Constant().factor(17, 20) == 1
    np.testing.assert_allclose([Cosine().factor(k, 10) for k in (0, 5, 10)], [1, 0.5, 0], atol=1e-15)


def test_flow_time_is_four_times_the_sum_of_the_rates():
    steps = np.array([0, 1, 5, 10])
    np.testing.assert_allclose(Stepper(GradientDescent(), np.zeros(1), 0.1).flow_time(steps), 0.4 * steps)
    factor = partial(Cosine().factor, steps=10)
    times = Stepper(GradientDescent(), np.zeros(1), 0.1, factor=factor).flow_time(steps)
    np.testing.assert_allclose(times, [0.4 * sum(map(factor, range(stop))) for stop in steps])
    assert Stepper(Adam(), np.zeros(1), 0.1).flow_time(steps) is None
