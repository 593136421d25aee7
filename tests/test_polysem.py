"""The roof: all public names in one place, and the command as a module."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import polysem

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("room", polysem.ROOMS)
def test_all_public_names_are_there(room):
    module = importlib.import_module(room)
    for name in module.__all__:
        assert getattr(polysem, name) is getattr(module, name)
    assert getattr(polysem, room) is module
    assert {room, *module.__all__} <= set(dir(polysem))


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="has no attribute 'simulat'"):
        polysem.simulat  # noqa: B018


def run(folder, *arguments):
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=folder, env=environment, check=False
    )


def test_the_command_as_a_module(tmp_path):
    assert run(tmp_path, "-m", "polysem", "--version").stdout == f"polysem {polysem.__version__}\n"
    done = run(tmp_path, "-m", "polysem", "fly")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_a_file_that_shadows_a_room_is_named(tmp_path):
    (tmp_path / "validation.py").write_text("")
    done = run(tmp_path, "-c", "import polysem")
    assert done.returncode == 1
    assert "polysem needs its own package validation, but" in done.stderr
    assert "validation.py comes first" in done.stderr
