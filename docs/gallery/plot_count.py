"""
How many neurons become polysemantic
====================================

Features choose neurons almost independently, but two of the same sign cannot stay on one: the exclusion law.
A hundred runs of the flow beside it.
"""

import numpy as np
from matplotlib import pyplot as plt

from polysem import Autoencoder, collisions, ensemble

model = Autoencoder(n_features=32, n_neurons=128, l1=0.01)
runs = ensemble(model, replicates=100, seed=0)
law = collisions.polysemantic_neurons(32, 128)

numbers = np.arange(9)
figure, ax = plt.subplots(layout="constrained")
share = np.bincount(runs.polysemantic_neurons.values.astype(int), minlength=9)[:9] / runs.sizes["replicate"]
ax.bar(numbers, share, color="#0072B2", alpha=0.6, label="100 runs of the flow")
ax.plot(numbers, law.pmf(numbers), "ko--", label="exclusion law")
ax.set(xlabel="polysemantic neurons", ylabel="probability")
ax.legend()

print(f"mean {float(runs.polysemantic_neurons.mean()):.2f}, by the law {law.mean():.2f}")
