"""What ``python -m theory.<chapter>`` does: print the derivations of a chapter and verify each step."""

import argparse
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
    for derivation in derivations:
        print(getattr(derivation, form)())
        outcome = derivation.verify()
        print(f"{'%' if form == 'latex' else ''} verified: {', '.join(outcome)}\n")
