import dataclasses
import math

import numpy as np
import pytest
from validation.experiments.claims import claims

from theory import collisions, interference, sparsification
from validation.experiments import counting, runs

CHEAP = (
    "energy",
    "norm_relaxation",
    "winner",
    "final_weight",
    "initial_interference",
    "inner_products",
    "malign_collision",
    "benign_collision",
    "zeros_stay",
    "training_follows_flow",
)
BY_NAME = {claim.name: claim for claim in claims}


@pytest.fixture(autouse=True, scope="module")
def smaller_runs():
    """Fewer networks: these tests ask whether the claims measure what they say, not how sharply."""
    patch = pytest.MonkeyPatch()
    patch.setattr(runs, "_networks", lambda full: 8)
    yield
    patch.undo()


def test_names_are_unique_and_claims_say_what_and_whence():
    assert len(BY_NAME) == len(claims)
    for claim in claims:
        assert claim.statement.endswith(".")
        assert claim.origin
        assert claim.expected in ("agrees", "rough")


@pytest.mark.parametrize("name", CHEAP)
@pytest.mark.parametrize("seed", [0, 11])
def test_agrees_where_the_project_says_so(name, seed):
    findings = BY_NAME[name].measure(seed, False)
    assert findings
    for finding in findings:
        assert finding.verdict == "agrees", finding
        assert math.isfinite(finding.predicted)
        assert finding.estimate.low <= finding.estimate.value <= finding.estimate.high


def disagreeing(name, module, function, wrong, monkeypatch):
    monkeypatch.setattr(module, function, wrong(getattr(module, function)))
    return [finding.quantity for finding in BY_NAME[name].measure(0, False) if finding.verdict == "disagrees"]


def scaled(factor):
    return lambda right: lambda *arguments: factor * np.asarray(right(*arguments))


@pytest.mark.parametrize(
    ("name", "module", "function", "factor"),
    [
        ("final_weight", sparsification, "final_weight", 1.001),
        ("initial_interference", interference, "initial_strength", 1.1),
        ("inner_products", interference, "inner_product", 1.01),
        ("malign_collision", interference, "malign_collision", 1.01),
        ("norm_relaxation", sparsification, "slow_manifold", 0.9999),
    ],
)
def test_a_wrong_prediction_is_found_out(name, module, function, factor, monkeypatch):
    assert disagreeing(name, module, function, scaled(factor), monkeypatch)


def test_decay_of_small_encodings_follows_the_population_limit(monkeypatch):
    small = dataclasses.replace(runs.PAPER, n_neurons=10_000, l1=1e-4, init_std=0.009)
    monkeypatch.setattr(runs, "PAPER", small)
    monkeypatch.setattr(
        runs, "draws", lambda seed, number: [np.random.default_rng([seed, k]) for k in range(12)]
    )
    runs.decay.cache_clear()
    simulated = [f for f in BY_NAME["active_decay"].measure(0, False) if f.source == "simulation"]
    runs.decay.cache_clear()
    for finding in simulated[:3]:
        assert finding.verdict == "agrees", finding


def test_polysemantic_neurons_are_counted_at_each_load(monkeypatch):
    monkeypatch.setattr(runs, "COUNT_FEATURES", 8)
    monkeypatch.setattr(runs, "COUNT_L1", 0.02)
    monkeypatch.setattr(runs, "count_sizes", lambda full: (16,))
    runs.counts.cache_clear()
    expected = collisions.polysemantic_neurons(8, 16).mean()
    simulated, *trained = counting.findings(lambda n, m: expected, 0, False)
    runs.counts.cache_clear()
    assert simulated.quantity == "polysemantic neurons, n = 8, m = 16"
    assert 0.5 * expected < simulated.estimate.value < 1.5 * expected
    assert [finding.source for finding in trained] == ["training", "training"]
