"""Initial against final encodings: inner products, winners, and what is said of them."""

import dataclasses

import numpy as np
import pytest
from matplotlib.figure import Figure

from theory import Autoencoder, sparsification
from validation.experiments import experimenting, initial_and_final as experiment, runs

N, M = 5, 12


def settings(full):
    common = {"n": N, "m": M, "instances": 2}
    return [{"source": "simulation", "block": block, **common} for block in (0, 1)] + [
        {"source": "training", "block": 1, **common}
    ]


@pytest.fixture(scope="module")
def result():
    patch = pytest.MonkeyPatch()
    patch.setattr(runs, "STEPS", 300)
    patch.setattr(runs, "PAPER_L1_TRAIN", 0.04)
    fake = dataclasses.replace(experiment.experiment, settings=settings)
    patch.setattr(experimenting, "experiments", (fake,))
    yield experimenting.run("initial_and_final", seed=2)
    patch.undo()


def test_what_is_kept_of_the_encodings(result):
    initial, final = runs.ends("simulation", Autoencoder.from_training(N, M, 0.04), 2, 1, 2)
    found = experiment.collected(result.isel(setting=[1]), "simulation")
    overlap = np.einsum("rik,rjk->rij", initial, final)
    np.testing.assert_allclose(found.overlap, overlap.mean(axis=0), rtol=1e-5, atol=1e-7)
    for r, i in np.ndindex(2, N):
        place = np.abs(final[r, i]).argmax()
        assert found.winner[r, i] == place
        assert found["rank"][r, i] == (np.abs(initial[r, i]) > abs(initial[r, i, place])).sum()
        assert found.weight[r, i] == pytest.approx(final[r, i, place], rel=1e-6)
        assert found.own[r, i] == pytest.approx(overlap[r, i, i], rel=1e-5)
        assert found.largest[r, i] == pytest.approx(np.abs(initial[r, i]).max(), rel=1e-6)
    assert found.other[0] == pytest.approx((overlap[0].sum() - np.trace(overlap[0])) / (N * (N - 1)))


def test_blocks_are_put_together_and_aligned(result):
    flow, trained = (experiment.collected(result, source) for source in experiment.SOURCES)
    assert flow["replicate"].values.tolist() == [0, 1, 2, 3]
    assert trained["replicate"].values.tolist() == [2, 3]
    np.testing.assert_array_equal(flow.largest[2:], trained.largest)


def test_without_interference_the_prediction_is_exact(result, monkeypatch):
    initial = np.random.default_rng(0).normal(size=(2, N, M))
    size = float(sparsification.final_weight(0.01))
    wins = np.abs(initial) == np.abs(initial).max(axis=-1, keepdims=True)
    monkeypatch.setattr(runs, "ends", lambda *_: (initial, size * np.sign(initial) * wins))
    alone = experimenting.run("initial_and_final")
    found = experiment.collected(alone, "simulation")
    assert (found["rank"] == 0).all()
    np.testing.assert_allclose(found.own, experiment.final_weight(alone) * found.largest, rtol=1e-5)
    said = experiment.experiment.findings(alone)
    assert "that is 100% of what it would be" in said
    assert "with the same sign for a share 1 [1, 1]" in said


def test_findings_hold_for_any_part_and_follow_the_data(result):
    said = experiment.experiment.findings(result)
    for kept in ([0], [-1], [1, 2]):
        part = result.isel(setting=kept)
        assert experiment.experiment.findings(part) != said
        assert isinstance(experiment.experiment.figure(part), Figure)
    other = result.copy(deep=True)
    other["rank"][:] = 7
    assert "beyond rank 5 | 0 | 1 [1, 1] | 1 [1, 1]" in experiment.experiment.findings(other)
