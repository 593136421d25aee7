import numpy as np
import pytest

from sim.flow import Flow
from sim.forces import UNTIED
from theory import Autoencoder, flow


def followed(l1, until):
    layers = np.random.default_rng(0).normal(0, 0.35, (4, 6))
    start = layers.copy()
    Flow(Autoencoder(4, 6, l1), layers, "euler", (UNTIED, *(("l1",) if l1 else ())), 0.02).advance(until)
    return start, layers


def test_difference_of_gram_matrices_is_conserved_without_penalties():
    gaps = [both[2:].T @ both[2:] - both[:2].T @ both[:2] for both in followed(0.0, 30.0)]
    np.testing.assert_allclose(gaps[1], gaps[0], atol=5e-3)
    assert np.abs(gaps[0]).max() > 0.1


def test_l1_makes_layers_alike_at_its_rate():
    l1 = 0.05
    apart = [np.abs(both[2:] - both[:2]).max() for _, both in (followed(l1, 8 / l1), followed(l1, 10 / l1))]
    assert apart[1] == pytest.approx(flow.layers_apart(apart[0], l1, 2 / l1), rel=0.15)  # λ/w is λ up to 5 %
    assert apart[0] < 0.01
