"""An experiment to be disturbed, and what starts it: ``python -m tests.faults.asking``.

What is imported, which takes seconds, is imported once: each run is a fork. A line of JSON starts one, and is
answered by the number of its process; such a number is answered by how it ended. The command line is the
real one, only the experiment is made up.
"""

import contextlib
import json
import os
import resource
import signal
import sys
import tempfile
import time

import numpy as np
import xarray as xr

SIZES = [2, 3, 4, 5, 6, 7, 8, 9, 10]
PAUSE = 0.03  # seconds of a setting, if nothing else is asked for
TROUBLED = 5
MARK = "FAULTS_LOG"  # in the environment: the file in which it is noted what is measured
LONG = "FAULTS_PAUSE"  # there, too: seconds of a setting
TROUBLE = "FAULTS_TROUBLE"  # and whether the troubled setting fails


def measure(seed, n, kind):
    """Note that it was begun, and draw numbers: as many in every third setting."""
    with open(os.environ[MARK], "ab", buffering=0) as log:
        log.write(f"{n}\n".encode())
    if n == TROUBLED and os.environ.get(TROUBLE):
        raise ZeroDivisionError("no such\nnumber")
    time.sleep(float(os.environ.get(LONG, PAUSE)))
    rng, runs = np.random.default_rng([seed, n]), 2 + n % 3
    values = {
        "value": ("replicate", rng.normal(size=runs)),
        "count": ("replicate", rng.integers(9, size=runs)),
    }
    return xr.Dataset(values | {"ended": n % 2 == 0, "norms": ("neuron", rng.normal(size=4))})


def made_up():
    from validation.experiments.experiment import Experiment, Panel, Quantity, mean_of

    return Experiment(
        "made_up",
        "Does it survive?",
        "a test",
        lambda full: [{"n": n, "kind": "plain" if n < 9 else "another"} for n in SIZES],
        measure,
        {"value": Quantity("value", mean_of("value"), 0.0)},
        panels=(Panel("value", "n"),),
        answer="It is {value.first}.",
    )


def main():
    from tests.faults import asking  # not __main__, so that workers of a pool import it
    from validation.experiments import catalogue, page, running
    from validation.experiments.findings import Findings
    from validation.sweeps import sweep

    experiment, using = asking.made_up(), sweep.using
    catalogue.find = lambda name: experiment
    with tempfile.TemporaryDirectory() as folder:
        page.write(Findings(experiment, running.run(experiment, path=f"{folder}/made_up.nc")), folder)
    running._measured.cache_clear()
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if isinstance(asked, int):
            print(os.waitpid(asked, 0)[1], flush=True)
        elif child := os.fork():
            print(child, flush=True)
        else:
            sweep.using = here if asked.pop("here") else using
            run(**asked)


@contextlib.contextmanager
def here(_):
    from validation.sweeps.engine import Here

    yield Here()


def run(folder, said, die_at=None, file_size=None, user=None, trouble="", pause=PAUSE):
    """Run the command, in a process of its own."""
    from validation.cli import main as polysem

    os.setsid()  # so that a signal to its group is one to it and its workers
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ |= {TROUBLE: trouble, LONG: str(pause)}
    if die_at:
        die(*die_at)
    if file_size:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    if user:
        os.seteuid(user)
    sys.argv = ["polysem", "experiment", "made_up", "--out", folder]
    polysem()


def die(function, ending):
    """Have this process killed before it calls that function of `os` with a path that ends so."""
    call = getattr(os, function)

    def call_or_die(*paths, **options):
        if str(paths[-1]).endswith(ending):
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*paths, **options)

    setattr(os, function, call_or_die)


if __name__ == "__main__":
    main()
