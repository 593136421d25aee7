"""
Did my network's polysemantic neurons arise by accident?
========================================================

Train the model as the paper does, take its weights like any others, and ask of each neuron whether it has
several features on it, and whether one of them could move to a free neuron at no higher loss.
"""

from matplotlib import pyplot as plt

from polysem import Autoencoder, analyze, train
from validation.analysis import evidence, pictures

model = Autoencoder.from_training(n_features=32, n_neurons=64, l1_train=4e-3)
run = train(model, "adamw", steps=6000, learning_rate=1e-3, seed=1)
weights = run.final.values[0]
result = analyze(weights, run.initial.values[0])

for heading, text in evidence.summary(result).items():
    print(f"{heading:20} {text}")

figure, ax = plt.subplots(figsize=(9, 4.5), layout="constrained")
pictures.encodings(ax, weights, result)
