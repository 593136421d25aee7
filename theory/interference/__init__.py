"""Interference of encodings: how strong it is, how it decays, and what becomes of two features on one neuron.

How strong it is at the start is in `theory.interference.initial`; what it does to the inner products of many
encodings, in `theory.interference.mean_field`; two encodings under interference alone, in
`theory.interference.two_encodings`. What feature benefit and L1 make of malign collisions is in
`theory.interference.shared_neuron` and `theory.interference.malign`, and when dead weights come back in
`theory.interference.rebirth`. What Adam makes of interference in its first steps is in
`theory.interference.first_steps`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
