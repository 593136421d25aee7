import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

import theory
from theory import catalogue

ROOT = Path(theory.__file__).parents[1]
MODULES = [info.name for info in pkgutil.walk_packages(theory.__path__, "theory.")]
SOURCE = re.compile(r"own|seed 00[0-3], \w|arXiv:\d{4}\.\d{4,5}, \w|, (19|20)\d\d")


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_every_step_holds(name):
    catalogue.find(name).verify()


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_the_two_sides_of_a_step_look_different(name):
    for step in catalogue.find(name).steps:
        left, right = (sp.pretty(side, wrap_line=False) for side in step.equation.args)
        assert left != right, step.text


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_prediction_source_and_place_can_be_found(name):
    derivation = catalogue.find(name)
    if derivation.prediction:
        assert callable(pkgutil.resolve_name(derivation.prediction))
        assert derivation.prediction.split(".")[1] in derivation.location
    assert SOURCE.search(derivation.source)
    file, line = derivation.location.split(":")
    assert (ROOT / file).read_text().splitlines()[int(line) - 1].startswith("def _")


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_merit_is_a_number_with_a_place_for_it(name):
    derivation = catalogue.find(name)
    if derivation.merit is None:
        assert derivation.status != "heuristic"
        return
    assert np.isfinite(derivation.merit.measure())
    assert len(re.findall(r"\{[^}]*\}", derivation.merit.text)) == 1


def test_index_is_what_the_modules_hold():
    held = {
        module: tuple(derivation.name for derivation in importlib.import_module(module).derivations)
        for module in MODULES
        if module.count(".") == 2 and _assigns_derivations(module)
    }
    assert held == dict(catalogue.INDEX)
    assert tuple(derivation.name for derivation in theory.derivations) == catalogue.NAMES
    assert len(set(catalogue.NAMES)) == len(catalogue.NAMES) >= 70


def _assigns_derivations(module):
    tree = ast.parse(ROOT.joinpath(*module.split(".")).with_suffix(".py").read_text())
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    return "derivations" in [getattr(target, "id", None) for target in targets]


def test_one_derivation_imports_no_other():
    code = (
        "import sys; from theory import catalogue; catalogue.find('threshold').verify();"
        "assert 'theory.sparsification.reduction' in sys.modules;"
        f"assert not set({list(catalogue.INDEX)}) - {{'theory.sparsification.reduction'}} & set(sys.modules);"
        "assert not {'xarray', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_chapters_hold_all():
    chapters = dict.fromkeys(module.split(".")[1] for module in catalogue.INDEX)
    held = [derivation for chapter in chapters for derivation in catalogue.chapter(chapter)]
    assert held == list(theory.derivations)


def test_find():
    assert catalogue.find("exclusion_law").name == "exclusion_law"


def test_find_suggests_names_that_are_spelled_alike():
    with pytest.raises(ValueError, match="exclusion_law") as error:
        catalogue.find("exclusion_low")
    assert "\n" not in str(error.value)


def test_find_says_where_all_are_listed_when_none_is_alike():
    with pytest.raises(ValueError, match="derive --list"):
        catalogue.find("qqq")


def test_derivations_have_names():
    assert theory.derivations["exclusion_law"] is catalogue.find("exclusion_law")
    assert theory.derivations[0].name == catalogue.NAMES[0]
    assert "exclusion_law" in theory.derivations
    assert "exclusion" not in theory.derivations
    with pytest.raises(ValueError, match="did you mean exclusion_law"):
        theory.derivations["exclusion_low"]


def test_a_chapter_whose_output_nobody_reads_on_ends_without_a_traceback():
    script = subprocess.Popen(
        [sys.executable, "-m", "theory.collisions"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    script.stdout.readline()
    script.stdout.close()
    assert (script.wait(), script.stderr.read()) == (1, b"")
    script.stderr.close()
