"""``polysem train``: the autoencoder, or the kind of model that is named first."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from validation.cli import declared, reading
from validation.cli.ending import NAMES, stopped
from validation.cli.sizes import L1, Features, InitStd, L1Train, Neurons, model, say_polysemantic, wrote


class Group(TyperGroup):
    """Kinds of models, of which the autoencoder may be left out."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the autoencoder in front where no kind is named."""
        return super().parse_args(ctx, args if args and args[0] in self.commands else ["autoencoder", *args])


app = typer.Typer(cls=Group, subcommand_metavar="[KIND] [OPTIONS]", help="Train a model: KIND --help.")


@app.command()
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
    from theory.common import files

    files.writable(out)
    files.distinct(out=out, checkpoint=given["checkpoint"], initial=given["initial"])
    trained = model(n, m, l1, l1_train, init_std)
    from theory.common import schema
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


@app.command(name="two-layer")
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
    from theory.common import files

    files.writable(out)
    files.distinct(out=out, checkpoint=given["checkpoint"])
    from theory import TwoLayer
    from theory.common import schema
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
