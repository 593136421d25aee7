"""What may be changed without changing the flow: order and signs, rotations without L1, orthogonal inputs."""

import sympy as sp

from theory.derivation import Derivation, Step, equal
from theory.flow.loss import loss
from theory.notation import ell, encodings, input_weights, lam_train as lam, phi, slopes

W = encodings(2, 2)

SWAP = sp.Matrix([[0, 1], [1, 0]])
FLIP = sp.diag(1, -1)
ROTATION = sp.Matrix([[sp.cos(phi), -sp.sin(phi)], [sp.sin(phi), sp.cos(phi)]])


def _symmetry_steps() -> tuple[Step, ...]:
    V = encodings(2, 2, "v")

    def same(changed: sp.Matrix, strength: sp.Expr, text: str) -> Step:
        moved = sp.Subs(loss(V, strength), tuple(V), tuple(changed))
        return equal(moved, loss(W, strength), text, symbolic=False)

    return (
        same(
            SWAP * W,
            lam,
            "Exchange two features: take V for W, with the rows exchanged. All are shown for two features, "
            "two neurons.",
        ),
        same(W * SWAP, lam, "Exchange two neurons: the columns."),
        same(W * FLIP, lam, "Flip the sign of a neuron: of its column."),
        same(W * ROTATION, sp.Integer(0), "Without L1, turn the hidden space: there is no special basis."),
        equal(
            sp.cos(phi) + sp.sin(phi),
            sp.sqrt(2) * sp.cos(phi - sp.pi / 4),
            "The L1 norm of a unit encoding in the first quadrant is least, 1, on the axes and largest, "
            "sqrt(2), halfway between them: L1 makes the neurons the special basis.",
        ),
    )


def _orthogonal_steps() -> tuple[Step, ...]:
    U = ell * ROTATION  # rows: two orthogonal inputs of length ell
    v = sp.Matrix(input_weights)  # trained
    change = sp.Matrix(slopes).dot(U * v)
    return (
        equal(U.row(0).dot(U.row(0)), ell**2, "The rows u_1, u_2 of U are inputs of length ell."),
        *(
            equal(
                -U[i, 0] * sp.Derivative(change, v[0]) - U[i, 1] * sp.Derivative(change, v[1]),
                -(ell**2) * slopes[i],
                "To first order the loss changes by L_1 w_1 + L_2 w_2, w = U v being the encodings on one "
                f"neuron. Descent on v moves w_{i + 1} as descent on w would, ell^2 times as fast.",
            )
            for i in (0, 1)
        ),
    )


derivations = (
    Derivation(
        name="symmetries",
        statement=(
            "Permuting features or neurons and flipping the sign of a neuron leave the loss as it is; "
            "without L1 every rotation of the hidden space does."
        ),
        source="seed 001, Implications for mechanistic interpretability, and comments; the rest own",
        status="proved",
        proof=_symmetry_steps,
        domains=dict.fromkeys(W, (0.1, 0.6)),  # a positive inner product, so that the ReLU is on
    ),
    Derivation(
        name="orthogonal_inputs",
        statement=(
            "Orthogonal inputs of one length ell instead of basis vectors give the same dynamics of the "
            "encodings, ell^2 times as fast."
        ),
        source="seed 001, footnote 10; factor own",
        status="proved",
        proof=_orthogonal_steps,
    ),
)
