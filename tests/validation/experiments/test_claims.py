"""The claims of seconds: they agree with what theory says, and find out when it says something else."""

import numpy as np
import pytest

from theory import collisions, interference, sparsification
from validation.experiments import checking, networks

CHEAP = (
    "energy",
    "norm_relaxation",
    "l1_decay",
    "late_law",
    "time_law",
    "winner",
    "final_weight",
    "zeros_stay",
    "training_follows_flow",
    "initial_interference",
    "inner_products",
    "malign_collision",
    "benign_collision",
)


@pytest.fixture(autouse=True)
def fewer_networks(monkeypatch):
    """Ask whether the claims measure what they say, not how sharply."""
    monkeypatch.setattr(networks, "replicates", lambda full: 8)


@pytest.mark.parametrize("name", CHEAP)
def test_agrees_where_the_project_says_so(name):
    rows = checking.check([name], seed=11)
    assert rows
    for row in rows:
        assert row["as_expected"], row
        assert row["low"] <= row["measured"] <= row["high"]


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
    monkeypatch.setattr(module, function, scaled(factor)(getattr(module, function)))
    assert checking.unexpected(checking.check([name]))


def test_a_wrong_population_limit_is_found_out(monkeypatch):
    right = sparsification.population
    monkeypatch.setattr(sparsification, "population", lambda *given: 1.1 * right(*given))
    assert len(checking.unexpected(checking.check(["l1_decay"]))) == 6
    assert len(checking.unexpected(checking.check(["late_law_gaussian"]))) == 2  # its band moves away


def test_a_wrong_heuristic_is_found_out_though_it_is_rough(monkeypatch):
    right = collisions.paper_heuristic
    assert not checking.unexpected(checking.check(["quarter"]))
    monkeypatch.setattr(collisions, "paper_heuristic", lambda n, m: 2 * right(n, m))
    sources = [row["source"] for row in checking.unexpected(checking.check(["quarter"]))]
    assert sources.count("simulation") == 3
