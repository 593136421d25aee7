"""All derivations, by name: a module is imported only when one of its derivations is asked for."""

import difflib
import functools
import importlib
from types import MappingProxyType
from typing import Any

from theory.common import arguments
from theory.derivation import Derivation

# in the order in which a reader meets them
INDEX = MappingProxyType(
    {
        "theory.flow.loss": (
            "flow",
            "energy_descent",
        ),
        "theory.flow.symmetries": (
            "symmetries",
            "orthogonal_inputs",
        ),
        "theory.flow.untied": ("untied",),
        "theory.flow.zero_loss": (
            "zero_loss",
            "sparse_minima",
        ),
        "theory.sparsification.reduction": (
            "threshold",
            "reduction",
            "final_weight",
        ),
        "theory.sparsification.norms": (
            "norm_relaxation",
            "norm_decay",
            "slow_manifold",
            "waterline_time",
        ),
        "theory.sparsification.initial": (
            "population_norm",
            "population_uniform",
            "population_laplace",
        ),
        "theory.sparsification.decay": (
            "late_law",
            "late_correction",
            "late_law_of_power_tails",
            "heuristic",
        ),
        "theory.sparsification.levels": ("time_per_level",),
        "theory.sparsification.universal": (
            "time_below_level",
            "noise_below_level",
            "time_tail",
        ),
        "theory.sparsification.order_statistics": (
            "order_statistics",
            "weights_below",
            "influence_of_one_weight",
        ),
        "theory.sparsification.extinction": ("extinction",),
        "theory.interference.initial": (
            "initial_interference",
            "initial_variance",
            "initial_direction",
            "initial_share",
        ),
        "theory.interference.mean_field": (
            "cosines",
            "mean_cosine",
        ),
        "theory.interference.two_encodings": (
            "inner_product",
            "malign_collision",
            "benign_collision",
        ),
        "theory.interference.shared_neuron": (
            "shared_neuron",
            "saddle",
        ),
        "theory.interference.malign": (
            "free_collision",
            "death",
        ),
        "theory.interference.rebirth": ("rebirth",),
        "theory.interference.first_steps": (
            "first_steps",
            "push_and_pull",
            "sign_flow",
            "leads_kept",
        ),
        "theory.collisions.counting": (
            "collisions",
            "higher_order_collisions",
            "independent_slots",
        ),
        "theory.collisions.exclusion": (
            "exclusion_law",
            "exclusion_moments",
        ),
        "theory.collisions.contexts": ("contexts",),
        "theory.collisions.benign_collision": ("benign_collision_survives",),
        "theory.collisions.early": (
            "early_pairs",
            "tilted_exclusion",
        ),
        "theory.collisions.crossover": (
            "poisson_limit",
            "crossover",
        ),
        "theory.noise.gaussian": ("gaussian_noise",),
        "theory.noise.averaged": (
            "edgeworth_correction",
            "fourth_norm_force",
        ),
        "theory.noise.random_signs": ("random_signs",),
        "theory.noise.fourth_norm": ("replicator",),
        "theory.noise.drift": ("drift_rate",),
        "theory.capacity.nearly_orthogonal": (
            "johnson_lindenstrauss",
            "random_directions",
            "greedy_encodings",
            "welch",
        ),
        "theory.capacity.spherical": ("levenshtein",),
        "theory.capacity.crowding": ("interference_cost",),
        "theory.two_layer.response": (
            "interference_of_features",
            "negative_bias",
        ),
        "theory.two_layer.monosemantic": (
            "one_neuron",
            "two_neurons",
        ),
        "theory.two_layer.sharing": ("price_of_sharing",),
        "theory.two_layer.interference": (
            "interference_kurtosis",
            "orthogonal_interference",
        ),
        "theory.two_layer.scaling": ("largest_cosine",),
        "theory.two_layer.absolute": ("absolute_values",),
        "theory.superposition.one_feature": ("one_feature",),
        "theory.superposition.cube": ("features_together",),
        "theory.superposition.corners": (
            "regular_polygon",
            "left_out",
        ),
        "theory.superposition.phases": ("phase_boundary",),
        "theory.superposition.correlation": ("correlated_features",),
        "theory.co_occurrence.rare_features": (
            "rare_features",
            "co_occurrence_force",
            "benign_pair_cost",
        ),
        "theory.co_occurrence.pair_at_rest": (
            "benign_pair_at_rest",
            "unstable_benign_pair",
        ),
        "theory.co_occurrence.splitting": (
            "split_neuron",
            "choice_of_copies",
        ),
        "theory.co_occurrence.pair_escape": ("escape_from_pair",),
        "theory.co_occurrence.pair_race": ("pair_race",),
        "theory.dictionaries.shrinkage": ("l1_shrinkage",),
        "theory.dictionaries.absorption": (
            "child_latent",
            "absorbed_child",
            "composed_latent",
        ),
        "theory.dictionaries.top_k": (
            "top_1_child",
            "top_k_left_out",
        ),
    }
)
NAMES = tuple(name for names in INDEX.values() for name in names)

derivations: "Derivations"  # all of them, imported when they are first looked at


class Derivations(tuple[Derivation, ...]):
    """Derivations in the order in which a reader meets them, and by name: ``derivations["threshold"]``."""

    def __getitem__(self, key: Any) -> Any:
        """Return the derivation of a name or at a place, or those of a slice."""
        return find(key) if isinstance(key, str) else super().__getitem__(key)

    def __contains__(self, item: object) -> bool:
        """Say whether there is a derivation of that name, or this one."""
        return item in NAMES if isinstance(item, str) else super().__contains__(item)


def __getattr__(name: str) -> Derivations:
    if name != "derivations":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _all()


@functools.cache
def _all() -> Derivations:
    return Derivations(derivation for module in INDEX for derivation in _of(module))


def chapter(name: str) -> tuple[Derivation, ...]:
    """Return the derivations of a chapter, such as "collisions"."""
    return tuple(
        derivation for module in INDEX if module.startswith(f"theory.{name}.") for derivation in _of(module)
    )


def find(name: str) -> Derivation:
    """Return the derivation of that name.

    Raises
    ------
    ValueError
        If there is none; the message names those that are spelled alike.
    """
    wanted = "name must be that of a derivation"
    if not isinstance(name, str):
        raise arguments.ArgumentTypeError(f"{wanted}, got {arguments.shown(name)}")
    for module, names in INDEX.items():
        if name in names:
            return _of(module)[names.index(name)]
    near = difflib.get_close_matches(name, NAMES, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "polysem derive --list shows all"
    raise arguments.ArgumentError(f"{wanted}, got {arguments.shown(name)}; {hint}")


def _of(module: str) -> tuple[Derivation, ...]:
    return importlib.import_module(module).derivations
