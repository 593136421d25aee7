"""The options of a command are those of the function behind it."""

import inspect
from typing import get_args

import pytest
import typer

from sim.flow import simulate
from validation import cli
from validation.cli import declared, training
from validation.training.autoencoder import train
from validation.training.two_layer import train as train_two_layer

OPTIMIZER = {train: "adamw", train_two_layer: "lamb:weight_decay=0"}


def options(command):
    """Return the options of a command by name: declaration and default."""
    signature = inspect.signature(command)
    return {name: (get_args(p.annotation), p.default) for name, p in signature.parameters.items()}


@pytest.mark.parametrize(
    ("command", "function", "not_said"),
    [
        (training.autoencoder, train, set()),
        (training.two_layer, train_two_layer, set()),
        (cli.simulate, simulate, {"initial", "times"}),
    ],
)
def test_every_parameter_is_an_option_with_its_default(command, function, not_said):
    found = options(command)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    assert {p.name for p in parameters} - set(found) == not_said
    for parameter in parameters:
        if parameter.name not in {*not_said, "forces"}:
            own = OPTIMIZER[function] if parameter.name == "optimizer" else parameter.default
            assert found[parameter.name][1] == own
            assert found[parameter.name][0][1].help


SOURCE = '''
from elsewhere import DEFAULT

def work(
    model,
    size: int = 3,
    *,
    kind: Kind | str = "plain",
    power: float | None = None,
    some: Collection[str] = DEFAULT,
    grid: np.ndarray | None = None,
    file: str | os.PathLike | None = None,
    rough_guess: bool = False,
):
    """Work.

    Parameters
    ----------
    model : Model
        What is worked on.
    size : int
        How much. Not more than that.
    kind : Kind or {"plain", "other"}
        Which way, say ``PowerLaw(p=0.1, exponent=2)`` (`elsewhere.Kind`).
    power : float, optional
        A ``power``.
    some : collection of str
        Some of "a" and "b".
    grid : ndarray, optional
        A grid.
    file : path, optional
        A file.
    rough_guess : bool
        Whether to guess.
    """
'''


def test_what_is_read_of_a_function(tmp_path, monkeypatch):
    (tmp_path / "worker_of_this_test.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)

    @declared.options("worker_of_this_test:work", {"size": "--n"}, power=2.0)
    def command(own: int = 1, *, out: str = "file", **given):
        """Call the function."""

    found = options(command)
    assert list(found) == ["own", "size", "kind", "power", "some", "file", "rough_guess", "out"]
    told = {name: (default, said[1].default, said[1].help) for name, (said, default) in found.items() if said}
    assert told == {
        "size": (3, "--n", "How much."),
        "kind": ("plain", "--kind", "Which way, say power_law:p=0.1,exponent=2. Choices: plain, other."),
        "power": (2.0, "--power", "A power."),
        "some": (None, "--some", "Some of a and b. Separated by commas."),
        "file": (None, "--file", "A file."),
        "rough_guess": (False, "--rough-guess", "Whether to guess."),
    }
    app = typer.Typer()
    app.command()(command)
    assert {p.name for p in typer.main.get_command(app).params} >= set(found)
