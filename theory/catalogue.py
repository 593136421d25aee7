"""All derivations, gathered from the modules: the table of statements."""

import difflib

from theory import (
    arguments,
    benign_collision,
    benign_pair,
    capacity,
    co_occurrence,
    collisions,
    crossover,
    crowding,
    exclusion,
    flow,
    fourth_norm,
    initial_interference,
    interference,
    malign,
    monosemantic,
    noise,
    noise_drift,
    pair_escape,
    random_signs,
    rebirth,
    shared_neuron,
    sparsification,
    splitting_neurons,
    symmetry,
    two_layer,
    zero_loss,
)
from theory.derivation import Derivation

# in the order in which a reader meets them
MODULES = (
    flow,
    symmetry,
    zero_loss,
    sparsification,
    initial_interference,
    interference,
    shared_neuron,
    malign,
    rebirth,
    collisions,
    exclusion,
    benign_collision,
    crossover,
    noise,
    random_signs,
    fourth_norm,
    noise_drift,
    capacity,
    crowding,
    two_layer,
    monosemantic,
    co_occurrence,
    benign_pair,
    splitting_neurons,
    pair_escape,
)

derivations: tuple[Derivation, ...] = tuple(
    derivation for module in MODULES for derivation in module.derivations
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
