import ast
from pathlib import Path

import sim

MOST = 8
PUBLIC = {"simulate", "ensemble", "observe"}


def counts():
    """Yield how many arguments each function of `sim` takes, beside ``self``."""
    for path in sorted(Path(sim.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                arguments = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
                yield len([name for name in arguments if name != "self"]), node.name, path.name


def test_functions_take_few_arguments():
    """State travels in named tuples."""
    found = sorted(counts(), reverse=True)
    assert len(found) > 100
    print("largest counts:", found[:12])
    assert [(count, name, file) for count, name, file in found if count > MOST and name not in PUBLIC] == []
