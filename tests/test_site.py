"""The built site, as a reader has it: `sphinx-build -W docs docs/_build/html` first."""

import importlib
import re
from pathlib import Path

import pytest

import polysem
from tests.browser import opened, served, violations
from theory import catalogue
from validation.experiments.catalogue import EXPERIMENTS

SITE = Path(__file__).parents[1] / "docs" / "_build" / "html"
LOOKED_AT = (
    "index.html",
    "start.html",
    "questions.html",
    "statements.html",
    "integrators.html",
    "experiments/rebirth.html",
    "mathematics/collisions.html",
    "examples/index.html",
    "examples/plot_decay.html",
    "api/sim.html",
)
TEX = re.compile(r"\$\$|\\(?:mathrm|frac|lambda|left|begin)\b")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not SITE.exists(), reason="needs the site: sphinx-build -W docs docs/_build/html"),
]


@pytest.fixture(scope="module")
def site():
    with served(SITE) as address:
        yield address


def text(name):
    return (SITE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("chapter", dict.fromkeys(module.split(".")[1] for module in catalogue.INDEX))
def test_formulas_are_formulas(chapter):
    page = text(f"mathematics/{chapter}.html")
    for derivation in catalogue.chapter(chapter):
        assert derivation.name.replace("_", " ").capitalize() in page
    blocks = re.findall(r'<math[^>]* display="block".*?</math>', page, re.S)
    assert len(blocks) >= sum(len(derivation.steps) for derivation in catalogue.chapter(chapter))
    assert TEX.findall(re.sub(r"<(script|annotation).*?</\1>", "", page, flags=re.S)) == []


def test_formulas_in_texts_are_formulas():
    page = text("integrators.html")
    assert page.count("<math") > 30
    assert TEX.findall(re.sub(r"<(script|pre).*?</\1>", "", page, flags=re.S)) == []


def test_every_question_has_its_answer_and_picture():
    page = text("questions.html")
    for experiment in (e for e in EXPERIMENTS if e.answer):
        assert f'href="experiments/{experiment.name}.html"' in page
        assert f"{experiment.name}.png" in page


@pytest.mark.parametrize("room", polysem.ROOMS)
def test_every_public_name_is_documented(room):
    page = text(f"api/{room}.html")
    for name in importlib.import_module(room).__all__:
        assert f"{room}.{name}" in page or f">{name}<" in page, name


def test_every_example_has_a_picture():
    examples = sorted(path.stem for path in (SITE.parents[1] / "gallery").glob("plot_*.py"))
    assert len(examples) >= 8
    for name in examples:
        assert "sphx-glr-single-img" in text(f"examples/{name}.html"), name


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", LOOKED_AT)
def test_pages_in_a_browser(site, name, width, scheme):
    with opened(f"{site}/{name}", viewport={"width": width, "height": 900}, color_scheme=scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if width > 390:
            assert violations(page) == {}
