"""The command line, ``polysem``: each command is a thin layer over one public function.

Heavy imports wait until a command runs, so that help is instant. Bad input ends in one line that names the
argument and exit code 2; anything else that goes wrong is a bug and shows its traceback.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from validation.cli import declared, ending, sweeping
from validation.cli.ending import NAMES, end

if TYPE_CHECKING:
    from theory import Autoencoder

app = typer.Typer(
    help="Incidental polysemanticity: theory, simulation and trained models, side by side.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(sweeping.app, name="sweep")

Features = Annotated[int, typer.Option("--n", help="Number of features.")]
Neurons = Annotated[int, typer.Option("--m", help="Number of hidden neurons.")]
L1 = Annotated[float | None, typer.Option("--l1", help="L1 strength λ in flow units.", show_default="0.001")]
L1Train = Annotated[float | None, typer.Option("--l1-train", help="L1 strength in the training loss, 4λ.")]
InitStd = Annotated[
    float | None, typer.Option("--init-std", help="Deviation of the initial weights.", show_default="1/√m")
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of every random draw.")]


def main() -> None:
    """Run the command line: the entry point ``polysem``."""
    ending.run(app)


@app.command()
def check(
    claims: Annotated[
        list[str] | None, typer.Argument(metavar="[CLAIM]...", help="Claims, by default all.")
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="Show the claims and what they state.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Larger sizes, more replicates.")] = False,
    seed: Seed = 0,
    json: Annotated[Path | None, typer.Option("--json", help="Write the rows to this file.")] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write a page and plots to this folder.")
    ] = None,
) -> None:
    """Lay theory, simulation and training side by side, claim by claim.

    Ends with 0, or with 1 if a number is not as expected.
    """
    from rich.console import Console

    from theory.common import files
    from validation.experiments import catalogue, checking, report as reports

    console = Console() if sys.stdout.isatty() else Console(width=160)
    if listing:
        console.print(catalogue.listing(checking.CLAIMS))
        return
    if json:
        files.writable(json, "json")
    if report:
        files.folder(report, "report")
    rows = checking.check(claims or (), seed, full)
    console.print(checking.table(rows))
    console.print(checking.summary(rows))
    if json:
        _wrote(checking.save(rows, json))
    if report:
        _wrote(reports.write(report, rows, seed, full))
    if checking.unexpected(rows):
        raise typer.Exit(1)


@app.command()
def derive(
    name: Annotated[str | None, typer.Argument(help="A derivation; without it, the list.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All derivations instead of the list.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Verify each step.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="The table of statements: source, status.")] = False,
    form: Annotated[str, typer.Option("--format", help="text, latex or markdown.")] = "text",
    out: Annotated[Path | None, typer.Option("--out", help="Write to this file.")] = None,
) -> None:
    """Print derivations, equation by equation."""
    from theory import catalogue
    from theory.common import arguments, files
    from theory.derivation import DerivationError
    from validation.report import derivations

    arguments.choice("format", form, derivations.FORMATS)
    if name and everything:
        end("NAME and --all exclude each other")
    if out:
        files.writable(out)
    chosen = (catalogue.find(name),) if name else catalogue.derivations
    try:
        if listing:
            text = derivations.table(chosen, form)
        elif name or everything:
            text = derivations.document(chosen, form, verify)
        elif verify:
            text = derivations.verified(chosen)
        else:
            text = derivations.table(chosen, form)
    except DerivationError as error:
        print(f"polysem: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    if out:
        _wrote(files.write(out, text.encode()))
    else:
        print(text)


@app.command()
@declared.options("sim.flow:simulate", NAMES)
def simulate(
    n: Features = 64,
    m: Neurons = 128,
    l1: L1 = None,
    l1_train: L1Train = None,
    init_std: InitStd = None,
    *,
    out: Annotated[Path, typer.Option("--out", help="File to write (NetCDF).")] = Path("simulation.nc"),
    **given: Any,
) -> None:
    """Simulate the flow and write its course to a file."""
    from theory.common import files

    files.writable(out)
    model = _model(n, m, l1, l1_train, init_std)
    from sim import simulate
    from theory.common import schema

    if forces := given.pop("forces"):
        given["forces"] = tuple(forces.split(","))
    result = simulate(model, **given)
    _say_polysemantic(result)
    _wrote(schema.save(result, out))


@app.command()
@declared.options("validation.training.course:train", NAMES, optimizer="adamw")
def train(
    n: Features = 64,
    m: Neurons = 128,
    l1: L1 = None,
    l1_train: L1Train = None,
    init_std: InitStd = None,
    *,
    out: Annotated[Path, typer.Option("--out", help="File to write (NetCDF).")] = Path("training.nc"),
    **given: Any,
) -> None:
    """Train the autoencoder and write its course to a file.

    With --checkpoint, Ctrl-C loses nothing: the same command goes on.
    """
    from theory.common import files

    files.writable(out)
    files.distinct(out=out, checkpoint=given["checkpoint"])
    model = _model(n, m, l1, l1_train, init_std)
    from theory.common import schema
    from validation import train
    from validation.training import options
    from validation.training.settings import OPTIONS

    given |= {name: options.typed(name, given[name], kinds) for name, kinds in OPTIONS.items()}
    result = train(model, **given)
    if result.attrs["interrupted"]:
        end(f"interrupted, the same command goes on from {given['checkpoint']}", code=130)
    _say_polysemantic(result)
    _wrote(schema.save(result, out))


@app.command()
def experiment(
    name: Annotated[str | None, typer.Argument(help="An experiment; without it, the list.")] = None,
    listing: Annotated[bool, typer.Option("--list", help="Show the experiments and what they ask.")] = False,
    full: Annotated[bool, typer.Option("--full", help="All settings at full size.")] = False,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option("--out", help="Folder for NAME.nc, NAME.png and NAME.md.")] = Path("."),
) -> None:
    """Answer a question by runs: data, figure, and findings made from the data.

    Ctrl-C loses nothing: the same command goes on. Settings whose data are there are not run again.
    """
    from rich.console import Console

    from validation.experiments import catalogue, page, running
    from validation.experiments.findings import Findings
    from validation.sweeps.sweep import using

    if listing or name is None:
        console = Console() if sys.stdout.isatty() else Console(width=160)
        console.print(catalogue.listing(catalogue.EXPERIMENTS))
        return
    chosen, data = catalogue.find(name), out / f"{name}.nc"
    with using(None) as pool:
        result = running.run(chosen, seed, full, data, pool)
    for path in (data, *page.write(Findings(chosen, result), out)):
        _wrote(path)
    if result.attrs["missing"]:
        end(f"interrupted with {result.attrs['missing']} settings left, the same command goes on", code=130)


@app.command()
def analyze(
    file: Annotated[
        Path, typer.Argument(help="Encodings, features × neurons: .npy, .npz, .safetensors, or our own .nc.")
    ],
    initial: Annotated[
        Path | None, typer.Option("--initial", help="File with the encodings before training.")
    ] = None,
    threshold: Annotated[
        float,
        typer.Option(
            "--threshold", help="Share of its largest weight from which on a feature is on a neuron."
        ),
    ] = 0.5,
    json: Annotated[Path | None, typer.Option("--json", help="Write all of it to this file.")] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write a page and plots to this folder.")
    ] = None,
) -> None:
    """Say of each neuron whether it is polysemantic, and whether by accident or of need."""
    from rich.console import Console

    from theory.common import files
    from validation import analyze
    from validation.analysis import evidence, loading, page

    if json:
        files.writable(json, "json")
    files.distinct(file=file, json=json)
    files.distinct(initial=initial, json=json)
    if report:
        files.folder(report, "report")
    weights, before = loading.load(file, initial)
    result = analyze(weights, before, threshold)
    console = Console() if sys.stdout.isatty() else Console(width=160)
    console.print(evidence.shown(result))
    if json:
        _wrote(evidence.save(result, json))
    if report:
        _wrote(page.write(report, weights, result, file.name))


@app.command()
def plot(
    file: Annotated[Path, typer.Argument(help="A file of polysem simulate or train.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="PNG, SVG or PDF.", show_default="FILE with .png, here")
    ] = None,
) -> None:
    """Draw a saved run: its course, and the encodings before and after."""
    from theory.common import schema
    from validation.report import plots

    out = plots.writable(out or Path(file.with_suffix(".png").name))
    _wrote(plots.save(plots.result(schema.load(file)), out))


def _model(n: int, m: int, l1: float | None, l1_train: float | None, init_std: float | None) -> "Autoencoder":
    from theory import Autoencoder

    if l1_train is None:
        return Autoencoder(n, m, 1e-3 if l1 is None else l1, init_std)  # type: ignore[arg-type]
    if l1 is not None:
        end("--l1 and --l1-train exclude each other: one is four times the other")
    return Autoencoder.from_training(n, m, l1_train, init_std)


def _say_polysemantic(result: Any) -> None:
    import numpy as np

    from validation import polysemantic_neurons

    counts = np.atleast_1d(polysemantic_neurons(result.final.values))
    print("polysemantic neurons:", *counts)


def _wrote(path: Path) -> None:
    print(f"wrote {path}")
