"""Ground floor: what the mathematics predicts.

The model under study, derivations that verify themselves, and the numeric predictions generated from them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
