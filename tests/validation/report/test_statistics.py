import numpy as np
import pytest
from scipy import stats

from validation.report import statistics

TRIALS = 2000


def misses(made, truth):
    return sum(not e.low <= truth <= e.high for e in made)


def expected_misses():
    """Between these numbers of misses lie 99.99 % of all runs, if the level is right."""
    return stats.binom(TRIALS, 1 - statistics.LEVEL).ppf([0.00005, 0.99995])


def test_mean_covers_at_its_level():
    rng = np.random.default_rng(1)
    low, high = expected_misses()
    assert low <= misses((statistics.mean(rng.normal(3, 2, 12)) for _ in range(TRIALS)), 3) <= high


def test_one_more_value_is_covered_at_the_level():
    rng = np.random.default_rng(3)
    low, high = expected_misses()
    made = [(statistics.further(rng.normal(3, 2, 5)), rng.normal(3, 2)) for _ in range(TRIALS)]
    assert low <= sum(misses([estimate], truth) for estimate, truth in made) <= high


def test_share_covers_at_least_at_its_level_and_reaches_1():
    rng = np.random.default_rng(2)
    successes = rng.binomial(50, 0.9, TRIALS)
    made = {k: statistics.share(k, 50) for k in set(successes)}
    assert misses((made[k] for k in successes), 0.9) <= expected_misses()[1]
    certain = statistics.share(50, 50)
    assert certain.value == certain.high == 1
    assert certain.low == pytest.approx(((1 - statistics.LEVEL) / 2) ** (1 / 50))


def test_ratio_keeps_pairs_together():
    rng = np.random.default_rng(3)
    size = rng.uniform(1, 100, 60)
    pairs = np.column_stack([2 * size, size])
    ratio = statistics.ratio(*pairs.T)
    assert ratio.value == pytest.approx(2)
    assert ratio.low == pytest.approx(2)
    assert ratio.high == pytest.approx(2)
    assert statistics.ratio([1, 2], [0, 0]) is None


def test_bootstrap_of_a_mean_is_near_the_t_interval():
    sample = np.random.default_rng(4).normal(0, 1, 200)
    ours = statistics.bootstrap(sample, lambda x, axis: x.mean(axis=axis))
    student = statistics.mean(sample)
    assert (ours.low, ours.high) == pytest.approx((student.low, student.high), abs=0.05)


def test_bootstrap_of_equal_values_is_a_point():
    point = statistics.bootstrap(np.zeros(20), lambda x, axis: x.mean(axis=axis))
    assert (point.value, point.low, point.high) == (0, 0, 0)


def test_distance_holds_0_for_the_right_law_only():
    sample = np.random.default_rng(5).exponential(1, 800)
    assert statistics.distance(sample, stats.expon.cdf).low == 0
    assert statistics.distance(sample, stats.expon(scale=1.4).cdf).low > 0
    assert "p = " in statistics.distance(sample, stats.expon.cdf).method


def test_within_states_its_tolerance():
    estimate = statistics.within(2.0, 0.1, "rounding")
    assert (estimate.low, estimate.high) == (1.9, 2.1)
    assert "0.1" in estimate.method
    assert "rounding" in estimate.method


def test_order_probability_is_the_area_under_the_curve():
    rng = np.random.default_rng(3)
    scores, positive = rng.integers(0, 5, 60), rng.integers(0, 4, 60)
    found = statistics.order_probability(scores, positive, 3 - positive, 0.95)
    true = np.repeat(scores, positive), np.repeat(scores, 3 - positive)
    test = stats.mannwhitneyu(*true)
    assert found.value == pytest.approx(test.statistic / (len(true[0]) * len(true[1])))
    assert found.low < found.value < found.high
    assert statistics.order_probability(scores, positive, 0 * positive) is None


def test_order_probability_is_covered_by_its_interval():
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(200):
        positive = rng.binomial(4, rng.random(80))
        found = statistics.order_probability(rng.normal(size=80), positive, 4 - positive, 0.95)
        held += found.low <= 0.5 <= found.high
    assert 178 <= held <= 199
