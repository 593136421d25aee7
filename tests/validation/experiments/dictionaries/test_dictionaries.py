"""Small runs of the experiments with dictionaries, and what is read off planted data."""

import numpy as np
import pytest
import xarray as xr

from theory import dictionaries
from validation.experiments.dictionaries import (
    absorbed_children,
    dictionary_recovery,
    incidental_pairs,
    published_benchmark,
)
from validation.experiments.findings import Findings


def planted(n: int, m: int, p: float, replicates: int, seed: int) -> xr.Dataset:
    """Return encodings in random directions, the first one too short to be represented."""
    encodings = np.random.default_rng(seed).normal(size=(replicates, n, m))
    encodings /= np.linalg.norm(encodings, axis=-1, keepdims=True)
    encodings[:, 0] *= 0.1
    return xr.Dataset({"final": (("replicate", "feature", "neuron"), encodings)}, attrs={"probability": p})


def test_recovery_of_a_small_dictionary_beats_chance(monkeypatch):
    monkeypatch.setattr(dictionary_recovery, "superposed", planted)
    found = dictionary_recovery.measure("topk", 1.0, 6, 6, 12, 0.1, 400, 2, seed=1)
    assert (found.cosine > found.chance + 0.2).all()
    assert (found.share > found.chance_share).all()
    assert (found.l0 <= 1).all()


def test_only_features_that_the_model_represents_are_to_be_recovered(monkeypatch):
    monkeypatch.setattr(dictionary_recovery, "superposed", planted)
    found = dictionary_recovery.measure("topk", 1.0, 6, 6, 12, 0.1, 20, 2, seed=0)
    assert (found.represented == 5).all()
    assert (found.share * 5 % 1 == 0).all()


def test_models_whose_hidden_layer_is_taken_apart_are_trained_on_rare_features():
    hidden = dictionary_recovery.superposed(4, 2, 0.05, 2, seed=0)
    assert hidden.final.dims == ("replicate", "feature", "neuron")
    assert hidden.probability == 0.05
    assert (np.linalg.norm(hidden.final, axis=-1) > 0.5).sum() > 4  # more than there are neurons


def test_random_directions_recover_what_lies_near_them_by_chance():
    line = np.ones((1, 1))
    assert dictionary_recovery.random_share(line, 20) == 1
    assert dictionary_recovery.random_share(np.eye(100)[:5], 3) == 0


def test_the_answer_names_the_best_and_what_the_best_reconstruction_recovers():
    shares = {"l1": 0.5, "topk": 0.9, "gated": 0.3}
    explained = {"l1": 0.6, "topk": 0.7, "gated": 0.8}
    spread = np.array([0, 0.02, 0, 0.02])
    others = dict.fromkeys(
        ("cosine", "chance", "unique", "f1", "l0", "dead", "chance_share", "represented"),
        ("replicate", 0.1 + spread),
    )
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


def test_kinds_that_recover_as_much_are_named_together():
    spread = np.array([0, 0.02])
    names = ("cosine", "chance", "unique", "f1", "l0", "dead", "chance_share", "represented", "explained")
    others = dict.fromkeys(names, ("replicate", 0.1 + spread))
    parts = [
        xr.Dataset(others | {"share": ("replicate", np.full(2, share))}).assign_coords(
            kind=kind, strength=1.0
        )
        for kind, share in {"l1": 1.0, "topk": 1.0, "gated": 0.5, "matryoshka": 1.0}.items()
    ]
    found = Findings(dictionary_recovery.EXPERIMENTS[0], xr.concat(parts, "setting"))
    assert dictionary_recovery.answer(found).startswith("L1, top-k and Matryoshka recover most, 100 %")


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


def test_the_challenge_has_the_hierarchy_and_the_published_number_of_features_on():
    task = published_benchmark.TASKS["challenge"]
    values = published_benchmark.features(np.random.default_rng(0), 200_000, task)
    assert not values[values[:, 0] == 0, 1:8].any()
    assert values[:, 8:].any()
    assert (values > 0).sum(axis=1).mean() == pytest.approx(task.published["true_l0"], abs=0.01)
    assert values[values > 0].std() == pytest.approx(0.3, rel=0.03)


def test_probabilities_fall_as_a_power_of_the_rank():
    found = published_benchmark.zipf(4, 1.0, 0.1, 0.7)
    np.testing.assert_allclose(found, [0.7, 0.3, 0.1 + 0.6 * (1 / 3 - 1 / 4) / (3 / 4), 0.1])


def test_directions_are_orthogonal_where_there_is_room():
    rng = np.random.default_rng(0)
    rows = published_benchmark.directions(rng, 16, 32)
    np.testing.assert_allclose(rows @ rows.T, np.eye(16), atol=1e-3)
    crowded = published_benchmark.directions(rng, 32, 28)
    products = crowded @ crowded.T - np.eye(32)
    assert (products**2).sum() == pytest.approx(32**2 / 28 - 32, rel=0.02)  # the least there is (Welch)


def test_one_run_of_a_published_benchmark_is_measured():
    task = published_benchmark.TASKS["basic"]
    found = published_benchmark.run(task, 1500, seed=0)
    assert found["true_l0"] == pytest.approx(4, abs=0.03)
    assert found["cosine"] > found["chance"] + 0.1
    assert 0.5 < found["kept"] < 1.1
