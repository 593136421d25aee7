from . import arguments, files, netcdf, schema, seal, signals

__all__ = [
    "arguments",
    "files",
    "netcdf",
    "schema",
    "seal",
    "signals",
]
