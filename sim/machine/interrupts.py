"""Ctrl-C while a kernel runs, or is compiled or loaded."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

COMPILERS = {"numba.core.dispatcher", "numba.core.ccallback"}  # on the stack while kernels come to be


@contextmanager
def heard() -> Iterator[None]:
    """Let Ctrl-C wait until a kernel has come back, and none be lost.

    Neither kernels nor LLVM bear that Python raises in them: Numba ends in a segmentation fault if it is
    interrupted while it makes a named tuple of what a kernel returns, and what is raised while LLVM calls
    back is printed and forgotten. So it is raised in the end, and before that only while Numba compiles.
    """
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[tuple[int, FrameType | None]] = []

    def handler(number: int, frame: FrameType | None) -> None:
        waiting.append((number, frame))
        if _compiling(frame):
            before(number, frame)
            waiting.clear()  # it has raised nothing

    signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if waiting:
        before(*waiting[0])


def _compiling(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_globals.get("__name__") in COMPILERS:
            return True
        frame = frame.f_back
    return False
