"""What integrators are told and what they tell."""

from typing import NamedTuple


class Leg(NamedTuple):
    """A part of the way.

    Attributes
    ----------
    start, stop : float
        Flow times. A step ends at `stop`.
    look : float
        Flow time after which to come back, at the end of the step that contains it.
    until_sparse : bool
        Whether to end when the race is over (`sim.integrators.sparsity`).
    rtol : float
        Tolerance of the method.
    most : int
        Evaluations of the force after which to come back, at the end of a step, so that Ctrl-C is seen.
    """

    start: float
    stop: float
    look: float
    until_sparse: bool
    rtol: float
    most: int


class Passed(NamedTuple):
    """What happened: flow time reached, events and the time of the last, evaluations of the force."""

    time: float
    deaths: int
    rebirths: int
    last_change: float
    evaluations: int
