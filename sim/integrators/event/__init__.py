"""Event-driven Taylor series: the reference, accurate to rounding."""

from sim.integrators.event.steps import advance, interpolate

__all__ = ["advance", "interpolate"]
