"""
A force of your own
===================

Weight decay, written in three lines and compiled: it slows the growth of norms and leaves encodings shorter.
"""

import numpy as np
from matplotlib import pyplot as plt
from numba import njit

from polysem import Autoencoder, simulate
from sim.forces import FORCES, own_force


@njit
def decay(weights, force):
    """Add a pull towards zero in proportion to each weight."""
    force -= 0.2 * weights


model = Autoencoder(n_features=8, n_neurons=32, l1=0.01)
times = np.geomspace(0.1, 300, 80)
plain = simulate(model, until=300.0, times=times)
decayed = simulate(model, until=300.0, times=times, forces=(*FORCES, own_force("decay", smooth=decay)))

figure, ax = plt.subplots(layout="constrained")
ax.semilogx(times, plain.l2_norm.mean("feature"), color="#0072B2", label="the three forces")
ax.semilogx(times, decayed.l2_norm.mean("feature"), color="#D55E00", linestyle="--", label="and decay")
ax.set(xlabel="flow time t", ylabel="mean norm ‖W‖")
ax.legend()
