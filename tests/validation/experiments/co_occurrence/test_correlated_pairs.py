"""Correlated pairs: what is counted, and what is said of the counts."""

import numpy as np
import pytest
import xarray as xr

from validation.experiments.catalogue import find
from validation.experiments.co_occurrence.correlated_pairs import KINDS, _sharing, measure
from validation.experiments.findings import Findings
from validation.report.statistics import mean, share

PAIRS = find("correlated_pairs")
SETTING = {
    "n": 4,
    "m": 4,
    "l1": 0.05,
    "p": 0.2,
    "replicates": 3,
}  # 2 pairs, and 4 of features of different pairs


def crafted(**counts):
    """Return findings of three runs of each kind with these counts, by inputs; what is not named is 0."""
    names = [f"{signs}_{who}" for signs in ("opposite", "same") for who in ("pairs", "others")]
    parts = []
    for inputs, given in counts.items():
        data = {name: ("replicate", given.get(name, [0, 0, 0])) for name in (*names, "undecided")}
        parts.append(xr.Dataset(data, {"replicate": range(3)}).assign_coords({"inputs": inputs, **SETTING}))
    return Findings(PAIRS, xr.concat(parts, "setting", coords=["inputs", *SETTING], data_vars="all"))


def test_sharing_by_signs():
    weights = np.array([[[1.0, 0.0], [-0.9, 0.0], [0.8, 0.0], [0.3, -1.0]]])
    found = _sharing(weights)
    assert np.argwhere(found["opposite"][0]).tolist() == [[0, 1], [1, 0], [1, 2], [2, 1]]
    assert np.argwhere(found["same"][0]).tolist() == [[0, 2], [2, 0]]


def test_sharing_is_that_of_a_loop_over_pairs_and_neurons():
    weights = np.random.default_rng(0).normal(0, 0.5, (2, 5, 3))
    found = _sharing(weights)
    for r, i, j in np.ndindex(2, 5, 5):
        products = [
            a * b for a, b in zip(weights[r, i], weights[r, j], strict=True) if min(abs(a), abs(b)) > 0.5
        ]
        assert found["opposite"][r, i, j] == any(product < 0 for product in products)
        assert found["same"][r, i, j] == (i != j and any(product > 0 for product in products))


@pytest.mark.slow
def test_features_always_on_together_end_on_one_neuron():
    result = measure(**SETTING, inputs="correlated", seed=1)
    assert (result.same_pairs == 2).all()
    xr.testing.assert_equal(result, measure(**SETTING, inputs="correlated", seed=1))


def test_shares_and_difference_count_pairs_of_features():
    found = crafted(anticorrelated={"opposite_pairs": [2, 1, 0], "opposite_others": [0, 4, 2]})
    (pairs,), (others,), (excess,) = (found(f"opposite_{name}") for name in ("pairs", "others", "excess"))
    assert pairs.estimate == share(3, 6, found.level)
    assert others.estimate == share(6, 12, found.level)
    assert excess.estimate == mean([1 - 0, 0.5 - 1, 0 - 0.5], found.level)


@pytest.mark.parametrize(
    ("pairs", "others", "word"),
    [
        ([2, 2, 2], [0, 0, 1], "more often than"),
        ([0, 0, 0], [4, 4, 3], "less often than"),
        ([1, 0, 2], [2, 3, 1], "not shown to differ from"),
    ],
)
def test_answer_follows_the_counts(pairs, others, word):
    counts = {"opposite_pairs": pairs, "opposite_others": others}
    said = PAIRS.answer(crafted(anticorrelated=counts, independent={}))
    assert f"of cases, {word} two of different pairs" in said
    assert said.count(KINDS["anticorrelated"]) == 1
    assert KINDS["correlated"] not in said


def test_control_is_counted():
    off = {"opposite_pairs": [2, 2, 2], "opposite_others": [0, 0, 1]}
    assert "differ from others in 1 of 2 comparisons" in PAIRS.meaning(crafted(independent=off))
    assert "differ from others in 0 of 2 comparisons" in PAIRS.meaning(crafted(independent={}))
    assert PAIRS.answer(crafted(independent={})) == "At p = 0.2, only independent pairs were run."
