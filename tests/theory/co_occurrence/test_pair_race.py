import numpy as np
import pytest
from scipy.integrate import solve_ivp

from sim.flow import Flow
from sim.forces import FORCES, co_occurrence as force_of
from theory import Autoencoder, co_occurrence
from theory.co_occurrence import pair_race


def test_nothing_is_undone_without_co_occurrence_and_less_is_left_with_more():
    shares = [co_occurrence.pairs_left(q, 64) for q in (0, 0.15, 0.5, 1.5)]
    assert shares[0] == 1
    assert all(np.diff(shares) < 0)
    assert shares[-1] < 0.02


def test_at_a_settled_partner_it_is_the_threshold_of_escape():
    l1, p = 0.004, 0.003
    g = co_occurrence.escape_threshold(l1, p)
    a = np.sqrt(1 - g**2)
    assert co_occurrence.least_lead(a, g, 1.0, l1, p) == pytest.approx(a - g, rel=1e-12)


def test_races_are_those_of_a_solver():
    """An adaptive solver of another kind, without the renormalisation in steps, decides alike."""
    excesses, ratio = pair_race._excesses(8)[:, :60], 0.5

    def slope(time, flat):
        w = np.maximum(flat.reshape(2, -1), 0)
        shared = w[:, 0]
        push = ratio * shared * shared[::-1] ** 2
        force = (w.sum(axis=1) + push * shared)[:, None] * w - 1
        force[:, 0] -= push
        return np.where(w > 0, force, 0).ravel()

    left = []
    for r in range(60):
        start = excesses[:, r] / np.linalg.norm(excesses[:, r], axis=-1, keepdims=True)
        end = solve_ivp(slope, (0, 20), start.ravel(), rtol=1e-6, max_step=0.02).y[:, -1].reshape(2, -1)
        left.append((end[:, 0] > 0.5).all())
    assert (pair_race._race(excesses, ratio) == left).mean() > 0.94


@pytest.mark.slow
def test_two_features_alone_in_the_flow():
    """The flow of two features that begin on one neuron with opposite signs, as λ and p are small."""
    l1, ratio, m, runs = 0.002, 0.5, 32, 120
    rng, left = np.random.default_rng(5), 0
    for _ in range(runs):
        weights = rng.normal(0, m**-0.5, (2, m))
        for row, sign in zip(weights, (1, -1), strict=True):
            top = np.abs(row).argmax()
            row[0], row[top] = sign * abs(row[top]), row[0]
        weights /= np.linalg.norm(weights, axis=1, keepdims=True)
        flow = Flow(Autoencoder(2, m, l1), weights, "splitting", [*FORCES, force_of(ratio * l1)], None)
        flow.advance(8 / l1)
        left += bool((np.abs(weights[:, 0]) > 0.5).all())
    share = co_occurrence.pairs_left(ratio, m)
    assert abs(left / runs - share) < 3 * np.sqrt(share * (1 - share) / runs) + 0.02
