"""The number of polysemantic neurons against the estimate n²/(4m)."""

from theory import collisions
from validation.experiments import counting
from validation.experiments.claim import Claim, Finding


def _measure(seed: int, full: bool) -> list[Finding]:
    return counting.findings(collisions.paper_heuristic, seed, full)


claim = Claim(
    "quarter",
    "About n²/(4m) neurons are polysemantic in the end.",
    "seed 001, “Benign and malign collisions”; arXiv:2312.03096",
    "rough",
    _measure,
)
