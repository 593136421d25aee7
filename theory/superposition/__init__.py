"""Superposition: more features than neurons (seeds 002 and 003; Elhage et al. 2022, arXiv:2209.10652).

The expected loss is exact: with one feature on (`theory.superposition.one_feature`), with any number of them
(`theory.superposition.cube`), or on a fixed sample where they are too many (`theory.superposition.sample`).
Its critical points on two neurons are in `theory.superposition.corners`, the pairs of any number of neurons
and the phases of two features on one neuron in `theory.superposition.phases`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
