"""Top floor: trains the reference models, lays the three sources side by side, shows the outcome."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
