"""The paper's experiments as claims: they share one run, and find out what is wrong."""

import dataclasses

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from validation.experiments.claims import claims

from theory import Autoencoder, sparsification
from validation.experiments import experimenting, fourth_norm, polysemantic_neurons, sparsification_speed

POPULATION = sparsification.population
BY_NAME = {claim.name: claim for claim in claims}
PLANNED = {
    "sparsification_speed": (sparsification_speed, [{"m": 100_000, "l1": 1e-5, "encodings": 9}]),
    "polysemantic_neurons": (
        polysemantic_neurons,
        [{"source": s, "n": 256, "m": 256, "block": 0, "instances": 9} for s in ("simulation", "training")],
    ),
    "fourth_norm": (
        fourth_norm,
        [
            {"source": source, "law": law, "std": 0.15, "instances": 3}
            for source, law in (("training", "signs"), ("theory", "signs"), ("training", "gaussian"))
        ],
    ),
}


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Made-up runs instead of those of minutes."""
    fakes = []
    for name, (module, planned) in PLANNED.items():
        made = {"settings": lambda full, planned=planned: planned, "measure": MEASURES[name]}
        fakes.append(dataclasses.replace(module.experiment, **made))
    monkeypatch.setattr(experimenting, "experiments", tuple(fakes))
    experimenting.shared.cache_clear()
    yield
    experimenting.shared.cache_clear()


def counted(source, n, m, block, instances, seed):
    return xr.Dataset({name: ("replicate", [71, 72, 74] * 3) for name in polysemantic_neurons.COUNTED})


def sparsified(m, l1, encodings, seed):
    times = np.array([10.0, 100.0, 1e3, 1e4])
    course = POPULATION(Autoencoder(1, m, l1, 0.9 * m**-0.5), times)
    luck = np.array([0.99, 1.0, 1.01] * 6).reshape(2, 9, 1)
    return xr.Dataset(
        {name: (("source", "replicate", "time"), luck * course[name].values) for name in course},
        {"source": list(sparsification_speed.SOURCES), "time": times},
    )


def followed(source, law, std, instances, seed):
    end = {"signs": 0.8, "gaussian": 1 / 6}[law] + 0.001 * np.arange(-1, 2)[:, None]
    norms = np.concatenate([np.full((3, 1), 0.2), end], axis=1)
    return xr.Dataset(
        dict.fromkeys(("fourth_norm", "of_direction"), (("replicate", "time"), norms)),
        {"time": [0.0, 1.0]},
    )


MEASURES = {"sparsification_speed": sparsified, "polysemantic_neurons": counted, "fourth_norm": followed}


@pytest.mark.parametrize("name", PLANNED)
def test_agrees_is_drawn_and_measured_in_full_checks_only(name):
    claim = BY_NAME[name]
    assert claim.only_full
    findings = claim.measure(0, True)
    assert {finding.verdict for finding in findings} == {"agrees"}
    assert isinstance(claim.plot(0, True), Figure)
    assert experimenting.shared.cache_info().misses == 1


def test_wrong_predictions_are_found_out(monkeypatch):
    monkeypatch.setattr(sparsification, "population", lambda *given: 1.1 * POPULATION(*given))
    monkeypatch.setitem(polysemantic_neurons.PAPER, 256, 90.0)
    monkeypatch.setattr("theory.noise.drift.of_random_direction", lambda m: 0.3)
    for name in PLANNED:
        assert "disagrees" in [finding.verdict for finding in BY_NAME[name].measure(0, True)]
