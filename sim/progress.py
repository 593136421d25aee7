"""Progress with remaining time for everything that takes longer than a moment."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from numba.core import event
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")

MOMENT = 1.0  # in seconds: what compiles faster is not worth a word
_silent: list[bool] = []  # whether this process is a worker of another one, which shows what there is
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


class Compiling(event.Listener):
    """Says that kernels are compiled, while they are, if that takes longer than a moment."""

    def __init__(self) -> None:
        self._depth = 0  # kernels compile those that they call; Numba lets one thread compile at a time
        self._timer = threading.Timer(MOMENT, self._show)
        self._line = ExitStack()

    def on_start(self, event: event.Event) -> None:
        """Begin to wait."""
        self._depth += 1
        if self._depth == 1:
            self._timer = threading.Timer(MOMENT, self._show)
            self._timer.daemon = True
            self._timer.start()

    def on_end(self, event: event.Event) -> None:
        """Take back what was said."""
        self._depth -= 1
        if self._depth == 0:
            self._timer.cancel()
            self._line.close()

    def _show(self) -> None:
        display = self._line.enter_context(_display())
        task = display.add_task("compiling, once", total=None)
        self._line.callback(display.remove_task, task)


event.register("numba:compile", Compiling())


def silence() -> None:
    """Show nothing in this process from now on."""
    _silent.append(True)


@contextmanager
def _display() -> Iterator[Progress]:
    if _shown:
        yield _shown[0]
        return
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=bool(_silent) or not console.is_terminal
    ) as display:
        _shown.append(display)
        try:
            yield display
        finally:
            _shown.clear()
