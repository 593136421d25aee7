import numpy as np
import pytest
from scipy.integrate import solve_ivp

from theory import Autoencoder, flow, interference

TIMES = np.array([0, 0.3, 1, 3, 8])


def integrated(initial, names):
    """Encodings at TIMES under the named forces, shape (time, n, m), by direct integration."""
    n, m = np.shape(initial)
    forces = flow.derived_forces(n, m)

    def rates(_, weights):
        return sum(forces[name](weights.reshape(n, m)) for name in names).ravel()

    solution = solve_ivp(
        rates, (0, TIMES[-1]), np.ravel(initial), method="DOP853", t_eval=TIMES, rtol=1e-12, atol=1e-15
    )
    return solution.y.T.reshape(-1, n, m)


@pytest.mark.parametrize("init_std", [None, 0.1])
def test_initial_strength_is_that_of_random_encodings(init_std):
    model = Autoencoder(8, 16, 0, init_std)
    rng = np.random.default_rng(2)
    weights = np.stack([model.initial(rng) for _ in range(4000)])
    products = np.maximum(weights[:, 1:] @ weights[:, 0, :, None], 0)
    strength = (products**2).sum(axis=(1, 2))
    error = strength.std() / np.sqrt(strength.size)
    assert interference.initial_strength(model) == pytest.approx(strength.mean(), abs=3 * error)


def test_initial_strength_at_default_deviation():
    assert interference.initial_strength(Autoencoder(64, 128, 0)) == pytest.approx(63 / 256, rel=1e-14)


@pytest.mark.parametrize("a0", [0.01, 0.3, 0.9])
def test_inner_product_is_that_of_the_flow(a0):
    initial = [[1, 0, 0], [a0, np.sqrt(1 - a0**2), 0]]
    weights = integrated(initial, ("feature_benefit", "interference"))
    products = np.einsum("tk,tk->t", weights[:, 0], weights[:, 1])
    np.testing.assert_allclose(interference.inner_product(a0, TIMES), products, rtol=1e-8, atol=1e-13)


def test_inner_product_decays_at_rate_two():
    a = interference.inner_product(0.5, [8, 9])
    assert a[1] / a[0] == pytest.approx(np.exp(-2), rel=1e-6)


@pytest.mark.parametrize(("a0", "b0"), [(0.8, 0.6), (0.6, 0.8), (0.7, 0.7), (0.7, 0.7 - 1e-9)])
def test_malign_collision_is_that_of_the_flow(a0, b0):
    weights = integrated([[a0], [b0]], ("interference",))[:, :, 0]
    a, b = interference.malign_collision(a0, b0, TIMES)
    np.testing.assert_allclose(a, weights[:, 0], rtol=1e-8)
    np.testing.assert_allclose(b, weights[:, 1], rtol=1e-8)


def test_larger_weight_ends_at_the_root_of_the_conserved_quantity():
    a, b = interference.malign_collision(0.8, 0.6, [100])
    assert a == pytest.approx(np.sqrt(0.8**2 - 0.6**2), rel=1e-12)
    assert b < 1e-10


def test_benign_collision_feels_no_force():
    force = flow.derived_forces(2, 1)["interference"]
    np.testing.assert_array_equal(force(np.array([[0.8], [-0.6]])), 0)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: interference.malign_collision(0, 1, [1]), "a0"),
        (lambda: interference.malign_collision(1, -1, [1]), "b0"),
        (lambda: interference.malign_collision(1, 1, [1, 0]), "times"),
        (lambda: interference.inner_product(1, [1]), "a0"),
        (lambda: interference.inner_product(0.5, [-1]), "times"),
    ],
)
def test_bad_arguments_are_named(call, name):
    with pytest.raises(ValueError, match=name):
        call()
