"""
A sweep on two workers
======================

One measurement at several settings, sixteen runs each, on two processes. The result has the grid as its axes.
With ``store="folder"`` it would survive whatever stops it.
"""

from contextlib import closing

from matplotlib import pyplot as plt

from polysem import Autoencoder, collisions, polysemantic_neurons, simulate, sweep
from validation.report import statistics
from validation.sweeps.engine import Pool


def measure(seed, n):
    """Run the flow once and count."""
    return {"polysemantic": polysemantic_neurons(simulate(Autoencoder(n, 64, 0.02), seed))}


sizes = [8, 16, 32]
with closing(Pool(2)) as workers:
    found = sweep(measure, {"n": sizes}, replicates=16, executor=workers)

figure, ax = plt.subplots(layout="constrained")
means = [statistics.mean(found.polysemantic.sel(n=n).values, statistics.USUAL) for n in sizes]
low, high = ([abs(getattr(mean, end) - mean.value) for mean in means] for end in ("low", "high"))
ax.errorbar(sizes, [mean.value for mean in means], (low, high), fmt="o", color="#0072B2", label="flow, 95 %")
ax.plot(sizes, [collisions.polysemantic_neurons(n, 64).mean() for n in sizes], "k--", label="exclusion law")
ax.set(xlabel="features n", ylabel="polysemantic neurons of 64")
ax.legend()
