"""Run the benchmarks and print, or write, a Markdown table: ``python -m benchmarks [NAME ...]``."""

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

from benchmarks import constants, measuring

SCRIPTS = (
    "event",
    "right_hand_side",
    "sort",
    "one_encoding",
    "ensemble",
    "training_step",
    "two_layer_step",
    "splitting",
    "pytorch",
    "superposition",
    "dictionaries",
)
LARGE = ("large", "large_sort", "constants", "tasks", "sweep", "winners")  # minutes, or gigabytes


def main() -> None:
    """Run the scripts that are named, by default all but the large ones."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=", ".join(SCRIPTS + LARGE) + "; after constants, names of them",
    )
    parser.add_argument("--large", action="store_true", help="the large ones too")
    parser.add_argument("--seeds", type=int, default=3, help="seeds of the comparison of winners")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the Markdown page there")
    options = parser.parse_args()
    names = options.names or SCRIPTS + (LARGE if options.large else ())
    varied = tuple(n for n in names if constants.attribute(n).isupper()) if "constants" in names else ()
    names = [name for name in names if name not in varied]
    if unknown := (set(names) - set(SCRIPTS + LARGE)) | (set(varied) - set(constants.CONSTANTS)):
        parser.error(f"no benchmark called {', '.join(sorted(unknown))}")

    page = [f"# Benchmarks\n\nMeasured by `python -m benchmarks` on: {measuring.machine()}.\n"]
    page.append(
        "Medians of 5 runs, ours and the peer's in turn in one process, unless a row says otherwise.\n"
    )
    for name in names:
        print(f"{name} …", file=sys.stderr)
        try:
            script = importlib.import_module(f"benchmarks.{name}")
        except ModuleNotFoundError as missing:
            parser.error(f"{name} needs {missing.name}: install the extra bench")
        given: dict[str, Any] = {"splitting": {"seeds": options.seeds}}
        given["constants"] = {"names": varied} if varied else {}
        rows = script.measure(**given.get(name, {}))
        page.append(f"## {script.__doc__.strip()}\n\n{measuring.markdown(rows)}")
        print(page[-1], flush=True)
        if options.write:  # each time, so that an interrupted run leaves what it has measured
            options.write.write_text("\n".join(page), encoding="utf-8")
    if options.write:
        print(f"wrote {options.write}")


if __name__ == "__main__":
    main()
