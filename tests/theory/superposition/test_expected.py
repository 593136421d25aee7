import numpy as np
import pytest

from theory import Superposition, superposition
from theory.superposition import cube, one_feature
from theory.superposition.expected import exact


def point(n, m, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.8, (n, m)), rng.normal(-0.1, 0.2, n)


def importances(n):
    return np.linspace(0.5, 1.5, n)


@pytest.mark.parametrize(("n", "m", "p"), [(5, 2, 0.0), (4, 2, 0.3), (3, 2, 1.0), (12, 3, 0.1)])
def test_loss_is_the_mean_over_samples(n, m, p):
    model = Superposition(n, m, p, importances(n))
    weights, biases = point(n, m)
    x = model.inputs(np.random.default_rng(1), 400_000)
    losses = (x - np.maximum(x @ weights @ weights.T + biases, 0)) ** 2 @ model.importances
    error = np.hypot(losses.std() / len(losses) ** 0.5, superposition.loss_error(weights, biases, model))
    assert abs(superposition.expected_loss(weights, biases, model) - losses.mean()) < 4 * error
    assert (superposition.loss_error(weights, biases, model) == 0) == exact(model)


@pytest.mark.parametrize(("n", "m", "p"), [(5, 2, 0.0), (4, 2, 0.3), (10, 3, 0.2)])
def test_gradient_is_that_of_automatic_differentiation(n, m, p):
    torch = pytest.importorskip("torch")
    model = Superposition(n, m, p, importances(n))
    weights, biases = point(n, m)
    by_weights, by_biases = superposition.gradient(weights, biases, model)
    W, b = (torch.tensor(array, dtype=torch.float64, requires_grad=True) for array in (weights, biases))
    if p == 0.2:
        x = torch.tensor(superposition.sample.inputs(n, p).reshape(-1, n))
        loss = ((torch.relu(x @ W @ W.T + b) - x) ** 2).mean(0) @ torch.tensor(model.importances)
    else:
        loss = corners_loss(torch, W, b, model)
    loss.backward()
    assert loss.item() == pytest.approx(superposition.expected_loss(weights, biases, model), abs=1e-11)
    np.testing.assert_allclose(by_weights, W.grad, atol=1e-10)
    np.testing.assert_allclose(by_biases, b.grad, atol=1e-10)


def corners_loss(torch, W, b, model):
    """The loss by sums over corners of cubes, another way than the one of `cube` and `one_feature`."""
    n, p = model.n_features, model.probability
    total = 0.0
    for bits in range(2**n):
        on = [i for i in range(n) if bits >> i & 1]
        if p == 0 and len(on) != 1:
            continue
        chance = 1 / n if p == 0 else p ** len(on) * (1 - p) ** (n - len(on))
        for j in range(n):
            a = torch.stack([W[i] @ W[j] for i in on]) if on else torch.zeros(0, dtype=torch.float64)
            total = total + chance * model.importances[j] * error(
                torch, a, b[j], on.index(j) if j in on else None
            )
    return total


def error(torch, a, c, own):
    def power(q, a, c):  # mean of ReLU(c + a·x)^q
        k, total = len(a), 0.0
        for bits in range(2**k):
            chosen = [i for i in range(k) if bits >> i & 1]
            total = total + (-1) ** (k - len(chosen)) * torch.relu(c + a[chosen].sum()) ** (q + k)
        return total / torch.prod(a) / np.prod(np.arange(q + 1, q + k + 1))

    square = power(2, a, c)
    if own is None:
        return square
    # mean of x_j z₊ by parts: (value at x_j = 1 of E z₊² − E z₊²)/2 over a_j, of which the last has x_j in it
    rest = torch.cat([a[:own], a[own + 1 :]])
    overlap = (power(2, rest, c + a[own]) - square) / (2 * a[own])
    return 1 / 3 - 2 * overlap + square


def test_small_products_do_not_cancel():
    weights, biases = point(4, 2)
    products = weights @ weights.T
    products[0, 1:] *= 1e-9
    exact = cube.slopes(products, biases, np.ones(4), 0.4)
    products[0, 1:] = 0
    none = cube.slopes(products, biases, np.ones(4), 0.4)
    assert exact.loss == pytest.approx(none.loss, abs=1e-8)
    np.testing.assert_allclose(exact.by_product, none.by_product, atol=1e-7)


def test_rare_features_come_to_the_sparse_limit():
    weights, biases = point(5, 2)
    biases = -np.abs(biases)  # else the loss while none is on is not small
    p = 1e-6
    rare = superposition.expected_loss(weights, biases, Superposition(5, 2, p))
    limit = superposition.expected_loss(weights, biases, Superposition(5, 2, 0))
    assert rare / p == pytest.approx(5 * limit, rel=1e-4)


@pytest.mark.parametrize("p", [0.0, 0.2])
def test_hessian_is_the_slope_of_the_gradient(p):
    model = Superposition(4, 2, p, importances(4))
    weights, biases = point(4, 2, seed=3)
    hessian = superposition.hessian(weights, biases, model)
    step = 1e-6 * np.random.default_rng(0).normal(size=12)

    def slope(sign):
        found = superposition.gradient(
            weights + sign * step[:8].reshape(4, 2), biases + sign * step[8:], model
        )
        return np.concatenate([found[0].ravel(), found[1]])

    np.testing.assert_allclose(slope(1) - slope(-1), 2 * hessian @ step, atol=1e-11)


def test_loss_knows_neither_rotations_nor_the_order_of_features():
    weights, biases = point(6, 3)
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    order = np.random.default_rng(2).permutation(6)
    for p in (0.0, 0.3):
        model = Superposition(6, 3, p)
        loss = superposition.expected_loss(weights, biases, model)
        assert superposition.expected_loss(weights @ turn, biases, model) == pytest.approx(loss, rel=1e-12)
        assert superposition.expected_loss(weights[order], biases[order], model) == pytest.approx(
            loss, rel=1e-12
        )


def test_outputs_that_are_never_on_cost_what_they_miss():
    found = one_feature.slopes(np.zeros((3, 3)), np.full(3, -1.0), np.ones(3))
    assert found.loss == pytest.approx(1 / 3)
    assert not found.by_product.any() or (found.by_product.diagonal() <= 0).all()
    assert not found.by_bias.any()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((0, 2, 0.1), "n_features"),
        ((5, 0, 0.1), "n_neurons"),
        ((5, 2, 1.5), "probability"),
        ((5, 2, float("nan")), "probability"),
        ((5, 2, 0.1, [1, 2]), "importance"),
        ((2, 2, 0.1, [1, 0]), "importance"),
    ],
)
def test_bad_models_are_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        Superposition(*arguments)


def test_bad_points_are_named():
    model = Superposition(5, 2, 0)
    with pytest.raises(ValueError, match="weights"):
        superposition.expected_loss(np.ones((4, 2)), np.ones(5), model)
    with pytest.raises(ValueError, match="biases"):
        superposition.gradient(np.ones((5, 2)), np.ones(4), model)


@pytest.mark.parametrize("p", [0.02, 0.1, 0.5, 1.0])
def test_inputs_are_on_as_often_as_they_should_be(p):
    x = Superposition(7, 2, p).inputs(np.random.default_rng(0), 20_000)
    on = x > 0
    error = (p * (1 - p) / len(x)) ** 0.5
    np.testing.assert_allclose(on.mean(axis=0), p, atol=4 * error + 1e-12)
    np.testing.assert_allclose((on[:, :-1] & on[:, 1:]).mean(), p**2, atol=4 * p / len(x) ** 0.5)
    assert x[on].mean() == pytest.approx(0.5, abs=0.02)
    assert x.max() <= 1


def test_errors_of_gradient_are_those_of_the_fixed_sample():
    weights, biases = point(10, 3)
    model = Superposition(10, 3, 0.1)
    by_weights, by_biases = superposition.gradient_error(weights, biases, model)
    assert by_weights.shape == (10, 3)
    assert (by_biases > 0).all()
    x = model.inputs(np.random.default_rng(1), 400_000)
    pull = 2 / len(x) * (np.maximum(x @ weights @ weights.T + biases, 0) - x)
    slope = (pull * (x @ weights @ weights.T + biases > 0)).sum(axis=0)
    assert (np.abs(slope - superposition.gradient(weights, biases, model)[1]) < 6 * by_biases + 0.01).all()
    exactly = superposition.gradient_error(*point(4, 2), Superposition(4, 2, 0.1))
    assert not any(part.any() for part in exactly)
