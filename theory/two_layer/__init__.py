"""Two-layer toy model: the best response of one or two monosemantic neurons to a feature.

Their loss in closed form is in `theory.two_layer.monosemantic`; the best response, in
`theory.two_layer.response`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
