import re

import pytest


@pytest.fixture
def refuses(polysem):
    """Run the command line on something bad: it has to end with one line and code 2."""

    def run(*arguments, line):
        ended = polysem(*arguments)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr.count("\n") == 1
        assert re.match(f"polysem: {line}", ended.stderr), ended.stderr

    return run
