"""
Pentagon
========

Five features that are never on together share two neurons. From some starts they become the corners of a
pentagon, from others a square that leaves one out: both are critical points whose loss is known exactly, and
none has a lower one than the pentagon.
"""

from matplotlib import pyplot as plt

from polysem import Superposition, simulate, superposition

polygons = superposition.polygons(5)
figure, axes = plt.subplots(1, 2, figsize=(10, 4.5), layout="constrained")
for ax, seed in zip(axes, (3, 0), strict=True):
    run = simulate(Superposition(5, 2, 0.0), seed)
    for feature, (x, y) in enumerate(run.final.values):
        ax.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "->", "color": "#0072B2", "lw": 2})
        ax.text(1.12 * x, 1.12 * y, str(feature), ha="center", va="center")
    loss = float(run.loss[-1])
    known = min(polygons, key=lambda polygon: abs(polygon.loss - loss))
    ax.set(xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), aspect="equal", xlabel="neuron 0", ylabel="neuron 1")
    ax.set_title(f"flow: {loss:.5f}, exactly {known.loss:.5f} ({known.corners} corners)")

print(f"the lowest loss of all polygons: {polygons[0].loss:.5f}")
