"""A sweep to be disturbed: ``python -m tests.faults.driver STORE``."""

import argparse
import os
import resource
import signal
import sys

from tests.faults.measuring import BATCH, GRID, REPLICATES, SEED, measure
from validation.sweeps.engine import Here, Pool
from validation.sweeps.failing import SweepError
from validation.sweeps.sweep import Sweep, using


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("--executor", default="pool")
    parser.add_argument("--timeout", type=float)
    parser.add_argument("--file-size", type=int)
    parser.add_argument("--user", type=int)
    options = parser.parse_args()
    for name in ("SIGTERM", "SIGHUP"):  # as the command line has it
        signal.signal(getattr(signal, name), signal.default_int_handler)
    if options.user:
        os.setuid(options.user)
    if options.file_size:
        resource.setrlimit(resource.RLIMIT_FSIZE, (options.file_size, options.file_size))
    try:
        with using(executor(options)) as running:
            Sweep(measure, GRID, REPLICATES, SEED, options.store, running, BATCH).run()
    except KeyboardInterrupt:
        sys.exit("interrupted")
    except (ValueError, TypeError, OSError, SweepError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def executor(options):
    if options.executor == "pool":
        return Pool(2, options.timeout)
    if options.executor == "here":
        return Here()
    from distributed import Client, LocalCluster

    if options.executor == "cluster":
        return Client(LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None))
    return Client(options.executor)


if __name__ == "__main__":
    main()
