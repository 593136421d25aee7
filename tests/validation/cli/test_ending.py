"""How commands end that neither succeed nor are refused."""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from validation import cli
from validation.cli import stopping
from validation.experiments import checking

MAIN = "from validation.cli import main; main()"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "rows.json"), "rows.json: no space left on device"),
        (OSError(errno.EIO, "Input/output error"), "input/output error"),
        (MemoryError(), "not enough memory"),
        (MemoryError("Unable to allocate 954. GiB"), "not enough memory: Unable to allocate 954. GiB"),
        (RuntimeError("can't start new thread"), "can't start new thread"),
    ],
)
def test_a_machine_that_fails_is_one_line(polysem, monkeypatch, error, line):
    def failing(*_, **__):
        raise error

    monkeypatch.setattr(checking, "check", failing)
    done = polysem("check")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"polysem: {line}\n")


@pytest.mark.parametrize("error", [ValueError("a bug"), RuntimeError("a bug"), KeyError("a bug")])
def test_a_bug_shows_its_traceback(monkeypatch, error):
    def failing(*_, **__):
        raise error

    monkeypatch.setattr(checking, "check", failing)
    monkeypatch.setattr(sys, "argv", ["polysem", "check"])
    with pytest.raises(type(error), match="a bug"):
        cli.main()


def test_what_is_refused_has_no_warnings_before_its_line(polysem):
    done = polysem("simulate", "--n", "4", "--m", "2", "--l1", "0.02", "--until", "-1")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "warning" not in done.stderr


def test_nobody_reads_the_output(tmp_path):
    command = [sys.executable, "-c", MAIN, "derive", "threshold"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=100) == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_output_on_a_full_disk(tmp_path):
    command = [sys.executable, "-c", MAIN, "derive", "threshold"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (1, b"polysem: no space left on device\n")


def test_closed_output_is_no_failure(tmp_path):
    script = f'exec "$0" -c "{MAIN}" derive threshold >&- 2>&-'
    done = subprocess.run(["sh", "-c", script, sys.executable], cwd=tmp_path, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_being_told_to_end_is_like_ctrl_c(interrupt, tmp_path, number, code):
    arguments = ["polysem", "train", "--n", "4", "--m", "8", "--steps", "10000000", "--out", "run.nc"]
    done = interrupt(f"import sys; from validation import cli; sys.argv = {arguments}; cli.main()", number)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr == "polysem: interrupted, nothing written\n"
    assert not list(tmp_path.iterdir())


def test_told_to_end_training_goes_on_from_its_checkpoint(interrupt, tmp_path):
    arguments = ["polysem", "train", "--n", "4", "--m", "8", "--steps", "10000000", "--checkpoint", "run"]
    done = interrupt(
        f"import sys; from validation import cli; sys.argv = {arguments}; cli.main()", signal.SIGTERM
    )
    assert done.returncode == 143
    assert done.stderr == "polysem: interrupted, the same command goes on from run\n"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("module", ["namedtuple_State", "llvmlite.binding.ffi", "numba.core.serialize"])
def test_a_signal_waits_where_c_has_called_python(module):
    space = {"__name__": module, "signal": signal}
    exec("def called():\n    signal.raise_signal(signal.SIGINT)\n    return 'whole'", space)
    before, returned = signal.getsignal(signal.SIGINT), []

    @stopping.orderly()
    def waiting():
        returned.append(space["called"]())
        time.sleep(100)

    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            waiting()
    finally:
        signal.signal(signal.SIGINT, before)
    assert returned == ["whole"]
