"""What a claim is: a statement about the model that can be held against a measurement."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from validation.report.statistics import Estimate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Expected = Literal["agrees", "rough"]


@dataclass(frozen=True)
class Finding:
    """One number that the theory predicts and a simulation or a trained model measures.

    Parameters
    ----------
    source : {"simulation", "training"}
        What was measured.
    quantity : str
        What the number is, with its settings.
    predicted : float
        What the theory says.
    estimate : Estimate
        What was measured, with its interval.
    """

    source: str
    quantity: str
    predicted: float
    estimate: Estimate

    @property
    def verdict(self) -> Literal["agrees", "disagrees"]:
        """Whether the prediction lies in the interval of the measurement."""
        return "agrees" if self.estimate.low <= self.predicted <= self.estimate.high else "disagrees"


@dataclass(frozen=True)
class Claim:
    """A statement with the measurement that tests it.

    Parameters
    ----------
    name : str
        Short name, as in ``polysem check NAME``.
    statement : str
        What is claimed, in one sentence.
    origin : str
        Seed and section, paper, or own derivation.
    expected : {"agrees", "rough"}
        Whether the project predicts agreement. A claim that is stated only roughly, or only for a limit,
        is measured all the same: its ratio and interval are the result.
    measure : callable
        Takes a seed and whether to run at full size, and returns findings.
    plot : callable, optional
        Takes the same and returns a figure that is clearly right or clearly wrong.
    only_full : bool
        Whether it takes minutes and is measured in full checks only, unless it is asked for by name.
    """

    name: str
    statement: str
    origin: str
    expected: Expected
    measure: Callable[[int, bool], list[Finding]]
    plot: "Callable[[int, bool], Figure] | None" = None
    only_full: bool = False
