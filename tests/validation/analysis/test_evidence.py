"""What the analysis shows and writes: table, JSON, page."""

import json
from html.parser import HTMLParser

import numpy as np
import pytest

from validation import analyze
from validation.analysis import evidence, page

ENCODINGS = np.array([[1.0, 0, 0, 0], [-1, 0, 0, 0], [0, 2, 0, 0]])


class References(HTMLParser):
    """Everything that a page loads or links to."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in ("src", "href")]


def test_command_shows_and_writes(polysem, tmp_path):
    np.savez(tmp_path / "w.npz", final=ENCODINGS, initial=ENCODINGS[:, ::-1] + 0.1)
    ended = polysem("analyze", "w.npz", "--json", "w.json", "--report", "page")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "1 incidental, 1 monosemantic, 2 dead" in ended.stdout
    assert "feature 0 to free neuron 2: same loss" in ended.stdout
    assert "wrote w.json" in ended.stdout
    document = json.loads((tmp_path / "w.json").read_text())
    assert document["verdicts"] == ["incidental", "monosemantic", "dead", "dead"]
    (row,) = document["polysemantic"]
    assert row["features"] == [
        {"feature": 0, "weight": 1.0, "initial_rank": 2},
        {"feature": 1, "weight": -1.0, "initial_rank": 2},
    ]
    assert row["cosines"] == [-1, -1]
    assert (row["mover"], row["move_to"], row["interference_change"]) == (0, 2, 0)
    assert {path.name for path in (tmp_path / "page").iterdir()} == {
        page.PAGE,
        *(f"{name}.{form}" for name in page.CAPTION for form in ("png", "svg")),
    }


def test_page_is_self_contained(tmp_path):
    text = page.write(tmp_path / "page", ENCODINGS, analyze(ENCODINGS), "<weights> & more").read_text()
    references = References()
    references.feed(text)
    assert len(references.found) == len(page.CAPTION)
    assert all(found.startswith("data:image/png;base64,") for found in references.found)
    assert "&lt;weights&gt; &amp; more" in text
    assert "2 features on 1 neuron; feature 0 to free neuron 2: same loss" in text


@pytest.mark.parametrize(
    "encodings",
    [np.zeros((2, 3)), np.ones((1, 1)), np.random.default_rng(0).normal(size=(30, 500)), ENCODINGS * 1e200],
    ids=["zeros", "one weight", "random", "huge"],
)
def test_odd_networks_are_shown(tmp_path, encodings):
    result = analyze(encodings)
    document = json.loads(evidence.save(result, tmp_path / "w.json").read_text())
    assert len(document["verdicts"]) == encodings.shape[1]
    assert page.write(tmp_path / "page", encodings, result, "w").exists()


def test_largest_features_first_and_the_rest_counted():
    crowd = np.zeros((20, 4))
    crowd[:, 0] = np.linspace(1, 2, 20)
    (row,) = evidence.neurons(analyze(crowd))
    assert row["n_features"] == 20
    assert [entry["feature"] for entry in row["features"]] == list(range(19, 11, -1))
    assert evidence.listed(row) == "19: +2, 18: +1.95, 17: +1.89 and 17 more"
    assert row["malign"] == 190


def test_no_privileged_basis_is_said_and_no_neuron_listed():
    result = analyze(np.random.default_rng(0).normal(size=(30, 60)))
    assert not list(evidence.neurons(result))
    assert "no privileged basis" in evidence.summary(result)["basis"]
