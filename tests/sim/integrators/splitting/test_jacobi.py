import numba
import numpy as np
import pytest

from sim.forces import FORCES, action
from sim.integrators.splitting import jacobi

RNG = np.random.default_rng(3)
STANDARD = action(FORCES).mismatch


def mu(gram):
    """Return the mismatch of the standard flow."""
    return np.eye(len(gram)) - np.maximum(gram, 0)


def correct(mismatch, gram, c, alive=1.0, damping=1.0, mismatch_of=STANDARD):
    """Return the correction, and how far it is said to move an encoding."""
    space = jacobi.Space(*(np.full_like(gram, np.nan) for _ in range(5)))
    moved = jacobi.correction(mismatch_of, mismatch, gram, c, alive, damping, space)
    return space.along, moved


@pytest.mark.parametrize("c", [0.01, 1.0, 1e4])
@pytest.mark.parametrize("alive", [0.1, 1.0])
@pytest.mark.parametrize("damping", [1.0, 1.7])
def test_each_entry_solves_its_own_equation(c, alive, damping):
    n = 12
    weights = RNG.normal(size=(n, 3 * n)) / np.sqrt(3 * n * alive) * (RNG.random((n, 3 * n)) < alive)
    gram, mismatch = weights @ weights.T, RNG.normal(size=(n, n))
    mismatch = -np.abs(mismatch + mismatch.T)
    along, moved = correct(mismatch, gram, c, alive, damping)
    size = np.diag(gram)
    response = 0.5 * (1 + alive) * (size[:, None] + size) + (1 - alive) * np.abs(gram)
    response *= damping * c * (gram != 0)
    np.testing.assert_allclose(mismatch + along, mu(gram + response * along), rtol=0, atol=1e-9 * max(c, 1))
    np.testing.assert_array_equal(along, along.T)
    assert moved == pytest.approx(c * np.sqrt((along**2 * size).sum() / n))


@pytest.mark.parametrize("alive", [0.1, 1.0])
def test_the_response_of_an_entry_is_that_of_its_weights(alive):
    """A norm, and an inner product of features on the same neurons, respond as the weights themselves do."""
    pair, push = np.full((2, 5), 0.3), 1e-6
    for entries in (np.diag([push, push]), np.full((2, 2), push) - np.diag([push, push])):
        moved = pair + 2.0 * entries @ pair
        response = np.empty((2, 2))
        jacobi.respond(pair @ pair.T, 2.0, alive, response)
        change = moved @ moved.T - pair @ pair.T
        np.testing.assert_allclose((response * entries)[entries > 0], change[entries > 0], rtol=1e-4)


def test_features_that_share_no_neuron_are_let_go_at_once():
    gram, mismatch = np.eye(3), np.full((3, 3), -0.4)
    along, _ = correct(mismatch, gram, 100.0, alive=0.5)
    assert ((mismatch + along)[~np.eye(3, dtype=bool)] == 0).all()


def test_a_slope_below_zero_does_not_count():
    @numba.njit
    def rising(gram, mismatch, slope):
        mismatch += 0.1 * gram
        slope -= 0.1

    along, _ = correct(np.zeros((1, 1)), np.ones((1, 1)), 5.0, mismatch_of=rising)
    assert along[0, 0] == pytest.approx(0.1 * (1 + 10 * 0.1))  # twice, from where the first one leads


@pytest.mark.parametrize("c", [1.0, 1e2, 1e5])
def test_iterations_converge_however_stiff(c):
    """A stage without L1: the weights end where the mismatch that moved them is their own."""
    n = 24
    weights = RNG.normal(size=(n, 4 * n)) / np.sqrt(4 * n)
    mismatch, last, past = mu(weights @ weights.T) / (1 + c), np.empty((n, n)), np.empty((n, n))
    lefts = []
    for number in range(25):
        end = weights + c * mismatch @ weights
        along, left = correct(mismatch, end @ end.T, c)
        jacobi.follow(mismatch, along, last, past, number > 0)
        lefts.append(left)
    assert lefts[-1] < 1e-4 * lefts[0]
    end = weights + c * mismatch @ weights
    np.testing.assert_allclose(mismatch, mu(end @ end.T), rtol=0, atol=1e-3)


def test_the_secant_finds_the_root_of_a_linear_equation():
    """In one dimension a secant through two points of a line meets its root."""
    mismatch, last, past = np.array([[0.0]]), np.empty((1, 1)), np.empty((1, 1))
    for number in range(2):
        jacobi.follow(mismatch, 0.6 * (5.0 - mismatch), last, past, number > 0)
    assert mismatch[0, 0] == pytest.approx(5.0, abs=1e-12)
