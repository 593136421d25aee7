import re
from html.parser import HTMLParser

import pytest

from tests.validation.experiments.made_up import experiment
from validation.experiments import checking, report
from validation.experiments.experiment import Panel


@pytest.fixture(autouse=True)
def two(monkeypatch):
    claims = (experiment(1.5, name="drawn"), experiment(0.5, (1.5, 2.2), name="plain", panels=()))
    monkeypatch.setattr(checking, "CLAIMS", claims)


class References(HTMLParser):
    """Everything that a page loads or links to."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in ("src", "href")]


def test_page_is_self_contained_and_says_everything(tmp_path):
    page = report.write(tmp_path / "report", checking.check(seed=0), seed=0)
    text = page.read_text(encoding="utf-8")
    references = References()
    references.feed(text)
    assert len(references.found) == 1
    assert references.found[0].startswith("data:image/png;base64,")
    assert not re.search(r"https?:|@import|url\(", text)
    assert text.count("Is it &lt;n/m&gt;?") == 3  # two headings, one picture
    assert "polysem check --seed 0" in text
    assert "× 2 in 1.5 … 2.2" in text
    assert text.count('class="unexpected"') == 2  # drawn at n = 2, plain at n = 3
    assert text.count('class="agrees"') == 2


def test_pictures_lie_beside_the_page(tmp_path):
    report.write(tmp_path / "report", checking.check())
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names == {"report.html", "drawn.png", "drawn.svg"}
    assert (tmp_path / "report" / "drawn.png").read_bytes().startswith(b"\x89PNG")


def test_writes_nothing_when_a_picture_fails(tmp_path, monkeypatch):
    def broken(ax, found):
        raise RuntimeError("no picture")

    rows = checking.check()
    claims = (experiment(1.5, name="drawn"), experiment(0.5, name="plain", panels=(Panel(draw=broken),)))
    monkeypatch.setattr(checking, "CLAIMS", claims)
    with pytest.raises(RuntimeError):
        report.write(tmp_path / "report", rows)
    assert not list(tmp_path.iterdir())


def test_folder_is_checked_before(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"^report must be a folder .*not a directory"):
        report.write(tmp_path / "file", [])
