import os
import subprocess
import sys

import pytest

from theory.common import schema

TRAIN = ("train", "superposition", "--n", "3", "--m", "2", "--steps", "3", "--batch", "8")


def polysem(folder, *words):
    command = [sys.executable, "-c", "from validation.cli import main; main()", *words]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env=environment, timeout=300, check=False
    )


@pytest.mark.slow
def test_training_writes_its_course(tmp_path):
    said = polysem(tmp_path, *TRAIN, "--importance", "0.9", "--out", "run.nc")
    assert said.returncode == 0, said.stderr
    assert "dimensionality" in said.stdout
    saved = schema.load(tmp_path / "run.nc")
    assert saved.final.shape == (1, 3, 2)
    refused = polysem(tmp_path, *TRAIN, "--importance", "-1")
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
