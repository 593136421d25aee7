"""Collisions of features: how many neurons get both signs.

Counted before any dynamics (`theory.collisions.counting`), under the exclusion law
(`theory.collisions.exclusion`), for many neurons (`theory.collisions.crossover`), for two features alone
(`theory.collisions.benign_collision`), and once interference has acted (`theory.collisions.early`).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
