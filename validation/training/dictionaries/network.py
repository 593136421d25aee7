"""A dictionary in training: batches, gradients along the sphere of its rows, what becomes of dead latents."""

from dataclasses import dataclass

import numpy as np

from theory import Dictionary
from validation.training.backend import Array, is_numpy, namespace_of, to_numpy
from validation.training.dictionaries.data import Source
from validation.training.dictionaries.kinds import CODERS
from validation.training.dictionaries.loss import forward, loss_and_gradient
from validation.training.models import Network, Parameters

WITH_AUXILIARY = ("topk", "batch_topk", "matryoshka")  # the others' dead latents are drawn anew
DRAWN_ANEW_UNTIL = 0.7  # of all steps, so that what is new can settle
NEW_ENCODER = 0.2  # length of a new latent's encoder, over the mean of others (Bricken et al. 2023)


@dataclass(frozen=True)
class Batches:
    """Batches for some of the replicates; what a step draws depends on nothing but the key and the step."""

    source: Source
    keys: np.ndarray
    first: int
    size: int

    def at(self, step: int, xp: object, dtype: object) -> Array:
        """Return the batch of a step, (replicate, sample, input)."""
        drawn = []
        for number, key in enumerate(self.keys, self.first):
            rng = np.random.Generator(np.random.Philox(counter=[0, 0, 0, step], key=key))
            drawn.append(self.source.draw(rng, self.size, number))
        return xp.asarray(np.stack(drawn), dtype=dtype)  # type: ignore[attr-defined]


@dataclass
class Learner(Network):
    """What training asks of dictionaries.

    Beside the parameters of its kind a dictionary has ``idle``, by latent the steps since it was last on; no
    gradient moves it.

    Parameters
    ----------
    model : Dictionary
        What is trained.
    batches : Batches
        Where samples come from.
    steps : int
        Of the whole training.
    warm_up : float
        Share of these in which L1 and L0 come to their strength.
    dead_after : int
        Steps after which a latent that has not been on is dead.
    """

    model: Dictionary
    batches: Batches
    steps: int
    warm_up: float
    dead_after: int

    def gradients(self, parameters: Parameters, step: int) -> Parameters:
        """Return the gradients on the batch of this step, those of decoder rows along the sphere."""
        decoder = parameters["W_dec"]
        xp = namespace_of(decoder)
        inputs = self.batches.at(step, xp, decoder.dtype)
        strength = min(1.0, (step + 1) / (self.warm_up * self.steps)) if self.warm_up else 1.0
        if not is_numpy(decoder):
            return self._gradients(parameters, inputs, strength)
        found = [
            self._gradients({name: array[r] for name, array in parameters.items()}, inputs[r], strength)
            for r in range(len(decoder))
        ]
        return {name: np.stack([one[name] for one in found]) for name in parameters}

    def _gradients(self, parameters: Parameters, inputs: Array, strength: float) -> dict[str, Array]:
        idle = parameters["idle"]
        xp = namespace_of(idle)
        dead = idle >= self.dead_after if self.model.kind in WITH_AUXILIARY else None
        outcome = loss_and_gradient(self.model, parameters, inputs, strength, dead)
        decoder, gradient = parameters["W_dec"], outcome.gradient
        along = xp.sum(gradient["W_dec"] * decoder, axis=-1, keepdims=True)
        gradient["W_dec"] = gradient["W_dec"] - along * decoder
        idle[...] = xp.where(outcome.fired, xp.zeros_like(idle), idle + 1)
        gradient["idle"] = xp.zeros_like(idle)
        return gradient

    def constrain(self, parameters: Parameters, step: int) -> None:
        """Give decoder rows length 1, keep thresholds positive, and draw dead latents anew."""
        decoder = parameters["W_dec"]
        xp = namespace_of(decoder)
        decoder /= xp.sqrt(xp.sum(decoder * decoder, axis=-1, keepdims=True))
        if "threshold" in parameters:
            parameters["threshold"][...] = xp.maximum(parameters["threshold"], xp.zeros_like(decoder[..., 0]))
        due = step and step % self.dead_after == 0 and step < DRAWN_ANEW_UNTIL * self.steps
        if due and self.model.kind not in WITH_AUXILIARY:
            inputs = self.batches.at(step, xp, decoder.dtype)
            for r in range(len(decoder)):
                one = {name: array[r, ...] for name, array in parameters.items()}
                self._draw_anew(one, inputs[r, ...], [*self.batches.keys[r].tolist(), step])

    def _draw_anew(self, parameters: Parameters, inputs: Array, seed: list[int]) -> None:
        """Turn dead latents of one dictionary to what it leaves of samples, the worse the likelier.

        They have had no gradient for so long that the optimiser keeps nothing of them.
        """
        xp = namespace_of(inputs)
        (dead,) = np.nonzero(to_numpy(parameters["idle"]) >= self.dead_after)
        if len(dead) in (0, self.model.n_latents):
            return
        latents = forward(self.model, parameters, inputs).latents
        rest = inputs - latents.pattern.dense(latents.values) @ parameters["W_dec"] - parameters["b_dec"]
        loss = to_numpy(xp.sum(rest * rest, axis=-1)).astype(np.float64)
        if not 0 < loss.sum() < np.inf:
            return
        rng = np.random.default_rng(seed)
        chosen = rng.choice(len(loss), size=len(dead), p=loss**2 / (loss**2).sum())
        lengths = xp.sqrt(xp.sum(parameters["W_enc"] ** 2, axis=0))
        alive = np.setdiff1d(np.arange(self.model.n_latents), dead)
        length = NEW_ENCODER * xp.mean(lengths[xp.asarray(alive)])
        for latent, sample in zip(dead.tolist(), chosen.tolist(), strict=True):
            direction = rest[sample, ...] / xp.sqrt(xp.sum(rest[sample, ...] ** 2))
            parameters["W_dec"][latent, :] = direction
            parameters["W_enc"][:, latent] = length * direction
            for name, value in {"b_enc": 0.0, "idle": 0.0, **CODERS[self.model.kind].extra}.items():
                parameters[name][latent] = value
