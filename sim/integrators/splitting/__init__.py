"""Splitting: fast, of order two, at a cost that hardly depends on λ."""

from sim.integrators.splitting.steps import advance, interpolate

__all__ = ["advance", "interpolate"]
