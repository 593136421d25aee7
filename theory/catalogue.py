"""All derivations, gathered from the modules: the table of statements."""

import difflib

from theory.capacity import crowding, nearly_orthogonal
from theory.co_occurrence import pair_at_rest, pair_escape, rare_features, splitting
from theory.collisions import benign_collision, counting, crossover, exclusion
from theory.common import arguments
from theory.derivation import Derivation
from theory.flow import loss, symmetries, zero_loss
from theory.interference import initial as initial_interference
from theory.interference import malign, rebirth, shared_neuron, two_encodings
from theory.noise import averaged, drift, fourth_norm, random_signs
from theory.sparsification import (
    decay,
    extinction,
    initial,
    levels,
    norms,
    order_statistics,
    reduction,
    universal,
)
from theory.two_layer import monosemantic, response

# in the order in which a reader meets them
MODULES = (
    loss,
    symmetries,
    zero_loss,
    reduction,
    norms,
    initial,
    decay,
    levels,
    universal,
    order_statistics,
    extinction,
    initial_interference,
    two_encodings,
    shared_neuron,
    malign,
    rebirth,
    counting,
    exclusion,
    benign_collision,
    crossover,
    averaged,
    random_signs,
    fourth_norm,
    drift,
    nearly_orthogonal,
    crowding,
    response,
    monosemantic,
    rare_features,
    pair_at_rest,
    splitting,
    pair_escape,
)

derivations: tuple[Derivation, ...] = tuple(
    derivation for module in MODULES for derivation in module.derivations
)


def chapter(name: str) -> tuple[Derivation, ...]:
    """Return the derivations of a chapter, such as "collisions"."""
    return tuple(
        derivation
        for module in MODULES
        if module.__name__.split(".")[1] == name
        for derivation in module.derivations
    )


def find(name: str) -> Derivation:
    """Return the derivation of that name.

    Raises
    ------
    ValueError
        If there is none; the message names those that are spelled alike.
    """
    by_name = {derivation.name: derivation for derivation in derivations}
    if name not in by_name:
        near = difflib.get_close_matches(name, by_name, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "polysem derive --list shows all"
        raise arguments.ArgumentError(f"name must be that of a derivation, got {name!r}; {hint}")
    return by_name[name]
