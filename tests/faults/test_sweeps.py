"""Sweeps are disturbed for real: no finished result is lost, none is wrong, and the same call goes on."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import pytest

from tests.faults.disks import remount
from tests.faults.measuring import (
    BATCH,
    GRID,
    REPLICATES,
    RUNS,
    SEED,
    TROUBLED,
    UNITS,
    measure,
    runs_of,
)
from tests.faults.running import ROOT, Run, until
from validation.sweeps.engine import Here
from validation.sweeps.sweep import Sweep

DAMAGED = 100  # files

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and kills"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The store of a sweep that nothing happened to."""
    run = Run(tmp_path_factory.mktemp("undisturbed"))
    run.goes_on("--executor", "here")
    assert set(run.measured().values()) == {1}
    assert run.begun() == RUNS
    return run


def one_line(said):
    assert said.count("\n") == 1, said
    return said


def again_as(undisturbed, run, *options):
    """Whether the same call goes on to the same store."""
    run.goes_on(*options)
    return run.results() == undisturbed.results()


def test_the_main_process_is_killed_at_any_moment(undisturbed, tmp_path, faults):
    """At 20 of them: while the layout is written, while runs are made and written, and while it goes on."""
    chance, run, survived = random.Random(1), Run(tmp_path), 0
    for k in range(20):
        before, kept = run.measured(), run.done()
        process = run.start(*(("--executor", "here") if k % 2 else ()))
        if k < 6:
            until((run.store / "ledger").exists, pause=0.0005)
        else:
            wanted = before.total() + chance.randrange(1, 8)
            until(lambda enough=wanted: run.begun() >= enough)
        time.sleep(chance.uniform(0, 0.05))
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        until(lambda: not run.processes())  # workers end by themselves
        survived += kept <= run.done() and again(run, before, kept) == 0
    before, kept = run.measured(), run.done()
    assert again_as(undisturbed, run)
    assert again(run, before, kept) == 0
    faults("SIGKILL of the main process of a sweep", 20, survived)


def again(run, before, kept):
    """Return how many runs that had been done were made again."""
    after = run.measured()
    return sum(after[one] - before[one] for unit in kept for one in runs_of(unit))


def test_killed_before_each_file_that_it_puts_in_place(tmp_path, faults):
    """One process for each: of the layout, of Zarr's metadata, of labels, of results and of the ledger."""
    environment = {**os.environ, "FAULTS_LOG": str(tmp_path / "log"), "PYTHONPATH": str(ROOT)}
    called = [sys.executable, "-m", "tests.faults.dying", str(tmp_path)]
    said = subprocess.run(
        called, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    ).stdout
    tried, survived, ended = map(int, said.split())
    assert ended == 0
    assert tried > 20
    faults("SIGKILL before a file of a store is put in place", tried, survived)


def test_signals(undisturbed, tmp_path, faults):
    """Ctrl-C goes to the whole group, as from a terminal; early, when workers start, and later."""
    run, survived = Run(tmp_path), 0
    sent = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGINT]
    for k, number in enumerate(sent):
        before, wanted = run.begun(), 0 if k == 3 else 5
        process = run.start()
        if wanted:
            until(lambda enough=before + wanted: run.begun() >= enough)
        else:
            until(lambda: len(run.processes()) > 2)  # workers, but nothing is run yet
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        _, said = process.communicate(timeout=60)
        until(lambda: not run.processes())
        survived += (process.returncode, said) == (1, "interrupted\n")
    assert again_as(undisturbed, run)
    faults("signal to a sweep", len(sent), survived)


def test_workers_of_the_pool_are_killed(undisturbed, tmp_path, faults):
    chance, run = random.Random(2), Run(tmp_path)
    process, killed = run.start(), 0
    for k in range(4):
        until(lambda enough=10 + 25 * k: run.begun() >= enough)
        os.kill(chance.choice(until(lambda: workers(run))), signal.SIGKILL)
        killed += 1
    _, said = process.communicate(timeout=120)
    assert (process.returncode, said) == (0, "")
    assert run.results() == undisturbed.results()
    faults("kill -9 of a worker of the pool", killed, killed)


def workers(run):
    """Return the workers of a pool that have begun to work: they have more threads than they began with."""
    found = [pid for pid in run.processes() if "LokyProcess" in command(pid)]
    return found if len(found) == 2 else []


def command(pid):
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_text()
    except OSError:
        return ""


def test_a_worker_of_a_cluster_is_killed(undisturbed, tmp_path, faults):
    """Of two; it is replaced, as is the way of Dask's local cluster."""
    run = Run(tmp_path)
    process = run.start("--executor", "cluster")
    until(lambda: run.begun() >= 30)
    busy = [pid for pid in run.processes() if pid != process.pid and "spawn_main" in command(pid)]
    assert len(busy) == 2
    os.kill(busy[0], signal.SIGKILL)
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert run.results() == undisturbed.results()
    faults("kill -9 of a worker of Dask's local cluster", 1, 1)


def test_a_worker_of_a_cluster_goes_and_another_comes(undisturbed, tmp_path, faults):
    """A scheduler and its workers, each a process of its own."""
    run = Run(tmp_path)
    environment = {**os.environ, "FAULTS_LOG": str(run.log), "PYTHONPATH": str(ROOT)}
    at = tmp_path / "scheduler.json"

    def start(*called):
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli." + called[0], *called[1:]],
            cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def worker():
        here = ("--nthreads", "1", "--no-nanny", "--no-dashboard")
        return start("dask_worker", "--scheduler-file", str(at), *here)

    here = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    cluster = [start("dask_scheduler", *here, "--scheduler-file", str(at))]
    try:
        until(at.exists)
        address = json.loads(until(at.read_text))["address"]
        cluster += [worker(), worker()]
        process = run.start("--executor", address)
        until(lambda: run.begun() >= 30)
        cluster[1].kill()
        cluster.append(worker())
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    finally:
        for one in cluster:
            one.kill()
            one.wait()
    assert run.results() == undisturbed.results()
    faults("kill -9 of a worker of a Dask scheduler", 1, 1)


def test_the_disk_is_full(undisturbed, small_disk, tmp_path, faults):
    """A file system of its own where it can be mounted; files that must not be longer, everywhere."""
    run, tried, survived = Run(tmp_path), 0, 0
    tried += 1
    code, said = run.finish("--file-size", "1000")
    survived += code == 1 and "file too large" in one_line(said)
    if small_disk:
        tried += 1
        run.store = small_disk / "store"
        code, said = run.finish()
        kept, before = run.done(), run.measured()
        assert len(kept) > UNITS / 4
        survived += code == 1 and "no space left on device" in one_line(said).lower()
        remount(small_disk, "size=16m")
    else:
        kept, before = set(), run.measured()
    assert again_as(undisturbed, run)
    assert again(run, before, kept) == 0
    faults("full disk", tried, survived)


def test_the_store_cannot_be_written_to(undisturbed, small_disk, faults):
    """Because its file system is read-only, or else because of its permissions."""
    open_to_all = Path(tempfile.mkdtemp())
    open_to_all.chmod(0o755)
    run = Run(open_to_all, store=small_disk and small_disk / "store")
    if small_disk:
        remount(small_disk, "size=16m")
    shutil.copytree(undisturbed.store, run.store)
    shutil.rmtree(run.store / "ledger" / "c" / "1")
    if small_disk:
        remount(small_disk, "ro")
        code, said = run.finish()
        remount(small_disk, "rw")
    else:
        run.store.chmod(0o555)
        code, said = run.finish(*(("--user", "65534") if os.getuid() == 0 else ()))
        run.store.chmod(0o755)
    said = one_line(said)
    why = "read-only file system\n" if small_disk else "permission denied\n"
    refused = code == 1 and "store must be a folder" in said and said.endswith(why)
    assert again_as(undisturbed, run)
    shutil.rmtree(open_to_all)
    faults("read-only store", 1, int(refused))


def test_two_processes_on_one_store(undisturbed, tmp_path, faults):
    run = Run(tmp_path)
    first = run.start(trouble="hang")
    until(lambda: run.begun() > 4)
    before = run.done()
    code, said = run.finish("--executor", "here")
    assert first.poll() is None
    refused = code == 1 and "used by one process at a time" in one_line(said)
    assert run.done() >= before
    first.kill()
    first.communicate()
    assert again_as(undisturbed, run, "--executor", "here")  # at once, though orphans may still be there
    until(lambda: not run.processes())
    faults("two processes on one store", 1, int(refused))


def damage(content, chance):
    """Return other bytes: cut short, with a bit turned, a block of zeros, more at the end, or none."""
    at = chance.randrange(len(content))
    length = chance.randrange(1, 9)
    turned = content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]
    zeros = content[:at] + bytes(length) + content[at + length :]
    other = chance.choice([content[:at], turned, turned, turned, zeros, content + bytes(length), b"", None])
    return turned if other == content else other


def put(file, content):
    file.unlink() if content is None else file.write_bytes(content)


def test_files_of_the_store_are_damaged(undisturbed, tmp_path, monkeypatch, faults):
    """One at a time, of each kind: results, the ledger, metadata of Zarr, labels, the layout."""
    run, chance, survived = Run(tmp_path), random.Random(3), 0
    shutil.copytree(undisturbed.store, run.store)
    monkeypatch.setenv("FAULTS_LOG", str(run.log))
    right = undisturbed.results()
    named = {
        "results": [name for name in right if name.split("/")[0] in ("energy", "count", "ended", "norms")],
        "ledger": [name for name in right if name.startswith("ledger/c/")],
        "labels": ["n/c/0", "l1/c/0", "kind/c/0", "neuron/c/0"],
        "layout": ["ledger/layout.json"],
    }
    named["metadata"] = [name for name in right if name.endswith("zarr.json")]
    named["results"] = sorted(set(named["results"]) - set(named["metadata"]))
    for k in range(DAMAGED):
        kind = list(named)[k % len(named)]
        file, before = run.store / chance.choice(named[kind]), run.begun()
        put(file, damage(file.read_bytes(), chance))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            Sweep(measure, GRID, REPLICATES, SEED, run.store, Here(), BATCH).run()
        again = {"results": (1, 2), "ledger": (1, 2)}.get(kind, (0,))
        survived += run.begun() - before in again and run.results() == right
    faults("damaged file of a store", DAMAGED, survived)


def test_both_copies_of_the_layout_are_damaged(undisturbed, tmp_path, faults):
    chance, survived = random.Random(4), 0
    copies = [tmp_path / "store" / "ledger" / "layout.json", tmp_path / "store" / "zarr.json"]
    shutil.copytree(undisturbed.store, tmp_path / "store")
    contents = [file.read_bytes() for file in copies]
    for _ in range(20):
        for file, content in zip(copies, contents, strict=True):
            put(file, content[: chance.randrange(100, 1000)])
        try:
            Sweep(measure, GRID, REPLICATES, SEED, tmp_path / "store", Here(), BATCH).run()
        except ValueError as refused:
            survived += str(refused).startswith("store must be") and "\n" not in str(refused)
    faults("both copies of a layout damaged", 20, survived)


@pytest.mark.parametrize(
    ("trouble", "options", "cause"),
    [
        ("raise", (), "ZeroDivisionError: no such number"),
        ("hang", ("--timeout", "6"), "took longer than 6 s"),
        ("memory", (), "MemoryError"),
        ("kill", (), "its worker died: killed, or out of memory"),
    ],
)
def test_tasks_that_fail(undisturbed, tmp_path, faults, trouble, options, cause):
    """The others are finished; the same call tries again."""
    run = Run(tmp_path)
    code, said = run.finish(*options, trouble=trouble)
    told = f"{TROUBLED} of {UNITS} units of work failed" in one_line(said) and cause in said
    told = told and "n = 5, l1 = 0.2, kind = plain, replicate" in said
    before, kept = run.measured(), run.done()
    assert len(kept) == UNITS - TROUBLED
    assert again_as(undisturbed, run)
    assert again(run, before, kept) == 0
    faults(f"tasks that fail: {trouble}", TROUBLED, TROUBLED * (told and code == 1))
