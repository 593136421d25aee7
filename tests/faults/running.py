"""Sweeps in processes of their own, and what is left of them."""

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
from numcodecs import zstd

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 120  # seconds: the machine may be busy


class Run:
    """A sweep in a folder: its store, and the log of its measurement."""

    def __init__(self, folder, store=None):
        self.store, self.log = store or folder / "store", folder / "log"

    def start(self, *options, trouble=None):
        environment = {**os.environ, "FAULTS_LOG": str(self.log), "PYTHONPATH": str(ROOT)}
        environment["DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT"] = "3s"  # to a worker that is gone; else 30 s
        if trouble:
            environment["FAULTS_TROUBLE"] = trouble
        return subprocess.Popen(
            [sys.executable, "-m", "tests.faults.driver", str(self.store), *options],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # so that a signal to its group is one to it and its workers
        )

    def finish(self, *options, trouble=None):
        """Run to the end, and return the exit code and what was said."""
        process = self.start(*options, trouble=trouble)
        _, said = process.communicate(timeout=PATIENCE)
        return process.returncode, said

    def goes_on(self, *options):
        """Run to the end, which has to be a good one."""
        assert self.finish(*options) == (0, "")

    def measured(self):
        """Return how many times each run was begun."""
        return Counter(self.log.read_text().splitlines()) if self.log.exists() else Counter()

    def begun(self):
        return sum(self.measured().values())

    def done(self):
        """Return the runs that the ledger calls done, with what files it and the variables have for them."""
        ledger = self.store / "ledger" / "c"
        return {
            file.relative_to(ledger) for file in ledger.rglob("*") if file.is_file() and entry(file)[0] > 0
        }

    def processes(self):
        """Return the processes that belong to it: those with its log in their environment."""
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if self._has(pid)]

    def _has(self, pid):
        try:
            return f"FAULTS_LOG={self.log}\0".encode() in Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False

    def results(self):
        return results(self.store)


def results(store):
    """Return by path what is in a store; of entries in the ledger all but the seconds."""
    held = {}
    for file in sorted(store.rglob("*")):
        path = file.relative_to(store)
        if not file.is_file() or file.name == ".lock":
            continue
        of_ledger = path.parts[:2] == ("ledger", "c")
        held[str(path)] = entry(file)[:3] if of_ledger else file.read_bytes()
    return held


def entry(file):
    """Return an entry of the ledger."""
    return tuple(np.frombuffer(zstd.decompress(file.read_bytes()[:-4])))


def until(condition, pause=0.005):
    """Wait for a condition, and return it."""
    end = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(pause)
    return value
