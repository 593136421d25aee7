from . import arguments, files, schema

__all__ = [
    "arguments",
    "files",
    "schema",
]
