"""Signals that end a process wait until what is under way is whole."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# SIGINT is Ctrl-C, SIGTERM what batch systems send, SIGHUP a terminal that is closed; Windows has no SIGHUP.
ENDING = tuple(signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def held() -> Iterator[list[int]]:
    """Let signals wait until the block ends, and then act as ever; yield a list of those that wait.

    Those that are ignored stay so. Python lets only the main thread do this: in others nothing is held.
    """
    waiting: list[int] = []
    before = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for number in ENDING:
                handler = signal.getsignal(number)
                if handler not in (signal.SIG_IGN, None):  # None: not set from Python
                    before[number] = handler
                    signal.signal(number, lambda number, _: waiting.append(number))
        yield waiting
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for waited in sorted(set(waiting), reverse=True):  # Ctrl-C, which raises, after SIGTERM
            signal.raise_signal(waited)
