"""Sparsification of one encoding when interference is off: winner takes all.

Public face of what the theory says about it. Two variables carry the whole encoding (`theory.reduction`), one
fast and one slow (`theory.slow_manifold`). Many weights of any initial distribution (`theory.initial`)
decay without a free constant (`theory.population`). The time at which one weight is left has a universal law
(`theory.levels`, `theory.universal`), and a law for finitely many weights, as has the number left at a time
(`theory.order_statistics`). When λ is too strong all die (`theory.extinction`).
"""

from scipy.stats.distributions import rv_frozen

from theory import extinction, initial, levels, order_statistics, reduction, universal
from theory import population as _population
from theory import slow_manifold as _slow_manifold
from theory.derivation import script
from theory.extinction import extinction_threshold
from theory.model import Autoencoder
from theory.order_statistics import active_weights
from theory.population import paper_heuristic, population
from theory.reduction import final_weight
from theory.slow_manifold import slow_manifold

__all__ = [
    "active_weights",
    "extinction_threshold",
    "final_weight",
    "paper_heuristic",
    "population",
    "slow_manifold",
    "time_to_sparsity",
]

derivations = (
    *reduction.derivations,
    *_slow_manifold.derivations,
    *initial.derivations,
    *_population.derivations,
    *levels.derivations,
    *universal.derivations,
    *order_statistics.derivations,
    *extinction.derivations,
)


def time_to_sparsity(model: Autoencoder | None = None) -> rv_frozen:
    """Return the law of λT, T the time at which one active weight of an encoding is left.

    Parameters
    ----------
    model : Autoencoder, optional
        Its m, λ and σ. By default the universal law, for m → ∞ and λ → 0, which has no parameters.

    Returns
    -------
    scipy.stats.rv_continuous, frozen
        With ``mean()``, ``median()``, ``cdf``, ``sf``, ``ppf``, ``rvs`` and so on. The universal law has mean
        1.759, median 1.583 and a tail that falls like exp(−√2 x); its ``cdf`` is accurate to 10⁻⁴.

    Raises
    ------
    ValueError
        If the model has fewer than two neurons.

    Notes
    -----
    Own derivation: `theory.universal`, `theory.order_statistics`. At m = 10⁶ the mean is still 3 % above the
    universal one.
    """
    return universal.law() if model is None else order_statistics.law(model)


if __name__ == "__main__":
    script(derivations)
