"""Correlated pairs: what is counted, and what is said of the counts."""

import numpy as np
import pytest
import xarray as xr

from validation.experiments.catalogue import find
from validation.experiments.co_occurrence.correlated_pairs import _sharing, measure
from validation.experiments.findings import Findings
from validation.report.statistics import mean, share

PAIRS = find("correlated_pairs")
SETTING = {
    "l1_on": "activations",
    "n": 4,
    "m": 4,
    "l1": 0.05,
    "p": 0.2,
    "replicates": 3,
}  # 2 pairs, and 4 of features of different pairs


ONE = ("weights",)


def crafted(**counts):
    """Return findings of three runs of each kind with these counts, by inputs; what is not named is 0."""
    names = [f"{signs}_{who}" for signs in ("opposite", "same") for who in ("pairs", "others")]
    parts = []
    for inputs, given in counts.items():
        data = {name: ("replicate", given.get(name, [0, 0, 0])) for name in (*names, "undecided")}
        for on in ONE if len(counts) == 1 else ("weights", "activations"):
            setting = SETTING | {"inputs": inputs, "l1_on": on}
            parts.append(xr.Dataset(data, {"replicate": range(3)}).assign_coords(setting))
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
    setting = SETTING | {"inputs": "correlated", "l1_on": "weights"}
    result = measure(**setting, seed=1)
    assert (result.same_pairs == 2).all()
    xr.testing.assert_equal(result, measure(**setting, seed=1))


def test_shares_and_difference_count_pairs_of_features():
    found = crafted(anticorrelated={"opposite_pairs": [2, 1, 0], "opposite_others": [0, 4, 2]})
    (pairs,), (others,), (excess,) = (found(f"opposite_{name}") for name in ("pairs", "others", "excess"))
    assert pairs.estimate == share(3, 6, found.level)
    assert others.estimate == share(6, 12, found.level)
    assert excess.estimate == mean([1 - 0, 0.5 - 1, 0 - 0.5], found.level)


def test_answer_and_control_follow_the_counts():
    def said(of, **counts):
        return crafted(independent=counts, correlated=counts, anticorrelated=counts).said(of)

    more = {"opposite_pairs": [2, 2, 2], "opposite_others": [0, 0, 1]}
    assert "in 100 [54, 100] % of cases (others: 8 [0, 38] %; L1 on activations)" in said(
        PAIRS.answer, **more
    )
    assert "with the same sign in 0 [0, 46] % (L1 on weights: 0 [0, 46] %)" in said(PAIRS.answer, **more)
    assert "they share more often in 2 of 2 settings" in said(PAIRS.meaning, **more)
    assert said(PAIRS.meaning, **more).endswith("in 2 of 2 and 0 of 2.")
    fewer = {"opposite_pairs": [0, 0, 0], "opposite_others": [4, 4, 3]}
    assert said(PAIRS.meaning, **fewer).endswith("in 0 of 2 and 0 of 2.")
    only = crafted(independent={})
    assert only.said(PAIRS.answer) == "Not enough of it has been run to say."
