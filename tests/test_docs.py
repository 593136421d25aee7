"""What the documentation shows is what the tools print."""

from pathlib import Path

from theory import derivations
from validation.derivations import table

DOCS = Path(__file__).parent.parent / "docs"


def test_table_of_statements_is_current():
    written = (DOCS / "statements.md").read_text()
    assert written.strip() == table(derivations, "markdown").strip(), "polysem derive --list writes it"
