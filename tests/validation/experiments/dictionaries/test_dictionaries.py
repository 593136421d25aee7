"""Small runs of the experiments with dictionaries, and what is read off planted data."""

import numpy as np
import pytest
import xarray as xr

from theory import dictionaries
from validation.experiments.dictionaries import absorbed_children, dictionary_recovery, incidental_pairs
from validation.experiments.findings import Findings


def test_features_of_the_recovery_are_directions_of_their_own_for_each_replicate():
    hidden = dictionary_recovery.drawn(5, 3, 0.1, 2, seed=1)
    np.testing.assert_allclose((hidden.final**2).sum("neuron"), 1)
    assert not np.allclose(hidden.final[0], hidden.final[1])


def test_recovery_of_a_small_dictionary_beats_chance():
    found = dictionary_recovery.measure("topk", 1.0, 6, 6, 12, 0.1, 400, 2, seed=0)
    assert (found.cosine > found.chance + 0.2).all()
    assert (found.l0 <= 1).all()


def test_the_answer_names_the_best_and_what_the_best_reconstruction_recovers():
    shares = {"l1": 0.5, "topk": 0.9, "gated": 0.3}
    explained = {"l1": 0.6, "topk": 0.7, "gated": 0.8}
    spread = np.array([0, 0.02, 0, 0.02])
    others = dict.fromkeys(("cosine", "chance", "unique", "f1", "l0", "dead"), ("replicate", 0.1 + spread))
    parts = [
        xr.Dataset(
            others
            | {"share": ("replicate", share + spread), "explained": ("replicate", explained[kind] + spread)}
        ).assign_coords(kind=kind, strength=1.0)
        for kind, share in shares.items()
    ]
    found = Findings(dictionary_recovery.EXPERIMENTS[0], xr.concat(parts, "setting"))
    said = dictionary_recovery.answer(found)
    assert said.startswith("top-k recovers most, 91")
    assert "gated least, 31" in said
    assert "gated, which reconstructs best, recovers 31" in said


def test_the_threshold_is_where_the_parent_falls_silent():
    share = 0.7
    true = dictionaries.absorption_threshold(share)
    rng = np.random.default_rng(0)
    parts = [
        xr.Dataset({"parent": ("replicate", np.maximum(0.8 * true * (1 - f), 0) + 1e-4 * rng.random(4))}
                   | {"tilt": ("replicate", rng.random(4))}).assign_coords(
            co_occurrence=share, l1_coefficient=f * true, replicates=4
        )
        for f in (1.2, 0.8, 0.9, 1.0, 1.1)
    ]  # fmt: skip
    collected = xr.concat(parts, "setting", coords=["co_occurrence", "l1_coefficient", "replicates"])
    found = Findings(absorbed_children.EXPERIMENTS[0], collected)
    row = found["threshold"].first
    assert row.estimate.value == pytest.approx(true, rel=0.03)
    assert row.predicted == pytest.approx(true)


def test_samples_of_children_have_the_co_occurrence():
    drawn = absorbed_children.draw(np.random.default_rng(0), 200_000, 0.7)
    child = drawn[drawn[:, 1] > 0]
    assert child[:, 0].mean() == pytest.approx(0.7, abs=0.02)
    assert len(child) / len(drawn) == pytest.approx(absorbed_children.CHILD, rel=0.05)


def test_pairs_have_opposite_signs_on_one_neuron():
    encodings = np.array([[1.0, 0, 0], [-0.9, 0.1, 0], [0, 1, 0], [0, 0.8, 0], [0, 0, -1]])
    np.testing.assert_array_equal(incidental_pairs._paired(encodings), [True, True, False, False, False])
