"""What the documentation shows is what the tools print."""

import re
from pathlib import Path

import pytest

from theory import derivations, notation
from validation.experiments.catalogue import EXPERIMENTS
from validation.report.derivations import table

DOCS = Path(__file__).parent.parent / "docs"
CODE = [path for room in ("theory", "sim", "validation") for path in (DOCS.parent / room).rglob("*.py")]


def test_table_of_statements_is_current():
    written = (DOCS / "statements.md").read_text()
    assert written.strip() == table(derivations, "markdown").strip(), "polysem derive --list writes it"


def test_table_of_symbols_is_current():
    written = (DOCS / "notation.md").read_text()
    assert written.strip() == notation.table().strip(), "python -m theory.notation writes it"


def test_every_experiment_has_a_page_that_begins_with_its_answer_and_no_page_is_left_over():
    """The site finds the pages there (`docs/_site/made.py`)."""
    pages = {path.stem: path.read_text() for path in (DOCS / "experiments").glob("*.md")}
    assert set(pages) == {experiment.name for experiment in EXPERIMENTS if experiment.answer}
    for name, text in pages.items():
        assert text.splitlines()[2].startswith("**"), name


def cited(pattern):
    """Return all that a pattern finds in the code, line breaks and ends of strings aside."""
    texts = (re.sub(r'\s*"?\n\s*"?', " ", path.read_text(encoding="utf-8")) for path in CODE)
    return {found for text in texts for found in re.findall(pattern, text)}


@pytest.mark.parametrize(
    ("pattern", "shown"),
    [
        (r"[Ss]eed (00\d)", "| {} |"),
        (r"arXiv:((?:math-ph/)?\d[\d.]*\d)", "[arXiv:{}](https://arxiv.org/abs/{})"),
        (r"[Ss]eed 001[^\n]{,40}? footnote (\d+)", "| footnote {} |"),
        (r"[Ss]eed 001, (?:section )?[“\"]([^”\"]+)[”\"]", "| {} |"),
    ],
    ids=["seeds", "papers", "footnotes", "headings"],
)
def test_every_source_is_explained(pattern, shown):
    sources, found = (DOCS / "sources.md").read_text(encoding="utf-8"), cited(pattern)
    assert found
    assert {name for name in found if shown.format(name, name) not in sources} == set()


def test_the_pseudo_code_is_the_reference():
    shown = "tests/sim/integrators/splitting/reference.py"
    source = (DOCS.parent / shown).read_text()
    code = source.split("# [pseudo-code]\n")[1].split("# [end]")[0].strip()
    assert f'```python title="{shown}"\n{code}\n```' in (DOCS / "integrators.md").read_text()
