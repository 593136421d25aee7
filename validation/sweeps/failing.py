"""How a sweep ends that does not come to its end: the store has all that was finished."""

from validation.sweeps.engine import Failure
from validation.sweeps.units import Unit


class SweepError(RuntimeError):
    """Some units of a sweep failed; the message says how many and why, the store has all others.

    Attributes
    ----------
    failures : list of (Unit, Failure)
    total : int
        Units that were to be done.
    """

    def __init__(self, failures: list[tuple[Unit, Failure]], total: int) -> None:
        self.failures, self.total = failures, total
        unit, failure = failures[0]
        at = ", ".join(f"{name} = {value}" for name, value in unit.point.items())
        runs = f"replicate {unit.first}" + (f" to {unit.stop - 1}" if unit.stop - unit.first > 1 else "")
        super().__init__(
            f"{len(failures)} of {total} units of work failed, the others are kept; "
            f"at {at}, {runs}: {failure.cause}"
        )


class Interrupted(KeyboardInterrupt):
    """A sweep was interrupted; the store has what was finished.

    Attributes
    ----------
    left, total : int
        Units of work that are left, and that were to be done.
    """

    def __init__(self, left: int, total: int) -> None:
        self.left, self.total = left, total
        super().__init__(f"{left} of {total} units of work left")
