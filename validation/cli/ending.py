"""How a command ends: bad input in one line that names the option, Ctrl-C in one that says so."""

import re
import sys
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

import typer

# What the library calls otherwise than the command line; else `learning_rate` is ``--learning-rate``.
NAMES = {"n_features": "--n", "n_neurons": "--m", "claim": "CLAIM", "name": "NAME", "file": "FILE"}
NAMES |= {"tied": "--tied/--untied"}

UsageError: type[Exception] = typer.BadParameter.__base__  # type: ignore[assignment]  # public in no Typer


def run(app: Callable[..., Any]) -> None:
    """Run an application and leave with its exit code; what goes wrong for a known reason is one line."""
    warnings.showwarning = _show_warning
    code = 0
    try:
        code = app(standalone_mode=False) or 0
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except SystemError as error:
        if not _interrupted(error):
            raise
        code = 130
    except UsageError as error:
        end(error.format_message())  # type: ignore[attr-defined]
    except ValueError as error:
        from theory.common.arguments import ArgumentError

        if not isinstance(error, ArgumentError):
            raise
        name, _, rest = str(error).partition(" ")
        end(f"{_option(name)} {rest}")
    if code == 130:
        print("polysem: interrupted, nothing written", file=sys.stderr)
    sys.exit(code)


def end(line: str, code: int = 2) -> NoReturn:
    """Leave with a line on the error stream and an exit code."""
    print(f"polysem: {' '.join(line.split())}", file=sys.stderr)
    sys.exit(code)


def _interrupted(error: BaseException | None) -> bool:
    """Say whether Ctrl-C is behind an error: Numba makes it a SystemError where a kernel is running."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _option(name: str) -> str:
    return NAMES.get(name, "--" + name.replace("_", "-"))


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    text = re.sub(r"\b(n_features|n_neurons)\b", lambda name: _option(name[0]), str(message))
    print(f"polysem: warning: {text}", file=sys.stderr)
