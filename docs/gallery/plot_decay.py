"""
Decay of one encoding
=====================

Ten thousand weights race for one place. The exact flow, and what theory says of it, in six lines.
"""

import numpy as np
from matplotlib import pyplot as plt

from polysem import Autoencoder, sparsification, sparsify

model = Autoencoder(n_features=1, n_neurons=10_000, l1=1e-4)
times = np.geomspace(1, 1e4, 60)
race = sparsify(model.initial(np.random.default_rng(0))[0], model.l1, times)
theory = sparsification.population(model, times)

figure, ax = plt.subplots(layout="constrained")
ax.loglog(times, theory.active, "k--", label="theory")
ax.loglog(times, race.active, "o", color="#0072B2", markersize=4, label="exact flow")
ax.set(xlabel="flow time t", ylabel="active weights", ylim=(0.7, None))
ax.legend()

# %%
# When one weight is left is random, with a law that is the same for all sizes.

law = sparsification.time_to_sparsity()
print(
    f"here {race.attrs['time_to_sparsity'] * model.l1:.2f} / λ, by the law {law.mean():.2f} ± {law.std():.2f}"
)
