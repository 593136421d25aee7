"""
From dense to sparse
====================

All encodings of one run at four times. In the end each feature has one neuron, and some have the same one:
the triangles mark neurons that are polysemantic by accident.
"""

import numpy as np
from matplotlib import pyplot as plt

from polysem import Autoencoder, simulate
from validation.report import plots

model = Autoencoder(n_features=16, n_neurons=32, l1=0.01)
run = simulate(model, seed=1, times=np.array([0.0, 5.0, 30.0, 400.0]), save_weights=True)

figure, axes = plt.subplots(2, 2, figsize=(11, 7), layout="constrained")
for ax, time in zip(axes.flat, run.time, strict=True):
    plots.encodings(ax, run.weights.sel(time=time).values)
    ax.set_title(f"t = {float(time):g}")
