"""NetCDF files in memory: what is written, and what of a file may be read; nothing in it leads elsewhere."""

import io
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import h5netcdf
import h5py
import xarray as xr

from theory.common import files, seal

SIGNATURE = b"\x89HDF\r\n\x1a\n"
HEAD = 512  # bytes before the signature: HDF5 leaves them to the user, and every reader skips them
PATIENCE = 15.0  # seconds for reading a file that may be damaged, and one more for each of these bytes
BYTES_A_SECOND = 10**7
UNREADABLE = "is damaged: it cannot be read as NetCDF"


class UnfitError(Exception):
    """What is wrong with a file, to be said after its name."""


def content(result: xr.Dataset) -> bytes:
    """Return the content of a NetCDF file, sealed in its head."""
    packed = {name: {"zlib": True} for name, values in result.data_vars.items() if values.ndim}
    return headed(result.to_netcdf(engine="h5netcdf", encoding=packed))


def headed(body: bytes | memoryview) -> bytes:
    """Return the content of an HDF5 file with a head that seals it."""
    return seal.sealed(b"".join(((seal.BLANK + b"\n").ljust(HEAD, b"\0"), body)))


def parsed(content: bytes) -> xr.Dataset:
    """Return what a NetCDF file holds.

    One without a checksum, which others than we have written, may be damaged, and HDF5 can go on for ever or
    crash at it: another process reads it first.

    Raises
    ------
    UnfitError
        If it is damaged, or holds what no result has.
    """
    if content.startswith(SIGNATURE):
        content = _rewritten(content)
    if not content.startswith(seal.MARK):
        raise UnfitError("not a NetCDF file")
    if not seal.fits(content):
        raise UnfitError("is damaged: its checksum does not fit")
    return _read(content[HEAD:])


def _rewritten(bare: bytes) -> bytes:
    """Return a NetCDF file without a checksum as we would have written it."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__],
            input=bare,
            capture_output=True,
            timeout=PATIENCE + len(bare) / BYTES_A_SECOND,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
    except subprocess.TimeoutExpired:
        raise UnfitError("is damaged: reading it does not end") from None
    if done.returncode:
        raise UnfitError(done.stderr.decode(errors="replace").strip() or "is damaged: reading it crashes")
    return done.stdout


def _read(body: bytes) -> xr.Dataset:
    try:
        with _quiet(), h5py.File(io.BytesIO(body), "r") as file:
            _inspect(file, len(body))
            opened = h5netcdf.File(file, "r", decode_vlen_strings=True)
            return xr.load_dataset(xr.backends.H5NetCDFStore(opened))
    except UnfitError:
        raise
    except Exception:  # whatever HDF5, h5netcdf and xarray come to in a file that is not as they expect
        raise UnfitError(UNREADABLE) from None


def _inspect(file: h5py.File, length: int) -> None:
    """Refuse what leads out of a file or asks for far more memory than it can fill."""
    wanted = 0
    for name in file:
        held = file[name] if isinstance(file.get(name, getlink=True), h5py.HardLink) else None
        if not isinstance(held, h5py.Dataset) or held.external or held.is_virtual:
            raise UnfitError(f"holds {name!r} as a link, a group or data of another file, which are not read")
        wanted += (held.size or 0) * held.dtype.itemsize
    if reason := files.bomb(wanted, length):
        raise UnfitError(reason)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep h5netcdf from complaining a second time: its destructor closes what it could not open."""
    before = sys.unraisablehook
    sys.unraisablehook = lambda _: None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.unraisablehook = before


if __name__ == "__main__":
    try:
        sys.stdout.buffer.write(content(_read(sys.stdin.buffer.read()).drop_encoding()))
    except UnfitError as error:
        sys.exit(str(error))
    except Exception:  # what could be read cannot be written: it is no result either
        sys.exit(UNREADABLE)
