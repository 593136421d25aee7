"""Two features on one neuron that have nothing else: who wins, after what time, and the saddle between.

Feature benefit undoes what interference alone would decide (`theory.interference.two_encodings`): together
they conserve the ratio of the two weights, and only L1 decides, slowly. With weights elsewhere see
`theory.interference.malign`.
"""

import math

import numpy as np
import sympy as sp
from scipy.integrate import solve_ivp

from theory.common import arguments
from theory.derivation import Derivation, Merit, Step, define, equal, function
from theory.flow.loss import forces
from theory.notation import a as weight_a, b as weight_b, balance as c, eps, lam, moving, phi, rho, t, x, y, z

# both weights positive, all three forces
FIELD = tuple(sum(forces(sp.Matrix([x, y]), lam).values(), sp.zeros(2, 1)))
SADDLE = sp.sqrt(sp.Rational(2, 3)) * sp.cos(sp.acos(-3 * sp.sqrt(6) * lam / 2) / 3)

# λ times the time from angle φ = arctan(b/a) to 0 at length 1, and what a start at length ρ saves of the time
TURN = (sp.log((1 + sp.sin(phi + sp.pi / 4)) / sp.cos(phi + sp.pi / 4)) - sp.log(1 + sp.sqrt(2))) / sp.sqrt(2)
TRANSIENT = 1 / rho - 1 + sp.log(2 * rho / (1 + rho))
SPEED_UP = -sp.log(sp.cos(phi) - sp.sin(phi)) / 2
DECISION_TIME = TURN / lam - SPEED_UP - TRANSIENT


def field(a: np.ndarray, b: np.ndarray, l1: float) -> tuple[np.ndarray, np.ndarray]:
    """Return da/dt and db/dt of two positive weights on one neuron that are all their features have.

    The phase portrait: stable sparse states on the axes, a saddle at a = b (`saddle`), and the diagonal as
    the separatrix between the two winners.

    Parameters
    ----------
    a, b : array_like
        The weights, above 0, of one shape.
    l1 : float
        λ.
    """
    a, b = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(b, dtype=float))
    return _field_a(a, b, l1), _field_b(a, b, l1)


def saddle(l1: float) -> float:
    """Return the weight c at which two features balance on one neuron: ``c (1 − 2c²) = λ``.

    Raises
    ------
    TypeError, ValueError
        If λ is not between 0 and 2/(3√6) ≈ 0.272, beyond which there is no such state.
    """
    l1 = arguments.real("l1", l1, least=0)
    if l1 > 2 / (3 * math.sqrt(6)):
        raise arguments.ArgumentError(f"l1 must be at most 2/(3 sqrt 6) = 0.272, got {l1}")
    return float(_saddle(l1))


def decision_time(a0: float, b0: float, l1: float) -> float:
    """Return the flow time at which the smaller of two weights on one neuron dies, up to an error O(λ).

    Parameters
    ----------
    a0, b0 : float
        The weights at time 0, above 0 and unequal; neither feature has another weight.
    l1 : float
        λ, above 0.

    Raises
    ------
    TypeError, ValueError
        If they are anything else.

    Notes
    -----
    Without L1 it never dies; with it, it takes a time of order 1/λ, longer by
    ``ln(1/|a₀ − b₀|)/(√2 λ)`` near the separatrix. Own derivation ``shared_neuron``.
    """
    large, small = sorted(
        (arguments.real("a0", a0, above=0), arguments.real("b0", b0, above=0)), reverse=True
    )
    if large == small:
        raise arguments.ArgumentError(f"b0 must differ from a0 = {a0}: on the separatrix neither weight wins")
    l1 = arguments.real("l1", l1, above=0)
    return float(_decision_time(math.atan2(small, large), math.hypot(large, small), l1))


_field_a, _field_b = (function(component, x, y, lam) for component in FIELD)
_saddle = function(SADDLE, lam)
_decision_time = function(DECISION_TIME, phi, rho, lam)


def _shared_steps() -> tuple[Step, ...]:
    a, b = moving(weight_a), moving(weight_b)
    rates = [component.subs({x: a, y: b}, simultaneous=True) for component in FIELD]
    turned = {x: rho * sp.cos(phi), y: rho * sp.sin(phi)}
    spread = sp.cos(phi) + sp.sin(phi)
    return (
        define(
            sp.Derivative(a, t), rates[0], "Two positive weights on one neuron: feature benefit, interference"
        ),
        define(sp.Derivative(b, t), rates[1], "and L1. The first two together act towards the unit circle."),
        equal(
            sp.Derivative(a / b, t),
            lam * (a - b) / b**2,
            "Without L1 their ratio is conserved and nothing decides; L1 shrinks the smaller one faster.",
        ),
        equal(
            sp.Derivative(sp.atan(b / a), t),
            lam * (b - a) / (a**2 + b**2),
            "So the angle turns at rate lambda: away from the diagonal, which is the separatrix.",
        ),
        equal(
            ((y - x) / (x**2 + y**2)).subs(turned),
            -(sp.cos(phi) - sp.sin(phi)) / rho,
            "In polar coordinates,",
        ),
        equal(
            sp.Integral(1 / (sp.cos(z) - sp.sin(z)), (z, 0, phi)),
            TURN,
            "so at length 1 the smaller weight dies after lambda t =",
        ),
        equal(
            ((1 - rho**2) * rho).subs(rho, 1 - lam * spread / 2),
            lam * spread - 3 * (lam * spread) ** 2 / 4 + (lam * spread) ** 3 / 8,
            "Feature benefit and L1 balance, up to order lambda^2, at a length a little less than 1,",
        ),
        equal(
            sp.Integral((spread / 2 / (sp.cos(phi) - sp.sin(phi))).subs(phi, z), (z, 0, phi)),
            SPEED_UP,
            "which speeds the turn up and saves this time.",
        ),
        equal(
            sp.Integral((1 / z - 1) / ((1 - z**2) * z), (z, rho, 1)),
            TRANSIENT,
            "Before, the length relaxes from rho to 1 while the angle turns 1/rho times as fast: saved, too.",
        ),
    )


def _saddle_steps() -> tuple[Step, ...]:
    level = c * (1 - 2 * c**2)
    displaced = [
        FIELD[0].subs({x: c + eps, y: c + sign * eps, lam: level}, simultaneous=True) for sign in (1, -1)
    ]
    mirrored = FIELD[1].subs({x: c + eps, y: c - eps, lam: level}, simultaneous=True)
    return (
        equal(
            displaced[0],
            (1 - 6 * c**2) * eps - 6 * c * eps**2 - 2 * eps**3,
            "The balance a = b = c at lambda = c (1 - 2 c^2) is stable along the diagonal if c > 1/sqrt(6),",
        ),
        equal(
            displaced[1] - mirrored,
            2 * eps * (level / c - 2 * eps**2),
            "and unstable across it at rate lambda / c: a saddle.",
        ),
        equal(
            SADDLE * (1 - 2 * SADDLE**2),
            lam,
            "Solved for c: the larger root, near 1/sqrt(2) for small lambda.",
        ),
        equal(
            sp.Derivative(c * (1 - 2 * c**2), c),
            1 - 6 * c**2,
            "It exists while lambda is at most the maximum of c (1 - 2 c^2), at c = 1/sqrt(6),",
        ),
        equal(sp.Subs(level, c, 1 / sp.sqrt(6)), 2 / (3 * sp.sqrt(6)), "which is this."),
    )


def _shared_neuron_merit() -> float:
    start, l1 = (0.9, 0.4), 0.01

    def dead(_, weights):
        return weights[1]

    dead.terminal = True  # type: ignore[attr-defined]  # SciPy's way to say so
    solution = solve_ivp(
        lambda _, w: field(w[0], w[1], l1),
        (0, 10 / l1),
        start,
        "DOP853",
        events=dead,
        rtol=1e-9,
        atol=1e-11,
    )
    return abs(decision_time(*start, l1) / solution.t[-1] - 1)


derivations = (
    Derivation(
        name="shared_neuron",
        statement=(
            "Two features with nothing but one neuron, same sign: feature benefit and interference conserve "
            "the ratio of their weights, and L1 lets the larger one win in a time of order 1/lambda."
        ),
        source="own; question from seed 001, Gaps in the theory",
        status="asymptotic",
        proof=_shared_steps,
        domains={phi: (0.1, 0.7)},
        prediction="theory.interference.decision_time",
        merit=Merit("relative error {:.1e} from (0.9, 0.4) at lambda = 0.01", _shared_neuron_merit),
    ),
    Derivation(
        name="saddle",
        statement="Two equal weights on one neuron are a saddle; the diagonal separates the two winners.",
        source="own",
        status="proved",
        proof=_saddle_steps,
        domains={lam: (0.01, 0.27)},
        prediction="theory.interference.saddle",
    ),
)
