"""The model under study: a tied autoencoder with L1 regularisation."""

import warnings
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np

from theory.common import arguments


@dataclass(frozen=True)
class Autoencoder:
    """Parameters of the tied autoencoder ``y = ReLU(W Wᵀ x)`` whose inputs are the basis vectors.

    Parameters
    ----------
    n_features : int
        Number n of features (inputs and outputs), at least 1.
    n_neurons : int
        Number m of hidden neurons, at least 1. With m < n polysemanticity is necessary and not
        incidental; this gives a warning.
    l1 : float
        L1 strength λ in flow units, at least 0.
    init_std : float, optional
        Standard deviation σ of the initial weights, by default ``1/√m`` so that encodings start out
        with length about 1.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not as said above; the message names it.

    Notes
    -----
    Seed 001, section "We consider a model …".
    """

    n_features: int
    n_neurons: int
    l1: float
    init_std: float = None  # type: ignore[assignment]  # replaced by 1/√m below

    def __post_init__(self) -> None:
        set_field = object.__setattr__  # the way for a frozen dataclass to normalise its own fields
        set_field(self, "n_features", arguments.whole("n_features", self.n_features, least=1))
        set_field(self, "n_neurons", arguments.whole("n_neurons", self.n_neurons, least=1))
        set_field(self, "l1", arguments.real("l1", self.l1, least=0))
        init_std = self.n_neurons**-0.5 if self.init_std is None else self.init_std
        set_field(self, "init_std", arguments.real("init_std", init_std, above=0))
        if self.n_neurons < self.n_features:
            warnings.warn(
                f"n_neurons = {self.n_neurons} is less than n_features = {self.n_features}: "
                "polysemanticity is then necessary, not incidental",
                stacklevel=3,
            )

    @classmethod
    def from_training(
        cls, n_features: int, n_neurons: int, l1_train: float, init_std: float | None = None
    ) -> Self:
        """Return the model whose flow gradient descent follows at L1 strength `l1_train`.

        The squared error gives a factor 4 that the flow drops: λ = λ_train / 4, and training time runs
        4 times faster than flow time (seed 001, footnote 7; `theory.flow`).
        """
        l1 = arguments.real("l1_train", l1_train, least=0) / 4
        return cls(n_features, n_neurons, l1, init_std)  # type: ignore[arg-type]

    @property
    def l1_train(self) -> float:
        """L1 strength λ_train = 4 λ in the training loss."""
        return 4 * self.l1

    def initial(self, rng: np.random.Generator) -> np.ndarray:
        """Draw initial encodings, shape (n_features, n_neurons): i.i.d. normal, mean 0, deviation σ."""
        return rng.normal(0.0, self.init_std, (self.n_features, self.n_neurons))

    def parameters(self) -> dict[str, float]:
        """Return the parameters by name, as they are stored in the attributes of results."""
        return asdict(self)
