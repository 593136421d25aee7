"""The command line, ``polysem``: each command is a thin layer over one public function.

Heavy imports wait until a command runs, so that help is instant. How they end: `validation.cli.ending`.
"""

import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from validation.cli import declared, ending, exploring, reading, sweeping, training
from validation.cli.ending import NAMES, end, stopped
from validation.cli.examples import example
from validation.cli.sizes import L1, Features, InitStd, L1Train, Neurons, Seed, model, say_polysemantic, wrote

RACE = 64  # bytes that `sparsify` takes for each weight, with what draws them


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
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(sweeping.app, name="sweep")
app.add_typer(training.app, name="train")
app.command(epilog=example("polysem explore --n 32 --m 64 --l1 0.01 --out page.html"))(exploring.explore)


def _version(asked: bool) -> None:
    if asked:
        print(f"polysem {metadata.version('polysem')}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Incidental polysemanticity: theory, simulation and trained models, side by side."""


def main() -> None:
    """Run the command line: the entry point ``polysem``."""
    ending.run(app)


@app.command(epilog=example("polysem check quarter exclusion_law --report report"))
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


@app.command(epilog=example("polysem derive threshold --verify"))
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


@app.command(epilog=example("polysem simulate --n 64 --m 128 --l1 1e-3 --out flow.nc"))
@declared.options("sim.flow:simulate", NAMES)
def simulate(
    n: Features = 64,
    m: Neurons = 128,
    l1: L1 = None,
    l1_train: L1Train = None,
    init_std: InitStd = None,
    *,
    replicates: Annotated[
        int | None,
        reading.option(int, "--replicates", "Independent runs to the end, of which only that is kept."),
    ] = None,
    out: Annotated[Path, reading.option(Path, "--out", "File to write (NetCDF).")] = Path("simulation.nc"),
    **given: Any,
) -> None:
    """Simulate the flow and write its course, or the ends of several runs, to a file."""
    from theory.common import schema

    schema.writable(out)
    simulated = model(n, m, l1, l1_train, init_std)
    from sim import ensemble, simulate

    if (forces := given.pop("forces")) is not None:
        given["forces"] = tuple(forces.split(","))
    if replicates is None:
        result = simulate(simulated, **given)
    else:
        if given.pop("until") is not None or given.pop("save_weights"):
            end("--replicates must not be given with --until or --save-weights: each run goes to its end")
        result = ensemble(simulated, replicates, **given)
    schema.save(result, out)
    say_polysemantic(result)
    wrote(out)


@app.command(epilog=example("polysem sparsify --m 10000 --l1 1e-4 --out race.nc"))
def sparsify(
    m: Neurons = 1000,
    init_std: InitStd = None,
    seed: Seed = 0,
    *,
    l1: Annotated[float, reading.option(float, "--l1", "L1 strength λ > 0 in flow units.")] = 1e-3,
    out: Annotated[Path, reading.option(Path, "--out", "File to write (NetCDF).")] = Path("race.nc"),
) -> None:
    """Follow one encoding of random weights, exactly, until one weight is left."""
    from theory.common import schema

    schema.writable(out)
    drawn = model(1, m, l1, None, init_std)
    import numpy as np

    from sim import sparsify
    from theory.common import arguments, memory

    memory.enough(RACE * m, n_neurons=m)
    rng = np.random.default_rng(arguments.seed("seed", seed))
    result = sparsify(drawn.initial(rng)[0], drawn.l1).assign_attrs(seed=seed)
    schema.save(result, out)
    print(f"time to sparsity: {result.attrs['time_to_sparsity']:.4g}")
    wrote(out)


@app.command(epilog=example("polysem experiment malign_by_ratio --out answers"))
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


@app.command(epilog=example("polysem analyze weights.safetensors --key encoder.weight --report report"))
def analyze(
    file: Annotated[
        Path, reading.path("FILE", "Encodings, features × neurons: .npy, .npz, .safetensors, or our own .nc.")
    ],
    initial: Annotated[
        Path | None, reading.option(Path, "--initial", "File with the encodings before training.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="Name of the array, where FILE has several.")
    ] = None,
    transpose: Annotated[
        bool | None,
        typer.Option(
            "--transpose/--no-transpose",
            help="Whether the array is stored as neurons × features.",
            show_default="as its name says",
        ),
    ] = None,
    replicate: Annotated[
        int | None, reading.option(int, "--replicate", "Which of several networks in FILE, from 0 on.")
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
    weights, before, origin = loading.load(file, initial, key, transpose, replicate)
    result = analyze(weights, before, threshold)
    console = Console() if sys.stdout.isatty() else Console(width=160)
    print(f"read {origin}")
    console.print(evidence.shown(result))
    if json:
        wrote(evidence.save(result, json))
    if report:
        wrote(page.write(report, weights, result, file.name))


@app.command(epilog=example("polysem plot flow.nc --out flow.svg"))
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
