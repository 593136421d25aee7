import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import ortho_group

from theory import flow

N, M, L1 = 3, 4, 0.05


def force(weights):
    forces = {name: f(weights) for name, f in DERIVED.items()}
    return forces["feature_benefit"] + forces["interference"] + L1 * forces["l1"]


DERIVED = flow.derived_forces(N, M)
WEIGHTS = np.random.default_rng(3).normal(size=(N, M))


def test_forces_move_with_the_symmetries():
    rng = np.random.default_rng(4)
    features, neurons, signs = rng.permutation(N), rng.permutation(M), rng.choice([-1, 1], M)
    np.testing.assert_allclose(force(WEIGHTS[features]), force(WEIGHTS)[features], atol=1e-13)
    np.testing.assert_allclose(force(WEIGHTS[:, neurons]), force(WEIGHTS)[:, neurons], atol=1e-13)
    np.testing.assert_allclose(force(WEIGHTS * signs), force(WEIGHTS) * signs, atol=1e-13)


@pytest.mark.parametrize("name", ["feature_benefit", "interference"])
def test_forces_other_than_l1_move_with_rotations(name):
    rotation = ortho_group.rvs(M, random_state=np.random.default_rng(5))
    turned = DERIVED[name](WEIGHTS @ rotation)
    np.testing.assert_allclose(turned, DERIVED[name](WEIGHTS) @ rotation, atol=1e-12)


@pytest.mark.parametrize("length", [1.0, 0.7])
def test_orthogonal_inputs_give_the_same_flow_at_their_own_pace(length):
    # smooth for so long: no weight crosses 0 and no inner product changes its sign
    inputs = length * ortho_group.rvs(5, random_state=np.random.default_rng(6))[:N]
    trained = inputs.T @ WEIGHTS / length**2  # weights from 5 inputs whose encodings are WEIGHTS
    end = 0.1

    def evolve(rates, initial, until):
        solution = solve_ivp(
            lambda _, flat: rates(flat.reshape(initial.shape)).ravel(),
            (0, until),
            initial.ravel(),
            method="DOP853",
            rtol=1e-11,
            atol=1e-12,
        )
        return solution.y[:, -1].reshape(initial.shape)

    through_inputs = evolve(lambda v: inputs.T @ force(inputs @ v), trained, end / length**2)
    np.testing.assert_allclose(inputs @ through_inputs, evolve(force, WEIGHTS, end), atol=1e-8)
