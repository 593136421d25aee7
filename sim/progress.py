"""Progress with remaining time for everything that takes longer than a moment."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")


def track(iterable: Iterable[T], description: str, total: float | None = None) -> Iterator[T]:
    """Yield from `iterable` under a bar on standard error that goes away when done.

    Outside a terminal nothing is shown.

    Parameters
    ----------
    iterable : iterable
        What is worked through.
    description : str
        What is being done.
    total : float, optional
        Number of items, where ``len(iterable)`` does not say it.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield from bar.track(iterable, total=total, description=description)
