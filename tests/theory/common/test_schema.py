"""The one data format: what is saved comes back, and what else a file may hold is refused in one line."""

import h5py
import numpy as np
import pytest
import xarray as xr

from sim import ensemble, simulate, sparsify
from theory import Autoencoder, Dictionary, Superposition, TwoLayer, sparsification
from theory.common import netcdf, schema
from validation import train

WEIGHTS = np.arange(12.0).reshape(3, 4)


def result(**attributes):
    variables = {
        "final": (("feature", "neuron"), WEIGHTS),
        "name": ("feature", np.array(["a", "bb", ""])),
        "count": ((), 3),
    }
    return schema.dataset(variables, source="simulation", coords={"feature": [2, 3, 5]}, **attributes)


@pytest.fixture
def bare(tmp_path):
    """A function that writes a file as xarray does; or one with more in it, which somebody has sealed."""

    def made(add=None):
        path = tmp_path / "bare.nc"
        result().to_netcdf(path, engine="h5netcdf")
        if add:
            with h5py.File(path, "a") as file:
                add(file)
            path.write_bytes(netcdf.headed(path.read_bytes()))
        return path

    return made


def refuses(path, reason, capfd):
    with pytest.raises(ValueError, match=f"^file must be a result of polysem; {path}: {reason}") as found:
        schema.load(path)
    assert "\n" not in str(found.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("bits", [63, 64, 70, 128, 20_000])  # Python writes no 20,000 bits in decimals
def test_whole_numbers_of_any_length_come_back(tmp_path, bits):
    for seed in (2**bits - 1, 2**bits, -(2**bits), -(2**bits) - 1):
        saved = result(seed=seed)
        schema.save(saved, tmp_path / "a.nc")
        read = schema.load(tmp_path / "a.nc")
        assert isinstance(read.seed, (int, np.integer))
        assert read.seed == seed
        assert read.identical(saved)


def test_text_like_a_number_stays_text(tmp_path):
    for text in ("0x1f", "340282366920938463463374607431768211456", "0xG" + "0" * 20, ""):
        schema.save(result(note=text), tmp_path / "a.nc")
        assert schema.load(tmp_path / "a.nc").note == text


def test_a_file_is_read_by_others_as_by_us(tmp_path):
    saved = result(seed=4)
    schema.save(saved, tmp_path / "a.nc")
    assert xr.load_dataset(tmp_path / "a.nc", engine="h5netcdf").identical(saved)
    with h5py.File(tmp_path / "a.nc") as file:
        assert file.userblock_size == netcdf.HEAD
        np.testing.assert_array_equal(file["final"], WEIGHTS)


def test_a_file_that_xarray_wrote_is_read_as_well(bare):
    assert schema.load(bare()).identical(result())


def test_other_files_are_refused(tmp_path, capfd, bare):
    (tmp_path / "text.nc").write_text("no data")
    xr.Dataset({"a": 1}).to_netcdf(tmp_path / "foreign.nc", engine="h5netcdf")
    for name, reason in (
        ("none.nc", "no such file"),
        (".", "is a folder"),
        ("text.nc", "not a NetCDF file"),
        ("foreign.nc", "its attributes name no known source"),
    ):
        refuses(tmp_path / name, reason, capfd)


def test_nothing_is_read_out_of_another_file(tmp_path, capfd, bare):
    (tmp_path / "secret").write_bytes(bytes(96))
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["w"] = WEIGHTS
    layout = h5py.VirtualLayout((3, 4), "f8")
    layout[...] = h5py.VirtualSource(str(tmp_path / "other.h5"), "w", (3, 4))
    secret = str(tmp_path / "secret")
    for add in (
        lambda file: file.create_dataset("x", (3, 4), "f8", external=[(secret, 0, 96)]),
        lambda file: file.create_virtual_dataset("x", layout),
        lambda file: file.__setitem__("x", h5py.ExternalLink("other.h5", "w")),
        lambda file: file.__setitem__("x", h5py.SoftLink("/final")),
        lambda file: file.create_group("x"),
    ):
        refuses(bare(add), "holds 'x' as a link, a group or data of another file, which are not read", capfd)


def test_no_file_asks_for_far_more_memory_than_it_can_fill(capfd, bare):
    for shape, size in (((10**9,), "8"), ((20_000, 2 * 10**6), "320")):
        path = bare(lambda file, shape=shape: file.create_dataset("x", shape, "f8", chunks=True))
        refuses(path, f"asks for {size} GB of memory, too many for a file of", capfd)


def test_a_file_at_which_hdf5_never_ends_is_given_up(monkeypatch, capfd, bare):
    """A heap that has only zeros after its size: HDF5 2.0 goes through it for ever."""
    path = bare()
    content = bytearray(path.read_bytes())
    heap = content.index(b"GCOL") + 16
    content[heap : heap + 512] = bytes(512)
    path.write_bytes(content)
    monkeypatch.setattr(netcdf, "PATIENCE", 5.0)
    refuses(path, "is damaged: (reading it does not end|it cannot be read as NetCDF)", capfd)


def test_what_is_cut_off_or_longer_is_damaged(tmp_path, capfd):
    path = tmp_path / "a.nc"
    schema.save(result(), path)
    whole = path.read_bytes()
    for content in (whole[:-1], whole[:600], whole[:512], whole[:100], whole[:20], whole + b"\0"):
        path.write_bytes(content)
        refuses(path, "is damaged: its checksum does not fit", capfd)
    path.write_bytes(b"")
    refuses(path, "not a NetCDF file", capfd)


def test_files_of_other_formats_are_refused(tmp_path):
    assert schema.writable(tmp_path / "run.nc") == tmp_path / "run.nc"
    with pytest.raises(ValueError, match=r"^out must end in .nc, since a result is a NetCDF file, got"):
        schema.writable(tmp_path / "run.csv")


def kinds_of_results():
    hidden = np.random.default_rng(0).normal(size=(64, 6))
    yield simulate(Autoencoder(3, 6, 0.02), save_weights=True)
    yield simulate(Superposition(3, 2, 0.1), until=5.0)
    yield ensemble(Autoencoder(3, 6, 0.02), 2)
    yield sparsify([0.5, 0.3], 0.01)
    yield sparsification.population(Autoencoder(1, 100, 0.01), [0.0, 1.0])
    yield train(Autoencoder(3, 6, 0.02), steps=3, tied=False)
    yield train(Superposition(3, 2, 0.1), steps=3)
    yield train(TwoLayer(8, 4, 8, 0.2), steps=3, batch=4)
    yield train(Dictionary(6, 12, "gated", l1_coefficient=0.1), data=hidden, steps=3, batch=16)
    yield train(Dictionary(6, 12, "jumprelu", l0_coefficient=0.1), data=hidden, steps=3, batch=16)


def test_every_variable_says_what_it_is():
    for result in kinds_of_results():
        for name, variable in result.variables.items():
            assert variable.attrs.get("long_name"), f"{name} of {result.attrs['source']}"
