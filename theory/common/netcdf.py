"""NetCDF files in memory: what is written, and what of a file may be read; nothing in it leads elsewhere."""

import io
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


class UnfitError(Exception):
    """What is wrong with a file, to be said after its name."""


def content(result: xr.Dataset) -> bytes:
    """Return the content of a NetCDF file, sealed in its head."""
    packed = {name: {"zlib": True} for name, values in result.data_vars.items() if values.ndim}
    body = result.to_netcdf(engine="h5netcdf", encoding=packed)
    return seal.sealed(b"".join(((seal.BLANK + b"\n").ljust(HEAD, b"\0"), body)))


def parsed(content: bytes) -> xr.Dataset:
    """Return what a NetCDF file holds; one without a checksum is read as well, and looked at as closely.

    Raises
    ------
    UnfitError
        If it is damaged, or holds what no result has.
    """
    if content.startswith(seal.MARK):
        if not seal.fits(content):
            raise UnfitError("is damaged: its checksum does not fit")
        content = content[HEAD:]
    if not content.startswith(SIGNATURE):
        raise UnfitError("not a NetCDF file")
    try:
        with _quiet(), h5py.File(io.BytesIO(content), "r") as file:
            _inspect(file, len(content))
            return xr.load_dataset(_store(file))
    except UnfitError:
        raise
    except Exception:  # whatever HDF5, h5netcdf and xarray come to in a file that is not as they expect
        raise UnfitError("is damaged: it cannot be read as NetCDF") from None


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


def _store(file: h5py.File) -> xr.backends.H5NetCDFStore:
    return xr.backends.H5NetCDFStore(h5netcdf.File(file, "r", decode_vlen_strings=True))


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
