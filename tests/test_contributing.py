"""CONTRIBUTING.md names and quotes what is there, and a new method or option is one line in its list."""

import pkgutil
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from sim import simulate
from sim.forces import FORCES, l2_decay
from sim.integrators import METHODS
from theory import Autoencoder
from validation import train
from validation.training.noise import NOISES, Gaussian
from validation.training.optimizers import OPTIMIZERS, GradientDescent

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.M | re.S)
FLOORS = "theory|sim|validation"
SMALL = Autoencoder(2, 4, 0.05)


def in_line(page):
    """Return what stands between backticks, but for blocks."""
    return set(re.findall(r"`([^`]+)`", FENCE.sub("", page)))


def words(page):
    """Return all words of the code, of its settings and of the page's own blocks."""
    files = [path for floor in FLOORS.split("|") for path in (ROOT / floor).rglob("*.py")]
    texts = [path.read_text(encoding="utf-8") for path in (*files, ROOT / "pyproject.toml")]
    return set(re.findall(r"\w+", "\n".join([*texts, *(block for _, block in FENCE.findall(page))])))


def squeezed(text):
    return re.sub(r"\s", "", text)


def missing_paths(page):
    """Return the paths that a page names but nobody finds."""
    paths = {name for name in in_line(page) if re.fullmatch(r"[.\w]+/[\w./]*|\w+\.(?:md|yml|toml)", name)}
    assert paths
    return {path for path in paths if not (ROOT / path).exists()}


def missing_names(page):
    """Return the names that stand nowhere, of the dotted ones those that cannot be imported."""
    dotted = {name for name in in_line(page) if re.fullmatch(rf"(?:{FLOORS})(?:\.[A-Za-z_]\w*)+", name)}
    plain = {name for name in in_line(page) if re.fullmatch(r"[A-Za-z_]\w*", name)}
    assert dotted
    assert plain
    return plain - words(page) | {name for name in dotted if not resolves(name)}


def resolves(name):
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def misquoted(page):
    """Return the quoted lines that do not stand in the file that is named last before them."""
    wrong, seen = [], 0
    for found in FENCE.finditer(page):
        if found[1] == "text":
            before = re.findall(r"`((?:\w+/)+\w+\.py)`", page[: found.start()])
            paths = [path for path in before if not path.startswith("tests/")]
            seen += 1
            if squeezed(found[2]) not in squeezed((ROOT / paths[-1]).read_text(encoding="utf-8")):
                wrong.append(found[2])
    assert seen
    return wrong


def test_every_path_is_there():
    assert missing_paths(PAGE) == set()
    assert missing_paths(PAGE + " `sim/flaw.py` `NO.md`") == {"sim/flaw.py", "NO.md"}


def test_every_name_is_there():
    assert missing_names(PAGE) == set()
    assert missing_names(PAGE + " `sim.simulated` `simulatde`") == {"sim.simulated", "simulatde"}


def test_every_quoted_line_stands_in_its_file():
    assert misquoted(PAGE) == []
    assert misquoted(PAGE.replace("shrink(weights, h * l1)", "shrink(weights, l1)"))


def test_question_has_at_most_40_lines_of_code():
    (question,) = (block for language, block in FENCE.findall(PAGE) if "Experiment(" in block)
    assert len([line for line in question.splitlines() if line]) <= 40


def test_every_room_is_on_the_map():
    house = {name.rstrip("/") for name in in_line(PAGE)}
    for floor in FLOORS.split("|"):
        for path in (ROOT / floor).iterdir():
            if len(list(path.glob("*.py"))) > 1:
                room = path.relative_to(ROOT).as_posix()
                assert {room, room.replace("/", ".")} & house, f"{room} is not on the map"


def test_force_needs_no_list():
    run = simulate(SMALL, until=1.0, method="euler", forces=["feature_benefit", l2_decay(0.5)])
    assert run.forces == "feature_benefit, l2_decay(0.5)"


def test_forces_that_have_a_name_act_by_default():
    assert simulate(SMALL, until=1.0, method="euler").forces == ", ".join(FORCES)


def test_integrator_is_one_line(monkeypatch):
    monkeypatch.setitem(METHODS, "mine", METHODS["euler"])
    mine, euler = (simulate(SMALL, until=1.0, method=method) for method in ("mine", "euler"))
    assert mine.method == "mine"
    np.testing.assert_array_equal(mine.final, euler.final)


@dataclass(frozen=True)
class MyDescent(GradientDescent):
    """An optimiser of one's own."""


@dataclass(frozen=True)
class MyNoise(Gaussian):
    """Noise of one's own."""


@pytest.mark.parametrize(
    ("kinds", "kind", "given", "sibling"),
    [
        (OPTIMIZERS, MyDescent, {"optimizer": MyDescent()}, {"optimizer": GradientDescent()}),
        (NOISES, MyNoise, {"noise": MyNoise(0.1)}, {"noise": Gaussian(0.1)}),
    ],
    ids=["optimiser", "noise"],
)
def test_option_of_training_is_one_line(kinds, kind, given, sibling, monkeypatch):
    monkeypatch.setitem(kinds, "mine", kind)
    mine, usual = (
        train(SMALL, steps=3, learning_rate=0.01, **{"optimizer": "gd"} | options)
        for options in (given, sibling)
    )
    assert "mine" in str(mine.attrs)
    np.testing.assert_array_equal(mine.final, usual.final)
