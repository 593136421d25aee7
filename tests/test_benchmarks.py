"""Every benchmark's problem runs at a tiny size, and its check of the answers passes."""

import importlib
import re
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import sim
from benchmarks import (
    constants,
    ensemble,
    event,
    large,
    measuring,
    one_encoding,
    right_hand_side,
    sort,
    splitting,
    sweep,
    tasks,
    two_layer_step,
)
from benchmarks.problem import Problem
from sim import simulate
from theory import Autoencoder, Dictionary, TwoLayer

TINY = Autoencoder(4, 12, 0.02)


@pytest.mark.slow
def test_event():
    rows = event.measure(TINY, until=20.0, runs=1, budget=2.0)
    assert "RK45" in rows[1].problem
    assert "error" in rows[1].peer


def test_splitting():
    rows = splitting.measure(4, 12, l1s=(0.02, 0.01), seeds=2)
    assert rows[0].ours.endswith("of 8")


@pytest.mark.slow
def test_dictionaries():
    dictionaries = importlib.import_module("benchmarks.dictionaries")  # needs PyTorch
    models = (Dictionary(4, 12, "topk", k=2), Dictionary(4, 12, "l1", l1_coefficient=0.1))
    rows = dictionaries.measure(models, replicates=2, batch=16, runs=1)
    assert len(rows) == 6


def test_ensemble():
    assert len(ensemble.measure(TINY, replicates=2, runs=1)) == 2


@pytest.mark.slow
def test_two_layer_step():
    pytest.importorskip("torch")
    rows = two_layer_step.measure(
        TwoLayer(16, 8, 24, 0.1), batch=70, runs=1, small=TwoLayer(16, 8, 24, 0.1), steps=20
    )
    assert [row.peer.split()[0] for row in rows] == [*["PyTorch", "its"] * 2, "PyTorch,"]
    assert "20 steps" in rows[-1].problem


@pytest.mark.slow
def test_tasks():
    pytest.importorskip("distributed")
    pool, cluster, store = tasks.measure(40, units=3)
    assert "a task" in pool.ours
    assert "Dask" in cluster.problem
    assert "a unit" in store.ours


@pytest.mark.slow
def test_sweep():
    time, size, memory = sweep.measure(runs=20, n=4, m=12, l1=0.02, rounds=1)
    assert "two bare loops" in time.peer
    assert size.met
    assert "at 4 runs" in memory.peer


def test_one_encoding():
    (row,) = one_encoding.measure(m=100, l1=1e-3, runs=1)
    assert "closer" in row.ratio


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_sort():
    (row,) = sort.measure(m=1000, l1=1e-3, runs=1)
    assert "numpy.sort" in row.peer


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_large():
    (row,) = large.measure(TINY)
    assert "right-hand sides" in row.ours


@pytest.mark.slow
def test_right_hand_side():
    row, _ = right_hand_side.measure(n=8, m=32, runs=1, peak_size=16)
    assert "GF/s" in row.ours


@pytest.mark.slow
def test_pytorch():
    pytest.importorskip("torch")
    from benchmarks import pytorch, training_step

    (row,) = pytorch.measure(TINY, runs=1, timed_steps=4)
    assert "7500 steps" in row.peer
    assert len(training_step.measure(TINY, runs=1, calls=2, peak_size=16, ensemble=TINY, steps=4)) >= 4


@pytest.mark.slow
def test_winners_of_pytorch_are_ours():
    pytest.importorskip("torch")
    from benchmarks import winners

    rows = winners.measure(replicates=1, shorter=40)
    assert len(rows) == len(winners.PEERS)
    assert all(row.met for row in rows)


def test_heyoka_finds_the_same_filippov_solution():
    pytest.importorskip("heyoka")
    from benchmarks.heyoka_flow import HeyokaFlow

    model = Autoencoder(6, 16, 0.01)
    problem = Problem(model)
    peer = HeyokaFlow(problem, 300.0, 1e-12)
    ours = simulate(model, initial=problem.initial, times=[0.0], until=300.0, method="event", rtol=1e-12)
    np.testing.assert_allclose(peer.solve(), ours["final"], atol=1e-10)
    assert (peer.deaths, peer.rebirths) == (ours.attrs["deaths"], ours.attrs["rebirths"])
    assert peer.rebirths > 0


def of_another_problem(function, model, replicates, workers):
    return function(model, replicates, seed=workers)


def of_another_l1(function, weights, l1, times=None):
    return function(weights, 1.01 * l1, times)


def of_other_weights(function, weights, l1):
    return function(weights[::-1].copy(), l1)


@pytest.mark.parametrize(
    ("benchmark", "name", "wrong", "problem"),
    [
        (ensemble, "ensemble", of_another_problem, {"model": TINY, "replicates": 2, "runs": 1}),
        (one_encoding, "sparsify", of_another_l1, {"m": 100, "l1": 1e-3, "runs": 1}),
        (sort, "sparsify", of_other_weights, {"m": 1000, "l1": 1e-3, "runs": 1}),
    ],
    ids=["ensemble", "one_encoding", "sort"],
)
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_is_measured_of_a_wrong_answer(benchmark, name, wrong, problem, monkeypatch):
    monkeypatch.setattr(benchmark, name, partial(wrong, getattr(benchmark, name)))
    with pytest.raises(measuring.WrongAnswerError):
        benchmark.measure(**problem)


def test_a_wrong_answer_is_refused():
    with pytest.raises(measuring.WrongAnswerError, match="differ"):
        measuring.check(False, "the answers differ")


def test_table_is_markdown():
    rows = [measuring.Row("p", "1 s", "2 s", "2", "≥ 1", True), measuring.Row("q", "", "", "")]
    lines = measuring.markdown(rows).splitlines()
    assert len(lines) == 4
    assert {line.count("|") for line in lines} == {7}
    assert lines[2].endswith("| yes |")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_peak_memory_sees_what_is_freed_again():
    size = 64 * 2**20
    grown, total = measuring.peak_memory(lambda: np.ones(size // 8).sum())
    assert total == size // 8
    assert 0.9 * size < grown < 2 * size


@pytest.mark.parametrize(("seconds", "text"), [(2.0, "2 s"), (0.0123, "12.3 ms"), (4.56e-6, "4.56 µs")])
def test_duration(seconds, text):
    assert measuring.duration(seconds) == text


def test_constants():
    for name, (module, values, _) in constants.CONSTANTS.items():
        used = getattr(importlib.import_module(module), constants.attribute(name))
        assert used not in values


def test_every_tuned_constant_names_the_command_that_shows_why():
    """Other values of each are compared by the command in the comment above it."""
    folder, named = Path(sim.__file__).parent, set()
    for path in folder.rglob("*.py"):
        module = ".".join(("sim", *path.relative_to(folder).with_suffix("").parts))
        source = path.read_text(encoding="utf-8")
        for names in re.findall(r"^# Tuned; `python -m benchmarks constants ([^`]*)`", source, re.M):
            named |= {(module, name) for name in names.replace("\n#", "").split()}
    assert named == {(module, name) for name, (module, *_) in constants.CONSTANTS.items()}


@pytest.mark.slow
def test_a_constant_has_another_value_in_a_process_of_its_own(monkeypatch):
    """Steps that start short take more right-hand sides."""
    race = constants.Race(4, 12, 5.0, 1)
    monkeypatch.setitem(constants.CONSTANTS, "FIRST", constants.Constant(constants.STEPS, (1e-4,), race))
    used, other = constants.measure(("FIRST",))
    assert float(used.ours.split()[0]) < float(other.ours.split()[0])


def test_superposition():
    torch = pytest.importorskip("torch")
    from benchmarks import superposition

    torch.manual_seed(0)
    flow, step, floor, instances = superposition.measure(runs=1, calls=1, instances=3)
    assert "PyTorch" in flow.peer
    assert "products" in floor.peer
    assert step.ratio.endswith("faster")
    assert "3 instances" in instances.problem
