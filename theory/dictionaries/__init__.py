"""Dictionaries: sparse autoencoders of hidden activations, and what they must get wrong.

The kinds and their strengths are in `theory.dictionaries.model`; how much L1 shrinks a feature, in
`theory.dictionaries.shrinkage`; how it turns the latent of a child towards its parent, until the parent's
falls silent, in `theory.dictionaries.absorption`; what k latents leave out, in `theory.dictionaries.top_k`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
