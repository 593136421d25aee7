"""Fuzz for a while, and say what came of it: ``python -m tests.bad_input.campaign --minutes 10 --write``.

Rounds of the tests that make up command lines, files that are read, and files of sweeps, each time new ones.
"""

import argparse
import os
import re
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
TESTS = (
    "test_fuzz.py",
    "test_toml.py::test_whatever_a_file_says",
    "test_toml.py::test_whatever_is_in_a_file",
    "test_toml.py::test_lines_of_files_in_any_order_with_a_slip",
)
ROUND = 25  # examples of each test
PAGE = FOLDER.parent.parent / "docs" / "files.md"
PLACE = re.compile(r"(<!-- fuzzing -->\n).*?(\n<!-- end -->)", re.DOTALL)


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.bad_input.campaign", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of one core")
    parser.add_argument("--write", action="store_true", help=f"into docs/{PAGE.name}")
    options = parser.parse_args()
    os.environ["POLYSEM_FUZZ"] = str(ROUND)
    from tests.bad_input.fuzzing import TRIED

    called = ["-q", "--no-header", "-p", "no:cacheprovider", *(str(FOLDER / name) for name in TESTS)]
    failed = False
    while spent() < options.minutes and not failed:
        failed = pytest.main(called) != pytest.ExitCode.OK
        said = told(TRIED, spent(), failed)
        print(said, flush=True)
        if options.write:
            PAGE.write_text(PLACE.sub(rf"\g<1>{said}\g<2>", PAGE.read_text("utf-8")), "utf-8")
    sys.exit(failed)


def spent():
    """Return the minutes of one core that this process and those it started have taken."""
    return sum(os.times()[:4]) / 60


def told(tried, minutes, failed):
    """Return what came of it in words."""
    parts = []
    for kind in dict.fromkeys(kind for kind, _ in tried):
        refused, fine = tried[kind, True], tried[kind, False]
        parts.append(f"{refused + fine:,} {kind}, {refused:,} of them refused in one line")
    ended = "the last one failed" if failed else "no traceback, and nothing half-written"
    return f"{minutes:.1f} minutes of one core: {'; '.join(parts)}; {ended}."


if __name__ == "__main__":
    main()
