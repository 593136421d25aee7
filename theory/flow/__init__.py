"""The loss, and the flow that gradient descent on it follows.

The loss is written once (`theory.flow.loss`); what leaves the flow as it is, is in `theory.flow.symmetries`,
which encodings have no loss in `theory.flow.zero_loss`, and what becomes of untied layers in
`theory.flow.untied`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
