"""What ``python -m theory.<chapter>`` does: print the derivations of a chapter and verify each step."""

import argparse
import os
import sys
from collections.abc import Iterable

from theory.derivation.proof import Derivation


def main(chapter: str, derivations: Iterable[Derivation]) -> None:
    """Print and verify the derivations of a chapter, such as "collisions"."""
    parser = argparse.ArgumentParser(
        prog=f"python -m theory.{chapter}",
        description="Print the derivations of this chapter and verify each step.",
    )
    parser.add_argument("--format", choices=("text", "latex", "markdown"), default="text")
    form = parser.parse_args().format
    try:
        for derivation in derivations:
            print(getattr(derivation, form)(), flush=True)
            outcome = derivation.verify()
            print(f"{'%' if form == 'latex' else ''} verified: {', '.join(outcome)}\n", flush=True)
    except BrokenPipeError:  # nobody reads on, as behind `head`; Python must not try again as it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
