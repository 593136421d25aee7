"""Bad command lines: each ends with exit code 2 and one line on the error stream."""

import os
import shlex
import subprocess
import sys
import warnings

import numpy as np
import pytest
import xarray as xr
from safetensors.numpy import save_file

from sim import simulate
from tests.bad_input.cases import one_line, soon
from theory import Autoencoder
from theory.common import schema
from validation import cli, train

MODEL = Autoencoder(4, 8, 0.02)
SMALL = "--n 4 --m 8 --l1 0.02"

WORDS = (
    ("fly", "COMMAND"),
    ("simulat", "COMMAND"),
    ("''", "COMMAND"),
    ("simulate --speed 3", "--speed"),
    ("simulate --N 5", "--N"),
    ("simulate -n 5", "-n"),
    ("train --learning_rate 1", "--learning_rate"),
    ("simulate --n", "--n"),
    ("train --tied=no", "--tied"),
    ("simulate 5", "polysem simulate"),
    ("train --tied no", "polysem train autoencoder"),
    ("derive threshold flow", "polysem derive"),
    ("check --json", "--json"),
    ("plot", "FILE"),
    ("analyze", "FILE"),
    ("derive ''", "NAME"),
    ("derive thresold", "NAME"),
    ("derive threshold --all", "NAME and --all"),
    ("derive --format LaTeX", "--format"),
    ("derive threshold --format pdf", "--format"),
    ("derive --all --format ''", "--format"),
    ("experiment ''", "NAME"),
    ("experiment nonsense", "NAME"),
    ("experiment rebrith", "NAME"),
    ("check ''", "CLAIM"),
    ("check decay", "CLAIM"),
    ("check energy time_lw", "CLAIM"),
)
NUMBERS = (
    ("simulate --n abc", "--n"),
    ("simulate --n ''", "--n"),
    ("simulate --n 1e3", "--n"),
    ("simulate --n 2.5", "--n"),
    ("simulate --n nan", "--n"),
    ("simulate --n -3", "--n"),
    ("simulate --n 0x10", "--n"),
    ("simulate --n 1000000000", "--n"),
    ("simulate --n 99999999999999999999", "--n"),
    (f"simulate --n {'9' * 5000}", "--n"),
    ("simulate --m 0", "--m"),
    ("simulate --m ½", "--m"),
    ("simulate --m 1000000000000", "--m"),
    ("simulate --l1 much", "--l1"),
    ("simulate --l1 ''", "--l1"),
    ("simulate --l1 nan", "--l1"),
    ("simulate --l1 1e400", "--l1"),
    ("simulate --l1 -1", "--l1"),
    ("simulate --l1 0", "--until"),
    ("simulate --l1-train inf", "--l1-train"),
    ("simulate --l1 0.1 --l1-train 0.4", "--l1 and --l1-train"),
    ("simulate --replicates 0", "--replicates"),
    ("simulate --replicates 3 --until 5", "--replicates"),
    ("simulate --replicates 1000000000000", "--replicates"),
    ("sparsify --m 0", "--m"),
    ("sparsify --m 1000000000000", "--m"),
    ("sparsify --l1 0", "--l1"),
    ("sparsify --seed -1", "--seed"),
    ("simulate --init-std 0", "--init-std"),
    ("simulate --init-std inf", "--init-std"),
    ("simulate --init-std 1e10", "--init-std"),
    ("simulate --init-std 1e200", "--init-std"),
    ("simulate --init-std 1,5", "--init-std"),
    ("simulate --seed -1", "--seed"),
    ("simulate --seed 1.5", "--seed"),
    ("simulate --seed -99999999999999999999999999", "--seed"),
    ("simulate --until 0", "--until"),
    ("simulate --until inf", "--until"),
    ("simulate --until -1", "--until"),
    ("simulate --until soon", "--until"),
    ("simulate --rtol 0", "--rtol"),
    ("simulate --rtol nan", "--rtol"),
    ("simulate --rtol 1e-300", "--rtol"),
    ("simulate --rtol 1e6 --method event", "--rtol"),
    ("simulate --method ''", "--method"),
    ("simulate --method Splitting", "--method"),
    ("simulate --forces ''", "--forces"),
    ("simulate --forces l1,,interference", "--forces"),
    ("simulate --forces l1,magic", "--forces"),
    ("simulate --forces l1,l1 --until 1", "--forces"),
    ("experiment rebirth --seed abc", "--seed"),
    ("experiment rebirth --seed -1", "--seed"),
    ("check energy --seed -1", "--seed"),
    ("check --seed 1.0", "--seed"),
    (f"train {SMALL} --steps 0", "--steps"),
    (f"train {SMALL} --steps 9223372036854775808", "--steps"),
    (f"train {SMALL} --steps 1000000000000000000000000", "--steps"),
    (f"train {SMALL} --steps 1e3", "--steps"),
    (f"train {SMALL} --learning-rate 0", "--learning-rate"),
    (f"train {SMALL} --learning-rate inf", "--learning-rate"),
    (f"train {SMALL} --learning-rate fast", "--learning-rate"),
    (f"train {SMALL} --steps 5 --learning-rate 1e30 --optimizer gd", "--learning-rate"),
    (f"train {SMALL} --replicates 0", "--replicates"),
    (f"train {SMALL} --replicates 1000000000000", "--replicates"),
    (f"train {SMALL} --l2 -1", "--l2"),
    (f"train {SMALL} --l2 nan", "--l2"),
    (f"train {SMALL} --seed -1", "--seed"),
)
OPTIONS = (
    ("train --optimizer ''", "--optimizer"),
    ("train --optimizer sgd", "--optimizer"),
    ("train --optimizer :", "--optimizer"),
    ("train --optimizer adamw:", "--optimizer"),
    ("train --optimizer adamw:,first=0.5", "--optimizer"),
    ("train --optimizer adamw:first", "--optimizer"),
    ("train --optimizer adamw:=1", "--optimizer setting"),
    ("train --optimizer adamw:learning_rate=1", "--optimizer setting"),
    ("train --optimizer gd:momentum=1", "--optimizer"),
    ("train --optimizer adamw:first=0.5,first=0.6", "--optimizer"),
    ("train --optimizer adamw:first=1", "--optimizer first"),
    ("train --optimizer adamw:first=much", "--optimizer first"),
    ("train --optimizer adamw:second=2", "--optimizer second"),
    ("train --optimizer adam:epsilon=-1", "--optimizer epsilon"),
    ("train --optimizer lamb:epsilon=nan", "--optimizer epsilon"),
    ("train --optimizer momentum:momentum=inf", "--optimizer momentum"),
    ("train --schedule linear", "--schedule"),
    ("train --schedule cosine:steps=3", "--schedule"),
    ("train --l1-on outputs", "--l1-on"),
    ("train --l1-step exact", "--l1-step"),
    ("train --l1-on activations --l1-step proximal", "--l1-step"),
    ("train --noise loud", "--noise"),
    ("train --noise gaussian", "--noise"),
    ("train --noise none:std=1", "--noise"),
    ("train --noise signs:std=-1", "--noise std"),
    ("train --noise signs:std=inf", "--noise std"),
    ("train --noise dropout:p=1", "--noise p"),
    ("train --inputs pairs", "--inputs"),
    ("train --inputs basis:p=1", "--inputs"),
    ("train --inputs independent", "--inputs"),
    ("train --inputs independent:p=2", "--inputs p"),
    ("train --inputs independent:p=nan", "--inputs p"),
    ("train --inputs anticorrelated:p=0.6", "--inputs p"),
    ("train --inputs independent:p=0.5,batch=0", "--inputs batch"),
    ("train --inputs independent:p=0.5,batch=1.5", "--inputs batch"),
    ("train --inputs independent:p=0.5,batch=1e18", "--inputs batch"),
    ("train --inputs independent:p=0.5,batch=1000000000000000000", "--inputs batch"),
    ("train --inputs independent:p=0.5,values=two", "--inputs values"),
    ("train --inputs power_law:p=0.5,exponent=nan", "--inputs exponent"),
    ("train --n 5 --inputs correlated:p=0.1", "--n"),
    ("train --activation tanh", "--activation"),
    ("train --init zeros", "--init"),
    ("train --dtype float16", "--dtype"),
    ("train --device tpu", "--device"),
)
LONG, LONGER = "é" * 200 + ".nc", "a" * 300 + ".nc"  # of 403 bytes and 303, where 255 are allowed
FILES = (
    ("simulate --out ''", "--out"),
    ("simulate --out .", "--out"),
    ("simulate --out missing/run.nc", "--out"),
    ("simulate --out ../given/text.txt/run.nc", "--out"),
    ("simulate --out ../given/loop.nc", "--out"),
    ("simulate --out ../given/fifo.nc", "--out"),
    (f"simulate --out {LONG}", "--out"),
    (f"simulate --out {LONGER}", "--out"),
    ("derive threshold --out .", "--out"),
    ("derive threshold --out missing/page", "--out"),
    ("experiment rebirth --out ''", "--out"),
    ("experiment rebirth --out missing/folder", "--out"),
    ("experiment rebirth --out ../given/text.txt", "--out"),
    ("experiment rebirth --out ../given/other", "--out"),
    ("check energy --json ''", "--json"),
    ("check energy --json .", "--json"),
    ("check energy --json missing/rows.json", "--json"),
    ("check energy --report ../given/text.txt", "--report"),
    ("check energy --report missing/report", "--report"),
    (f"train {SMALL} --steps 3 --checkpoint ''", "--checkpoint"),
    (f"train {SMALL} --steps 3 --checkpoint .", "--checkpoint"),
    (f"train {SMALL} --steps 3 --checkpoint missing/run", "--checkpoint"),
    (f"train {SMALL} --steps 3 --checkpoint ../given/fifo.safetensors", "--checkpoint"),
    (f"train {SMALL} --steps 3 --checkpoint ../given/text.txt", "--checkpoint"),
    (f"train {SMALL} --steps 3 --checkpoint ../given/weights.safetensors", "--checkpoint"),
    (f"train {SMALL} --steps 3 --checkpoint training.nc", "--checkpoint"),
    (f"train {SMALL} --steps 3 --checkpoint x --out x", "--checkpoint"),
    (f"train {SMALL} --steps 3 --checkpoint ../here/x --out ./x", "--checkpoint"),
    (f"train {SMALL} --steps 3 --initial missing", "--initial"),
    (f"train {SMALL} --steps 3 --initial ../given/fifo.safetensors", "--initial"),
    (f"train {SMALL} --steps 3 --initial ../given/text.txt", "--initial"),
    ("train --steps 3 --initial ../given/weights.safetensors", "--initial"),
    (
        f"train {SMALL} --steps 3 --initial ../given/weights.safetensors --out ../given/weights.safetensors",
        "--out",
    ),
    ("--", "polysem"),
    ("plot .", "FILE"),
    ("plot ..", "FILE"),
    ("plot ''", "FILE"),
    ("plot nothing.nc", "FILE"),
    ("plot ../given", "FILE"),
    ("plot ../given/text.txt", "FILE"),
    ("plot ../given/fifo.nc", "FILE"),
    ("plot ../given/loop.nc", "FILE"),
    ("plot ../given/cut.nc", "FILE"),
    ("plot ../given/foreign.nc", "FILE"),
    ("plot ../given/without.nc", "FILE"),
    (f"plot {LONGER}", "FILE"),
    ("plot ../given/run.nc --out picture.gif", "--out"),
    ("plot ../given/run.nc --out ''", "--out"),
    ("plot ../given/run.nc --out missing/picture.png", "--out"),
    ("plot ../given/run.png --out ../given/run.png", "--out"),
    ("analyze ''", "FILE"),
    ("analyze .", "FILE"),
    ("analyze missing.npy", "FILE"),
    ("analyze ../given/text.txt", "FILE"),
    ("analyze ../given/fifo.npy", "FILE"),
    ("analyze ../given/fifo.npz", "FILE"),
    ("analyze ../given/fifo.safetensors", "FILE"),
    ("analyze ../given/fifo.nc", "FILE"),
    ("analyze ../given/loop.nc", "FILE"),
    ("analyze ../given/empty.npy", "FILE"),
    ("analyze ../given/cut.npy", "FILE"),
    ("analyze ../given/cut.nc", "FILE"),
    ("analyze ../given/nan.npy", "FILE"),
    ("analyze ../given/vector.npy", "FILE"),
    ("analyze ../given/complex.npy", "FILE"),
    ("analyze ../given/objects.npy", "FILE"),
    ("analyze ../given/several.npz", "--key"),
    ("analyze ../given/several.npz --key c", "--key"),
    ("analyze ../given/replicates.nc", "--replicate"),
    ("analyze ../given/replicates.nc --replicate 2", "--replicate"),
    ("analyze ../given/weights.npy --replicate first", "--replicate"),
    ("simulate --out ../given/run.csv", "--out"),
    ("train --out run.json", "--out"),
    ("sparsify --out race.npz", "--out"),
    (f"analyze {LONGER[:-3]}.npy", "FILE"),
    ("analyze ../given/weights.npy --initial ../given/wide.npy", "--initial"),
    ("analyze ../given/weights.npy --initial missing.npy", "--initial"),
    ("analyze ../given/weights.npy --initial ''", "--initial"),
    ("analyze ../given/weights.npy --threshold 0", "--threshold"),
    ("analyze ../given/weights.npy --threshold 2", "--threshold"),
    ("analyze ../given/weights.npy --threshold nan", "--threshold"),
    ("analyze ../given/weights.npy --threshold half", "--threshold"),
    ("analyze ../given/weights.npy --json ../given/weights.npy", "--json"),
    ("analyze ../given/weights.npy --json ../given/fifo.json", "--json"),
    ("analyze ../given/weights.npy --report ../given/text.txt", "--report"),
)
CASES = [case for table in (WORDS, NUMBERS, OPTIONS, FILES) for case in table]


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A folder of files, good ones and bad ones; beside it commands run in ``here``, which is empty."""
    folder = tmp_path_factory.mktemp("command_line") / "given"
    (folder / "other").mkdir(parents=True)
    (folder.parent / "here").mkdir()
    run, weights = simulate(MODEL, until=1), np.eye(4, 8)
    schema.save(run, folder / "run.nc")
    schema.save(run, folder / "run.png")
    schema.save(run, folder / "other" / "rebirth.nc")
    schema.save(run.drop_vars("energy"), folder / "without.nc")
    schema.save(train(MODEL, steps=2, replicates=2), folder / "replicates.nc")
    xr.Dataset({"final": ("x", [1.0])}).to_netcdf(folder / "foreign.nc", engine="h5netcdf")
    save_file({"encoder.weight": np.ascontiguousarray(weights.T)}, folder / "weights.safetensors")
    arrays = {
        "weights": weights,
        "wide": np.eye(4, 9),
        "nan": weights * np.nan,
        "vector": weights[0],
        "complex": weights * 1j,
        "objects": np.array([[None]]),
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    np.savez(folder / "several.npz", a=weights, b=weights)
    for name, kept in (("cut.npy", "weights.npy"), ("cut.nc", "run.nc")):
        (folder / name).write_bytes((folder / kept).read_bytes()[:-100])
    (folder / "empty.npy").touch()
    (folder / "text.txt").write_text("no numbers\n")
    (folder / "loop.nc").symlink_to("loop.nc")
    for ending in ("nc", "npy", "npz", "safetensors", "json"):
        os.mkfifo(folder / f"fifo.{ending}")
    return folder


def seen(folder):
    return {path: (path.lstat().st_size, path.lstat().st_mtime_ns) for path in folder.parent.rglob("*")}


@pytest.fixture
def polysem(given, monkeypatch, capfd):
    """Run the function behind the entry point, in ``here``; return how it ended and what it said."""
    monkeypatch.chdir(given.parent / "here")
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # put back afterwards

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["polysem", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code, *capfd.readouterr()

    return run


@pytest.mark.parametrize(("line", "names"), CASES, ids=[line[:80] for line, _ in CASES])
def test_refused(polysem, given, line, names):
    before = seen(given)
    with soon():
        code, out, err = polysem(*shlex.split(line))
    assert (code, out) == (2, ""), err
    assert err.startswith("polysem: "), err
    assert "not refused within" not in err
    one_line(err.removeprefix("polysem: ").removesuffix("\n"), names)
    assert seen(given) == before, "something was written"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["simulate", "--n", "abc"], b"polysem: --n must be a whole number, got 'abc'\n"),
        (["simulate", "--l1", "a\nb"], b"polysem: --l1 must be a number, got 'a\\nb'\n"),
        (["simulate", "--l1", b"\xff"], b"polysem: --l1 must be a number, got '\\udcff'\n"),
        (["simulate", "--speed", "3"], b"polysem: --speed must be an option of polysem simulate; "),
        (["experiment", "rebrith"], b"polysem: NAME must be one of the "),
        (["plot", b"\xff\x1b[31m.nc"], b"polysem: FILE must be a result of polysem; \\udcff\\x1b[31m.nc: "),
    ],
)
def test_refused_by_a_process_of_its_own(given, arguments, line):
    command = [sys.executable, "-c", "from validation.cli import main; main()", *arguments]
    done = subprocess.run(command, capture_output=True, cwd=given.parent / "here", timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(line)
    assert done.stderr.count(b"\n") == 1
    assert not list((given.parent / "here").iterdir())


def test_seed_of_any_length(polysem, given):
    code, _, err = polysem("simulate", *SMALL.split(), "--seed", str(10**30), "--out", "../seed.nc")
    assert (code, err) == (0, "")
    assert schema.load(given.parent / "seed.nc").attrs["seed"] in (10**30, str(10**30))
