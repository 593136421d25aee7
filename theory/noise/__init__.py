"""Noise on the hidden layer in place of L1.

The loss under Gaussian noise is in `theory.noise.gaussian`; the averaged loss and force of any noise, to
first order in its kurtosis, in `theory.noise.averaged`, and exactly for random signs in
`theory.noise.random_signs`. How fast noise turns encodings towards the axes is in `theory.noise.drift`, and
when they arrive in `theory.noise.fourth_norm`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
