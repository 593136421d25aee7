"""``polysem train``: the autoencoder, or the kind of model that is named first."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from validation.cli import declared, reading
from validation.cli.ending import NAMES, end, stopped
from validation.cli.examples import example
from validation.cli.sizes import (
    L1,
    Features,
    InitStd,
    L1Train,
    Neurons,
    model,
    say_geometry,
    say_polysemantic,
    wrote,
)


class Group(TyperGroup):
    """Kinds of models, of which the autoencoder may be left out."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the autoencoder in front where no kind is named."""
        return super().parse_args(ctx, args if args and args[0] in self.commands else ["autoencoder", *args])


app = typer.Typer(
    cls=Group,
    subcommand_metavar="[KIND] [OPTIONS]",
    help="Train a model: KIND --help.",
    epilog=example("polysem train --n 16 --m 32 --steps 2000"),
)


@app.command(epilog=example("polysem train --n 16 --m 32 --l1 2.5e-4 --replicates 4 --out trained.nc"))
@declared.options("validation.training.autoencoder:train", NAMES, optimizer="adamw")
def autoencoder(
    n: Features = 64,
    m: Neurons = 128,
    l1: L1 = None,
    l1_train: L1Train = None,
    init_std: InitStd = None,
    *,
    out: Annotated[Path, reading.option(Path, "--out", "File to write (NetCDF).")] = Path("training.nc"),
    **given: Any,
) -> None:
    """Train the autoencoder and write its course to a file.

    With --checkpoint, Ctrl-C loses nothing: the same command goes on.
    """
    from theory.common import files, schema

    schema.writable(out)
    files.distinct(out=out, checkpoint=given["checkpoint"], initial=given["initial"])
    trained = model(n, m, l1, l1_train, init_std)
    from validation import train
    from validation.training import options
    from validation.training.settings import OPTIONS

    given |= {name: options.typed(name, given[name], OPTIONS[name]) for name in given if name in OPTIONS}
    result = train(trained, **given)
    if result.attrs["interrupted"]:
        stopped(f"interrupted, the same command goes on from {given['checkpoint']}")
    schema.save(result, out)
    say_polysemantic(result)
    wrote(out)


@app.command(epilog=example("polysem train dictionary activations.npy --kind topk --k 4 --out dictionary.nc"))
@declared.options("validation.training.dictionaries.training:train", NAMES)
def dictionary(
    data: Annotated[
        Path,
        reading.path(
            "DATA", "Activations (sample, input), .npy, .npz or .safetensors, or a model's result, .nc."
        ),
    ],
    kind: Annotated[
        str, typer.Option("--kind", help="l1, topk, batch_topk, gated, jumprelu or matryoshka.")
    ] = "topk",
    n_latents: Annotated[
        int | None, reading.option(int, "--n-latents", "Number of latents.", show_default="4 × inputs")
    ] = None,
    k: Annotated[float | None, reading.option(float, "--k", "Latents that are on in a sample.")] = None,
    l1_coefficient: Annotated[
        float | None, reading.option(float, "--l1-coefficient", "Strength of L1 (l1, gated).")
    ] = None,
    l0_coefficient: Annotated[
        float | None, reading.option(float, "--l0-coefficient", "Strength of L0 (jumprelu).")
    ] = None,
    *,
    out: Annotated[Path, reading.option(Path, "--out", "File to write (NetCDF).")] = Path("dictionary.nc"),
    sae_lens: Annotated[
        Path | None, reading.option(Path, "--sae-lens", "Folder for the first one in SAELens' format, too.")
    ] = None,
    **given: Any,
) -> None:
    """Train dictionaries on activations, or on the hidden layer of a trained model, and write them to a file.

    With --checkpoint, Ctrl-C loses nothing: the same command goes on.
    """
    from theory.common import files, schema

    schema.writable(out)
    files.distinct(out=out, checkpoint=given["checkpoint"], data=data)
    if sae_lens:
        files.folder(sae_lens, "sae_lens")
    from theory import Dictionary
    from validation import train
    from validation.analysis import loading
    from validation.training import options
    from validation.training.settings import OPTIONS

    activations: Any = schema.load(data) if data.suffix == ".nc" else loading.activations(data)
    inputs = activations.sizes.get("neuron", 1) if data.suffix == ".nc" else activations.shape[-1]
    strengths: dict[str, Any] = {"k": k, "l1_coefficient": l1_coefficient, "l0_coefficient": l0_coefficient}
    if kind == "topk" and k is not None and k == int(k):
        strengths["k"] = int(k)
    chosen = Dictionary(inputs, 4 * inputs if n_latents is None else n_latents, kind, **strengths)
    given |= {name: options.typed(name, given[name], OPTIONS[name]) for name in given if name in OPTIONS}
    result = train(chosen, data=activations, **given)
    if result.attrs["interrupted"]:
        stopped(f"interrupted, the same command goes on from {given['checkpoint']}")
    schema.save(result, out)
    for name, text in (("l0", "latents on"), ("explained_variance", "explained variance")):
        print(f"{text}:", *(f"{value:.3g}" for value in result[name].values))
    print("dead latents:", *result.dead.sum("latent").values)
    wrote(out)
    if sae_lens:
        from validation.training.dictionaries import sae_lens as format

        wrote(format.save(result, sae_lens))


@app.command(
    name="two-layer", epilog=example("polysem train two-layer --n 32 --n-inputs 16 --m 64 --steps 500")
)
@declared.options("validation.training.two_layer:train", NAMES, optimizer="lamb:weight_decay=0")
def two_layer(
    n: Features = 128,
    n_inputs: Annotated[int, reading.option(int, "--n-inputs", "Number of inputs, at most --n.")] = 64,
    m: Neurons = 256,
    probability: Annotated[
        float, reading.option(float, "--probability", "Probability that a feature is on.")
    ] = 1 / 32,
    task: Annotated[str, typer.Option(help="decoder, reprojector or absolute.")] = "decoder",
    activation: Annotated[str, typer.Option(help="relu, gelu or solu.")] = "relu",
    frequencies: Annotated[str, typer.Option(help="equal or power_law.")] = "equal",
    projection: Annotated[str, typer.Option(help="orthogonal or independent.")] = "orthogonal",
    *,
    out: Annotated[Path, reading.option(Path, "--out", "File to write (NetCDF).")] = Path("training.nc"),
    **given: Any,
) -> None:
    """Train the two-layer model of arXiv:2211.09169 and write what it became to a file.

    With --checkpoint, Ctrl-C loses nothing: the same command goes on.
    """
    from theory.common import files, schema

    schema.writable(out)
    files.distinct(out=out, checkpoint=given["checkpoint"])
    from theory import TwoLayer
    from validation import train
    from validation.training import options
    from validation.training.settings import OPTIONS

    trained = TwoLayer(n, n_inputs, m, probability, task, activation, frequencies, projection)
    given |= {name: options.typed(name, given[name], OPTIONS[name]) for name in given if name in OPTIONS}
    result = train(trained, **given)
    if result.attrs["interrupted"]:
        stopped(f"interrupted, the same command goes on from {given['checkpoint']}")
    schema.save(result, out)
    print("monosemantic neurons:", *result.monosemantic.values[:, -1])
    wrote(out)


@app.command(epilog=example("polysem train superposition --n 5 --m 2 --steps 2000"))
@declared.options("validation.training.superposition:train", NAMES)
def superposition(
    n: Features = 5,
    m: Neurons = 2,
    probability: Annotated[
        float, reading.option(float, "--probability", "Probability that a feature is on; 0: one at a time.")
    ] = 0.05,
    importance: Annotated[
        float, reading.option(float, "--importance", "Importance of a feature over that of the one before.")
    ] = 1.0,
    *,
    out: Annotated[Path, reading.option(Path, "--out", "File to write (NetCDF).")] = Path("training.nc"),
    **given: Any,
) -> None:
    """Train the model of superposition, more features than neurons, and write its course to a file."""
    from theory.common import files, schema

    schema.writable(out)
    files.distinct(out=out, checkpoint=given["checkpoint"])
    import numpy as np

    from theory import Superposition
    from validation import train
    from validation.training import options
    from validation.training.settings import OPTIONS

    if not 0 < importance < np.inf:
        end(f"--importance must be a finite number greater than 0, got {importance}")
    given |= {name: options.typed(name, given[name], OPTIONS[name]) for name in given if name in OPTIONS}
    result = train(Superposition(n, m, probability, importance ** np.arange(float(n))), **given)
    if result.attrs["interrupted"]:
        stopped(f"interrupted, the same command goes on from {given['checkpoint']}")
    schema.save(result, out)
    say_geometry(result)
    wrote(out)
