import numpy as np
import pytest
from scipy.integrate import solve_ivp

from theory import flow
from theory.interference import malign

TIMES = np.array([0, 0.5, 2, 6])


def integrated(initial):
    """Encodings at TIMES under feature benefit and interference, by direct integration."""
    forces = flow.derived_forces(*initial.shape)

    def rates(_, flat):
        weights = flat.reshape(initial.shape)
        return (forces["feature_benefit"](weights) + forces["interference"](weights)).ravel()

    solution = solve_ivp(
        rates, (0, TIMES[-1]), initial.ravel(), method="DOP853", t_eval=TIMES, rtol=1e-12, atol=1e-14
    )
    return solution.y.T.reshape(-1, *initial.shape)


@pytest.mark.parametrize(
    "initial",
    [[[0.8, 0.6, 0], [0.5, 0, 0.75]], [[0.3, -0.2, 0.5], [0.6, 0.1, 0.9]], [[0.2, 0.1], [0.4, 0.2]]],
)
def test_free_collision_is_that_of_the_flow(initial):
    initial = np.array(initial)
    np.testing.assert_allclose(
        malign.free_collision(initial, TIMES), integrated(initial), rtol=1e-8, atol=1e-10
    )


def test_free_collision_has_no_loser():
    a0, b0 = 0.8, 0.5
    initial = [[a0, np.sqrt(1 - a0**2), 0], [b0, 0, np.sqrt(1 - b0**2)]]
    (final,) = malign.free_collision(initial, [15])
    np.testing.assert_allclose(final @ final.T, np.eye(2), atol=1e-10)
    difference = (a0**2 - b0**2) / np.sqrt(1 - (a0 * b0) ** 2)
    assert final[0, 0] ** 2 - final[1, 0] ** 2 == pytest.approx(difference, rel=1e-10)
    assert final[1, 0] > 0.3


def integrated_death(a, b0, l1):
    """Time at which the loser dies under all forces, its encoding of unit length and dead weights held."""
    forces = flow.derived_forces(2, 2)

    def rate(_, b):
        weights = np.array([[a, 0], [b[0], np.sqrt(1 - b0**2)]])
        smooth = forces["feature_benefit"](weights) + forces["interference"](weights)
        return [smooth[1, 0] - l1]

    def dead(_, b):
        return b[0]

    dead.terminal = True
    solution = solve_ivp(rate, (0, 100), [b0], method="DOP853", events=dead, rtol=1e-12, atol=1e-15)
    return solution.t_events[0][0]


@pytest.mark.parametrize("b0", [1e-2, 1e-3])
def test_death_time_is_that_of_the_flow(b0):
    # what it leaves out is the loser's feature benefit, of order b0²
    assert malign.death_time(0.95, b0, 2e-3) == pytest.approx(integrated_death(0.95, b0, 2e-3), rel=b0**2)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: malign.free_collision([[1, 0], [-1, 0]], [1]), "weights"),
        (lambda: malign.free_collision(np.ones((3, 2)), [1]), "weights"),
        (lambda: malign.free_collision(np.ones((2, 2)), [-1]), "times"),
        (lambda: malign.death_time(0.5, 0.4, 0), "l1"),
    ],
)
def test_bad_arguments_are_named(call, name):
    with pytest.raises(ValueError, match=name):
        call()


@pytest.mark.parametrize("initial", [[[1, 0.5], [0.2, 1]], [[1, 0.5], [2, 1]]])
def test_free_collision_has_a_limit(initial):
    """However late; encodings of one direction share it for ever."""
    final, later, latest = malign.free_collision(initial, [30.0, 1e3, 1e30])
    np.testing.assert_allclose(later, final, rtol=1e-12)
    np.testing.assert_array_equal(latest, later)
    np.testing.assert_allclose(later.T @ later @ later.T, later.T, rtol=1e-12)
