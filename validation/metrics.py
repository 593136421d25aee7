"""What final encodings say, whoever made them: the metrics of the simulation hold for training as well."""

from sim.metrics import polysemantic_neurons

__all__ = ["polysemantic_neurons"]
