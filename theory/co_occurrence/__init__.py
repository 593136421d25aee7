"""Co-occurrence: features that are on together by chance.

The expected loss and the averaged force are in `theory.co_occurrence.rare_features`; what they make of a
benign pair, in `theory.co_occurrence.pair_at_rest` and `theory.co_occurrence.pair_escape`; how many pairs are
left, in `theory.co_occurrence.pair_race`; what splitting a neuron does, in `theory.co_occurrence.splitting`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
