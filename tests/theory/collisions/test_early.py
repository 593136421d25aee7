"""Pairs after the first interference: closed forms against the averages they stand for."""

import numpy as np
import pytest
from scipy import integrate, stats

from theory import collisions, interference


def averaged(own, lifted):
    """Return by quadrature what benign pairs count, a malign pair being one with the other sign."""

    def counted(start):
        pushed = max(start - own + lifted, 0.0)
        return np.exp(own * (pushed - lifted)) * stats.norm.pdf(start)

    return integrate.quad(counted, -12, 12, points=[own - lifted], limit=200)[0]


@pytest.mark.parametrize(("n", "m"), [(2, 16), (8, 64), (24, 72), (128, 2048)])
def test_closed_forms_are_the_averages(n, m):
    largest = integrate.quad(lambda u: 1 - (2 * stats.norm.cdf(u) - 1) ** m, 0, 20)[0]
    own, lifted = largest**2 / m**0.5, interference.third_party(n, m)
    benign, malign = collisions.early_pairs(n, m)
    assert benign == pytest.approx(averaged(own, lifted), rel=1e-6)
    assert malign == pytest.approx(averaged(-own, lifted), rel=1e-6)
    assert malign < benign


def test_slots_are_independent_again_on_very_many_neurons():
    assert collisions.early_pairs(2, 10**9) == pytest.approx((1, 1), abs=2e-3)


def test_more_features_more_third_encodings_fewer_benign_pairs():
    found = [collisions.early_pairs(n, 256)[0] for n in (2, 8, 32, 64)]
    assert found == sorted(found, reverse=True)


def test_tilted_law_by_hand():
    benign, _ = collisions.early_pairs(2, 8)
    one = collisions.polysemantic_neurons(2, 8).pmf(1)
    assert collisions.early_ratio(2, 8) == pytest.approx(benign / (1 + one * (benign - 1)))


def test_nothing_changes_where_no_slot_is_free():
    assert collisions.early_ratio(8, 4) == pytest.approx(1)


@pytest.mark.parametrize(("n", "m"), [(1, 8), (2, 0), (9, 4)])
def test_sizes_are_checked(n, m):
    with pytest.raises((TypeError, ValueError), match=r"^n_(features|neurons)"):
        collisions.early_pairs(n, m)
