import re
import sys
import warnings
from importlib import metadata
from types import SimpleNamespace

import pytest


@pytest.fixture
def polysem(tmp_path, monkeypatch, capfd):
    """Run the command line in an empty folder, in this process; ``refuses`` wants one line and code 2."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # put back afterwards
    (entry,) = metadata.entry_points(group="console_scripts", name="polysem")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["polysem", *arguments])
        with pytest.raises(SystemExit) as ended:
            entry.load()()
        return ended.value.code, *capfd.readouterr()

    def refuses(*arguments, line):
        code, out, error = run(*arguments)
        assert (code, out) == (2, "")
        assert error.count("\n") == 1
        assert re.match(f"polysem: {line}", error), error

    return SimpleNamespace(run=run, refuses=refuses)
