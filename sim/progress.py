"""Progress with remaining time for everything that takes longer than a moment."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")

_shown: list[Progress] = []  # the display that is up, if any: work within work adds a line to it


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
    with _display() as display:
        task = display.add_task(description, total=None)
        try:
            yield from display.track(iterable, total=total, task_id=task, description=description)
        finally:
            display.remove_task(task)


@contextmanager
def _display() -> Iterator[Progress]:
    if _shown:
        yield _shown[0]
        return
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as display:
        _shown.append(display)
        try:
            yield display
        finally:
            _shown.clear()
