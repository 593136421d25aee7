"""Sweeps killed before each of the files that they put in place: ``python -m tests.faults.dying FOLDER``."""

import os
import signal
import sys
from pathlib import Path

from tests.faults.measuring import measure
from tests.faults.running import results
from validation.sweeps.engine import Here
from validation.sweeps.sweep import Sweep

GRID = {"n": [2], "l1": [0.1], "kind": ["plain"]}


def run(store, moment=None):
    """Run in a process of its own, which is killed at a moment, and say how that ended."""
    if child := os.fork():
        return os.waitpid(child, 0)[1]
    replace, left = os.replace, moment

    def replace_or_die(*paths):
        nonlocal left
        if left is not None:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        replace(*paths)

    os.replace = replace_or_die
    Sweep(measure, GRID, 3, 7, store, Here(), 2).run()
    os._exit(0)


def main():
    folder = Path(sys.argv[1])
    if run(folder / "undisturbed"):
        sys.exit("failed")
    right, tried, survived = results(folder / "undisturbed"), 0, 0
    while (ended := run(folder / str(tried), tried)) == signal.SIGKILL:
        survived += run(folder / str(tried)) == 0 and results(folder / str(tried)) == right
        tried += 1
    print(tried, survived, ended)


if __name__ == "__main__":
    main()
