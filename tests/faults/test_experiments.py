"""`polysem experiment` is disturbed for real: the same command goes on, and ends with the same file."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.asking import MARK, PAUSE, SIZES, TROUBLED
from tests.faults.disks import remount
from tests.faults.mutations import mutations
from tests.faults.running import ROOT, entry, until
from theory.common import netcdf, schema

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="forks, reads /proc, and kills"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Start the command in a folder, and return its process."""
    log = tmp_path_factory.mktemp("log") / "log"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.asking"],
        cwd=ROOT,
        env=os.environ | {MARK: str(log), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout.readline() == "ready\n"
    yield lambda folder, kept=None, **options: Asked(server, log, Path(folder), kept, options)
    server.communicate()
    assert server.returncode == 0


class Asked:
    """The command in a folder, in a process of its own."""

    def __init__(self, server, log, folder, kept, options):
        self.server, self.log, self.folder = server, log, folder
        self.said, self.before = log.with_name("said"), self.measured()
        self.kept = finished(folder) if kept is None else kept
        self.pid = self.told({"folder": str(folder), "said": str(self.said), "here": True} | options)

    def told(self, asked):
        print(json.dumps(asked), file=self.server.stdin, flush=True)
        return int(self.server.stdout.readline())

    def ended(self):
        """Wait for the end, and return the exit code, or the signal below zero, and what was said."""
        return os.waitstatus_to_exitcode(self.told(self.pid)), self.said.read_text()

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        code, _ = self.ended()
        return code == -signal.SIGKILL

    def measured(self):
        """Return how many times each setting was begun, ever."""
        return Counter(self.log.read_text().split()) if self.log.exists() else Counter()

    def begun(self):
        return sum((self.measured() - self.before).values())

    def group(self):
        """Return its processes."""
        return [
            pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if group_of(pid) == self.pid
        ]

    def has_workers(self):
        return len(self.group()) > 2

    def at_work(self):
        return self.begun() >= 3

    def lost(self):
        """Return what had been finished before, and was measured again or is not there any more."""
        again = self.measured() - self.before
        return (self.kept & {int(n) for n in again}) | (self.kept - finished(self.folder))


def group_of(pid):
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def finished(folder):
    """Return which settings are kept: in the file, or in the store beside it."""
    file, store, done = folder / "made_up.nc", folder / "made_up.zarr", set()
    if file.exists():
        done |= set(schema.load(file).n.values.tolist())
    ledger = store / "ledger" / "c"
    places = {int(at.parts[-3]) for at in ledger.rglob("0") if at.is_file() and entry(at)[0] > 0}
    if places:
        sizes = json.loads((store / "ledger" / "layout.json").read_text())["points"]["axes"]["n"]
        done |= {sizes[place] for place in places}
    return done


def left(folder):
    """Return what is there in the end, to the last bit, without the seconds that runs took."""
    data = schema.load(folder / "made_up.nc").drop_vars("seconds")
    text = (folder / "made_up.md").read_text().split("*Source")[0]
    names = sorted(path.name for path in folder.iterdir() if not path.name.endswith(".partial"))
    return names, netcdf.content(data), (folder / "made_up.png").read_bytes(), text


def goes_on(ask, folder, undisturbed, **options):
    """Whether the same command goes on to the same end, and measures nothing again."""
    asked = ask(folder, **options)
    return asked.ended() == (0, "") and not asked.lost() and left(folder) == undisturbed


@pytest.fixture(scope="module")
def undisturbed(ask, tmp_path_factory):
    """What is left by a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    asked = ask(folder)
    assert asked.ended() == (0, "")
    assert asked.begun() == len(SIZES)
    assert sorted(finished(folder)) == SIZES
    return left(folder)


def test_killed_at_any_moment(ask, undisturbed, tmp_path, faults):
    """Five in one run, each going on where the one before was, of four runs."""
    chance, survived = random.Random(1), 0
    for k in range(20):
        folder = tmp_path / str(k // 5)
        asked = ask(folder)
        wanted = min(chance.randrange(5), len(SIZES) - len(asked.kept))
        until(lambda asked=asked, wanted=wanted: asked.begun() >= wanted)
        time.sleep(chance.uniform(0, 2 * PAUSE))
        survived += asked.kill() and not asked.lost()
    for folder in tmp_path.iterdir():
        assert goes_on(ask, folder, undisturbed)
    faults("SIGKILL of an experiment", 20, survived)


@pytest.mark.parametrize(
    "moment",
    [
        ("replace", "layout.json"),
        ("replace", "made_up.nc"),
        ("replace", ".partial"),  # of the store, which is moved away
        ("unlink", "zarr.json"),
        ("rmdir", "c"),
        ("replace", "made_up.png"),
        ("replace", "made_up.md"),
    ],
    ids="-".join,
)
def test_killed_before_each_step_of_its_end(ask, undisturbed, tmp_path, faults, moment):
    """Before files are put in place, and while the store, which is no longer needed, is removed."""
    asked = ask(tmp_path, die_at=moment)
    assert asked.ended() == (-signal.SIGKILL, "")
    assert asked.begun() == (0 if moment[1] == "layout.json" else len(SIZES))
    faults("SIGKILL before a step of an experiment's end", 1, goes_on(ask, tmp_path, undisturbed))


@pytest.mark.parametrize(
    ("name", "workers", "at_work"),
    [
        *((name, False, True) for name in ("SIGTERM", "SIGHUP", "SIGINT")),
        *(("SIGINT", True, at_work) for at_work in (True, False)),
    ],
)
def test_asked_to_end(ask, undisturbed, tmp_path, faults, name, workers, at_work):
    """Alone or with workers, at work or still starting; Ctrl-C goes to all of them, as from a terminal."""
    asked, number = ask(tmp_path, here=not workers, pause=0.5), signal.Signals[name]
    until(asked.at_work if at_work else asked.has_workers)
    (os.killpg if name == "SIGINT" else os.kill)(asked.pid, number)
    code, said = asked.ended()
    until(lambda: not asked.group())
    told = "interrupted" in one_line(said) and said.startswith("polysem: ")
    survived = code == 128 + number and told and not asked.lost()
    faults(f"{name} to an experiment", 1, survived and goes_on(ask, tmp_path, undisturbed))


def one_line(said):
    assert said.count("\n") == 1, said
    return said


def test_a_setting_that_fails(ask, undisturbed, tmp_path, faults):
    asked = ask(tmp_path, here=False, trouble="raise")
    code, said = asked.ended()
    assert finished(tmp_path) == {*SIZES} - {TROUBLED}
    told = "at n = 5, kind = plain: ZeroDivisionError: no such number" in said
    told = told and said.endswith("the same command tries them again\n")
    survived = code == 1 and told and goes_on(ask, tmp_path, undisturbed)
    faults("a setting of an experiment that fails", 1, survived)


@pytest.mark.parametrize(
    ("room", "done", "said"),
    [
        (500, 0, "--out must lead to a store that can go on: store must be"),
        (12_000, 9, "--out must be a file that can be written"),
    ],
)
def test_files_may_not_become_long(ask, undisturbed, tmp_path, faults, room, done, said):
    """The layout of the store does not fit, or the file in the end."""
    asked = ask(tmp_path, file_size=room)
    code, told = asked.ended()
    assert "file too large" in one_line(told)
    survived = code == 2 and told.startswith(f"polysem: {said}") and len(finished(tmp_path)) == done
    faults("full disk under an experiment", 1, survived and goes_on(ask, tmp_path, undisturbed))


def test_the_disk_is_full(ask, undisturbed, small_disk, tmp_path, faults):
    """Where a file system of its own can be mounted."""
    if small_disk is None:
        return
    remount(small_disk, "size=200k")
    asked = ask(small_disk)
    code, said = asked.ended()
    assert 0 < len(finished(small_disk)) < len(SIZES)
    survived = code in (1, 2) and "no space left on device" in one_line(said)
    remount(small_disk, "size=16m")
    faults("full disk under an experiment", 1, survived and goes_on(ask, small_disk, undisturbed))


@pytest.fixture(scope="module")
def half(ask, tmp_path_factory):
    """A folder in which some settings are kept in the store, and others in the file of a run before."""
    folder = tmp_path_factory.mktemp("half")
    for settings in (2, 5):
        asked = ask(folder, pause=0.3)
        until(lambda asked=asked, settings=settings: asked.begun() >= settings)
        os.kill(asked.pid, signal.SIGINT if settings == 2 else signal.SIGKILL)
        asked.ended()
    assert schema.load(folder / "made_up.nc").sizes["setting"] < len(finished(folder)) < len(SIZES)
    return folder


def test_the_folder_cannot_be_written_to(ask, undisturbed, half, small_disk, faults):
    """Because its file system is read-only, or else because of its permissions."""
    folder = (small_disk or Path(tempfile.mkdtemp())) / "some"
    if small_disk:
        remount(small_disk, "size=16m")
    shutil.copytree(half, folder)
    if small_disk:
        remount(small_disk, "ro")
    else:
        folder.parent.chmod(0o755)
        folder.chmod(0o555)
    asked = ask(folder, user=0 if small_disk or os.geteuid() else 65534)
    code, said = asked.ended()
    refused = "--out must be a folder that can be written to" in one_line(said)
    survived = code == 2 and refused and not asked.lost() and asked.begun() == 0
    remount(small_disk, "rw") if small_disk else folder.chmod(0o755)
    faults("read-only folder of an experiment", 1, survived and goes_on(ask, folder, undisturbed))


def test_two_processes_in_one_folder(ask, undisturbed, tmp_path, faults):
    first = ask(tmp_path)
    until(lambda: first.begun() >= 3)
    os.kill(first.pid, signal.SIGSTOP)
    code, said = ask(tmp_path).ended()
    refused = code == 2 and "used by one process at a time" in one_line(said)
    os.kill(first.pid, signal.SIGCONT)
    assert first.told(first.pid) == 0
    faults("two processes on one experiment", 1, refused and left(tmp_path) == undisturbed)


def test_files_of_the_store_are_damaged(ask, undisturbed, half, tmp_path, faults):
    """One at a time, of each kind; of what it holds at most one setting is measured again."""
    chance, survived = random.Random(2), 0
    files = [path.relative_to(half) for path in (half / "made_up.zarr").rglob("*") if path.is_file()]
    kinds = {
        "results": [path for path in files if path.parts[1] in ("value", "count", "ended", "norms")],
        "ledger": [path for path in files if path.parts[1:3] == ("ledger", "c")],
        "metadata": [path for path in files if path.name == "zarr.json"],
        "labels": [path for path in files if path.parts[1] in ("n", "kind")],
        "layout": [path for path in files if path.name == "layout.json"],
    }
    for k in range(10):
        kind, folder = list(kinds)[k % len(kinds)], tmp_path / str(k)
        shutil.copytree(half, folder)
        damaged = folder / chance.choice(kinds[kind])
        damaged.write_bytes(next(mutations(damaged.read_bytes(), 1, k)))
        asked = ask(folder, kept=finished(half))
        code, said = asked.ended()
        told = said == "" or "store has 1 damaged units: they are measured again" in one_line(said)
        few = len(asked.lost()) <= (kind in ("results", "ledger"))
        survived += code == 0 and few and told and left(folder) == undisturbed
    faults("damaged file of an experiment's store", 10, survived)


def test_what_cannot_be_made_good_is_refused_and_left_alone(ask, undisturbed, half, tmp_path, faults):
    """Both copies of the layout, and the file of the run before."""
    survived, folder = 0, tmp_path / "some"
    shutil.copytree(half, folder)
    copies = [folder / "made_up.zarr" / name for name in ("zarr.json", "ledger/layout.json")]
    contents = [file.read_bytes() for file in copies]
    for file, content in zip(copies, contents, strict=True):
        file.write_bytes(content[:300])
    code, said = ask(folder, kept=()).ended()
    told = said.startswith("polysem: --out must lead to a store that can go on: store must be")
    survived += code == 2 and told and "both damaged" in one_line(said)
    for file, content in zip(copies, contents, strict=True):
        file.write_bytes(content)
    file = folder / "made_up.nc"
    content = file.read_bytes()
    for damaged in mutations(content, 5, 3):
        file.write_bytes(damaged)
        code, said = ask(folder, kept=()).ended()
        refused = code == 2 and "must be a result of polysem; " in one_line(said)
        survived += refused and file.read_bytes() == damaged
    file.write_bytes(content)
    faults("experiment whose files are damaged for good", 6, survived)
    assert goes_on(ask, folder, undisturbed)
