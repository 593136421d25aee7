"""The command line, for all tests of this package."""

import subprocess
import sys
import warnings
from importlib import metadata

import pytest


@pytest.fixture
def polysem(tmp_path, monkeypatch, capfd):
    """Run the function behind the entry point, which saves starting a process; in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # put back afterwards
    (entry,) = metadata.entry_points(group="console_scripts", name="polysem")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["polysem", *arguments])
        with pytest.raises(SystemExit) as ended:
            entry.load()()
        out, err = capfd.readouterr()
        return subprocess.CompletedProcess(arguments, ended.value.code, out, err)

    return run
