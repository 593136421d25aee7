"""The paper's heuristic for the decay of L1 norm and active weights: right powers, wrong constants."""

from validation.experiments.claim import Claim
from validation.experiments.decay import heuristic_findings

claim = Claim(
    "decay_heuristic",
    "‖w‖₁ ≈ 1/(1/√m + λt), and the number of active weights is about its square.",
    "seed 001, “How fast does it sparsify?”; arXiv:2312.03096",
    "rough",
    heuristic_findings,
)
