"""Memory: what is free, and one line instead of a problem that has no room."""

from pathlib import Path

import psutil

from theory.common.arguments import ArgumentError

MEMBERSHIP = Path("/proc/self/cgroup")  # of Linux: which group of processes this one belongs to
GROUPS = Path("/sys/fs/cgroup")


def free() -> int:
    """Return how many bytes are free: on the machine, or within what a batch system or container allows."""
    return min([psutil.virtual_memory().available, *_left_in_groups()])


def enough(needed: float, **sizes: int) -> None:
    """Check before a problem starts that there is room for it.

    Parameters
    ----------
    needed : float
        Bytes that it takes at its peak.
    **sizes : int
        The arguments that it depends on; the line names the greatest.

    Raises
    ------
    ValueError
        If less than that is free.
    """
    name, size = max(sizes.items(), key=lambda item: item[1])
    check(needed, f"{name.replace('__', ' ')} must be less than {size}")


def check(needed: float, wanted: str) -> None:
    """Check before any work that so many bytes are free.

    Raises
    ------
    ValueError
        If they are not; the message begins with what is `wanted`, which begins with the argument.
    """
    if needed > (left := free()):
        raise ArgumentError(f"{wanted}: that takes {_said(needed)} of memory, {_said(left)} are free")


def _left_in_groups() -> list[int]:
    """Return what the control groups (version 2) of this process leave, from its own to the root."""
    try:
        own = MEMBERSHIP.read_text().partition("0::/")[2].splitlines()[0]
    except (OSError, IndexError):
        return []
    left = []
    for group in (GROUPS / own, *(GROUPS / own).parents):
        limit, used = group / "memory.max", group / "memory.current"
        if limit.is_file() and (most := limit.read_text().strip()) != "max":
            left.append(int(most) - int(used.read_text()))
    return left


def _said(size: float) -> str:
    units = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
    power = min(len(units) - 1, max(0, (int(size).bit_length() - 1) // 10))
    return f"{size / 1024**power:.3g} {units[power]}"
