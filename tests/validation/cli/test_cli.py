"""The command line through its real entry point."""

import errno
import json
import os
import shlex
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
import typer

from sim import ensemble, sparsify
from theory import Autoencoder, TwoLayer, interference
from theory.common import schema
from validation import cli, train
from validation.cli.examples import EXAMPLES
from validation.experiments import checking
from validation.training.blocks import Blocks
from validation.training.inputs import Correlated
from validation.training.noise import Signs
from validation.training.optimizers import Momentum
from validation.training.schedules import Periodic

TINY = ("--n", "4", "--m", "8", "--l1", "0.02", "--steps", "50")
POLYSEM = Path(sys.executable).with_name("polysem")


def in_process_of_its_own(folder, *command):
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=120, check=False)


def test_help_imports_nothing_heavy(tmp_path):
    seen = "import sys, validation.cli; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = in_process_of_its_own(tmp_path, sys.executable, "-c", seen).stdout.split()
    assert "typer" in loaded
    assert not {"numpy", "scipy", "numba", "sympy", "xarray", "matplotlib"} & set(loaded)


def test_version(polysem):
    assert polysem("--version").stdout == f"polysem {metadata.version('polysem')}\n"


def commands(app):
    """Yield all commands of an application with the words that lead to them."""

    def below(command, words):
        for name, one in getattr(command, "commands", {}).items():
            yield [*words, name], one
            yield from below(one, [*words, name])

    yield from below(typer.main.get_command(app), [])


def test_every_help_ends_with_an_example_that_can_be_typed(polysem):
    known = {" ".join(words) for words, _ in commands(cli.app)} | {"train", "sweep"}
    for words, command in commands(cli.app):
        assert command.epilog.startswith("Example: polysem "), words
    for line in EXAMPLES:
        program, *words = shlex.split(line)
        assert program == "polysem"
        assert words[0] in known
        context = typer.main.get_command(cli.app).make_context("polysem", list(words))  # reads no option yet
        rest, command = list(words), context.command
        while hasattr(command, "resolve_command"):
            _, command, rest = command.resolve_command(context, rest)
            if hasattr(command, "commands") and (not rest or rest[0] not in command.commands):
                rest = [{"train": "autoencoder", "sweep": "run"}[words[0]], *rest]
            context = command.make_context(words[0], list(rest), parent=context)
        assert command.callback is not None


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion(tmp_path, shell):
    asked = {
        "bash": {"COMP_WORDS": "polysem spars", "COMP_CWORD": "1"},
        "zsh": {"_TYPER_COMPLETE_ARGS": "polysem spars"},
    }
    environment = os.environ | asked[shell] | {"_POLYSEM_COMPLETE": f"complete_{shell}"}
    done = subprocess.run(
        [POLYSEM], env=environment, capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert "sparsify" in done.stdout
    assert "simulate" not in done.stdout


@pytest.mark.parametrize(
    ("typed", "meant"), [("train --lr 3", "--learning-rate"), ("simulate --random-state 3", "--seed")]
)
def test_what_an_option_is_called_elsewhere_is_known(polysem, typed, meant):
    assert polysem(*typed.split()).stderr.endswith(f"did you mean {meant}?\n")


def test_simulate_several_runs(polysem, tmp_path):
    small = ("--n", "4", "--m", "8", "--l1", "0.02", "--rtol", "0.01")
    assert polysem("simulate", *small, "--replicates", "3", "--seed", "5", "--out", "runs.nc").returncode == 0
    assert schema.load("runs.nc").identical(ensemble(Autoencoder(4, 8, 0.02), 3, seed=5, rtol=0.01))


def test_sparsify(polysem, tmp_path):
    done = polysem("sparsify", "--m", "50", "--l1", "0.01", "--seed", "3", "--out", "race.nc")
    assert done.returncode == 0, done.stderr
    weights = Autoencoder(1, 50, 0.01).initial(np.random.default_rng(3))[0]
    assert schema.load("race.nc").equals(sparsify(weights, 0.01))
    assert done.stdout.startswith("time to sparsity: ")


def test_help_names_every_command(polysem):
    shown = polysem("--help")
    assert shown.returncode == 0
    for command in ("check", "derive", "simulate", "train", "experiment", "plot"):
        assert command in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("simulate --n -3", "--n must be a whole number of at least 1, got -3"),
        ("simulate --n 2.5", "--n must be a whole number, got '2.5'"),
        ("simulate --m 0", "--m must be a whole number of at least 1, got 0"),
        ("simulate --l1 nan", "--l1 must be a finite number of at least 0, got nan"),
        ("simulate --l1 0", "--until must be given"),
        ("simulate --l1 0.1 --l1-train 0.4", "--l1 and --l1-train must not be given together"),
        ("simulate --init-std 0", "--init-std must be a finite number greater than 0, got 0.0"),
        ("simulate --seed -1", "--seed must be a whole number of at least 0, got -1"),
        ("simulate --until -1", "--until must be a finite number greater than 0, got -1.0"),
        ("simulate --method leap", "--method must be one of"),
        ("simulate --forces l1,magic", "--forces must be one of"),
        ("simulate --out missing/run.nc", "--out must be a file in a writable folder"),
        ("simulate --out .", "--out must be a file in a writable folder"),
        ("experiment nonsense", "NAME must be one of"),
        ("experiment winner_decided --out missing/folder", "--out must be a folder that can be written to"),
        ("experiment winner_decided --seed -1", "--seed must be a whole number of at least 0, got -1"),
        ("train --steps 0", "--steps must be a whole number of at least 1, got 0"),
        ("train --optimizer sgd", "--optimizer must be one of gd, momentum, adam, adamw, lamb, got 'sgd'"),
        ("train --learning-rate -1", "--learning-rate must be a finite number greater than 0, got -1.0"),
        ("train --replicates 0", "--replicates must be a whole number of at least 1, got 0"),
        ("train two-layer --n-inputs 999", "--n-inputs must be at most n_features = 128, got 999"),
        ("train two-layer --task encode", "--task must be one of decoder, reprojector, absolute, got"),
        ("train --schedule linear", "--schedule must be one of constant, cosine, periodic, trapezoid, got"),
        ("train --l1-on outputs", "--l1-on must be one of weights, activations, got 'outputs'"),
        ("train --l1-step exact", "--l1-step must be one of subgradient, proximal, got 'exact'"),
        (
            "train --l1-on activations --l1-step proximal",
            "--l1-step must be subgradient for L1 on activations",
        ),
        ("train --l2 -1", "--l2 must be a finite number of at least 0, got -1.0"),
        ("train --l2 much", "--l2 must be a number, got 'much'"),
        ("train --noise loud", "--noise must be one of none, gaussian, signs, uniform, dropout, got 'loud'"),
        ("train --noise gaussian", "--noise must say std: gaussian:std=..."),
        ("train --noise signs:std=much", "--noise std must be a number, got 'much'"),
        ("train --inputs pairs", "--inputs must be one of basis, single, orthogonal, contexts, independent"),
        (
            "train --inputs independent:p=2",
            "--inputs p must be a finite number greater than 0 and at most 1, got 2.0",
        ),
        ("train --n 5 --inputs correlated:p=0.1", "--n must be even for inputs in pairs, got 5"),
        (
            "train --activation tanh",
            "--activation must be one of none, relu, gelu, solu, layer_norm, got 'tanh'",
        ),
        (
            "train --init zeros",
            "--init must be one of normal, xavier, uniform, orthogonal, notebook, got 'zeros'",
        ),
        ("train --device tpu", "--device must be one of cpu, cuda, got 'tpu'"),
        ("train --checkpoint missing/run", "--checkpoint must be a file in a writable folder"),
        ("train --steps 5 --learning-rate 1e30 --optimizer gd", "--learning-rate must be smaller"),
        ("plot nothing.nc", "FILE must be a result of polysem; nothing.nc: no such file"),
        ("plot nothing.nc --out picture.gif", "--out must end in"),
        ("check decay", "CLAIM must be one of"),
        ("check --seed -1", "--seed must be a whole number of at least 0, got -1"),
        ("check --json missing/rows.json", "--json must be a file in a writable folder"),
        ("check --report missing/report", "--report must be a folder that can be written to"),
        ("derive nonsense", "NAME must be"),
        ("derive threshold --format pdf", "--format must be one of text, latex, markdown, got 'pdf'"),
        ("derive threshold --all", "NAME and --all must not be given together"),
        ("simulate --speed 3", "--speed"),
        ("fly", "'fly'"),
    ],
)
def test_bad_input_is_one_clear_line(polysem, tmp_path, arguments, line):
    found = polysem(*arguments.split())
    assert found.returncode == 2
    assert found.stdout == ""
    assert found.stderr.count("\n") == 1
    assert found.stderr.startswith("polysem: ")
    assert line in found.stderr
    assert not list(tmp_path.iterdir())


def test_entry_point_in_a_process_of_its_own(tmp_path):
    good = in_process_of_its_own(tmp_path, POLYSEM, *["simulate", "--n", "4", "--m", "8", "--l1", "0.02"])
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.endswith("wrote simulation.nc\n")
    bad = in_process_of_its_own(tmp_path, POLYSEM, *["simulate", "--n", "-3", "--out", "bad.nc"])
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr == "polysem: --n must be a whole number of at least 1, got -3\n"
    assert [path.name for path in tmp_path.iterdir()] == ["simulation.nc"]


def test_folder_without_permission(polysem, monkeypatch):
    def denied(**_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(tempfile, "TemporaryFile", denied)  # root may write everywhere
    found = polysem("simulate", "--out", "run.nc")
    assert (found.returncode, found.stderr.count("\n")) == (2, 1)
    assert "permission denied" in found.stderr


def test_simulate_then_plot(polysem, tmp_path):
    made = polysem(*["simulate", "--n", "4", "--m", "8", "--l1", "0.02", "--seed", "5", "--out", "run.nc"])
    assert (made.returncode, made.stderr) == (0, "")
    assert "wrote run.nc" in made.stdout
    saved = schema.load(tmp_path / "run.nc")
    assert (saved.attrs["n_features"], saved.attrs["l1"], saved.attrs["seed"]) == (4, 0.02, 5)
    drawn = polysem("plot", "run.nc")
    assert (drawn.returncode, drawn.stdout) == (0, "wrote run.png\n")
    assert (tmp_path / "run.png").read_bytes().startswith(b"\x89PNG")


def test_few_neurons_give_one_warning(polysem):
    made = polysem(*["simulate", "--n", "4", "--m", "2", "--l1-train", "0.08", "--until", "2"])
    assert made.returncode == 0
    assert made.stderr == (
        "polysem: warning: --m = 2 is less than --n = 4: polysemanticity is then necessary, not incidental\n"
    )


def test_train_two_layer(polysem, tmp_path):
    small = (
        "--n",
        "16",
        "--n-inputs",
        "8",
        "--m",
        "24",
        "--probability",
        "0.1",
        "--steps",
        "5",
        "--batch",
        "8",
    )
    shown = polysem("train", "two-layer", *small, "--task", "absolute", "--schedule", "periodic:half=3")
    assert shown.returncode == 0
    assert shown.stdout.startswith("monosemantic neurons: ")
    saved = schema.load(tmp_path / "training.nc")
    model = TwoLayer(16, 8, 24, 0.1, task="absolute")
    assert saved.equals(train(model, steps=5, batch=8, schedule=Periodic(half=3)))


def test_train_then_plot(polysem, tmp_path):
    made = polysem("train", *TINY, "--replicates", "2", "--optimizer", "gd")
    assert made.returncode == 0, made.stderr
    assert "wrote training.nc" in made.stdout
    assert schema.load(tmp_path / "training.nc").sizes["replicate"] == 2
    assert polysem("plot", "training.nc", "--out", "training.svg").returncode == 0
    assert "<svg" in (tmp_path / "training.svg").read_text()


@pytest.mark.parametrize(
    ("option", "setting"),
    [
        ("--optimizer momentum:momentum=0.5", {"optimizer": Momentum(momentum=0.5)}),
        ("--schedule cosine", {"schedule": "cosine"}),
        ("--l1-on activations", {"l1_on": "activations"}),
        ("--l1-step proximal", {"l1_step": "proximal"}),
        ("--l2 0.5", {"l2": 0.5}),
        ("--noise signs:std=0.1", {"noise": Signs(std=0.1)}),
        ("--inputs correlated:p=0.3,batch=8", {"inputs": Correlated(p=0.3, batch=8)}),
        ("--dtype float64", {"dtype": "float64"}),
        ("--activation gelu", {"activation": "gelu"}),
        ("--untied", {"tied": False}),
        ("--init orthogonal", {"init": "orthogonal"}),
    ],
)
def test_options_of_train_do_what_its_arguments_do(polysem, option, setting):
    size = ["--n", "4", "--m", "8", "--l1", "0.02", "--steps", "20", "--learning-rate", "0.01"]
    done = polysem("train", *size, *option.split())
    assert (done.returncode, done.stderr) == (0, "")
    model = Autoencoder(4, 8, 0.02)
    plain = {"optimizer": "adamw", "steps": 20, "learning_rate": 0.01}
    saved = schema.load("training.nc")
    assert saved.identical(train(model, **plain | setting))
    assert not saved.equals(train(model, **plain))


def test_interrupted_training_goes_on_with_the_same_command(polysem, monkeypatch, tmp_path):
    command = ["train", *TINY, "--replicates", "2", "--noise", "signs:std=0.1", "--schedule", "cosine"]
    assert polysem(*command, "--out", "whole.nc").returncode == 0
    command += ["--checkpoint", "run.safetensors", "--out", "part.nc"]
    advance = Blocks.advance
    with monkeypatch.context() as patch:
        # Ctrl-C halfway: the steps under way are finished, as they are then
        patch.setattr(Blocks, "advance", lambda *given: advance(*given) or given[0].steppers[0].steps > 25)
        done = polysem(*command)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "polysem: interrupted, the same command goes on from run.safetensors\n"
    assert {path.name for path in tmp_path.iterdir()} == {"whole.nc", "run.safetensors"}
    assert polysem(*command).returncode == 0
    assert schema.load("part.nc").identical(schema.load("whole.nc"))


def test_checkpoint_of_another_run_is_refused(polysem, tmp_path):
    assert polysem("train", *TINY, "--checkpoint", "run.safetensors").returncode == 0
    before = (tmp_path / "run.safetensors").read_bytes()
    done = polysem("train", *TINY, "--checkpoint", "run.safetensors", "--l2", "0.1")
    assert (done.returncode, done.stderr) == (
        2,
        "polysem: --checkpoint must be of the same run; run.safetensors differs in l2\n",
    )
    assert (tmp_path / "run.safetensors").read_bytes() == before


def test_adamw_run_without_flow_times_can_be_drawn(polysem, tmp_path):
    assert polysem("train", *TINY, "--optimizer", "adamw").returncode == 0
    drawn = polysem("plot", "training.nc", "--out", "training.pdf")
    assert drawn.returncode == 0, drawn.stderr
    assert (tmp_path / "training.pdf").read_bytes().startswith(b"%PDF")


def test_check_writes_rows_and_report(polysem, tmp_path):
    done = polysem(
        "check", "malign_collision", "norm_relaxation", "--json", "rows.json", "--report", "report"
    )
    assert done.returncode == 0, done.stderr
    assert "malign_collision" in done.stdout
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert {row["claim"] for row in rows} == {"malign_collision", "norm_relaxation"}
    assert {row["verdict"] for row in rows} == {"agrees"}
    assert "wrote rows.json" in done.stdout
    assert f"wrote {Path('report') / 'report.html'}" in done.stdout
    assert (tmp_path / "report" / "norm_relaxation.svg").exists()


@pytest.mark.parametrize("factor", [1, 2])
def test_check_ends_with_1_when_a_number_is_not_as_expected(polysem, monkeypatch, factor):
    right = interference.initial_strength
    monkeypatch.setattr(interference, "initial_strength", lambda model: factor * right(model))
    done = polysem("check", "initial_interference")
    assert done.returncode == factor - 1, done.stderr
    assert ("DISAGREES" in done.stdout) == (factor == 2)


def test_check_lists_claims(polysem):
    listed = polysem("check", "--list")
    assert listed.returncode == 0
    assert "rough" in listed.stdout
    assert "time_law" in listed.stdout


def test_derive_prints_verifies_and_lists(polysem, tmp_path):
    one = polysem("derive", "malign_collision", "--verify")
    assert one.returncode == 0, one.stderr
    assert "Verified step by step" in one.stdout
    listed = polysem("derive", "--list", "--format", "markdown")
    assert "| malign_collision |" in listed.stdout
    assert polysem(*["derive", "--all", "--format", "latex", "--out", "all.tex"]).stdout == "wrote all.tex\n"
    text = (tmp_path / "all.tex").read_text()
    assert text.index("\\begin{document}") < text.index("malign collision") < text.index("\\end{document}")


def test_near_claim_is_named(polysem):
    assert "did you mean time_law" in polysem("check", "time_lw").stderr


@pytest.mark.parametrize(
    ("cause", "told"), [(KeyboardInterrupt(), True), (ValueError(), False), (None, False)]
)
def test_interruption_of_compiled_code_is_told_from_a_bug(polysem, monkeypatch, cause, told):
    def compiled(*_, **__):
        raise SystemError("returned a result with an exception set") from cause

    monkeypatch.setattr(checking, "check", compiled)
    if told:
        done = polysem("check")
        assert (done.returncode, done.stderr) == (130, "polysem: interrupted, nothing written\n")
    else:
        monkeypatch.setattr(sys, "argv", ["polysem", "check"])
        with pytest.raises(SystemError):
            cli.main()


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for children")
def test_interruption_is_a_clear_line_and_leaves_nothing(interrupt, tmp_path):
    arguments = ["polysem", *TINY[:-2], "--steps", "10000000", "--out", "run.nc"]
    arguments.insert(1, "train")
    done = interrupt(f"import sys; from validation import cli; sys.argv = {arguments}; cli.main()")
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "polysem: interrupted, nothing written\n"
    assert not list(tmp_path.iterdir())
