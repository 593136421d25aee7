"""The gradient flow of the expected loss of `theory.Superposition`, and where it ends."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
