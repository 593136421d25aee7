"""Problems too large for memory: the estimate that refuses them is held against the measured peak."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from theory.common import memory
from theory.common.arguments import ArgumentError

ROOT = Path(__file__).parents[2]
FACTOR = 1.7  # between estimate and peak, either way
CODE = """
import json, pathlib, sys
import numpy as np
from theory import Autoencoder, sparsification
from theory.common import memory
from sim import ensemble, simulate
from validation import analyze, train
from validation.training.inputs import Independent

def model(n, m):
    return Autoencoder(n, m, 0.02)

def peak():
    # not ru_maxrss, which begins with what the process had that started this one
    (line,) = (s for s in pathlib.Path("/proc/self/status").read_text().splitlines() if s.startswith("VmHWM"))
    return 1024 * int(line.split()[1])

small, large = sys.argv[1:]
exec(small)  # compiles and imports
asked = []
memory.check = lambda needed, wanted: asked.append(needed)
before = peak()
exec(large)
print(json.dumps([asked[0], peak() - before]))
"""
CALLS = {
    "simulate(model({}, {}), until=1e-6)": ("4, 8", "2000, 2000", "3000, 300"),
    "simulate(model({}, {}), until=1e-6, method='event')": ("4, 8", "1200, 1200", "2000, 200"),
    "simulate(model({}, {}), until=1e-6, method='euler')": ("4, 8", "2000, 2000"),
    "ensemble(model({}, {}), {})": ("4, 8, 2", "8, 64, 5000"),
    "train(model({}, {}), 'adamw', steps=2)": ("4, 8", "2000, 2000", "500, 8000"),
    "train(model({}, {}), steps=2, replicates={})": ("4, 8, 2", "64, 128, 1000"),
    "train(model({}, {}), steps=2, inputs=Independent(p=0.1, batch={}))": ("4, 8, 9", "64, 128, 40000"),
    "train(model({}, {}), steps=2, tied=False, dtype='float64')": ("4, 8", "1000, 2000"),
    "sparsification.extinction_threshold({})": ("10", "1000000"),
    "analyze(np.random.default_rng(0).normal(size=({}, {})))": ("4, 8", "2000, 4000", "5000, 100"),
}
CASES = [
    (call.format(*small.split(", ")), call.format(*large.split(", ")))
    for call, (small, *others) in CALLS.items()
    for large in others
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.slow
@pytest.mark.parametrize(("small", "large"), CASES, ids=[large for _, large in CASES])
def test_estimate_is_near_the_peak(small, large):
    command = [sys.executable, "-W", "ignore", "-c", CODE, small, large]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True, cwd=ROOT)
    asked, peak = json.loads(done.stdout.splitlines()[-1])
    print(f"{large}: estimate {asked / 2**20:.0f} MiB, peak {peak / 2**20:.0f} MiB")
    assert peak > 2**26
    assert 1 / FACTOR < asked / peak < FACTOR


def test_line_names_the_greatest_size_what_is_needed_and_what_is_free(monkeypatch):
    monkeypatch.setattr(memory, "free", lambda: 3 * 2**30)
    memory.enough(3 * 2**30, n_features=1)
    with pytest.raises(ArgumentError) as caught:
        memory.enough(2.5 * 2**40, n_features=10, n_neurons=2**38, replicates=3)
    line = "n_neurons must be less than 274877906944: that takes 2.5 TiB of memory, 3 GiB are free"
    assert str(caught.value) == line


def test_what_is_free_falls_with_what_is_taken():
    before = memory.free()
    taken = np.ones(2**27)  # 1 GiB
    assert before - memory.free() > taken.nbytes / 2


def test_limits_of_control_groups_count(monkeypatch, tmp_path):
    job = tmp_path / "batch" / "job"
    job.mkdir(parents=True)
    for folder, limit, used in ((job, "max", "50"), (job.parent, "1000", "300")):
        (folder / "memory.max").write_text(f"{limit}\n")
        (folder / "memory.current").write_text(f"{used}\n")
    (tmp_path / "own").write_text("4:memory:/other\n0::/batch/job\n")
    monkeypatch.setattr(memory, "MEMBERSHIP", tmp_path / "own")
    monkeypatch.setattr(memory, "GROUPS", tmp_path)
    assert memory.free() == 700
