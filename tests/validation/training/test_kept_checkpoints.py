"""Checkpoints that are damaged, made by hand, of two runs at once, or written when a run is to end."""

import json
import os
import signal

import numpy as np
import pytest
import safetensors.numpy
from safetensors import safe_open

from theory import Autoencoder
from theory.common import seal
from validation import train
from validation.training import checkpoints, course
from validation.training.blocks import Blocks

MODEL = Autoencoder(4, 20, l1=0.01)
SETTINGS = {"optimizer": "adam", "steps": 200, "learning_rate": 0.01, "replicates": 3, "seed": 2**80}


@pytest.fixture
def file(tmp_path):
    """The checkpoint of a run that is done."""
    train(MODEL, **SETTINGS, checkpoint=tmp_path / "run.safetensors")
    return tmp_path / "run.safetensors"


def again(file):
    return train(MODEL, **SETTINGS, checkpoint=file)


def altered(file, change, metadata=lambda said: said):
    """Change arrays, or what the file says, and seal it anew, as only who means to does."""
    with safe_open(file, "numpy") as opened:
        said = opened.metadata() | {"seal": seal.BLANK.decode()}
    arrays = safetensors.numpy.load_file(file)
    change(arrays)
    file.write_bytes(seal.sealed(safetensors.numpy.save(arrays, metadata(said))))


def put(name, change):
    return lambda arrays: arrays.__setitem__(name, np.ascontiguousarray(change(arrays[name])))


CHANGES = {
    "weights that are NaN": put("weights", lambda a: a * np.nan),
    "weights to be broadcast": put("weights", lambda a: a.ravel()[:1]),
    "weights of integers": put("weights", lambda a: a.astype(int)),
    "weights in the other precision": put("weights", lambda a: a.astype(float)),
    "weights of fewer replicates": put("weights", lambda a: a[:2]),
    "no weights": lambda arrays: arrays.pop("weights"),
    "no state": lambda arrays: [arrays.pop(name) for name in list(arrays) if name.startswith("state.")],
    "another state": lambda arrays: arrays.__setitem__("state.more", arrays["weights"]),
    "fewer records": put("record.energy", lambda a: a[:-1]),
    "no records": lambda arrays: [arrays.pop(name) for name in list(arrays) if name.startswith("record.")],
    "no steps": lambda arrays: arrays.pop("steps"),
    "steps on an axis too many": put("steps", lambda a: a[None]),
    "steps before the first": put("steps", lambda a: -a),
    "steps after the last": put("steps", lambda a: a + 1),
    "steps between two spans": put("steps", lambda a: a - 1),
    "steps that are no whole number": put("steps", lambda a: a - 0.5),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_no_such_run_would_have_is_refused(file, name):
    altered(file, CHANGES[name])
    with pytest.raises(ValueError, match=r"^checkpoint must hold what this run would have there"):
        again(file)


@pytest.mark.parametrize(
    "said",
    [
        lambda said: {**said, "run": "{"},
        lambda said: {**said, "run": "1"},
        lambda said: {name: text for name, text in said.items() if name != "run"},
        lambda said: {**said, "format": "polysem checkpoint 1"},
        lambda said: {"seal": said["seal"]},
        lambda said: {**said, "seal": "none", "other": said["seal"]},
    ],
)
def test_what_says_of_itself_something_else_is_refused(file, said):
    altered(file, lambda arrays: None, said)
    with pytest.raises(ValueError, match=r"^checkpoint must be one of polysem; .* is not$"):
        again(file)


def test_what_was_altered_without_a_seal_is_refused(file):
    arrays = safetensors.numpy.load_file(file)
    with safe_open(file, "numpy") as opened:
        safetensors.numpy.save_file(arrays | {"weights": arrays["weights"] + 1}, file, opened.metadata())
    with pytest.raises(ValueError, match=r"is damaged: its checksum does not fit$"):
        again(file)
    with pytest.raises(ValueError, match=r"^initial must be .* is damaged: its checksum does not fit$"):
        checkpoints.weights(file, 4, 20)


def test_a_header_that_says_too_much_is_no_safetensors_file(tmp_path):
    for header in (b"[" * 5000, b'{"__metadata__": 3}', b'{"__metadata__": {"a": 1}}', b"\xff" * 8):
        (tmp_path / "file").write_bytes(len(header).to_bytes(8, "little") + header)
        with pytest.raises(
            ValueError, match=r"^checkpoint must be a safetensors file; .*not a safetensors file"
        ):
            again(tmp_path / "file")
        with pytest.raises(ValueError, match=r"^checkpoint must be one of polysem"):
            checkpoints.save(tmp_path / "file", {}, {})


def test_two_runs_on_one_checkpoint_are_noticed(monkeypatch, tmp_path):
    """The other one begins and ends while this one is on its way."""
    file, record, calls = tmp_path / "run.safetensors", course.Course.record, []

    def record_and_let_another_run(self):
        record(self)
        calls.append(self)
        if len(calls) == 3:
            train(MODEL, steps=5, seed=1, checkpoint=file)

    monkeypatch.setattr(course.Course, "record", record_and_let_another_run)
    with pytest.raises(ValueError, match=r"^checkpoint must be of the same run; .* differs in .*steps$"):
        again(file)
    with safe_open(file, "numpy") as opened:
        assert json.loads(opened.metadata()["run"])["seed"] == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_checkpoint_is_written_before_a_run_is_terminated(monkeypatch, tmp_path, number):
    file, advance, calls, heard = tmp_path / "run.safetensors", Blocks.advance, [], []

    def terminated(self, steps, team):
        calls.append(steps)
        if len(calls) == 20:
            os.kill(os.getpid(), number)
        return advance(self, steps, team)

    def end(number, _):
        with safe_open(file, "numpy") as opened:
            heard.append((number, int(opened.get_tensor("steps")[0])))

    before = signal.signal(number, end)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(Blocks, "advance", terminated)
            part = again(file)
    finally:
        signal.signal(number, before)
    assert heard == [(number, sum(calls))]
    assert part.attrs["interrupted"] == 1
    assert 0 < part.step.values[-1] <= sum(calls) < 200
    assert again(file).identical(train(MODEL, **SETTINGS))


def test_what_is_no_file_is_refused_before_any_work(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name, reason in (
        ("pipe", "is a pipe, device or socket"),
        ("folder", "is a folder"),
        ("n" * 256, "too long"),
    ):
        with pytest.raises(ValueError, match=f"^checkpoint must be a file in a writable folder, .*{reason}"):
            again(tmp_path / name)
        with pytest.raises(ValueError, match=f"^initial must be a safetensors file; .*{reason}"):
            train(MODEL, steps=1, initial=tmp_path / name)
