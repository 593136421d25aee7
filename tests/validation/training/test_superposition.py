import numpy as np
import pytest
import xarray as xr

from theory import Superposition
from validation import train
from validation.training.initial_weights import Notebook
from validation.training.models.superposed import Superposed
from validation.training.superposition import entries


def network(model, batch, replicates):
    keys = np.random.default_rng(0).integers(2**63, size=(replicates, 2), dtype=np.uint64)
    return Superposed(model.on, batch, model.importances, keys, model.probability)


@pytest.mark.parametrize(("optimizer", "of_torch"), [("gd", "SGD"), ("adam", "Adam"), ("adamw", "AdamW")])
def test_steps_are_those_of_pytorch(optimizer, of_torch):
    torch = pytest.importorskip("torch")
    model = Superposition(5, 2, 0.2, 0.9 ** np.arange(5))
    settings = {"steps": 50, "learning_rate": 0.01, "replicates": 2, "seed": 3, "batch": 32}
    ours = train(model, optimizer, dtype="float64", **settings)
    # the same inputs, from the network of the same keys
    from validation.training.superposition import SuperpositionRun

    run = SuperpositionRun.checked(
        optimizer=optimizer,
        schedule="constant",
        l1=0.0,
        pairs="independent",
        init="normal",
        dtype="float64",
        device="cpu",
        **settings,
    )
    twin = Superposed(model.on, 32, model.importances, run.keys(), model.probability)
    W = torch.tensor(ours.initial.values, requires_grad=True)
    b = torch.zeros((2, 5), dtype=torch.float64, requires_grad=True)
    peer = getattr(torch.optim, of_torch)([W, b], lr=0.01)
    for step in range(50):
        x = torch.tensor(twin.inputs({"weights": ours.initial.values}, step))
        y = torch.relu(torch.einsum("rbm,rnm->rbn", torch.einsum("rbn,rnm->rbm", x, W), W) + b[:, None])
        loss = ((y - x) ** 2 @ torch.tensor(model.importances)).mean(1)
        if step == 0:
            np.testing.assert_allclose(ours.loss[:, 0], loss.detach(), rtol=1e-12)
        peer.zero_grad()
        loss.sum().backward()
        peer.step()
    np.testing.assert_allclose(ours.final, W.detach(), atol=1e-12)
    np.testing.assert_allclose(ours.biases, b.detach(), atol=1e-12)


@pytest.mark.parametrize("probability", [0.0, 0.05, 0.2])
def test_what_is_on_gives_the_gradient_of_all_inputs(probability):
    """At the second step, too, and from numbers that are drawn for several steps at once."""
    model = Superposition(7, 3, probability, 0.9 ** np.arange(7))
    rng = np.random.default_rng(2)
    given = {"weights": rng.normal(size=(2, 7, 3)), "biases": rng.normal(0, 0.1, (2, 7))}
    net = network(model, 64, 2)
    for step in (0, 1, 400):
        inputs = net.inputs(given, step)
        sparse, dense = net.gradients(given, step), net.gradients_on(given, inputs)
        assert inputs.any()
        for name in given:
            np.testing.assert_allclose(sparse[name], dense[name], atol=1e-14)


def test_replicates_depend_on_nothing_but_their_seed():
    few, more = (train(Superposition(4, 2, 0.1), steps=5, replicates=r, batch=16) for r in (2, 5))
    xr.testing.assert_allclose(few.final, more.final.isel(replicate=slice(2)))


def test_checkpoint_goes_on(tmp_path):
    path = tmp_path / "run.safetensors"
    first, again = (train(Superposition(4, 2, 0), steps=20, batch=16, checkpoint=path) for _ in range(2))
    xr.testing.assert_identical(first.final, again.final)


def test_sparse_limit_has_one_feature_on():
    x = network(Superposition(6, 2, 0), 64, 1).inputs({"weights": np.zeros((1, 6, 2))}, 0)
    assert ((x > 0).sum(axis=-1) == 1).all()


@pytest.mark.parametrize(
    ("pairs", "both"), [("independent", 0.09), ("correlated", 0.3), ("anticorrelated", 0)]
)
def test_features_of_a_pair_are_on_together_as_often_as_said(pairs, both):
    places, values = entries(Superposition(4, 2, 0.3), pairs)(np.random.default_rng(0), 40_000)
    x = np.zeros((40_000, 4))
    x.reshape(-1)[places] = values
    on = x > 0
    for k in (0, 2):
        assert (on[:, k] & on[:, k + 1]).mean() == pytest.approx(both, abs=0.01)
    assert (on[:, 1] & on[:, 2]).mean() == pytest.approx(0.09, abs=0.01)
    assert on.mean(axis=0) == pytest.approx(0.3, abs=0.01)
    assert x[on].mean() == pytest.approx(0.5, abs=0.01)


def test_correlated_features_are_trained_on():
    apart, together = (
        train(
            Superposition(2, 1, 0.2),
            steps=400,
            batch=512,
            learning_rate=0.01,
            pairs=pairs,
            initial=np.array(start)[:, None],
        ).final.values[0, :, 0]
        for pairs, start in (("anticorrelated", [0.3, -0.2]), ("correlated", [0.3, 0.2]))
    )
    np.testing.assert_allclose(apart, [1, -1], atol=0.03)
    np.testing.assert_allclose(together, 0.5**0.5, atol=0.05)


def test_gradient_descent_follows_the_flow():
    from sim import simulate

    model = Superposition(3, 2, 0)
    trained = train(model, "gd", steps=400, learning_rate=0.01, batch=4096, seed=1, dtype="float64")
    flow = simulate(model, initial=trained.initial[0].values, until=float(trained.time[-1]))
    np.testing.assert_allclose(trained.final[0], flow.final, atol=0.02)


@pytest.mark.parametrize("optimizer", ["gd", "momentum"])
def test_rotations_of_the_hidden_space_commute_with_training(optimizer):
    model = Superposition(4, 2, 0.3)
    start = model.initial(np.random.default_rng(0))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    plain, turned = (
        train(model, optimizer, initial=w, steps=100, learning_rate=0.05, batch=32, dtype="float64")
        for w in (start, start @ turn)
    )
    np.testing.assert_allclose(turned.final, plain.final.values @ turn, atol=1e-10)
    np.testing.assert_allclose(turned.loss, plain.loss, atol=1e-10)


def test_permutations_of_features_commute_with_the_gradient():
    model = Superposition(5, 2, 0.3, 0.9 ** np.arange(5))
    rng = np.random.default_rng(1)
    inputs, order = model.inputs(rng, 64)[None], rng.permutation(5)
    given = {"weights": rng.normal(size=(1, 5, 2)), "biases": rng.normal(0, 0.1, (1, 5))}
    permuted = {"weights": given["weights"][:, order], "biases": given["biases"][:, order]}
    plain = network(model, 64, 1).gradients_on(given, inputs)
    other = Superposition(5, 2, 0.3, model.importances[order])
    found = network(other, 64, 1).gradients_on(permuted, np.ascontiguousarray(inputs[..., order]))
    for name, gradient in plain.items():
        np.testing.assert_allclose(found[name], gradient[:, order], atol=1e-13)


def test_initial_weights_of_the_notebook():
    torch = pytest.importorskip("torch")
    tensor = torch.empty(10, 50, 20)
    torch.nn.init.xavier_normal_(tensor, generator=torch.Generator().manual_seed(0))
    ours = Notebook(10).draw(Superposition(50, 20, 0.1), np.random.default_rng(0))
    assert ours.std() == pytest.approx(tensor.std().item(), rel=0.05)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"batch": 0}, "batch"),
        ({"l1": -1.0}, "l1"),
        ({"optimizer": "sgdd"}, "optimizer"),
        ({"initial": np.ones((2, 2))}, "initial"),
        ({"learning_rate": 1e30}, "learning_rate"),
        ({"steps": 0}, "steps"),
        ({"pairs": "both"}, "pairs"),
        ({"pairs": "correlated"}, "n_features must be even"),
    ],
)
def test_bad_arguments_are_named(given, named):
    with pytest.raises(ValueError, match=named):
        train(Superposition(3, 2, 0.1), **{"steps": 5, "batch": 8, **given})


def test_pairs_need_a_probability():
    with pytest.raises(ValueError, match=r"^pairs must be independent with probability 0"):
        train(Superposition(4, 2, 0), steps=5, batch=8, pairs="correlated")
