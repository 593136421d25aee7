"""Forces on the encodings, one file per force, one line each in `FORCES`.

A force acts in one of three ways.

- Through the Gram matrix ``K = W Wᵀ``: the force is ``M W`` with a symmetric *mismatch* M that depends on K.
  Feature benefit and interference are of this kind, and so stiff that integrators treat M implicitly.
- As any smooth function of the encodings, treated explicitly.
- As a penalty that is not smooth, applied by its proximal map, so that zeros are exact. L1 is one.

Integrators see only the sum of each kind, an `Action`; which forces are in it they do not know.
"""

from collections.abc import Collection

from sim.forces import feature_benefit, interference, l1
from sim.forces.co_occurring import co_occurrence
from sim.forces.contexts import context_interference
from sim.forces.kinds import Action, Force, compose, own_force, smooth_force
from sim.forces.l2 import l2_decay
from sim.forces.noise import noise_drift
from sim.forces.untied import UNTIED
from theory.common import arguments

__all__ = [
    "FORCES",
    "UNTIED",
    "Action",
    "Force",
    "action",
    "co_occurrence",
    "context_interference",
    "l2_decay",
    "noise_drift",
    "own_force",
    "smooth_force",
]

FORCES: dict[str, Force] = {
    "feature_benefit": feature_benefit.FORCE,
    "interference": interference.FORCE,
    "l1": l1.FORCE,
}


def action(forces: Collection[str | Force]) -> Action:
    """Return the sum of `forces`, names in `FORCES` or forces of one's own.

    Raises
    ------
    TypeError, ValueError
        If one is neither, or two have the same name.
    """
    if isinstance(forces, Force) or not isinstance(forces, Collection):  # one force is a tuple, too
        raise arguments.ArgumentTypeError(
            f"forces must be a collection of names and forces, got {arguments.shown(forces)}"
        )
    found = tuple(
        force if isinstance(force, Force) else FORCES[arguments.choice("forces", force, FORCES)]
        for force in arguments.collection("forces", forces, "names and forces")
    )
    names = [force.name for force in found]
    if len(set(names)) < len(names) or any(force != FORCES.get(force.name, force) for force in found):
        raise arguments.ArgumentError(f"forces must have names of their own, got {', '.join(names)}")
    return compose(found)
