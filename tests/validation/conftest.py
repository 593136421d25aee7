"""The command line, for all tests of this package."""

import signal
import subprocess
import sys
import warnings
from importlib import metadata

import pytest


@pytest.fixture
def polysem(tmp_path, monkeypatch, capfd):
    """Run the function behind the entry point, which saves starting a process; in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # put back afterwards
    (entry,) = metadata.entry_points(group="console_scripts", name="polysem")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["polysem", *arguments])
        with pytest.raises(SystemExit) as ended:
            entry.load()()
        out, err = capfd.readouterr()
        return subprocess.CompletedProcess(arguments, ended.value.code, out, err)

    return run


SPANS = 20  # the 20th begins at step 20,000 of 10**7 and is 17,000 long: Ctrl-C finds it under way
TELLING = """
from validation.training.blocks import Blocks
advance = Blocks._advance
def told(self, block, steps):
    print("advancing", flush=True)
    advance(self, block, steps)
Blocks._advance = told
"""


@pytest.fixture
def interrupt(tmp_path):
    """Run a script that trains for 10**7 steps, send it a signal on its way, and return how it ended."""

    def run(script, number=signal.SIGINT):
        process = subprocess.Popen(
            [sys.executable, "-c", TELLING + script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            # else it ignores Ctrl-C where the tests do, as in the background of a shell; or SIGHUP
            preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
        )
        for _ in range(SPANS):
            assert process.stdout.readline() == "advancing\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=100)
        return subprocess.CompletedProcess(script, process.returncode, out.replace("advancing\n", ""), err)

    return run
