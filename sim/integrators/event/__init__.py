"""Event-driven Taylor series: the reference, accurate to rounding."""

from sim.integrators.event.steps import advance

__all__ = ["advance"]
