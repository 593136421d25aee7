"""Files that were whole and are damaged: each is refused in one line, or what is read is the same."""

import io

import numpy as np
import pytest
import safetensors.numpy

from sim import simulate
from tests.faults.mutations import mutations
from theory import Autoencoder
from theory.common import netcdf, schema
from theory.common.arguments import ArgumentError
from validation import train
from validation.analysis.loading import load
from validation.training import checkpoints

MODEL = Autoencoder(6, 12, 0.05)
RUN = {"steps": 50, "optimizer": "adam", "replicates": 2, "learning_rate": 0.01}


def outcome(read, same):
    """Say whether damage was refused in one line, or did no harm; whatever else there is, is raised."""
    try:
        return same(read())
    except ArgumentError as error:
        return "\n" not in str(error)


def test_results(tmp_path, faults, capfd):
    path, survived = tmp_path / "run.nc", 0
    schema.save(simulate(MODEL, seed=2**80), path)
    for content in mutations(path.read_bytes(), 1000, 1):
        path.write_bytes(content)
        survived += outcome(lambda: schema.load(path), lambda read: False)
    assert capfd.readouterr() == ("", "")
    faults("damaged results (.nc)", 1000, survived)


@pytest.mark.parametrize("tied", [True, False])
def test_checkpoints(tmp_path, faults, tied):
    path, survived = tmp_path / "run.safetensors", 0
    result = train(MODEL, **RUN, tied=tied, checkpoint=path)
    whole = path.read_bytes()
    for content in mutations(whole, 300, 2):
        path.write_bytes(content)

        def resumed():
            return train(MODEL, **RUN, tied=tied, checkpoint=path)

        survived += outcome(resumed, result.identical)
    faults("damaged checkpoints", 300, survived)


def npz():
    stream = io.BytesIO()
    np.savez_compressed(stream, final=simulate(MODEL).final.values, initial=simulate(MODEL).initial.values)
    return stream.getvalue()


def npy():
    stream = io.BytesIO()
    np.save(stream, simulate(MODEL).final.values)
    return stream.getvalue()


def tensors():
    return safetensors.numpy.save({"final": simulate(MODEL).final.values, "bias": np.ones(6)})


@pytest.mark.parametrize(("suffix", "made"), [("npz", npz), ("npy", npy), ("safetensors", tensors)])
def test_weights_of_others(tmp_path, faults, capfd, suffix, made):
    """Those of .npz have checksums, the others have none: then what is read is a finite matrix."""
    path, survived = tmp_path / f"weights.{suffix}", 0
    path.write_bytes(made())
    before = load(path).weights
    for content in mutations(made(), 500, 3):
        path.write_bytes(content)

        def same(read):
            return np.array_equal(read[0], before) if suffix == "npz" else np.isfinite(read[0]).all()

        survived += outcome(lambda: load(path), same)
    assert capfd.readouterr() == ("", "")
    faults(f"damaged weights (.{suffix})", 500, survived)


def test_weights_to_begin_with(tmp_path, faults):
    path, survived = tmp_path / "weights", 0
    for content in mutations(tensors(), 500, 4):
        path.write_bytes(content)
        survived += outcome(lambda: checkpoints.weights(path, 6, 12), lambda read: read.shape == (6, 12))
    faults("damaged weights (initial)", 500, survived)


@pytest.mark.slow
def test_results_without_a_checksum(tmp_path, faults, capfd, monkeypatch):
    """What others wrote may be changed in silence; but it neither hangs nor speaks in many lines."""
    monkeypatch.setattr(netcdf, "PATIENCE", 10.0)
    path, survived = tmp_path / "run.nc", 0
    simulate(MODEL).to_netcdf(path, engine="h5netcdf")
    for content in mutations(path.read_bytes(), 6, 5):
        path.write_bytes(content)
        survived += outcome(lambda: schema.load(path), lambda read: read.source == "simulation")
    assert capfd.readouterr() == ("", "")
    faults("damaged results of others (.nc)", 6, survived)
