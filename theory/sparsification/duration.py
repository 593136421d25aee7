"""The time at which one active weight of an encoding is left: its law, for many weights or for m of them."""

from scipy.stats.distributions import rv_frozen

from theory.model import Autoencoder
from theory.sparsification import order_statistics, universal


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
    Own derivation: `theory.sparsification.universal`, `theory.sparsification.order_statistics`. At m = 10⁶
    the mean is still 3 % above the universal one.
    """
    return universal.law() if model is None else order_statistics.law(model)
