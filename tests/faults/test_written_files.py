"""Writing is disturbed for real: whatever happens, a file is whole, old or new, and one line says why."""

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from sim import simulate
from tests.faults.disks import ROOT, no_rights, small
from theory import Autoencoder
from theory.common import files, schema
from theory.common.arguments import ArgumentError
from validation.report import pages, plots
from validation.training import checkpoints

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and mounts")

WRITING = """
import itertools
from theory.common import files
for k in itertools.count():
    files.write("file", bytes([k % 251]) * 10**6)
    print(k, flush=True)
"""
SAVING = """
import itertools
import numpy as np
from theory.common import schema
for k in itertools.count():
    weights = np.random.default_rng(k).normal(size=(200, 100))
    result = schema.dataset({"final": (("feature", "neuron"), weights)}, source="simulation", seed=k)
    schema.save(result, "file.nc")
    print(k, flush=True)
"""


def disturbed(script, folder, number, pause):
    """Send a script a signal while it writes, and return how it ended and what it has said."""
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout.readline() == "0\n"
    time.sleep(pause)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return process.returncode, ["0", *out.split()], err


def whole(folder, said):
    """Say whether the file is the last that was written, or the one after."""
    content = (folder / "file").read_bytes()
    return content in [bytes([k % 251]) * 10**6 for k in (int(said[-1]), int(said[-1]) + 1)]


@pytest.mark.slow
def test_killed_while_writing(tmp_path, faults):
    chance, survived = random.Random(1), 0
    for k in range(20):
        code, said, _ = disturbed(WRITING, tmp_path, signal.SIGKILL, chance.uniform(0, 0.1))
        assert code == -signal.SIGKILL
        left = [path.name for path in tmp_path.iterdir() if path.name != "file"]
        assert all(re.fullmatch(r"\.file-\w{32}\.partial", name) for name in left)
        survived += whole(tmp_path, said) and len(left) <= k + 1
    faults("SIGKILL while a file is written", 20, survived)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_asked_to_end_while_writing(tmp_path, faults, name):
    """Nothing is left beside the file; Ctrl-C is an exception, which Python prints."""
    chance, survived = random.Random(2), 0
    for _ in range(5):
        code, said, err = disturbed(WRITING, tmp_path, signal.Signals[name], chance.uniform(0, 0.1))
        assert code == -signal.Signals[name]
        assert err == "" or (name == "SIGINT" and err.endswith("KeyboardInterrupt\n"))
        survived += whole(tmp_path, said) and [path.name for path in tmp_path.iterdir()] == ["file"]
    faults(f"{name} while a file is written", 5, survived)


@pytest.mark.slow
def test_killed_while_saving_a_result(tmp_path, faults):
    chance, survived = random.Random(3), 0
    for _ in range(5):
        _, said, _ = disturbed(SAVING, tmp_path, signal.SIGKILL, chance.uniform(0, 0.2))
        read = schema.load(tmp_path / "file.nc")
        expected = np.random.default_rng(read.seed).normal(size=(200, 100))
        survived += read.seed - int(said[-1]) in (0, 1) and np.array_equal(read.final, expected)
    faults("SIGKILL while a result is saved", 5, survived)


FULL = """
import numpy as np
from pathlib import Path
from theory.common import files, schema
from theory.common.arguments import ArgumentError
from validation.report import pages, plots
from validation.training import checkpoints

weights = np.random.default_rng(0).normal(size=(100, 200))
result = schema.dataset({"final": (("feature", "neuron"), weights)}, source="simulation")
figure, axes = plots.panels(4, 4)
plots.encodings(axes[0, 0], weights)
for write in (
    lambda: files.write("a.txt", bytes(10**5)),
    lambda: schema.save(result, "a.nc"),
    lambda: checkpoints.save("a.safetensors", {"weights": weights}, {"a": 1}),
    lambda: plots.save(figure, "a.png"),
    lambda: plots.save(figure, "a.pdf"),
    lambda: pages.publish(Path("report"), "a.html", "x" * 10**5, {}),
):
    try:
        write()
        print("written")
    except ArgumentError as error:
        print(error)
"""


@pytest.mark.parametrize("mount", [True, False])
def test_full_disk(tmp_path, faults, mount):
    """A small file system, if one can be mounted; and files that may not become long."""
    names = ("a.txt", "a.nc", "a.safetensors", "a.png", "a.pdf")
    with small(tmp_path / "disk", mount) as disk:
        for name in names:
            (disk.folder / name).write_bytes(b"old")
        checkpoints.save(disk.folder / "run.safetensors", {}, {"a": 1})
        (disk.folder / "run.safetensors").replace(disk.folder / "a.safetensors")
        before = {path.name: path.read_bytes() for path in disk.folder.iterdir()}
        ended = disk.run(FULL)
        after = {path.name: path.read_bytes() for path in disk.folder.iterdir() if path.is_file()}
        assert list((disk.folder / "report").iterdir()) == []
    assert (ended.returncode, ended.stderr) == (0, "")
    reason = "no space left on device" if disk.mounted else "file too large"
    lines = ended.stdout.splitlines()
    told = [bool(re.fullmatch(rf"\w+ must be a file .*: {reason}", line)) for line in lines]
    assert after == before
    faults("full disk", 6, sum(told))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("simulate --n 64 --m 128 --l1 0.1 --out a.nc", "--out"),
        ("train --n 64 --m 128 --steps 5 --out a.nc --checkpoint a.safetensors", "--checkpoint"),
    ],
)
def test_full_disk_on_the_command_line(tmp_path, faults, arguments, said):
    script = f"import sys; sys.argv[1:] = {arguments.split()}; from validation.cli import main; main()"
    with small(tmp_path / "disk") as disk:
        ended = disk.run(script)
        left = list(disk.folder.iterdir())
    assert ended.returncode == 2
    assert re.fullmatch(rf"polysem: {said} must be a file .*: (no space .*|file too large)\n", ended.stderr)
    faults("full disk, command line", 1, left == [])


def test_folder_that_cannot_be_written_to(faults):
    """A folder beside those of the tests, which only their owner may look into."""
    result, survived = simulate(Autoencoder(3, 6, 0.05)), 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        writers = (
            lambda: files.write(folder / "file", b""),
            lambda: files.writable(folder / "new"),
            lambda: files.folder(folder / "report"),
            lambda: schema.save(result, folder / "a.nc"),
            lambda: checkpoints.save(folder / "a", {}, {}),
            lambda: plots.save(plots.result(result), folder / "a.png"),
            lambda: pages.publish(folder, "a.html", "", {}),
            lambda: pages.publish(folder / "report", "a.html", "", {}),
        )
        (folder / "file").write_bytes(b"old")
        with no_rights(folder):
            for write in writers:
                with pytest.raises(ArgumentError, match=r"^\w+ must be a f.*: permission denied$"):
                    write()
                survived += (folder / "file").read_bytes() == b"old"
        assert len(list(folder.iterdir())) == 1
    faults("folder without rights", len(writers), survived)
