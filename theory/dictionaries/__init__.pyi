from .absorption import absorption_threshold, child_tilt, composing_gain
from .model import KINDS, Dictionary
from .shrinkage import Shrinkage, l1_shrinkage
from .top_k import top_1_tilt, unexplained

__all__ = [
    "KINDS",
    "Dictionary",
    "Shrinkage",
    "absorption_threshold",
    "child_tilt",
    "composing_gain",
    "l1_shrinkage",
    "top_1_tilt",
    "unexplained",
]
