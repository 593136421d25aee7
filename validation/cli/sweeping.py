"""``polysem sweep``: many runs as a file describes them, and what is in their store."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from validation.cli.ending import end, stopped
from validation.cli.examples import example

if TYPE_CHECKING:
    from validation.sweeps.store import Store
    from validation.sweeps.sweep import Sweep

CAUSES = 10  # of failures that are told

StoreFolder = Annotated[Path, typer.Argument(metavar="STORE", help="Folder of a sweep.")]


class Group(TyperGroup):
    """Commands, among which what is none of them is the file of a sweep that is run."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in front where it is left out."""
        known = {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, ["run", *args] if args and args[0] not in known else args)


app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    subcommand_metavar="FILE.toml [OPTIONS] | COMMAND STORE",
    help="Run a sweep that a TOML file describes (FILE.toml --help), or look at its store.",
    epilog=example("polysem sweep docs/sweeps/example.toml --dry-run"),
)


@app.command(hidden=True, epilog=example("polysem sweep docs/sweeps/example.toml --dry-run"))
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="What is run (docs/sweeps.md).")],
    store: Annotated[
        Path | None,
        typer.Option(
            "--store", help="Folder for the results.", show_default="as FILE says, or FILE.zarr, here"
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it takes, and write nothing.")] = False,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Worker processes.", show_default="one a core")
    ] = None,
    timeout: Annotated[
        float | None, typer.Option("--timeout", help="Seconds after which a unit of work is given up.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="Run on a Dask cluster: tcp://host:port.")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", help="local: run on a Dask cluster of this machine.")
    ] = None,
) -> None:
    """Run a sweep, or what is missing of it.

    Whatever stops it, the same command goes on.
    """
    from validation.sweeps import opening
    from validation.sweeps.sweep import Sweep

    plan = _planned(file)
    path = opening.check(store or plan.store or Path(f"{file.stem}.zarr"))
    for text in plan.warnings:
        _warn(text)
    with _executor(workers, timeout, scheduler, cluster) as (executor, width), told():
        sweep = Sweep(plan.measure, plan.grid, plan.replicates, plan.seed, path, executor)
        _announce(sweep, width)
        if not dry_run:
            sweep.run()
            print(f"wrote {path}")


@app.command(epilog=example("polysem sweep status example.zarr"))
def status(store: StoreFolder) -> None:
    """Say what is done, by which code, and what is left."""
    from validation.sweeps.inspection import status

    opened = _loaded(store)
    found, layout = status(opened), opened.layout
    replicates = "" if layout.replicates is None else f", {layout.replicates} replicates each"
    print(f"{store}: {layout.measure}")
    print(f"{layout.points}: {_several(layout.points.size, 'point')}{replicates}, seed {layout.seed}")
    print(
        f"units of work: {found.done} of {found.units} done, "
        f"{found.units - found.done - found.damaged} missing, {found.damaged} damaged; "
        f"{found.runs_done} of {found.runs} runs"
    )
    for share in found.shares:
        print(
            f"measured by code {share.code}: {_several(share.units, 'unit')} in {_time(share.seconds)} "
            f"of one core ({share.versions}; {share.platform})"
        )
    if found.done < found.units:
        print(f"left: {_time(found.left)} of one core" if found.runs_done else "left: all")


@app.command(epilog=example("polysem sweep verify example.zarr"))
def verify(store: StoreFolder) -> None:
    """Hold every file of a store against its checksum; ends with 1 if any is damaged."""
    from validation.sweeps.inspection import faults, status

    opened = _loaded(store)
    found = list(faults(opened))
    for fault in found:
        print(fault)
    done = status(opened)
    print(f"{done.done} of {done.units} units of work are there and whole, {_several(len(found), 'fault')}")
    if found:
        raise typer.Exit(1)


@app.command(epilog=example("polysem sweep export example.zarr --out example.csv"))
def export(
    store: StoreFolder,
    out: Annotated[Path, typer.Option("--out", help="File to write: .nc, .parquet or .csv.")],
) -> None:
    """Write the results to one file: NetCDF, or a table with a row for each run."""
    from validation.sweeps.export import export

    if missing := export(_loaded(store), out):
        _warn(f"{_several(missing, 'run')} missing: {'NaN' if out.suffix == '.nc' else 'without a row'}")
    print(f"wrote {out}")


def _planned(file: Path) -> Any:
    from theory.common.arguments import ArgumentError
    from validation.sweeps import plan as plans

    content = plans.read(file)
    try:
        return plans.plan(content)
    except ArgumentError as error:
        end(f"{file}: {error}")


@contextmanager
def _executor(
    workers: int | None, timeout: float | None, scheduler: str | None, cluster: str | None
) -> Iterator[tuple[Any, int]]:
    """Give what runs the units, and how many at a time."""
    from theory.common import arguments
    from validation.sweeps import cluster as dask
    from validation.sweeps.engine import Pool

    given = {"--workers": workers, "--timeout": timeout, "--scheduler": scheduler, "--cluster": cluster}
    for one, other in (
        ("--scheduler", "--cluster"),
        ("--scheduler", "--workers"),
        ("--scheduler", "--timeout"),
        ("--cluster", "--timeout"),
    ):
        if given[one] is not None and given[other] is not None:
            end(f"{one} and {other} exclude each other")
    if scheduler is None and cluster is None:
        pool = Pool(workers, timeout)
        try:
            yield pool, pool.workers
        finally:
            pool.close()
        return
    if cluster is not None:
        arguments.choice("cluster", cluster, ("local",))
    with dask.local(workers) if scheduler is None else dask.connected(scheduler) as client:
        yield client, dask.threads(client)


def _announce(sweep: "Sweep", width: int) -> None:
    """Say what a sweep takes."""
    taken = sweep.estimate()
    runs = sweep.points.size * (sweep.replicates or 1)
    if not taken.runs:
        print(f"all {runs} runs are there", flush=True)
    else:
        print(
            f"{taken.runs} of {runs} runs to do at {_several(sweep.points.size, 'point')}, in "
            f"{_several(taken.units, 'unit')} of work: {_time(taken.seconds / width)} on "
            f"{_several(width, 'worker')}, {_size(taken.size)} on disk",
            flush=True,
        )


@contextmanager
def told() -> Iterator[None]:
    """Say what is left when a sweep is interrupted, and why units of it failed."""
    from validation.sweeps.failing import Interrupted, SweepError

    try:
        yield
    except Interrupted as error:
        stopped(f"interrupted with {error.left} of {error.total} units left, the same command goes on")
    except SweepError as error:
        _fail(error)


def _fail(error: Any) -> None:
    """Say of each cause how many units it made fail, and one of them."""
    from validation.sweeps.inspection import said

    causes: dict[str, list[Any]] = {}
    for unit, failure in error.failures:
        causes.setdefault(failure.cause, []).append(unit)
    for cause, units in list(causes.items())[:CAUSES]:
        where = f"{_several(len(units), 'unit')} of work failed, such as at {said(units[0].point)}"
        print(f"polysem: {where}: {cause}", file=sys.stderr)
    end(
        f"{len(error.failures)} of {error.total} units failed, all others are kept; "
        "the same command tries them again",
        code=1,
    )


def _loaded(path: Path) -> "Store":
    from validation.sweeps.store import Store

    store = Store(path)
    store.load()
    return store


def _warn(text: str) -> None:
    print(f"polysem: warning: {text}", file=sys.stderr)


def _several(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _time(seconds: float) -> str:
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"about {seconds / length:.0f} {unit}"
    return f"about {seconds:.1g} s" if seconds < 10 else f"about {seconds:.0f} s"


def _size(size: float) -> str:
    for unit, length in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= length:
            return f"about {size / length:.0f} {unit}"
    return f"about {size:.0f} bytes"
