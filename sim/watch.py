"""Looking at a flow on its way, without a trace in it."""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np

FIRST_TIME = 0.1
GROWTH = 10 ** (1 / 20)  # of the default times: 20 points a decade


class Watch:
    """Times at which to look at a flow on its way, and what was seen.

    Parameters
    ----------
    times : iterable of float
        Increasing; asked for one by one, so that they may depend on what has happened.
    look : callable
        Takes weights, and returns what is kept of them.
    last : float, optional
        The last of the times; without it they have no end, and the last look is where the flow ends.

    Attributes
    ----------
    time : float
        The next time, infinite if there is none.
    seen : list of tuple
        Times with what was kept.
    """

    def __init__(
        self, times: Iterable[float], look: Callable[[np.ndarray], tuple], last: float | None = None
    ) -> None:
        self._times, self._look, self.last = iter(times), look, last
        self.time = next(self._times, math.inf)
        self.seen: list[tuple] = []

    def see(self, time: float, at: Callable[[float], np.ndarray]) -> None:
        """Look at all times up to a flow time; `at` gives weights at one."""
        while self.time <= time:
            self.seen.append((self.time, *self._look(at(self.time))))
            self.time = next(self._times, math.inf)

    def see_end(self, time: float, weights: np.ndarray) -> None:
        """Look at the weights in the end, if there is no last time."""
        if self.last is None and self.seen[-1][0] < time:
            self.seen.append((time, *self._look(weights)))


def default_times(until: float | None) -> Iterator[float]:
    """Yield 0 and times that grow geometrically, to `until` or for ever."""
    yield 0.0
    for exponent in itertools.count():
        time = FIRST_TIME * GROWTH**exponent
        if until is not None and time >= until:
            yield until
            return
        yield time
