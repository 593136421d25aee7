"""How a command ends: one line that says why, and an exit code.

0: all went well. 1: something was not as expected, or the machine failed (a full disk, no memory), or nobody
reads the output any more. 2: bad input. 130: Ctrl-C; 143: SIGTERM; 129: SIGHUP. Anything else is a bug and
shows its traceback.
"""

import os
import re
import sys
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

import typer

from validation.cli import stopping

# What the library calls otherwise than the command line; else `learning_rate` is ``--learning-rate``.
NAMES = {"n_features": "--n", "n_neurons": "--m", "claim": "CLAIM", "name": "NAME", "file": "FILE"}
NAMES |= {"tied": "--tied/--untied", "command": "COMMAND"}

MACHINE = ("can't start new thread", "cannot cache function")  # RuntimeErrors that are none of ours
INTERRUPTED = 130

UsageError: type[Exception] = typer.BadParameter.__base__  # type: ignore[assignment]  # public in no Typer
_held: list[str] = []  # warnings, until it is known whether the command is refused


def run(app: Callable[..., Any]) -> NoReturn:
    """Run an application and leave with its exit code; what goes wrong for a known reason is one line."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        getattr(sys, name).reconfigure(errors="backslashreplace")  # names of files may be of any bytes
    warnings.showwarning = _hold
    _held.clear()
    with stopping.orderly():
        code = _code(app)
    _tell()
    sys.exit(code)


def end(line: str, code: int = 2) -> NoReturn:
    """Leave with a line on the error stream and an exit code; of bad input, it is the only line."""
    if code != 2:
        _tell()
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in " ".join(line.split()))
    print(f"polysem: {text}", file=sys.stderr)
    sys.exit(code)


def stopped(line: str) -> NoReturn:
    """Leave as one who was asked to stop, with a line that says what is left."""
    end(line, stopping.code())


def _code(app: Callable[..., Any]) -> int:
    """Run an application and return its exit code, or leave with a line."""
    try:
        code = app(prog_name="polysem", standalone_mode=False) or 0
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except SystemError as error:
        if not _interrupted(error):
            raise
        code = INTERRUPTED
    except UsageError as error:
        end(_usage(error))
    except BrokenPipeError as error:
        if _reader_gone():
            return 1  # as Typer and Rich have it
        end(_failure(error), code=1)
    except (OSError, MemoryError) as error:
        end(_failure(error), code=1)
    except RuntimeError as error:
        if str(error).startswith(MACHINE):
            end(str(error), code=1)
        raise
    except ValueError as error:
        from theory.common.arguments import ArgumentError

        if not isinstance(error, ArgumentError):
            raise
        name, _, rest = str(error).partition(" ")
        end(f"{_option(name)} {rest}")
    if code == INTERRUPTED:  # which some versions of Typer return themselves
        stopped("interrupted, nothing written")
    return code


def _usage(error: Any) -> str:
    """Return what is wrong with a line that is no command of ours: which word, and what it may be."""
    message, context = error.format_message(), getattr(error, "ctx", None)
    command = context.command_path if context else "polysem"
    if hasattr(error, "possibilities"):
        near = " or ".join(_called_here(error.option_name, context) or error.possibilities or ())
        hint = f"did you mean {near}?" if near else f"{command} --help shows all"
        return f"{error.option_name} must be an option of {command}; {hint}"
    if hasattr(error, "option_name"):
        wanted = "must stand without a value" if "does not take" in message else "needs a value"
        return f"{error.option_name} {wanted}"
    if hasattr(error, "param_type"):
        return f"{_option(error.param.name)} must be given"
    if extra := re.search(r"extra argument.* \((.*)\)", message):
        return f"{command} must be given nothing but what {command} --help shows, got {extra[1]}"
    if message == "Missing command.":
        return f"{command} must be given a command; {command} --help shows all"
    return message


def _called_here(option: str, context: Any) -> list[str]:
    """Return the options of a command that are called this by other tools."""
    from theory.common.arguments import ELSEWHERE

    own = [flag for parameter in context.command.params for flag in parameter.opts] if context else []
    flags = ("--" + name.replace("_", "-") for name in ELSEWHERE.get(option.strip("-").replace("-", "_"), ()))
    return [flag for flag in flags if flag in own]


def _failure(error: OSError | MemoryError) -> str:
    """Return what the machine could not do."""
    if isinstance(error, MemoryError):
        return f"not enough memory: {error}" if str(error) else "not enough memory"
    reason = (error.strerror or str(error) or type(error).__name__).lower()
    return f"{error.filename}: {reason}" if error.filename else reason


def _reader_gone() -> bool:
    """Say whether nobody reads the output, and if so let Python not try again as it ends."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


def _interrupted(error: BaseException | None) -> bool:
    """Say whether Ctrl-C is behind an error: Numba makes it a SystemError where a kernel is running."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _option(name: str) -> str:
    return NAMES.get(name, "--" + name.replace("_", "-"))


def _hold(message: Warning | str, *_: Any, **__: Any) -> None:
    text = re.sub(r"\b(n_features|n_neurons)\b", lambda name: _option(name[0]), str(message))
    _held.append(f"polysem: warning: {text}")


def _tell() -> None:
    while _held:
        print(_held.pop(0), file=sys.stderr)
