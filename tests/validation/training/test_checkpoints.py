import sys

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from theory import Autoencoder
from validation import train
from validation.training import checkpoints, course, parts
from validation.training.blocks import Blocks
from validation.training.inputs import Independent
from validation.training.noise import Signs
from validation.training.parts import Parts

MODEL = Autoencoder(4, 20, l1=0.01)
RUNS = {
    "gd": {"optimizer": "gd", "l1_step": "proximal"},
    "momentum": {"optimizer": "momentum", "schedule": "cosine"},
    "adamw": {"optimizer": "adamw", "dtype": "float32"},
    "lamb": {
        "optimizer": "lamb",
        "noise": Signs(std=0.1),
        "inputs": Independent(p=0.4, batch=8),
        "tied": False,
    },
    "in parts": {"optimizer": "adam", "dtype": "float64"},
}


def interrupt_after(monkeypatch, kind, advances):
    """Ctrl-C during the given call of `advance`; what is under way is finished, as it is then."""
    advance, calls = kind.advance, []

    def interrupted(self, steps, team):
        advance(self, steps, team)
        calls.append(steps)
        return len(calls) == advances

    monkeypatch.setattr(kind, "advance", interrupted)


@pytest.mark.parametrize("advances", [1, 20, 77])
@pytest.mark.parametrize("name", RUNS)
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(monkeypatch, tmp_path, name, advances):
    settings = {"steps": 200, "learning_rate": 0.01, "replicates": 3, **RUNS[name]}
    if name == "in parts":
        monkeypatch.setattr(parts, "PART", 30)
    file = tmp_path / "run.safetensors"
    whole = train(MODEL, **settings)
    with monkeypatch.context() as patch:
        interrupt_after(patch, Parts if name == "in parts" else Blocks, advances)
        part = train(MODEL, **settings, checkpoint=file)
    assert part.attrs["interrupted"] == 1
    assert part.step.values[-1] < 200
    np.testing.assert_array_equal(part.energy, whole.energy[:, : part.step.size])
    resumed = train(MODEL, **settings, checkpoint=file)
    assert resumed.identical(whole)
    assert train(MODEL, **settings, checkpoint=file).identical(whole)  # nothing is left to do


def test_interruption_without_a_checkpoint_is_raised(monkeypatch):
    interrupt_after(monkeypatch, Blocks, 3)
    with pytest.raises(KeyboardInterrupt):
        train(MODEL, steps=100)


def test_interruption_between_spans_leaves_the_last_checkpoint(monkeypatch, tmp_path):
    file = tmp_path / "run.safetensors"
    settings = {"steps": 200, "learning_rate": 0.01}
    record, calls = course.Course.record, []

    def interrupted(course):
        calls.append(course)
        if len(calls) == 20:
            raise KeyboardInterrupt
        record(course)

    with monkeypatch.context() as patch:
        patch.setattr(course, "CHECKPOINT_SECONDS", 0.0)
        patch.setattr(course.Course, "record", interrupted)
        assert train(MODEL, **settings, checkpoint=file).attrs["interrupted"] == 1
    assert train(MODEL, **settings, checkpoint=file).identical(train(MODEL, **settings))


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_keeps_what_is_done(interrupt, tmp_path):
    """A real one, to a real process."""
    done = interrupt(
        "from theory import Autoencoder; from validation import train\n"
        "result = train(Autoencoder(4, 8, 0.01), steps=10**7, checkpoint='run.safetensors')\n"
        "print(result.attrs['interrupted'])"
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "1\n")
    with safe_open(tmp_path / "run.safetensors", "numpy") as file:
        assert 20_000 < file.get_tensor("steps")[0] < 10**7


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"learning_rate": 0.02}, "learning_rate"),
        ({"seed": 4}, "initial, seed"),
        ({"optimizer": "adam"}, "optimizer"),
        ({"model": Autoencoder(4, 20, l1=0.02)}, "model"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, change, name):
    file = tmp_path / "run.safetensors"
    settings = {"model": MODEL, "steps": 5, "learning_rate": 0.01, "seed": 3}
    train(**settings, checkpoint=file)
    before = file.read_bytes()
    with pytest.raises(ValueError, match=f"checkpoint must be of the same run; .* differs in {name}$"):
        train(**{**settings, **change}, checkpoint=file)
    assert file.read_bytes() == before


def test_other_files_are_refused(tmp_path):
    (tmp_path / "text").write_text("no tensors")
    save_file({"weight": np.ones((4, 20))}, tmp_path / "weights")
    for name, message in (("text", ".*not a safetensors file"), ("weights", "one of polysem")):
        with pytest.raises(ValueError, match=f"^checkpoint must be (a safetensors file; )?{message}"):
            train(MODEL, steps=5, checkpoint=tmp_path / name)


def test_pytorch_state_dict(tmp_path):
    """``torch.nn.Linear`` has weights (output, input): an encoder's are the transposed encodings."""
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file as save_state

    file = tmp_path / "model.safetensors"
    model = torch.nn.ModuleDict({"encoder": torch.nn.Linear(4, 20), "decoder": torch.nn.Linear(20, 4)})
    save_state(model.state_dict(), file)
    result = train(MODEL, steps=1, tied=False, initial=file)
    np.testing.assert_array_equal(result.initial[0], model["encoder"].weight.detach().numpy().T)
    np.testing.assert_array_equal(result.initial_decoder[0], model["decoder"].weight.detach().numpy())


@pytest.mark.parametrize(
    ("name", "shape"), [("W", (4, 20)), ("layer.weight", (20, 4)), ("encoder.weight", (20, 4))]
)
def test_one_matrix(tmp_path, name, shape):
    matrix = np.arange(80, dtype=np.float32).reshape(shape)
    save_file({name: matrix, "bias": np.ones(20, np.float32)}, tmp_path / "file")
    read = checkpoints.weights(tmp_path / "file", 4, 20)
    np.testing.assert_array_equal(read, matrix if shape == (4, 20) else matrix.T)
    assert read.dtype == np.float64


def test_square_encoder_is_transposed(tmp_path):
    matrix = np.arange(9.0).reshape(3, 3)
    save_file({"encoder.weight": matrix}, tmp_path / "file")
    np.testing.assert_array_equal(checkpoints.weights(tmp_path / "file", 3, 3), matrix.T)


def test_files_without_such_a_matrix(tmp_path):
    save_file({"a": np.ones((3, 3)), "b": np.ones(4)}, tmp_path / "file")
    with pytest.raises(
        ValueError, match=r"initial must hold one matrix of 4 features .* has a \(3, 3\), b \(4,\)"
    ):
        checkpoints.weights(tmp_path / "file", 4, 20)
    with pytest.raises(ValueError, match=r"initial must be a safetensors file; .*: no such file"):
        checkpoints.weights(tmp_path / "none", 4, 20)
