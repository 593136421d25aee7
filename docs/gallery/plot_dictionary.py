"""
A dictionary finds 64 features
==============================

Sixty-four random directions in 32 dimensions, three of them on at a time. A top-k dictionary is trained on
nothing but their sums, and its latents are held against the true directions.
"""

import numpy as np
from matplotlib import pyplot as plt

from polysem import Dictionary, recovery, train

rng = np.random.default_rng(0)
truth = rng.normal(size=(64, 32))
truth /= np.linalg.norm(truth, axis=1, keepdims=True)


def samples(rng, n):
    """Return sums of features, each on with probability 3/64."""
    return ((rng.random((n, 64)) < 3 / 64) * rng.uniform(0.5, 1, (n, 64))) @ truth


trained = train(Dictionary(32, 128, kind="topk", k=4), data=samples, steps=2000, batch=512)
found = recovery(trained.W_dec.values[0], truth)

figure, ax = plt.subplots(layout="constrained")
ax.hist(found.cosine, np.linspace(0, 1, 41), color="#0072B2")
ax.axvline(found.chance, color="black", linestyle="--", label="chance, on average")
ax.set(xlabel="cosine of a feature with its latent", ylabel="features")
ax.legend()

print(f"{found.share:.0%} of the features are found with a cosine above 0.9")
