"""Sparsification of one encoding when interference is off: winner takes all.

Two variables carry the whole encoding (`theory.sparsification.reduction`), one fast and one slow
(`theory.sparsification.norms`). Many weights of any initial distribution (`theory.sparsification.initial`)
decay without a free constant (`theory.sparsification.decay`). The time at which one weight is left
(`theory.sparsification.duration`) has a universal law (`theory.sparsification.levels`,
`theory.sparsification.universal`), and a law for finitely many weights, as has the number left at a time
(`theory.sparsification.order_statistics`). When λ is too strong all die (`theory.sparsification.extinction`).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
