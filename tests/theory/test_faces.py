"""The face of a chapter offers its public names, and none of them hides a module."""

import importlib
import pkgutil

import pytest

import theory

CHAPTERS = [info.name for info in pkgutil.iter_modules(theory.__path__, "theory.") if info.ispkg]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_public_names_resolve_whatever_is_imported_first(chapter):
    package = importlib.import_module(chapter)
    modules = {info.name for info in pkgutil.iter_modules(package.__path__)}
    for module in modules - {"__main__"}:
        importlib.import_module(f"{chapter}.{module}")
    for name in package.__all__:
        offered = getattr(package, name)
        assert (name in modules) == (getattr(offered, "__name__", "") == f"{chapter}.{name}")


def test_public_names_of_the_package_resolve():
    for name in theory.__all__:
        assert getattr(theory, name) is not None
