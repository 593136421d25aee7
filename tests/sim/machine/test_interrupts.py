import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from sim import ensemble
from sim.machine.interrupts import heard
from theory import Autoencoder

pytestmark = pytest.mark.usefixtures("ctrl_c")
ENSEMBLE = 8000  # replicates, of which few are done when Ctrl-C comes


def press():
    signal.raise_signal(signal.SIGINT)


def hear(*calls):
    with heard():
        for call in calls:
            call()


def test_ctrl_c_waits_until_the_kernel_is_back():
    done = []
    with pytest.raises(KeyboardInterrupt):
        hear(press, lambda: done.append("kernel"))
    assert done == ["kernel"]


def test_ctrl_c_is_raised_at_once_while_numba_compiles():
    compiling = eval("lambda: press()", {"press": press, "__name__": "numba.core.dispatcher"})
    done = []
    with pytest.raises(KeyboardInterrupt):
        hear(compiling, lambda: done.append("kernel"))
    assert not done


def test_ctrl_c_that_was_swallowed_is_raised_in_the_end():
    swallowing = eval(
        "lambda: exec('try: press()\\nexcept KeyboardInterrupt: pass')",
        {"press": press, "__name__": "numba.core.dispatcher"},
    )
    with pytest.raises(KeyboardInterrupt):
        hear(swallowing)


def test_handlers_of_others_are_called_once_and_kept():
    pressed = []

    def handler(number, frame):
        pressed.append(number)

    before = signal.signal(signal.SIGINT, handler)
    try:
        with heard():
            press()
            assert not pressed
        assert pressed == [signal.SIGINT]
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


def interrupted(code, seconds, *arguments):
    """Press Ctrl-C some time after a process has said go; return its code and output."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout.readline() == "go\n"
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    return process.returncode, output


SIMULATING = """
import sys
from sim import simulate
from theory import Autoencoder
n, m, method = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
simulate(Autoencoder(n, m, 0.001), until=1e-3, method=method)
print("go", flush=True)
for seed in range(10**9):
    simulate(Autoencoder(n, m, 0.001), seed, until=1e9, times=[1e9], method=method)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "method"),
    [
        (("8", "16"), "splitting"),
        (("48", "96"), "splitting"),
        (("256", "512"), "event"),
        (("8", "16"), "euler"),
    ],
)
@pytest.mark.parametrize("seconds", [0.0, 0.3, 0.7, 1.6])
def test_ctrl_c_ends_a_simulation(size, method, seconds):
    """By a KeyboardInterrupt, while left alone it would go on for days; and not by a segmentation fault."""
    assert interrupted(SIMULATING, seconds, *size, method) == (-signal.SIGINT, "")


RUNNING = f"""
import sys
import numpy as np
from sim import ensemble
from theory import Autoencoder
print("go", flush=True)
result = ensemble(Autoencoder(16, 64, 1e-3), {ENSEMBLE}, seed=0, workers=int(sys.argv[1]))
assert result.attrs["interrupted"] == 1
np.save(sys.argv[2], result.final.values)
"""


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2", "4"])
@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.3, 1.5])
def test_ctrl_c_ends_an_ensemble_while_kernels_load_and_later(seconds, workers, tmp_path):
    kept = tmp_path / "kept.npy"
    code, _ = interrupted(RUNNING, seconds, workers, str(kept))
    assert code in (0, -signal.SIGINT)
    assert kept.exists() == (code == 0)
    if kept.exists():
        runs = np.load(kept)
        assert 0 < len(runs) < ENSEMBLE
        some = min(len(runs), 20)
        undisturbed = ensemble(Autoencoder(16, 64, 1e-3), some, seed=0).final
        np.testing.assert_array_equal(runs[:some], undisturbed)
