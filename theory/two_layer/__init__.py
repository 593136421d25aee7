"""Two-layer toy model: the best response of one or two monosemantic neurons to a feature.

The model is in `theory.two_layer.model`; the loss of monosemantic neurons in closed form, for normal
interference, in `theory.two_layer.monosemantic`, the best response in `theory.two_layer.response`, the
exact law of the interference in `theory.two_layer.interference`, what it costs to share a neuron in
`theory.two_layer.sharing`, and whether neurons can be monosemantic at all in `theory.two_layer.scaling`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
