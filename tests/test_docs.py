"""What the documentation shows is what the tools print."""

from pathlib import Path

from theory import derivations, notation
from validation.derivations import table
from validation.experiments import experiments

DOCS = Path(__file__).parent.parent / "docs"


def test_table_of_statements_is_current():
    written = (DOCS / "statements.md").read_text()
    assert written.strip() == table(derivations, "markdown").strip(), "polysem derive --list writes it"


def test_table_of_symbols_is_current():
    written = (DOCS / "notation.md").read_text()
    assert written.strip() == notation.table().strip(), "python -m theory.notation writes it"


def test_every_experiment_is_in_the_index():
    home, navigation = (DOCS / "index.md").read_text(), (DOCS.parent / "mkdocs.yml").read_text()
    for experiment in experiments:
        assert f"- [{experiment.question}](experiments/{experiment.name}.md)\n" in home
        assert f"- experiments/{experiment.name}.md\n" in navigation
