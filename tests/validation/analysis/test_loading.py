"""Files of encodings: what is read, and what is refused with which line, through the command line."""

import io
import json
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from sim import simulate
from theory import Autoencoder
from theory.common import files, memory, schema
from validation import analyze, train
from validation.analysis.loading import ENTRIES, PAIRS, load

PAIR = np.array([[1.0, 0, 0, 0], [-1, 0, 0, 0], [0, 0.5, 0, 0]])
BEFORE = np.arange(12.0).reshape(3, 4) / 10
ROOT = Path(__file__).parents[3]
PEAK = r"""
import re
import numpy as np
from validation import analyze
def peak():
    return 1024 * int(re.search(r"VmHWM:\s*(\d+)", open("/proc/self/status").read())[1])
weights = np.random.default_rng(0).normal(size=({n}, {m})).astype(np.float32)
analyze(weights[:5, :7])
before = peak()
analyze(weights)
print(peak() - before)
"""


def npy_bytes(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def safetensors_bytes(header, data):
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


class Trap:
    """What a pickle could do when it is read."""

    def __reduce__(self):
        return print, ("the pickle was run",)


def test_npy(tmp_path):
    np.save(tmp_path / "w.npy", np.asfortranarray(PAIR.astype(np.float32)))
    weights, initial, _ = load(tmp_path / "w.npy")
    np.testing.assert_array_equal(weights, PAIR)
    assert weights.dtype == np.float32
    assert initial is None


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("name", ["final", "weights", "whatever"])
def test_npz(tmp_path, save, name):
    save(tmp_path / "w.npz", **{name: PAIR, "initial": BEFORE})
    weights, initial, _ = load(tmp_path / "w.npz")
    np.testing.assert_array_equal(weights, PAIR)
    np.testing.assert_array_equal(initial, BEFORE)


def test_initial_from_a_file_of_its_own(tmp_path):
    np.save(tmp_path / "w.npy", PAIR)
    np.save(tmp_path / "before.npy", BEFORE)
    _, initial, _ = load(tmp_path / "w.npy", tmp_path / "before.npy")
    np.testing.assert_array_equal(initial, BEFORE)


def test_safetensors(tmp_path):
    save_file({"final": PAIR, "initial": BEFORE}, tmp_path / "w.safetensors")
    weights, initial, _ = load(tmp_path / "w.safetensors")
    np.testing.assert_array_equal(weights, PAIR)
    np.testing.assert_array_equal(initial, BEFORE)


def test_torch_encoder_is_transposed(tmp_path):
    save_file({"encoder.weight": np.ascontiguousarray(PAIR.T)}, tmp_path / "w.safetensors")
    np.testing.assert_array_equal(load(tmp_path / "w.safetensors")[0], PAIR)


LAYERS = {
    "nn.Linear": ({"weight": PAIR.T, "bias": BEFORE[0]}, True),
    "nn.Linear in a model": ({"model.hidden.weight": PAIR.T, "model.hidden.bias": BEFORE[0]}, True),
    "encoder and decoder": (
        {
            "encoder.weight": PAIR.T,
            "encoder.bias": BEFORE[0],
            "decoder.weight": BEFORE,
            "decoder.bias": BEFORE[:, 0],
        },
        True,
    ),
    "decoder alone": ({"decoder.weight": PAIR}, False),
    "toy models notebook": ({"W": PAIR, "b_final": BEFORE[:, 0]}, False),
    "SAELens": ({"W_enc": PAIR, "W_dec": BEFORE.T, "b_enc": BEFORE[0], "b_dec": BEFORE[:, 0]}, False),
    "TransformerLens": ({"W_in": PAIR, "W_out": BEFORE.T, "b_in": BEFORE[0], "b_out": BEFORE[:, 0]}, False),
    "nn.Sequential": (
        {"0.weight": PAIR.T, "0.bias": BEFORE[0], "2.weight": BEFORE, "2.bias": BEFORE[:, 0]},
        True,
    ),
    "ten layers on": ({"10.weight": BEFORE, "2.weight": PAIR.T}, True),
    "sequence, which is no encoder": ({"sequence.0.weight": PAIR.T, "sequence.2.weight": BEFORE}, True),
}


@pytest.mark.parametrize("name", LAYERS)
def test_ordinary_weights(tmp_path, name):
    tensors, transposed = LAYERS[name]
    save_file(
        {key: np.ascontiguousarray(array) for key, array in tensors.items()}, tmp_path / "w.safetensors"
    )
    weights, initial, origin = load(tmp_path / "w.safetensors")
    np.testing.assert_array_equal(weights, PAIR)
    assert initial is None
    assert ("transposed" in origin) == transposed
    assert origin.endswith("3 features × 4 neurons")


def test_what_was_read_and_which_way_round_is_said(polysem, tmp_path):
    save_file(
        {"lin.weight": np.ascontiguousarray(PAIR), "lin.bias": BEFORE[:, 0]}, tmp_path / "w.safetensors"
    )
    done = polysem("analyze", "w.safetensors")
    assert done.stdout.startswith("read lin.weight, transposed: 4 features × 3 neurons\n")
    assert done.stderr.startswith("polysem: warning: w.safetensors does not tell which axis is which")
    done = polysem("analyze", "w.safetensors", "--no-transpose")
    assert done.stdout.startswith("read lin.weight: 3 features × 4 neurons\n")
    assert done.stderr == ""


def test_one_of_several_arrays(tmp_path):
    np.savez(tmp_path / "w.npz", a=PAIR.T, b=BEFORE)
    np.testing.assert_array_equal(load(tmp_path / "w.npz", key="a", transpose=True).weights, PAIR)


def test_one_of_several_networks(polysem, tmp_path):
    run = train(Autoencoder(3, 6, 0.02), steps=5, replicates=2, checkpoint=tmp_path / "run.safetensors")
    schema.save(run, tmp_path / "run.nc")
    for name in ("run.nc", "run.safetensors"):
        np.testing.assert_array_equal(load(tmp_path / name, replicate=1).weights, run.final[1])
    np.testing.assert_array_equal(load(tmp_path / "run.nc", replicate=1).initial, run.initial[1])
    assert polysem("analyze", "run.nc", "--replicate", "1").returncode == 0


def test_an_untied_checkpoint_gives_its_encoder(tmp_path):
    path = tmp_path / "run.safetensors"
    run = train(Autoencoder(3, 6, 0.02), steps=5, tied=False, checkpoint=path)
    np.testing.assert_array_equal(load(path).weights, run.final[0])


def test_a_result_is_taken_as_it_is():
    run = simulate(Autoencoder(3, 6, 0.02))
    assert analyze(run).identical(analyze(run.final.values, run.initial.values))
    with pytest.raises(
        TypeError, match=r"^weights must be encodings, or a result that has them as final, got energy"
    ):
        analyze(run[["energy"]])


def test_bfloat16(tmp_path):
    halves = (PAIR.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()
    header = {
        "other": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
        "weights": {"dtype": "BF16", "shape": [3, 4], "data_offsets": [4, 28]},
    }
    (tmp_path / "w.safetensors").write_bytes(safetensors_bytes(header, bytes(4) + halves))
    np.testing.assert_array_equal(load(tmp_path / "w.safetensors")[0], PAIR)


def test_our_own_results(tmp_path):
    run = simulate(Autoencoder(3, 6, 0.02))
    schema.save(run, tmp_path / "flow.nc")
    weights, initial, _ = load(tmp_path / "flow.nc")
    np.testing.assert_array_equal(weights, run.final)
    np.testing.assert_array_equal(initial, run.initial)
    schema.save(train(Autoencoder(3, 6, 0.02), steps=5), tmp_path / "trained.nc")
    assert load(tmp_path / "trained.nc")[0].shape == (3, 6)


def test_axes_are_known_by_their_names(tmp_path):
    run = simulate(Autoencoder(3, 6, 0.02))
    schema.save(run.transpose(), tmp_path / "flow.nc")
    weights, initial, _ = load(tmp_path / "flow.nc")
    np.testing.assert_array_equal(weights, run.final)
    np.testing.assert_array_equal(initial, run.initial)
    assert analyze(run.final.T, run.initial.T).identical(analyze(run.final.values, run.initial.values))


def several_networks(path):
    schema.save(train(Autoencoder(3, 6, 0.02), steps=5, replicates=2), path)


WRONG = {
    "text.npy": (b"1 2 3\n4 5 6\n", "holds no NumPy array"),
    "empty.npy": (b"", "holds no NumPy array"),
    "archive.npy": (lambda path: np.savez(path.open("wb"), PAIR), "holds no NumPy array"),
    "objects.npy": (npy_bytes(np.array([[1, None]])), "holds pickled Python objects"),
    "trap.npy": (pickle.dumps(Trap()), "holds no NumPy array"),
    "cut.npy": (npy_bytes(PAIR)[:-8], "is damaged"),
    "long.npy": (npy_bytes(PAIR) + b"x", "is damaged"),
    "boast.npy": (
        npy_bytes(PAIR).replace(b"(3, 4)", b"(3000000000, 4000000000)"),
        "is damaged|no NumPy array",
    ),
    "text.npz": (b"no zip", "is no .npz file"),
    "single.npz": (npy_bytes(PAIR), "is no .npz file"),
    "cut.npz": (lambda path: _cut(path), "is no .npz file|is damaged"),
    "flipped.npz": (lambda path: _flipped(path), "is damaged"),
    "objects.npz": (
        lambda path: np.savez(path, weights=np.array([[1, None]])),
        "holds pickled Python objects",
    ),
    "members.npz": (lambda path: _archive(path, "weights.npy", b"text"), "holds no NumPy array"),
    "none.npz": (lambda path: np.savez(path), "must hold a matrix of encodings, none.npz has nothing"),
    "vectors.npz": (
        lambda path: np.savez(path, a=PAIR[0], b=PAIR[1]),
        "must hold a matrix of encodings.* has a, b",
    ),
    "initial.npz": (lambda path: np.savez(path, w=PAIR, initial=PAIR.T), "must hold as initial a matrix"),
    "text.safetensors": (b"text, and long enough for a header", "is no safetensors file"),
    "cut.safetensors": (lambda path: _cut_tensors(path), "is no safetensors file"),
    "bool.safetensors": (lambda path: save_file({"w": PAIR > 0}, path), "as BOOL, not as real numbers"),
    "float8.safetensors": (
        safetensors_bytes({"w": {"dtype": "F8_E4M3", "shape": [1, 1], "data_offsets": [0, 1]}}, b"\0"),
        "as F8_E4M3, not as real numbers",
    ),
    "text.nc": (b"text", "must be a result of polysem"),
    "axes.nc": (
        lambda path: schema.save(simulate(Autoencoder(3, 6, 0.02)).rename(neuron="other"), path),
        r"must hold encodings .* holds final with axes \(feature, other\)",
    ),
    "cut.nc": (lambda path: _cut_netcdf(path), "is damaged: its checksum does not fit"),
    "checkpoint.safetensors": (
        lambda path: _flipped_checkpoint(path),
        "is damaged: its checksum does not fit",
    ),
    "pipe.npy": (lambda path: os.mkfifo(path), "must be a file, got .*: is a pipe, device or socket"),
    "pipe.nc": (lambda path: os.mkfifo(path), "must be a file, got .*: is a pipe, device or socket"),
    "vector.npy": (npy_bytes(PAIR[0]), r"got shape \(4,\)"),
    "cubes.npy": (npy_bytes(PAIR[None, None]), r"got shape \(1, 3, 4\)"),
    "nothing.npy": (npy_bytes(PAIR[:0]), r"got shape \(0, 4\)"),
    "nan.npy": (npy_bytes(np.where(PAIR > 0, np.nan, PAIR)), "got NaN or infinity"),
    "infinite.npy": (npy_bytes(np.where(PAIR > 0, np.inf, PAIR)), "got NaN or infinity"),
    "opposite.npy": (npy_bytes(np.array([[np.inf, -np.inf]])), "got NaN or infinity"),
    "complex.npy": (npy_bytes(PAIR * 1j), "got entries of type complex128"),
    "words.npy": (npy_bytes(PAIR.astype(str)), "got entries of type <U"),
    "truths.npy": (npy_bytes(PAIR > 0), "got entries of type bool"),
    "records.npy": (npy_bytes(np.zeros((2, 2), [("a", float)])), "got entries of type"),
    "weights.txt": (b"1", "must end in .npy, .npz, .safetensors, .nc"),
    "weights.pt": (pickle.dumps(Trap()), "must end in .npy, .npz, .safetensors, .nc"),
}


@pytest.mark.parametrize("name", WRONG)
def test_unfit_files(refuses, tmp_path, name):
    content, line = WRONG[name]
    path = tmp_path / name
    if callable(content):
        content(path)
    else:
        path.write_bytes(content)
    refuses("analyze", name, line=f"FILE .*({line})")


def test_which_of_several_has_to_be_said(refuses, tmp_path):
    np.savez(tmp_path / "two.npz", a=PAIR, b=PAIR)
    several_networks(tmp_path / "several.nc")
    for options, line in (
        (("two.npz",), "--key must say which array of two.npz holds the encodings: a, b"),
        (("two.npz", "--key", "c"), "--key must be one of a, b, got 'c'"),
        (("several.nc",), "--replicate must say which of the 2 networks in several.nc: 0 to 1"),
        (
            ("several.nc", "--replicate", "2"),
            "--replicate must be less than 2, the networks in several.nc, got 2",
        ),
        (("several.nc", "--replicate", "-1"), "--replicate must be a whole number of at least 0"),
    ):
        refuses("analyze", *options, line=line)


def test_what_is_no_file(refuses, tmp_path):
    (tmp_path / "folder.npy").mkdir()
    refuses("analyze", "folder.npy", line="FILE must be a file.*: is a folder")
    refuses("analyze", "missing.npy", line="FILE must be a file.*: no such file")


def test_a_small_file_cannot_ask_for_much_memory(refuses, monkeypatch, tmp_path):
    monkeypatch.setattr(files, "ROOM", 10**6)
    np.savez_compressed(tmp_path / "bomb.npz", w=np.zeros((1000, 1000)))
    refuses("analyze", "bomb.npz", line="FILE must be a file that can be read; bomb.npz asks for 0.008 GB")


def test_pairs_of_features_have_to_fit_into_memory(refuses, monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "free", lambda: 10**6)
    np.save(tmp_path / "w.npy", np.eye(300, 2))
    line = "FILE must hold fewer than 300 features: that takes 1.38 MiB of memory, 977 KiB are free"
    refuses("analyze", "w.npy", line=line)
    with pytest.raises(ValueError, match=r"^weights must hold fewer than 300 features"):
        analyze(np.eye(300, 2))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_memory_of_an_analysis_is_what_was_expected():
    """In a process of its own, whose peak is measured; half as much again is allowed for."""
    for n, m in ((3500, 20), (200, 40_000)):
        script = [sys.executable, "-c", PEAK.format(n=n, m=m)]
        told = subprocess.run(script, stdout=subprocess.PIPE, check=True, cwd=ROOT).stdout
        expected = PAIRS * n * n + ENTRIES * n * m
        assert expected / 1.5 < int(told) < 1.5 * expected


def test_two_files_that_are_one(refuses, tmp_path):
    np.save(tmp_path / "w.npy", PAIR)
    before = (tmp_path / "w.npy").read_bytes()
    refuses("analyze", "w.npy", "--json", "./w.npy", line="--json must be another file than file, got w.npy")
    refuses("train", "--out", "run", "--checkpoint", "run", line="--checkpoint must be another file than out")
    assert (tmp_path / "w.npy").read_bytes() == before


def test_unfit_options(refuses, tmp_path):
    np.save(tmp_path / "w.npy", PAIR)
    np.save(tmp_path / "other.npy", PAIR.T)
    (tmp_path / "page").write_text("a file")
    for options, line in (
        (("--initial", "other.npy"), r"--initial must hold .* of shape \(3, 4\), got shape \(4, 3\)"),
        (("--initial", "none.npy"), "--initial must be a file.*: no such file"),
        (("--threshold", "0"), "--threshold must be a finite number greater than 0"),
        (("--threshold", "2"), "--threshold must be a finite number greater than 0 and at most 1"),
        (("--json", "missing/w.json"), "--json must be a file in a writable folder"),
        (("--report", "page"), "--report must be a folder that can be written to"),
    ):
        refuses("analyze", "w.npy", *options, line=line)


def _cut(path):
    np.savez(path, weights=PAIR)
    path.write_bytes(path.read_bytes()[:-60])


def _flipped(path):
    np.savez(path, weights=PAIR)
    content = bytearray(path.read_bytes())
    content[content.index(npy_bytes(PAIR)[-96:]) + 7] ^= 1  # the checksum notices
    path.write_bytes(content)


def _cut_netcdf(path):
    schema.save(simulate(Autoencoder(3, 6, 0.02)), path)
    path.write_bytes(path.read_bytes()[:-8])


def _flipped_checkpoint(path):
    train(Autoencoder(3, 6, 0.02), steps=5, checkpoint=path)
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def _archive(path, member, content):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, content)


def _cut_tensors(path):
    save_file({"w": PAIR}, path)
    path.write_bytes(path.read_bytes()[:-8])
