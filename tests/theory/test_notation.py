import ast
import re
from pathlib import Path

import pytest

import theory
from theory import notation

THEORY = Path(theory.__file__).parent
FILES = sorted(set(THEORY.glob("*/*.py")) - set(THEORY.glob("derivation/*.py")))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_symbols_are_made_in_the_notation_alone(file):
    made = re.findall(r"sp\.(?:Symbol|symbols|Function|Dummy)\(.*", file.read_text())
    assert [call for call in made if "(symbol.name)" not in call] == []  # the same letter for any number


def test_every_symbol_is_used():
    imported = {
        alias.name
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "theory.notation"
        for alias in node.names
    }
    made = {
        name.id
        for node in ast.parse(Path(notation.__file__).read_text()).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        for name in ast.walk(target)
        if isinstance(name, ast.Name) and not name.id.startswith("_")
    }
    assert made - imported == set()


def test_every_symbol_is_in_the_table_with_each_of_its_meanings():
    lines = [(entry.subject, entry.symbol, entry.meaning) for entry in notation.TABLE]
    assert len(set(lines)) == len(lines)
    assert all(entry.meaning in notation.table().replace("\\|", "|") for entry in notation.TABLE)
