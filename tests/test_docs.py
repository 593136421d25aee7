"""What the documentation shows is what the tools print."""

from pathlib import Path

from theory import derivations
from validation.derivations import table
from validation.experiments import experiments

DOCS = Path(__file__).parent.parent / "docs"


def test_table_of_statements_is_current():
    written = (DOCS / "statements.md").read_text()
    assert written.strip() == table(derivations, "markdown").strip(), "polysem derive --list writes it"


def test_every_experiment_is_in_the_index():
    home, navigation = (DOCS / "index.md").read_text(), (DOCS.parent / "mkdocs.yml").read_text()
    for experiment in experiments:
        assert f"- [{experiment.question}](experiments/{experiment.name}.md)\n" in home
        assert f"- experiments/{experiment.name}.md\n" in navigation


def test_the_pseudo_code_is_the_reference():
    source = (Path(__file__).parent / "sim/integrators/reference.py").read_text()
    code = source.split("# [pseudo-code]\n")[1].split("# [end]")[0].strip()
    assert f"```python\n{code}\n```" in (DOCS / "integrators.md").read_text()
