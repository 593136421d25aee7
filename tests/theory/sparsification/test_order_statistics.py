import numpy as np
import pytest
from scipy.stats import kstest, norm

from sim import sparsify
from theory.model import Autoencoder
from theory.sparsification import active_weights, time_to_sparsity
from theory.sparsification.order_statistics import law

LARGE = Autoencoder(n_features=1, n_neurons=2000, l1=1e-4)


def waterline_times(model, replicates, seed):
    """Draw encodings; return their sorted weights and λt at which each weight dies, on the slow manifold."""
    rng = np.random.default_rng(seed)
    sizes = -np.sort(-np.abs(rng.normal(0, model.init_std, (replicates, model.n_neurons))), axis=1)
    total, counts = np.zeros(replicates), np.arange(1, model.n_neurons + 1)
    nodes, shares = np.polynomial.legendre.leggauss(10)
    first, second = np.cumsum(sizes, axis=1), np.cumsum(sizes**2, axis=1)
    deaths = np.zeros((replicates, model.n_neurons))
    for j in range(model.n_neurons, 1, -1):
        low = sizes[:, j] if j < model.n_neurons else np.zeros(replicates)
        for node, share in zip((nodes + 1) / 2, shares / 2, strict=True):
            s = sizes[:, j - 1] - (sizes[:, j - 1] - low) * node**3  # dense near the top, where q is small
            q = second[:, j - 1] - 2 * s * first[:, j - 1] + counts[j - 1] * s**2
            total += 3 * share * node**2 * (sizes[:, j - 1] - low) / np.sqrt(q)
        deaths[:, j - 1] = total
    return sizes, deaths


@pytest.mark.parametrize("m", [3, 12, 300])
def test_time_to_sparsity_of_finitely_many_weights(m):
    model = Autoencoder(n_features=1, n_neurons=m, l1=1e-9)
    _, deaths = waterline_times(model, 3000, seed=m)
    predicted = time_to_sparsity(model)
    assert kstest(deaths[:, 1], predicted.cdf).pvalue > 0.01
    assert predicted.mean() == pytest.approx(deaths[:, 1].mean(), abs=4 * predicted.std() / np.sqrt(3000))


def test_l1_moves_the_law_to_first_order():
    """By ``λ E ln(q/q₀)/4`` with ``q = (u₁ − u₂)²`` at the end; what follows is λ times smaller."""
    weak, strong = (law(Autoencoder(1, 100, l1), 9).mean() for l1 in (1e-9, 1e-2))
    sizes = np.sort(np.abs(np.random.default_rng(0).normal(size=(20_000, 100))))
    logs = np.log((sizes[:, -1] - sizes[:, -2]) ** 2 / (sizes**2).sum(axis=1)) / 4
    error = 3 * logs.std() / np.sqrt(len(logs))
    assert (strong - weak) / 1e-2 == pytest.approx(logs.mean(), abs=error + 1e-2 * abs(logs.mean()))


def test_law_tends_to_the_universal_one_slowly():
    universal = time_to_sparsity().mean()
    gaps = [law(Autoencoder(1, 10**n, 1e-12), 9).mean() - universal for n in (3, 6, 12)]
    assert gaps[0] > gaps[1] > gaps[2] > 0
    assert gaps[1] / gaps[2] == pytest.approx(2, abs=0.5)


@pytest.mark.parametrize("time", [300.0, 2500.0, 6000.0])
def test_number_of_active_weights(time):
    _, deaths = waterline_times(LARGE, 1500, seed=7)
    number = 1 + (deaths[:, 1:] > LARGE.l1 * time).sum(axis=1)
    predicted = active_weights(LARGE, time)
    assert number.mean() == pytest.approx(
        predicted.mean(), abs=4 * predicted.std() / np.sqrt(1500) + (predicted.dist.name == "norm")
    )
    assert number.std() == pytest.approx(predicted.std(), rel=0.08)


def test_discrete_law_meets_the_normal_one():
    few, many = active_weights(LARGE, 2700.0), active_weights(LARGE, 2650.0)
    assert many.dist.name == norm.name
    assert few.dist.name == "active_weights"
    assert few.mean() == pytest.approx(many.mean(), rel=0.2)
    assert few.std() == pytest.approx(many.std(), rel=0.1)


@pytest.mark.parametrize("l1", [1e-3, 1e-2])
def test_race_of_two_weights(l1):
    model, rng = Autoencoder(1, 2, l1), np.random.default_rng(5)
    encodings = rng.normal(0, model.init_std, (1000, 2))
    times = [sparsify(weights, l1, [0.0]).attrs["time_to_sparsity"] for weights in encodings]
    assert kstest(l1 * np.array(times), time_to_sparsity(model).cdf).pvalue > 0.01


def test_too_strong_l1_leaves_no_race():
    with pytest.raises(ValueError, match="l1 must be less than"):
        time_to_sparsity(Autoencoder(1, 100, 1.0))


def test_one_weight_has_no_race():
    with pytest.raises(ValueError, match="n_neurons must be at least 2"):
        time_to_sparsity(Autoencoder(1, 1, 1e-3))
