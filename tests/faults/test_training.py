"""Training is killed and asked to end at random moments: what goes on ends as if nothing had happened."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from safetensors import safe_open

from tests.faults.disks import ROOT
from theory.common import schema

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals"),
    pytest.mark.slow,
]

TRAINING = """
from theory import Autoencoder
from theory.common import schema
from validation import train
from validation.training import course
from validation.training.noise import Signs
course.CHECKPOINT_SECONDS = 0.0
advance = course.Course.advance
def told(self):
    for interrupted in advance(self):
        print(self.trainer.steps, flush=True)
        yield interrupted
course.Course.advance = told
result = train(Autoencoder(8, 32, 0.01), "adam", steps=40_000, learning_rate=1e-3, replicates=2, seed=2**70,
               noise=Signs(std=0.1), checkpoint={checkpoint})
schema.save(result, "{name}.nc")
"""


def script(checkpoint="run.safetensors", name="result"):
    return TRAINING.format(checkpoint=repr(checkpoint), name=name)


class Training:
    def __init__(self, folder, text):
        self.process = subprocess.Popen(
            [sys.executable, "-c", text],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def disturbed(self, number, spans, pause):
        """Send a signal some spans on and a moment later; return the exit code and the last step told."""
        steps = [int(self.process.stdout.readline() or -1) for _ in range(spans)]
        time.sleep(pause)
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=100)
        assert err == ""
        return self.process.returncode, [*steps, *map(int, out.split())][-1]

    def ended(self):
        _, err = self.process.communicate(timeout=100)
        return self.process.returncode, err


def steps_in(folder):
    with safe_open(folder / "run.safetensors", "numpy") as file:
        return int(file.get_tensor("steps")[0])


def test_killed_and_asked_to_end_at_random_moments(tmp_path, faults):
    """Six times in one run, of which each goes on where the one before was; and once undisturbed."""
    chance, survived = random.Random(1), 0
    assert Training(tmp_path, script(None, "whole")).ended() == (0, "")
    before = -1
    numbers = [signal.SIGKILL] * 4 + [signal.SIGTERM, signal.SIGHUP]
    chance.shuffle(numbers)
    for number in numbers:
        training = Training(tmp_path, script())
        code, told = training.disturbed(number, chance.randrange(2, 8), chance.uniform(0, 0.02))
        kept = steps_in(tmp_path)
        assert code == -number
        # of the span that is told the checkpoint may not be written yet, but that of the one before is
        survived += kept > before and (kept == told or number == signal.SIGKILL)
        before = kept
    assert before < 40_000
    assert Training(tmp_path, script()).ended() == (0, "")
    assert schema.load(tmp_path / "result.nc").identical(schema.load(tmp_path / "whole.nc"))
    left = [path.name for path in tmp_path.iterdir() if path.suffix == ".partial"]
    assert len(left) <= 4
    faults("training with a checkpoint, killed", len(numbers), survived)


def test_ctrl_c_ends_it_with_what_is_done(tmp_path, faults):
    training = Training(tmp_path, script())
    code, told = training.disturbed(signal.SIGINT, 5, 0)
    assert code == 0
    result = schema.load(tmp_path / "result.nc")
    assert result.interrupted == 1
    faults("training with a checkpoint, Ctrl-C", 1, steps_in(tmp_path) == told)
