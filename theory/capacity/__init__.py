"""Capacity: how many encodings fit into m neurons, and what they cost each other.

Nearly orthogonal encodings are counted in `theory.capacity.nearly_orthogonal`; how far apart they can be
if antipodal ones do not disturb each other is in `theory.capacity.spherical`; the interference of many
random ones is in `theory.capacity.crowding`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
