"""What holds for any encodings: the loss falls, and permutations and rotations commute with the flow."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import ortho_group

from sim import simulate
from theory import Superposition, superposition

sizes = st.tuples(st.integers(2, 4), st.integers(1, 3), st.sampled_from([0.0, 0.1, 0.6, 1.0]))
seeds = st.integers(0, 2**32 - 1)


def drawn(size, seed):
    n, m, p = size
    rng = np.random.default_rng(seed)
    model = Superposition(n, m, p, rng.uniform(0.5, 2, n))
    return rng, model, rng.normal(0, 0.6, (n, m)), rng.normal(0, 0.2, n)


@given(sizes, seeds)
@settings(max_examples=20, deadline=None)
def test_loss_falls_along_the_flow(size, seed):
    _, model, weights, biases = drawn(size, seed)
    run = simulate(model, initial=weights, initial_biases=biases, until=5.0)
    assert (np.diff(run.loss) <= 1e-7).all()
    assert run.loss[0] == pytest.approx(superposition.expected_loss(weights, biases, model))


@given(sizes, seeds)
@settings(max_examples=20, deadline=None)
def test_permutations_and_rotations_commute_with_the_flow(size, seed):
    rng, model, weights, biases = drawn(size, seed)
    n, m = weights.shape
    turn = ortho_group.rvs(m, random_state=rng) if m > 1 else np.array([[-1.0]])
    order = rng.permutation(n)
    other = Superposition(n, m, model.probability, model.importances[order])
    plain = simulate(model, initial=weights, initial_biases=biases, until=1.0, rtol=1e-9)
    turned = simulate(
        other, initial=(weights @ turn)[order], initial_biases=biases[order], until=1.0, rtol=1e-9
    )
    np.testing.assert_allclose(turned.final, (plain.final.values @ turn)[order], atol=1e-6)
    np.testing.assert_allclose(turned.biases, plain.biases.values[order], atol=1e-6)
    np.testing.assert_allclose(turned.loss, plain.loss, atol=1e-7)
