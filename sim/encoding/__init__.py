"""One encoding, interference off, solved exactly."""

from sim.encoding.race import sparsify

__all__ = ["sparsify"]
