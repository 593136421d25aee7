"""Every snippet of the documentation runs and gives what it says.

The Python blocks of a page run one after the other in one namespace, its shell blocks line by line in a
folder that holds encodings of one's own, and the TOML files that the page shows. A comment behind an
expression is a claim: ``# 7.91`` holds to the digits written, ``# 6.4 ± 0.6`` within the tolerance, for every
entry of an array; behind a colon stands what it means. An expression that gives something must claim
something.
"""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
CLAIM = re.compile(rf"# \(?({NUMBER}(?:, {NUMBER})*)\)?(?: ± ({NUMBER}))?(?::|$)")

pytestmark = pytest.mark.slow


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)


def titled(page, language):
    """Return what files a page shows, by name."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf'^```{language} title="(.*?)"\n(.*?)^```$', text, re.M | re.S)


def pages_with(language):
    return [pytest.param(page, id=page.name) for page in PAGES if blocks(page, language)]


def last_digit(number):
    """Return half of what one unit more in the last digit of a written number is worth."""
    mantissa, _, power = number.partition("e")
    return 0.5 * 10.0 ** (int(power or 0) - len(mantissa.partition(".")[2]))


def check(value, line):
    """Hold a value against the claim at the end of its line."""
    claim = CLAIM.search(line)
    assert claim, f"says nothing of {value}: {line}"
    for found, number in np.broadcast(np.asarray(value), claim[1].split(", ")):
        tolerance = float(claim[2] or last_digit(number))
        assert abs(found - float(number)) <= tolerance, f"gives {found}: {line}"


@pytest.mark.parametrize("page", pages_with("python"))
def test_python(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for code in blocks(page, "python"):
        lines = code.splitlines()
        for statement in ast.parse(code).body:
            source = "\n".join(lines[statement.lineno - 1 : statement.end_lineno])
            if isinstance(statement, ast.Expr):
                value = eval(source, names)
                if value is not None:
                    check(value, source)
            else:
                exec(compile(ast.Module([statement], []), str(page), "exec"), names)


@pytest.mark.parametrize("page", pages_with("sh"))
def test_shell(page, tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "before.npy", rng.normal(size=(8, 16)))
    save_file({"weights": np.eye(8, 16) * rng.choice([-1.0, 1.0], (8, 1))}, tmp_path / "weights.safetensors")
    for name, text in titled(page, "toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "sweeps").symlink_to(ROOT / "docs" / "sweeps")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for line in "".join(blocks(page, "sh")).splitlines():
        if line.startswith("pip install"):  # .ci/run does, in an environment of its own
            continue
        done = subprocess.run(line, shell=True, cwd=tmp_path, env=os.environ | {"PATH": path}, check=False)
        assert done.returncode == 0, line


def test_no_block_is_left_out():
    """A block without a language would run nowhere; ``text`` is what a command prints, a title a file."""
    for page in PAGES:
        fences = re.findall(r"^```(.*?)(?: title=.*)?$", page.read_text(encoding="utf-8"), re.M)
        shown = {fence for fence in fences[::2] if not fence.startswith("{")}  # those are of the site
        assert shown <= {"python", "sh", "text", "toml"}, page
        assert not any(fences[1::2]), page


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (7.906, "x  # 7.91: a law"),
        ([0.99, 1.01], "x  # 1 ± 0.02"),
        ((0.7476, 3.7763), "x  # (0.75, 3.78)"),
        (4.2e-9, "x  # 4.2e-9"),
    ],
)
def test_claims_hold(value, line):
    check(value, line)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (7.916, "x  # 7.91: a law"),
        ([0.98, 1.03], "x  # 1 ± 0.02"),
        ((0.7476, 3.79), "x  # (0.75, 3.78)"),
        (4.3e-9, "x  # 4.2e-9"),
        (np.nan, "x  # 1 ± 0.02"),
        (1.0, "x  # 1, within sampling error"),
        (1.0, "x"),
    ],
)
def test_wrong_and_missing_claims_are_found(value, line):
    with pytest.raises(AssertionError, match=r"gives|says nothing"):
        check(value, line)
