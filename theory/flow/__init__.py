"""The loss, and the flow that gradient descent on it follows.

The loss is written once (`theory.flow.loss`); what leaves the flow as it is, is in `theory.flow.symmetries`,
and which encodings have no loss in `theory.flow.zero_loss`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
