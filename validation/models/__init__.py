"""Reference models: loss and written-out gradient, one file per model.

A model offers ``loss(weights)`` and ``gradient(weights)`` for a batch of replicates; it knows neither
the optimiser nor the training loop.
"""
