"""The options of an autoencoder, and what its commands say."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from validation.cli import reading
from validation.cli.ending import end

if TYPE_CHECKING:
    from theory import Autoencoder

Features = Annotated[int, reading.option(int, "--n", "Number of features.")]
Neurons = Annotated[int, reading.option(int, "--m", "Number of hidden neurons.")]
L1 = Annotated[
    float | None, reading.option(float, "--l1", "L1 strength λ in flow units.", show_default="0.001")
]
L1Train = Annotated[
    float | None, reading.option(float, "--l1-train", "L1 strength in the training loss, 4λ.")
]
InitStd = Annotated[
    float | None,
    reading.option(float, "--init-std", "Deviation of the initial weights.", show_default="1/√m"),
]
Seed = Annotated[int, reading.option(int, "--seed", "Seed of every random draw.")]


def model(n: int, m: int, l1: float | None, l1_train: float | None, init_std: float | None) -> "Autoencoder":
    """Return the autoencoder that these options describe."""
    from theory import Autoencoder

    if l1_train is None:
        return Autoencoder(n, m, 1e-3 if l1 is None else l1, init_std)  # type: ignore[arg-type]
    if l1 is not None:
        end("--l1 and --l1-train must not be given together: one is four times the other")
    return Autoencoder.from_training(n, m, l1_train, init_std)


def say_polysemantic(result: Any) -> None:
    """Say how many neurons of each replicate are polysemantic in the end."""
    import numpy as np

    from validation import polysemantic_neurons

    counts = np.atleast_1d(polysemantic_neurons(result.final.values))
    print("polysemantic neurons:", *counts)


def say_geometry(result: Any) -> None:
    """Say which dimensionalities the features of the first replicate have in the end."""
    from theory import superposition

    sizes = superposition.dimensionality(result.final.values[0])
    print("dimensionality by feature:", *(f"{size:.2f}" for size in sizes))


def wrote(path: Path) -> None:
    """Say which file was written."""
    print(f"wrote {path}")
