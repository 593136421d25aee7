from . import arguments, files, memory, netcdf, schema, seal, signals

__all__ = [
    "arguments",
    "files",
    "memory",
    "netcdf",
    "schema",
    "seal",
    "signals",
]
