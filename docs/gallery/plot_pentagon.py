"""
Pentagon
========

Five features that are rarely on share two neurons: they become the corners of a pentagon, whose loss is known
exactly. Six do better with a pentagon, too, and leave one out.
"""

from matplotlib import pyplot as plt

from polysem import Superposition, simulate, superposition

figure, axes = plt.subplots(1, 2, figsize=(10, 4.5), layout="constrained")
for ax, n in zip(axes, (5, 6), strict=True):
    run = min((simulate(Superposition(n, 2, 0.0), seed) for seed in range(4)), key=lambda run: run.loss[-1])
    for feature, (x, y) in enumerate(run.final.values):
        ax.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "->", "color": "#0072B2", "lw": 2})
        ax.text(1.12 * x, 1.12 * y, str(feature), ha="center", va="center")
    best = superposition.polygons(n)[0]
    ax.set(xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), aspect="equal", xlabel="neuron 0", ylabel="neuron 1")
    ax.set_title(f"{n} features: loss {float(run.loss[-1]):.5f},\n{best.corners} corners: {best.loss:.5f}")
