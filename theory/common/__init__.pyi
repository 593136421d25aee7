from . import arguments, files, memory, schema

__all__ = [
    "arguments",
    "files",
    "memory",
    "schema",
]
