"""``polysem sweep``."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from theory.common import schema
from validation.cli import sweeping
from validation.sweeps import provenance
from validation.sweeps.engine import Here
from validation.sweeps.store import Store

FLOW = """
replicates = {replicates}
seed = 4

[model]
n_neurons = 8
l1 = 0.05

[grid]
n_features = [{features}]

[source]
kind = "simulation"
"""
DIVERGING = """
[model]
n_features = 4
n_neurons = 8
l1_train = 0.01

[[points]]
learning_rate = 1e-3
steps = 20

[[points]]
learning_rate = 1e10
steps = 20

[[points]]
learning_rate = 1e12
steps = 20

[source]
kind = "training"
optimizer = "adamw"
"""
DOCS = Path(__file__).parents[3] / "docs"
COMMAND = [sys.executable, "-c", "from validation.cli import main; main()", "sweep"]


def written(replicates=3, features="2, 4", name="flow.toml"):
    Path(name).write_text(FLOW.format(replicates=replicates, features=features))


@pytest.fixture
def here(monkeypatch):
    """Run sweeps in this process, which saves starting others."""

    @contextmanager
    def executor(*_):
        yield Here(), 1

    monkeypatch.setattr(sweeping, "_executor", executor)


@pytest.fixture
def sweep(polysem, here):
    return lambda *arguments: polysem("sweep", *arguments)


def test_file_runs_and_says_what_it_takes(sweep):
    written()
    done = sweep("flow.toml")
    assert (done.returncode, done.stderr) == (0, "")
    first, last = done.stdout.splitlines()
    assert first.startswith("6 of 6 runs to do at 2 points, in 2 units of work: about ")
    assert last == "wrote flow.zarr"
    again = sweep("flow.toml")
    assert (again.returncode, again.stdout) == (0, "all 6 runs are there\nwrote flow.zarr\n")


def test_dry_run_writes_nothing(sweep, tmp_path):
    written()
    told = sweep("flow.toml", "--dry-run")
    assert told.returncode == 0
    assert told.stdout.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["flow.toml"]


def test_options_may_stand_before_the_file(sweep):
    written()
    assert sweep("--dry-run", "flow.toml").stdout.startswith("6 of 6 runs")


def test_extended_grid_runs_only_what_is_new(sweep):
    written()
    sweep("flow.toml")
    sweep("export", "flow.zarr", "--out", "before.csv")
    written(features="2, 4, 6")
    assert sweep("flow.toml").stdout.startswith("3 of 9 runs to do at 3 points, in 1 unit of work")
    sweep("export", "flow.zarr", "--out", "after.csv")
    before, after = pd.read_csv("before.csv"), pd.read_csv("after.csv")
    assert before.equals(after[after.n_features < 6])


def test_store_of_another_sweep_is_refused(sweep):
    written()
    sweep("flow.toml")
    text = Path("flow.toml").read_text()
    for one, other, differs in (
        ("l1 = 0.05", "l1 = 0.04", "measure"),
        ("seed = 4", "seed = 5", "seed"),
        ("n_features =", "init_std = [0.1]\nn_features =", "grid"),
    ):
        Path("other.toml").write_text(text.replace(one, other))
        done = sweep("other.toml", "--store", "flow.zarr")
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert differs in done.stderr


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("nothing.toml", "FILE must be a sweep in TOML; nothing.toml: no such file or directory"),
        ("flow.toml --store flow.toml", "--store must be a folder of a sweep, or a new one"),
        ("bad.toml", "bad.toml: model.l1 must be a finite number of at least 0, got -1"),
        ("flow.toml --workers 2 --scheduler tcp://here:1", "--scheduler and --workers exclude each other"),
        ("flow.toml --timeout 2 --cluster local", "--cluster and --timeout exclude each other"),
        ("flow.toml --cluster cloud", "--cluster must be one of local, got 'cloud'"),
        ("flow.toml --scheduler here", "--scheduler must be the address of one of Dask"),
        ("flow.toml --scheduler tcp://127.0.0.1:9", "--scheduler must be the address of one of Dask"),
        ("flow.toml --workers 0", "--workers must be a whole number of at least 1, got 0"),
        ("flow.toml --timeout 0", "--timeout must be a finite number greater than 0, got 0.0"),
        ("flow.toml --speed 3", "--speed"),
        ("status nothing", "--store must be a folder of polysem sweep, got nothing"),
        ("verify flow.toml", "--store must be a folder of polysem sweep, got flow.toml"),
        ("export nothing --out a.nc", "--store must be a folder of polysem sweep, got nothing"),
    ],
)
def test_bad_input_is_one_clear_line(polysem, tmp_path, arguments, line):
    (tmp_path / "flow.toml").write_text(FLOW.format(replicates=2, features=4))
    (tmp_path / "bad.toml").write_text(FLOW.format(replicates=2, features=4).replace("0.05", "-1"))
    found = polysem("sweep", *arguments.split())
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.count("\n") == 1
    assert found.stderr.startswith(f"polysem: {line}") or line == "--speed" in found.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"flow.toml", "bad.toml"}


def test_few_neurons_give_one_warning(sweep):
    written(features="2, 10, 12")
    done = sweep("flow.toml", "--dry-run")
    assert done.stderr == (
        "polysem: warning: n_neurons = 8 is less than n_features = 10: polysemanticity is then necessary, "
        "not incidental (at 2 of 3 points)\n"
    )


def test_each_cause_of_failure_is_told_once(sweep):
    Path("train.toml").write_text(DIVERGING)
    done = sweep("train.toml")
    assert done.returncode == 1
    *causes, last = done.stderr.splitlines()
    assert last == "polysem: 2 of 2 units failed, all others are kept; the same command tries them again"
    assert [cause.rpartition("at ")[2] for cause in causes] == ["1e+10", "1e+12"]
    assert "1 of 3 done, 2 missing, 0 damaged; 1 of 3 runs" in sweep("status", "train.zarr").stdout
    exported = sweep("export", "train.zarr", "--out", "train.csv")
    assert exported.stderr == "polysem: warning: 2 runs missing: without a row\n"
    assert list(pd.read_csv("train.csv").learning_rate) == [1e-3]


def test_sample_of_settings(sweep):
    grid = "[sample]\nnumber = 8\nl1 = {low = 0.01, high = 0.1, log = true}\n"
    grid += "n_features = {low = 1, high = 8, whole = true}"
    text = FLOW.format(replicates=1, features=1).replace("[grid]\nn_features = [1]", grid)
    Path("sample.toml").write_text(text.replace("l1 = 0.05\n", ""))
    assert sweep("sample.toml").returncode == 0
    sweep("export", "sample.zarr", "--out", "sample.parquet")
    table = pd.read_parquet("sample.parquet")
    assert sorted(table.n_features) == [*range(1, 9)]
    assert table.l1.between(0.01, 0.1).all()


def test_interrupted_sweep_goes_on_with_the_same_command(sweep, monkeypatch):
    written(replicates=1, features="1, 2, 3, 4, 5, 6")
    assert sweep("flow.toml", "--store", "whole.zarr").returncode == 0
    write, written_units = Store.write, []

    def interrupted(store, unit, *rest):
        if len(written_units) == 4:
            raise KeyboardInterrupt
        written_units.append(unit)
        write(store, unit, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", interrupted)
        done = sweep("flow.toml")
    assert done.returncode == 130
    assert done.stderr == "polysem: interrupted with 2 of 3 units left, the same command goes on\n"  # 3 timed
    assert sweep("flow.toml").stdout.startswith("2 of 6 runs to do")
    assert sweep("flow.toml").stdout.startswith("all 6 runs are there")
    for name in ("whole", "flow"):
        assert sweep("export", f"{name}.zarr", "--out", f"{name}.csv").returncode == 0
    assert Path("flow.csv").read_bytes() == Path("whole.csv").read_bytes()


def test_damaged_unit_is_found_and_measured_again(sweep):
    written()
    sweep("flow.toml")
    sweep("export", "flow.zarr", "--out", "whole.csv")
    assert sweep("verify", "flow.zarr").stdout == "2 of 2 units of work are there and whole, 0 faults\n"
    chunk = Path("flow.zarr/deaths/c/1/0")
    chunk.write_bytes(bytes(len(chunk.read_bytes())))
    found = sweep("verify", "flow.zarr")
    assert found.returncode == 1
    assert found.stdout == (
        "n_features = 4, replicates 0 to 2: damaged, counts as not done\n"
        "1 of 2 units of work are there and whole, 1 fault\n"
    )
    assert "1 of 2 done, 0 missing, 1 damaged; 3 of 6 runs" in sweep("status", "flow.zarr").stdout
    again = sweep("flow.toml")
    assert again.stderr == "polysem: warning: store has 1 damaged units: they are measured again\n"
    assert again.stdout.startswith("3 of 6 runs to do")
    sweep("export", "flow.zarr", "--out", "again.csv")
    assert Path("again.csv").read_bytes() == Path("whole.csv").read_bytes()


def test_another_version_of_the_code_is_noticed(sweep, monkeypatch):
    written()
    sweep("flow.toml")
    maker = provenance.maker
    monkeypatch.setattr(provenance, "maker", lambda measure: maker(measure) | {"code": "c0ffee00"})
    written(replicates=4)
    again = sweep("flow.toml")
    assert again.stderr.count("\n") == 1
    assert "store has results of other code (" in again.stderr
    shown = sweep("status", "flow.zarr").stdout
    assert "measured by code c0ffee00" in shown
    sweep("export", "flow.zarr", "--out", "flow.nc")
    assert "c0ffee00" in schema.load("flow.nc").attrs["code"]


def test_help_of_sweep(polysem):
    shown = polysem("sweep", "--help").stdout
    for word in ("FILE.toml", "status", "verify", "export"):
        assert word in shown
    assert "--dry-run" in polysem("sweep", "flow.toml", "--help").stdout


# What is of here and now.
MEASURED = r"about [\d.]+ \w+|code \w{8}|\d+ (?:of \d+ done|units)|\(polysem .*\)|\d+ workers?"


@pytest.mark.parametrize(("name", "command"), [("sweep", "example.toml"), ("status", "status example.zarr")])
def test_page_shows_what_is_printed(sweep, name, command):
    page = (DOCS / "sweeps.md").read_text(encoding="utf-8")
    example = re.search(r'```toml title="example.toml"\n(.*?)```', page, re.DOTALL)[1]
    assert example == (DOCS / "sweeps" / "example.toml").read_text(encoding="utf-8")
    Path("example.toml").write_text(example, encoding="utf-8")
    printed = sweep("example.toml").stdout
    printed = printed if name == "sweep" else sweep(*command.split()).stdout
    shown = re.search(rf"<!-- {name} -->\n```text\n(.*?)```", page, re.DOTALL)[1]
    assert re.sub(MEASURED, "...", printed) == re.sub(MEASURED, "...", shown)


@pytest.mark.slow
@pytest.mark.parametrize("options", [["--workers", "2"], ["--cluster", "local", "--workers", "2"]], ids=str)
def test_ctrl_c_of_a_real_sweep_loses_nothing_finished(tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    written(replicates=1, features=", ".join(map(str, range(1, 41))))
    text = Path("flow.toml").read_text().replace("l1 = 0.05", "l1 = 0.001")
    Path("flow.toml").write_text(text.replace("n_neurons = 8", "n_neurons = 512"))
    environment = os.environ | {"PYTHONPATH": str(Path(sweeping.__file__).parent.parent.parent)}
    process = subprocess.Popen(
        [*COMMAND, "flow.toml", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    ledger = tmp_path / "flow.zarr" / "ledger" / "c"
    while len(list(ledger.glob("*/*/*"))) < 8 and process.poll() is None:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: workers have it too
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.startswith("polysem: interrupted with "), err
    assert err.count("\n") == 1
    store = Store("flow.zarr")
    store.load()
    assert not store.damaged
    done = int((store.ledger[..., 0] > 0).sum())
    assert 8 <= done < 40
    done = subprocess.run(
        [*COMMAND, "flow.toml", *options, "--dry-run"],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert int(done.stdout.split()[0]) < 40
    assert done.stderr == ""
