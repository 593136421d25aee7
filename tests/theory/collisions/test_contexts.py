import numpy as np
import pytest

from theory import collisions


def test_one_context_is_the_exclusion_law():
    found = collisions.sharing(12, 20, 1)
    assert found.opposite_within == pytest.approx(collisions.polysemantic_neurons(12, 20).mean())
    assert (found.same_within, found.opposite_across, found.same_across) == (0, 0, 0)


def test_slots_drawn_within_contexts_share_as_often():
    n, m, contexts, runs = 12, 10, 3, 4000
    rng, counts = np.random.default_rng(0), np.zeros(3)
    across = np.add.outer(-np.arange(n), np.arange(n)) % contexts != 0
    upper = np.triu(np.ones((n, n), bool), 1)
    for _ in range(runs):
        slots = np.empty(n, int)
        for c in range(contexts):
            slots[c::contexts] = rng.permutation(2 * m)[: n // contexts]
        neuron, same = slots // 2, slots[:, None] == slots
        shared = (neuron[:, None] == neuron) & upper
        counts += [(shared & ~across).sum(), (shared & across & same).sum(), (shared & across & ~same).sum()]
    found = collisions.sharing(n, m, contexts)
    predicted = (found.opposite_within, found.same_across, found.opposite_across)
    np.testing.assert_allclose(counts / runs, predicted, rtol=0.05)


def test_contexts_have_equally_many_features():
    with pytest.raises(ValueError, match=r"^n_features must be a multiple of 3"):
        collisions.sharing(10, 8, 3)
