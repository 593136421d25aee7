import numpy as np
import pytest

from theory import capacity


def test_known_best_packings():
    for m in (3, 5, 20):
        assert capacity.cosine_at_least(m + 1, m) == pytest.approx(-1 / m)  # simplex
        assert capacity.cosine_at_least(2 * m, m) == 0  # antipodal pairs
    assert capacity.cosine_at_least(5, 2) == pytest.approx((5**0.5 - 1) / 4)
    # the 27 lines on a cubic surface, as Schläfli's 27 points in 6 dimensions: cosines 1/4 and -1/2
    assert capacity.cosine_at_least(27, 6) == pytest.approx(0.25, abs=1e-9)
    # 16 points in 5 dimensions, half of a cube: cosines 1/5 and -3/5
    assert capacity.cosine_at_least(16, 5) == pytest.approx(0.2, abs=1e-9)


def test_more_encodings_are_nearer():
    cosines = [capacity.cosine_at_least(n, 8) for n in range(2, 100)]
    assert (np.diff(cosines) >= 0).all()
    assert cosines[-1] == pytest.approx((11**0.5 - 1) / 10)


@pytest.mark.parametrize(("n", "m"), [(24, 8), (60, 20)])
def test_median_of_random_encodings(n, m):
    rng = np.random.default_rng(0)
    largest = []
    for _ in range(400):
        W = rng.normal(size=(n, m))
        W /= np.linalg.norm(W, axis=1, keepdims=True)
        largest.append((W @ W.T)[np.triu_indices(n, 1)].max())
    above = np.mean(np.array(largest) > capacity.random_cosine(n, m))
    assert abs(above - 0.5) < 4 * 0.5 / 20


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="n_features"):
        capacity.cosine_at_least(1, 3)
    with pytest.raises(ValueError, match="n_neurons"):
        capacity.random_cosine(3, 1)
