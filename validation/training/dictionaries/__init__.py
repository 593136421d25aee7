"""Training of dictionaries: kinds of latents, loss and gradient, data, the format of SAELens."""
