"""How does `sparsify` of a hundred million weights compare with sorting them?"""

from benchmarks import sort
from benchmarks.measuring import Row


def measure(m: int = 100_000_000) -> list[Row]:
    """Compare with `numpy.sort`, three runs of each."""
    return sort.measure(m, runs=3)
