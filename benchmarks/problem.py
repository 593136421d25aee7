"""The flow as a general solver is given it: a right-hand side in NumPy, with ``sign(0) = 0``."""

import numpy as np

from benchmarks.measuring import check
from sim.forces import FORCES, action, smooth_force
from theory import Autoencoder


class Problem:
    """Initial value problem of the flow, flattened.

    Parameters
    ----------
    model : Autoencoder
    seed : int
        Seed of the initial weights.
    """

    def __init__(self, model: Autoencoder, seed: int = 0) -> None:
        self.model = model
        self.shape = model.n_features, model.n_neurons
        self.identity = np.eye(model.n_features)
        self.initial = model.initial(np.random.default_rng(seed))
        self._agrees_with_kernel()

    def slope(self, _: float, flat: np.ndarray) -> np.ndarray:
        """Return dW/dt."""
        weights = flat.reshape(self.shape)
        return (self.smooth_force(weights) - self.model.l1 * np.sign(weights)).reshape(-1)

    def smooth_force(self, weights: np.ndarray) -> np.ndarray:
        """Return feature benefit and interference."""
        return (self.identity - np.maximum(weights @ weights.T, 0)) @ weights

    def _agrees_with_kernel(self) -> None:
        ours = smooth_force(self.initial, action(FORCES)) - self.model.l1 * np.sign(self.initial)
        theirs = self.slope(0.0, self.initial.reshape(-1)).reshape(self.shape)
        check(np.allclose(ours, theirs, rtol=1e-12, atol=1e-14), "the right-hand sides differ")
