"""The dictionary under study: a sparse autoencoder of hidden activations, of one of six kinds."""

from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from theory.common import arguments
from theory.common.arguments import ArgumentError, ArgumentTypeError

KINDS = MappingProxyType(
    {
        "l1": ("l1_coefficient",),
        "topk": ("k",),
        "batch_topk": ("k",),
        "gated": ("l1_coefficient",),
        "jumprelu": ("l0_coefficient",),
        "matryoshka": ("k", "widths"),
    }
)
"""The kinds, each with its strengths by name."""


@dataclass(frozen=True)
class Dictionary:
    """Parameters of the dictionary ``f = act(W_e (x − b_d) + b_e)``, ``x̂ = W_d f + b_d``.

    Rows of the decoder have length 1. The loss is the mean over samples of ``‖x − x̂‖²``, summed over
    inputs, and of what its kind adds.

    Parameters
    ----------
    n_inputs : int
        Number of activations x that are taken apart, at least 1.
    n_latents : int
        Number of latents f, at least 1. A dictionary should be overcomplete in the true features, not only
        in the inputs.
    kind : {"l1", "topk", "batch_topk", "gated", "jumprelu", "matryoshka"}
        What makes f sparse: L1 (Bricken et al. 2023, "Towards Monosemanticity"); the k largest of each sample
        (Gao et al., arXiv:2406.04093) or of a batch, k a sample on average (Bussmann et al.,
        arXiv:2412.06410); a gate that alone feels L1 (Rajamanoharan et al., arXiv:2404.16014); a threshold
        for each latent under L0 (arXiv:2407.14435); nested dictionaries with the k largest of a batch
        (Bussmann et al., arXiv:2503.17547).
    l1_coefficient : float, optional
        Strength of ``Σ f`` ("l1") or of ``Σ ReLU(gate)`` ("gated"), at least 0.
    k : float, optional
        How many latents are on, above 0 and at most `n_latents`; a whole number for "topk".
    l0_coefficient : float, optional
        Strength of the number of latents that are on ("jumprelu"), at least 0.
    widths : tuple of int, optional
        How many latents each nested dictionary of "matryoshka" has, increasing, the last one all of them;
        by default a quarter, a half and all.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not as said above, is missing, or is not one of this kind.

    Notes
    -----
    The names are those of SAELens, with `n_inputs` and `n_latents` for its ``d_in`` and ``d_sae``. Seed 002,
    "Dictionary Learning as a Transformative Bridge".
    """

    n_inputs: int
    n_latents: int
    kind: str = "l1"
    l1_coefficient: float | None = None
    k: float | None = None
    l0_coefficient: float | None = None
    widths: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        set_field = object.__setattr__  # the way for a frozen dataclass to normalise its own fields
        set_field(self, "n_inputs", arguments.whole("n_inputs", self.n_inputs, least=1))
        set_field(self, "n_latents", arguments.whole("n_latents", self.n_latents, least=1))
        of_kind = KINDS[arguments.choice("kind", self.kind, tuple(KINDS))]
        if "widths" in of_kind and self.widths is None:
            set_field(self, "widths", self._usual_widths())
        for name in STRENGTHS:
            given = getattr(self, name)
            if name not in of_kind and given is not None:
                raise ArgumentError(f"{name} must be left out for kind {self.kind}")
            if name in of_kind:
                if given is None:
                    raise ArgumentTypeError(f"{name} must be given for kind {self.kind}")
                set_field(self, name, STRENGTHS[name](self, given))

    def _usual_widths(self) -> tuple[int, ...]:
        return tuple(sorted({-(-self.n_latents // 4), -(-self.n_latents // 2), self.n_latents}))

    def _checked_k(self, given: object) -> float:
        if self.kind == "topk":
            return arguments.whole("k", given, least=1, most=self.n_latents)
        return arguments.real("k", given, above=0, most=self.n_latents)

    def _checked_widths(self, given: object) -> tuple[int, ...]:
        given = arguments.collection("widths", given, "whole numbers")
        widths = tuple(arguments.whole("widths", width, least=1) for width in given)
        if not widths or list(widths) != sorted(set(widths)) or widths[-1] != self.n_latents:
            raise ArgumentError(f"widths must increase up to n_latents = {self.n_latents}, got {widths}")
        return widths

    def parameters(self) -> dict[str, Any]:
        """Return the parameters by name, as they are stored in the attributes of results."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        return given | {"widths": list(self.widths)} if self.widths else given


STRENGTHS = MappingProxyType(
    {
        "l1_coefficient": lambda _, given: arguments.real("l1_coefficient", given, least=0),
        "k": Dictionary._checked_k,
        "l0_coefficient": lambda _, given: arguments.real("l0_coefficient", given, least=0),
        "widths": Dictionary._checked_widths,
    }
)
"""How each strength is checked."""
