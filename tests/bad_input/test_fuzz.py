"""Made-up command lines and damaged files: a command does what it says, or ends in one line.

A run of the suite tries the same examples each time, in about half a minute; more: `tests.bad_input.fuzzing`.
"""

import contextlib
import io
import os
import re
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, strategies as st
from safetensors.numpy import save_file

from sim import simulate
from tests.bad_input.cases import one_line, soon
from tests.bad_input.fuzzing import TRIED, examples
from theory import Autoencoder
from theory.common import schema, seal
from theory.common.netcdf import HEAD
from validation import cli, train
from validation.experiments import catalogue
from validation.training.settings import CHOICES, OPTIONS

SECONDS = 30  # for what is small, beside whatever else runs

MODEL = Autoencoder(4, 8, 0.02)
NAMES = {experiment.name for experiment in catalogue.EXPERIMENTS}


# what one types; on no command line is there a zero byte
WORD = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
    st.sampled_from(["", " ", "-", "--", "=", ":", ",", "\n", "\x1b[31m", "½", "٣", "\udcff", "None", "[]"]),
)
WILD = st.one_of(
    WORD,
    st.integers(max_value=0).map(str),
    st.integers(min_value=2**63).map(str),
    st.sampled_from(["nan", "inf", "-inf", "1e400", "-0.0", "1e18", "9" * 5000, "0x10", "1_0", " 3"]),
)
WHOLE = st.one_of(WILD, st.integers(1, 6).map(str))
REAL = st.one_of(WILD, st.floats().map(repr), st.floats(0.01, 1).map(repr))
SETTING = st.sampled_from(
    sorted({field for kinds in OPTIONS.values() for kind in kinds.values() for field in kind.__annotations__})
)
OUT = st.sampled_from(["", ".", "..", "x", "x.nc", "x.png", "missing/x.nc", "../given/pipe.nc", "a" * 300])


def kind_of(name):
    """A line for an option of training that is an object, such as ``adamw:second=0.9``."""
    head = st.one_of(st.sampled_from(sorted(OPTIONS[name])), WORD)
    pair = st.one_of(st.tuples(SETTING, REAL).map("=".join), WORD)
    pairs = st.lists(pair, max_size=3).map(lambda pairs: ":" + ",".join(pairs))
    return st.tuples(head, st.one_of(st.just(""), pairs)).map("".join)


MODELS = {"--n": WHOLE, "--m": WHOLE, "--l1": REAL, "--l1-train": REAL, "--init-std": REAL, "--seed": WHOLE}
COMMANDS = {
    "simulate": MODELS
    | {"--until": REAL, "--rtol": REAL, "--out": OUT}
    | {"--method": st.sampled_from(["splitting", "event", "euler"]) | WORD}
    | {"--forces": st.lists(st.sampled_from(["l1", "interference"]) | WORD, max_size=3).map(",".join)},
    "train": MODELS
    | {"--learning-rate": REAL, "--l2": REAL, "--replicates": WHOLE, "--steps": WHOLE}
    | {"--out": OUT, "--checkpoint": OUT, "--initial": OUT, "--untied": st.just(None)}
    | {f"--{name}": kind_of(name) for name in OPTIONS}
    | {f"--{name.replace('_', '-')}": st.sampled_from(kinds) | WORD for name, kinds in CHOICES.items()},
    "plot": {"--out": OUT},
    "analyze": {"--initial": OUT, "--threshold": REAL, "--json": OUT}
    | {"--key": WORD, "--replicate": WHOLE, "--transpose": st.just(None)},
    "derive": {"--format": st.sampled_from(["text", "latex"]) | WORD, "--list": st.just(None)},
    "experiment": {"--seed": WHOLE},
    "check": {"--seed": WHOLE, "--json": OUT},
}
FIRST = {
    "simulate": ["--n", "4", "--m", "8", "--l1", "0.05"],
    "train": ["--n", "4", "--m", "8", "--l1", "0.05", "--steps", "5"],
}
PLACE = {
    "plot": st.sampled_from(["../given/run.nc", "../given/weights.npy"]) | WORD,
    "analyze": st.sampled_from(["../given/run.nc", "../given/weights.npy"]) | WORD,
    "derive": st.sampled_from(["threshold", "thresh"]) | WORD,
    "experiment": WORD,
    "check": WORD,
}


@st.composite
def lines(draw):
    """A command line that takes a moment if it is a good one."""
    command = draw(st.sampled_from([*COMMANDS, *COMMANDS, ""]))
    if not command:
        return [draw(WORD)]
    options = COMMANDS[command]
    line = [command, *FIRST.get(command, [])]
    if command in PLACE:
        name = draw(PLACE[command])
        line.append("nothing" if name in NAMES or name.startswith("-") else name)
    for option in draw(st.lists(st.sampled_from(sorted(options)), max_size=3)):
        value = draw(options[option])
        line += [option] if value is None else [option, value]
    return line + (draw(st.lists(WORD, max_size=1)) if draw(st.integers(0, 9)) == 0 else [])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of good files; beside it commands run in ``here``."""
    folder = tmp_path_factory.mktemp("fuzz") / "given"
    folder.mkdir()
    (folder.parent / "here").mkdir()
    os.mkfifo(folder / "pipe.nc")
    weights = np.linspace(-1, 1, 32).reshape(4, 8)
    schema.save(simulate(MODEL, until=1), folder / "run.nc")
    np.save(folder / "weights.npy", weights)
    np.savez_compressed(folder / "weights.npz", final=weights, initial=weights)
    save_file({"encoder.weight": weights.T.copy(), "bias": weights[0]}, folder / "weights.safetensors")
    train(MODEL, steps=5, checkpoint=folder / "run.safetensors")
    return folder


def tried(folder, *arguments):
    """Run a command, see that it ended as it may, and return its exit code; what it wrote is deleted."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    here = folder.parent / "here"
    before, shown, typed = sorted(here.iterdir()), warnings.showwarning, sys.argv
    sys.argv = ["polysem", *arguments]
    try:
        with (
            contextlib.chdir(here),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            soon(SECONDS),
            pytest.raises(SystemExit) as ended,
        ):
            cli.main()
    finally:
        warnings.showwarning, sys.argv = shown, typed
        left = sorted(set(here.iterdir()) - set(before))
        for path in left:
            path.unlink()
    code, said = ended.value.code, err.buffer.getvalue().decode()
    assert code in (0, 2), said
    assert "not refused within" not in said
    if code == 2:
        assert out.buffer.getvalue() == b""
        assert not left, "something was written"
        line = said.removeprefix("polysem: ").removesuffix("\n")
        one_line(line, re.split(" must | needs ", line)[0])
    TRIED["commands", code == 2] += 1
    return code


@examples(150)
@given(line=lines())
def test_made_up_command_lines(folder, line):
    tried(folder, *line)


@st.composite
def damage(draw):
    """What is done to the content of a file: (place, bytes) that are written there, and where it is cut."""
    place = st.integers(0, 300) | st.integers(0, 2**15)
    values = st.binary(min_size=1, max_size=8) | st.sampled_from([b"\0" * 64, b"\xff" * 8, b"9" * 16])
    return draw(st.lists(st.tuples(place, values), max_size=4)), draw(st.none() | place)


def damaged(content, changes, cut, checksum):
    """Return what is left of a file, with a checksum that fits if that is to be."""
    left = bytearray(content)
    for place, values in changes:
        place %= len(content)
        left[place : place + len(values)] = values
    left = bytes(left if cut is None else left[: cut % len(content)])
    place = left.find(seal.MARK)
    if checksum and place >= 0:
        left = seal.sealed(left[:place] + seal.BLANK + left[place + len(seal.BLANK) :])
    return left


@examples(120)
@given(name=st.sampled_from(["weights.npy", "weights.npz", "weights.safetensors"]), how=damage())
def test_damaged_encodings(folder, name, how):
    path = folder.parent / "here" / f"read{name[7:]}"
    path.write_bytes(damaged((folder / name).read_bytes(), *how, checksum=False))
    tried(folder, "analyze", path.name)
    tried(folder, "train", *FIRST["train"], "--initial", path.name)
    path.unlink()


@examples(60)
@given(how=damage(), checksum=st.booleans())
def test_damaged_checkpoints(folder, how, checksum):
    path = folder.parent / "here" / "read.safetensors"
    path.write_bytes(damaged((folder / "run.safetensors").read_bytes(), *how, checksum))
    kept = path.read_bytes()
    command = ["train", "--n", "4", "--m", "8", "--l1", "0.02", "--steps", "5", "--optimizer", "gd"]
    if tried(folder, *command, "--checkpoint", path.name) == 2:
        assert path.read_bytes() == kept
    path.unlink()


@examples(40)
@given(how=damage())
def test_damaged_results(folder, how):
    """One whose checksum was made to fit again is beyond this: HDF5 can go on for ever at it."""
    path = folder.parent / "here" / "read.nc"
    path.write_bytes(damaged((folder / "run.nc").read_bytes(), *how, checksum=False))
    tried(folder, "analyze", path.name)
    tried(folder, "plot", path.name)
    path.unlink()


@examples(4)
@given(how=damage())
def test_damaged_results_of_others(folder, how):
    """Without a checksum: they are read by a process of their own, which may crash, and has so much time."""
    path = folder.parent / "here" / "read.nc"
    path.write_bytes(damaged((folder / "run.nc").read_bytes()[HEAD:], *how, checksum=False))
    tried(folder, "analyze", path.name)
    path.unlink()


@examples(40)
@given(content=st.binary(max_size=200), end=st.sampled_from(["npy", "npz", "safetensors", "nc"]))
def test_files_of_any_bytes(folder, content, end):
    path = folder.parent / "here" / f"read.{end}"
    path.write_bytes(content)
    assert tried(folder, "analyze", path.name) == 2
    path.unlink()
