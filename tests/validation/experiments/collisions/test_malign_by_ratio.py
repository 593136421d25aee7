"""Malign collisions by ratio: what is planted, and who holds the neuron in the end."""

import numpy as np
import pytest
import xarray as xr

from theory import Autoencoder
from validation.experiments.collisions import malign_by_ratio as experiment

SETTING = {"source": "simulation", "n": 2, "m": 8, "l1": 0.05, "replicates": 12}


def test_the_planted_weights_have_one_sign_and_their_ratio(monkeypatch):
    seen = []

    def ends(source, model, starts):
        seen.append(starts)
        return starts / np.abs(starts).max(axis=-1, keepdims=True)

    monkeypatch.setattr(experiment, "_ends", ends)
    found = experiment.measure(**SETTING, ratio=0.7, seed=0)
    for start, drawn in zip(seen[0], seeds(12), strict=True):
        place = np.abs(start[0]).argmax()
        assert start[1, place] == pytest.approx(0.7 * start[0, place])
        np.testing.assert_array_equal(start[0], drawn[0])
    assert found.larger.all()


def seeds(number):
    model = Autoencoder(2, 8, 0.05)
    children = np.random.SeedSequence(0).spawn(number)
    return [model.initial(np.random.default_rng(child)) for child in children]


def test_a_much_larger_weight_wins_and_never_both():
    found = experiment.measure(**SETTING, ratio=0.05, seed=1)
    assert found.larger.mean() > 0.8
    assert not found.both.any()
    np.testing.assert_array_equal(found.larger + found.smaller + found.neither, 1)
    xr.testing.assert_equal(found, experiment.measure(**SETTING, ratio=0.05, seed=1))
    assert found.larger.mean() > experiment.measure(**SETTING, ratio=1.0, seed=1).larger.mean()


def test_training_ends_as_the_flow_does():
    flow, trained = (
        experiment.measure(**(SETTING | {"source": source}), ratio=0.6, seed=2)
        for source in experiment.SOURCES
    )
    assert (flow.larger == trained.larger).mean() > 0.8
