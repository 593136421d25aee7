import numpy as np
import pytest
from scipy import stats

from validation.training.sparse_samples import draw

BATCH = 40_000


def columns(probabilities, signed=False):
    samples = draw(np.random.default_rng(3), np.array(probabilities), BATCH, signed, "float64")
    return samples.dense(len(probabilities)).T


def test_each_feature_is_on_as_often_as_it_should_be_and_uniform():
    probabilities = [0.01, 0.3, 0.9, 1.0]
    for p, values in zip(probabilities, columns(probabilities), strict=True):
        on = values[values != 0]
        assert stats.binomtest(len(on), BATCH, p).pvalue > 1e-3
        assert stats.kstest(on, stats.uniform.cdf).pvalue > 1e-3


def test_samples_are_independent_in_time_and_of_each_other():
    one, other = (columns([0.2, 0.4]) != 0).astype(float)
    for a, b in ((one[1:], one[:-1]), (one, other)):
        assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(BATCH)


@pytest.mark.parametrize("p", [0.05, 0.6])
def test_signed_features_are_differences_of_two_draws(p):
    (values,) = columns([p], signed=True)
    rng = np.random.default_rng(4)
    draws = rng.random((2, BATCH)) * (rng.random((2, BATCH)) < p)
    expected = draws[0] - draws[1]
    assert stats.binomtest(int((values != 0).sum()), BATCH, p * (2 - p)).pvalue > 1e-3
    assert stats.ks_2samp(values[values != 0], expected[expected != 0]).pvalue > 1e-3


def test_entries_are_sorted_by_sample_and_none_is_twice_there():
    samples = draw(np.random.default_rng(5), np.full(7, 0.3), 50, True, "float32")
    assert samples.values.dtype == np.float32
    assert samples.starts[0] == 0
    assert samples.starts[-1] == len(samples.values)
    rows = np.repeat(np.arange(50), np.diff(samples.starts))
    assert len({*zip(rows.tolist(), samples.features.tolist(), strict=True)}) == len(rows)
    again = draw(np.random.default_rng(5), np.full(7, 0.3), 50, True, "float32")
    for one, other in zip(samples, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_parts_are_the_batch():
    samples = draw(np.random.default_rng(3), np.full(5, 0.3), 11, False, "float64")
    parts = samples.parts(4)
    assert [part.size for part in parts] == [2, 3, 3, 3]
    entries = [slice(part.starts[0], part.starts[-1]) for part in parts]
    assert np.concatenate([samples.values[entry] for entry in entries]).tolist() == samples.values.tolist()
    assert [part.size for part in samples._replace(starts=samples.starts[:3]).parts(4)] == [1, 1]
