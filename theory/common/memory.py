"""What this machine has room for."""

import os

from theory.common.arguments import ArgumentError


def size() -> float:
    """Return how many bytes of memory this machine has, infinity where the system does not say."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError):
        return float("inf")


def check(needed: float, wanted: str) -> None:
    """Check before any work that so many bytes are there.

    Raises
    ------
    ValueError
        If they are not; the message begins with what is `wanted`, which begins with the argument.
    """
    if needed > size():
        raise ArgumentError(f"{wanted}: it takes {needed / 1e9:.3g} GB of memory, of {size() / 1e9:.3g} GB")
