"""Being asked to stop: SIGTERM and SIGHUP are Ctrl-C by other names, with exit codes of their own.

Python raises KeyboardInterrupt wherever it is when a signal comes. Where C has called Python and looks at no
error that is wrong: while Numba loads a kernel Ctrl-C would be lost, and as a kernel returns a named tuple
the process would crash. There the signal is sent again, a moment later.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

REQUESTS = ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, "pthread_kill") else ()  # not on Windows
MOMENT = 1e-3  # in seconds: shorter than what is done between two kernels
# modules of the functions; all finalizers are too
CALLED_FROM_C = ("llvmlite.", "namedtuple_", "numba.core.serialize", "weakref")

_last = signal.SIGINT
_before: dict[int, object] = {}  # what signals did before
_process = 0


@contextmanager
def orderly() -> Iterator[None]:
    """Have a block end by KeyboardInterrupt, whichever signal asks for it; asked twice, as without this.

    What is ignored stays so: ``nohup`` takes SIGHUP away, and a shell SIGINT from what is in the background.
    """
    global _last, _process
    _last, _process = signal.SIGINT, os.getpid()
    for number in (getattr(signal, name) for name in REQUESTS):
        before = signal.getsignal(number)
        if before in (signal.SIG_DFL, signal.default_int_handler):
            _before[number] = before
            signal.signal(number, _stop)
    try:
        yield
    finally:
        for number in list(_before):
            signal.signal(number, _before.pop(number))  # type: ignore[arg-type]


def code() -> int:
    """Return the exit code of a command that was stopped, as shells have it: 130 after Ctrl-C."""
    return 128 + _last


def _stop(number: int, _: FrameType | None) -> None:
    global _last
    ours = os.getpid() == _process
    if ours and _called_from_c(sys._getframe()):  # who holds signals back calls this later, from elsewhere
        again = threading.Timer(MOMENT, signal.pthread_kill, (threading.get_ident(), number))
        again.daemon = True
        again.start()
        return
    signal.signal(number, _before[number])  # type: ignore[arg-type]
    if not ours:  # a forked process
        signal.raise_signal(number)
        return
    _last = signal.Signals(number)
    raise KeyboardInterrupt


def _called_from_c(frame: FrameType | None) -> bool:
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        if module.startswith(CALLED_FROM_C) or frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False
