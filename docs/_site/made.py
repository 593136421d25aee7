"""Pages that are made from the code: chapters of mathematics, questions with their answers, the API."""

import importlib
import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx

from theory import catalogue
from theory.derivation import Derivation
from validation.experiments.catalogue import EXPERIMENTS

CHAPTERS = {
    "flow": "The flow",
    "sparsification": "One encoding becomes sparse",
    "interference": "Two encodings and more",
    "collisions": "How many neurons become polysemantic",
    "noise": "Noise instead of L1",
    "capacity": "How many features fit",
    "two_layer": "The model with two layers",
    "superposition": "More features than neurons",
    "co_occurrence": "Features that are on together",
    "dictionaries": "Dictionaries of a hidden layer",
}
ROOMS = {
    "theory": "what the mathematics predicts",
    "sim": "integrates the flow",
    "validation": "trains the models, and compares",
}
TITLES = {"statements": "Statements", "notation": "Symbols"}
TABLE = re.compile(r"^\*\*(.+)\*\*$", re.M)


def pages(app: Sphinx) -> None:
    """Write all of them."""
    docs = Path(app.srcdir)
    for folder, made in (("mathematics", _chapters()), ("api", _rooms())):
        (docs / folder).mkdir(exist_ok=True)
        for name, text in made:
            _write(docs / folder / f"{name}.md", text)
    _write(docs / "questions.md", _questions(docs / "experiments"))


def titled(app: Sphinx, name: str, source: list[str]) -> None:
    """Give a page that is one table, as a command writes it, its title."""
    if name in TITLES:
        source[0] = f"# {TITLES[name]}\n\n{source[0]}"


def _write(path: Path, text: str) -> None:
    """Write a page if it is another one, so that only what has changed is read again."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _chapters() -> Iterator[tuple[str, str]]:
    for name, title in CHAPTERS.items():
        parts = [f"# {title}\n", f"Every step was checked by `python -m theory.{name}`.\n"]
        parts += [_derivation(derivation) for derivation in catalogue.chapter(name)]
        yield name, "\n".join(parts)
    names = "\n".join(CHAPTERS)
    yield "index", f"# Mathematics\n\nDerivations that check themselves.\n\n```{{toctree}}\n{names}\n```\n"


def _derivation(derivation: Derivation) -> str:
    """Return a derivation as a text: its name as people say it, and equations between its sentences."""
    text = derivation.markdown()
    return text.replace(
        f"## {derivation.name}\n", f"## {derivation.name.replace('_', ' ').capitalize()}\n", 1
    )


def _questions(folder: Path) -> str:
    """Return the page of questions: what each experiment asks, its answer, and its picture."""
    subject = {experiment.name: _subject(experiment) for experiment in EXPERIMENTS}
    found = defaultdict(list)
    for page in sorted(folder.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        question, answer = text.splitlines()[0].removeprefix("# "), TABLE.search(text)
        if answer is None:
            raise ValueError(f"{page} has no answer in bold after its title")
        found[subject.get(page.stem, "others")].append((page.stem, question, answer[1]))
    parts = [
        "# Questions and answers\n",
        "Each is a command, `polysem experiment NAME`, that writes its page.\n",
    ]
    for name, rows in found.items():
        parts += [f"## {CHAPTERS.get(name, name.replace('_', ' ').capitalize())}\n"]
        parts += ["| question | answer | picture |", "| --- | --- | --- |"]
        parts += [
            f"| [{question}](experiments/{page}.md) | {answer} | ![{question}](experiments/{page}.png) |"
            for page, question, answer in rows
        ]
        parts.append("")
    parts += ["```{toctree}\n:hidden:\n:glob:\n\nexperiments/*\n```\n"]
    return "\n".join(parts)


def _subject(experiment: object) -> str:
    """Return the folder in which an experiment is declared."""
    return experiment.measure.__module__.split(".")[2]  # type: ignore[attr-defined]


def _rooms() -> Iterator[tuple[str, str]]:
    seen: dict[int, str] = {}
    for room, does in ROOMS.items():
        module = importlib.import_module(room)
        parts = [f"# {room}: {does}\n", "```{eval-rst}"]
        for name in module.__all__:
            parts += _documented(f"{room}.{name}", getattr(module, name), seen)
        yield room, "\n".join([*parts, "```\n"])
    rooms = "\n".join(ROOMS)
    said = "All names are also in `polysem`: `from polysem import Autoencoder, simulate, train`."
    yield "index", f"# API\n\n{said}\n\n```{{toctree}}\n{rooms}\n```\n"


def _documented(path: str, thing: object, seen: dict[int, str]) -> Iterator[str]:
    """Yield the lines that document a public name, each thing once, and of a chapter its own public names."""
    if id(thing) in seen:
        yield f"``{path}`` is :py:obj:`{seen[id(thing)]}`.\n"
        return
    seen[id(thing)] = path
    if isinstance(thing, type):
        yield f".. autoclass:: {path}\n   :members:\n"
    elif callable(thing):
        yield f".. autofunction:: {path}\n"
    elif inspect.ismodule(thing):
        yield f"{path}\n{'-' * len(path)}\n\n.. automodule:: {path}\n   :no-members:\n"
        for name in getattr(thing, "__all__", ()):
            yield from _documented(f"{path}.{name}", getattr(thing, name), seen)
    else:
        yield f".. py:data:: {path}\n   :type: {type(thing).__name__}\n"


def setup(app: Sphinx) -> dict[str, bool]:
    """Have pages made before the others are read."""
    app.connect("builder-inited", pages, priority=100)
    app.connect("source-read", titled)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
