"""What a run of a sweep measures."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from sim import ensemble, metrics, simulate
from theory import Autoencoder
from validation import train
from validation.sweeps import provenance
from validation.sweeps.sources import REQUIRED, SOURCES, autoencoder
from validation.training.inputs import Independent
from validation.training.optimizers import AdamW

SMALL = {"n_features": 6, "n_neurons": 12, "l1": 0.02}
TAUGHT = {"n_features": 4, "n_neurons": 8, "l1_train": 0.05, "steps": 300, "learning_rate": 0.01}


@pytest.mark.parametrize(
    "options", [{}, {"method": "event"}, {"rtol": 1e-4}, {"forces": "feature_benefit, l1"}], ids=str
)
def test_simulation_is_the_flow(options):
    seen = autoencoder.simulation(7, **SMALL, **options)
    given = options | ({"forces": ("feature_benefit", "l1")} if "forces" in options else {})
    run = simulate(Autoencoder(**SMALL), seed=7, **given)
    for name in ("deaths", "rebirths", "time_to_sparsity"):
        assert seen[name] == run.attrs[name]
    assert seen["polysemantic_neurons"] == metrics.polysemantic_neurons(run.final.values)
    assert seen["winner_kept"] == metrics.winner_kept(run.initial.values, run.final.values)
    assert seen["dead_features"] == metrics.dead_features(run.final.values)


def test_simulation_records_what_an_ensemble_does():
    recorded = ensemble(Autoencoder(**SMALL), replicates=2)
    assert {*autoencoder.simulation(0, **SMALL)} == {*recorded.data_vars} - {"initial", "final"}


def test_simulation_makes_no_dataset(monkeypatch):
    """It would take longer than a small run."""
    monkeypatch.setattr(xr, "Dataset", type("Dataset", (), {"__init__": None}))
    autoencoder.simulation(0, **SMALL)


def test_strengths_in_both_units_are_the_same_model():
    in_training = {"n_features": 6, "n_neurons": 12, "l1_train": 0.08}
    assert autoencoder.simulation(3, **SMALL) == autoencoder.simulation(3, **in_training)


def test_training_is_that_of_the_library():
    options = {"optimizer": "adamw:weight_decay=0.1", "inputs": "independent:p=0.3,batch=16"}
    seen = autoencoder.training(5, **TAUGHT, **options)
    run = train(
        Autoencoder.from_training(4, 8, 0.05),
        AdamW(weight_decay=0.1),
        inputs=Independent(p=0.3, batch=16),
        steps=300,
        learning_rate=0.01,
        seed=5,
    )
    assert seen["loss"] == 4 * run.energy.values[0, -1]
    assert {*seen} == {"polysemantic_neurons", "winner_kept", "dead_features", "loss"}
    on = np.abs(run.final.values[0]) > run.attrs["active_threshold"]
    assert seen["dead_features"] == (~on.any(axis=1)).sum()
    assert seen["polysemantic_neurons"] == metrics.polysemantic_neurons(run.final.values[0])


def test_jumps_about_zero_are_no_features():
    """At this strength L1 leaves nothing but its own jumps."""
    settings = TAUGHT | {"l1_train": 8.0, "learning_rate": 1e-3}
    assert autoencoder.training(0, **settings)["dead_features"] == 4


@pytest.mark.parametrize("name", SOURCES)
def test_check_runs_nothing_and_takes_what_measure_takes(name, monkeypatch):
    for forbidden in ("settled", "train"):
        monkeypatch.setattr(autoencoder, forbidden, None)
    source = SOURCES[name]
    settings = {n: default for n, default in source.options.items() if default is not None}
    source.check(**SMALL, **settings)
    assert [n for n, default in source.parameters.items() if default is REQUIRED] == [
        "n_features",
        "n_neurons",
    ]


@pytest.mark.parametrize("name", SOURCES)
def test_options_have_the_defaults_of_the_library(name):
    settings = SMALL | ({"steps": 20} if name == "training" else {})
    source = SOURCES[name]
    usual = {n: default for n, default in source.options.items() if n not in settings}
    assert source.measure(1, **settings) == source.measure(1, **usual, **settings)


def test_hash_is_of_what_measures_and_not_of_the_machinery():
    own = provenance.own(autoencoder.simulation)
    assert Path(autoencoder.__file__).read_bytes() in own
    assert Path(provenance.__file__).read_bytes() not in own
