"""The command line, ``polysem``: each command is a thin layer over one public function.

Heavy imports wait until a command runs, so that help is instant. How they end: `validation.cli.ending`.
"""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from validation.cli import declared, ending, reading, sweeping, training
from validation.cli.ending import NAMES, end, stopped
from validation.cli.sizes import L1, Features, InitStd, L1Train, Neurons, Seed, model, say_polysemantic, wrote


class Commands(TyperGroup):
    """The commands by name."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, or say which there are."""
        if cmd_name not in self.commands:
            from theory.common import arguments

            arguments.choice("command", cmd_name, self.commands)
        return super().get_command(ctx, cmd_name)


app = typer.Typer(
    cls=Commands,
    help="Incidental polysemanticity: theory, simulation and trained models, side by side.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(sweeping.app, name="sweep")
app.add_typer(training.app, name="train")


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
    json: Annotated[Path | None, reading.option(Path, "--json", "Write the rows to this file.")] = None,
    report: Annotated[
        Path | None, reading.option(Path, "--report", "Write a page and plots to this folder.")
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
        wrote(checking.save(rows, json))
    if report:
        wrote(reports.write(report, rows, seed, full))
    if checking.unexpected(rows):
        raise typer.Exit(1)


@app.command()
def derive(
    name: Annotated[str | None, typer.Argument(help="A derivation; without it, the list.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All derivations instead of the list.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Verify each step.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="The table of statements: source, status.")] = False,
    form: Annotated[str, typer.Option("--format", help="text, latex or markdown.")] = "text",
    out: Annotated[Path | None, reading.option(Path, "--out", "Write to this file.")] = None,
) -> None:
    """Print derivations, equation by equation."""
    from theory import catalogue
    from theory.common import arguments, files
    from theory.derivation import DerivationError
    from validation.report import derivations

    arguments.choice("format", form, derivations.FORMATS)
    if name is not None and everything:
        end("NAME and --all must not be given together: --all is every NAME")
    if out:
        files.writable(out)
    chosen = catalogue.derivations if name is None else (catalogue.find(name),)
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
        wrote(files.write(out, text.encode()))
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
    out: Annotated[Path, reading.option(Path, "--out", "File to write (NetCDF).")] = Path("simulation.nc"),
    **given: Any,
) -> None:
    """Simulate the flow and write its course to a file."""
    from theory.common import files

    files.writable(out)
    simulated = model(n, m, l1, l1_train, init_std)
    from sim import simulate
    from theory.common import schema

    if (forces := given.pop("forces")) is not None:
        given["forces"] = tuple(forces.split(","))
    result = simulate(simulated, **given)
    schema.save(result, out)
    say_polysemantic(result)
    wrote(out)


@app.command()
def experiment(
    name: Annotated[str | None, typer.Argument(help="An experiment; without it, the list.")] = None,
    listing: Annotated[bool, typer.Option("--list", help="Show the experiments and what they ask.")] = False,
    full: Annotated[bool, typer.Option("--full", help="All settings at full size.")] = False,
    seed: Seed = 0,
    out: Annotated[Path, reading.option(Path, "--out", "Folder for NAME.nc, NAME.png and NAME.md.")] = Path(
        "."
    ),
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
    with using(None) as pool, sweeping.told():
        result = running.run(chosen, seed, full, data, pool)
    for path in (data, *page.write(Findings(chosen, result), out)):
        wrote(path)
    if result.attrs["missing"]:
        stopped(f"interrupted with {result.attrs['missing']} settings left, the same command goes on")


@app.command()
def analyze(
    file: Annotated[
        Path, reading.path("FILE", "Encodings, features × neurons: .npy, .npz, .safetensors, or our own .nc.")
    ],
    initial: Annotated[
        Path | None, reading.option(Path, "--initial", "File with the encodings before training.")
    ] = None,
    threshold: Annotated[
        float,
        reading.option(
            float, "--threshold", "Share of its largest weight from which on a feature is on a neuron."
        ),
    ] = 0.5,
    json: Annotated[Path | None, reading.option(Path, "--json", "Write all of it to this file.")] = None,
    report: Annotated[
        Path | None, reading.option(Path, "--report", "Write a page and plots to this folder.")
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
        wrote(evidence.save(result, json))
    if report:
        wrote(page.write(report, weights, result, file.name))


@app.command()
def plot(
    file: Annotated[Path, reading.path("FILE", "A file of polysem simulate or train.")],
    out: Annotated[
        Path | None, reading.option(Path, "--out", "PNG, SVG or PDF.", show_default="FILE with .png, here")
    ] = None,
) -> None:
    """Draw a saved run: its course, and the encodings before and after."""
    from theory.common import files, schema
    from validation.report import plots

    if out:
        plots.writable(out)
    picture = out or Path(f"{file.stem}.png")
    files.distinct(file=file, out=picture)
    wrote(plots.save(plots.result(schema.load(file)), picture))
