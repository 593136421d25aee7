import re
from html.parser import HTMLParser

import pytest
from validation.experiments.claim import Claim, Finding

from validation.experiments import checking, report
from validation.report import plots
from validation.report.statistics import Estimate


def figure(seed, full):
    drawn, axes = plots.panels()
    axes[0, 0].plot([0, 1], [seed, 1])
    return drawn


def claim(name, expected, plot=None):
    estimate = Estimate(1.0, 0.9, 1.1, "tolerance 0.1: <rounding> & more")
    return Claim(
        name,
        f"Statement <{name}>.",
        "own",
        expected,
        lambda *_: [Finding("training", name, 2.0, estimate)],
        plot,
    )


@pytest.fixture
def rows(monkeypatch):
    found = (claim("drawn", "agrees", figure), claim("plain", "rough"))
    monkeypatch.setattr(checking, "claims", found)
    return checking.check()


class References(HTMLParser):
    """Everything that a page loads or links to."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in ("src", "href")]


def test_page_is_self_contained_and_says_everything(rows, tmp_path):
    page = report.write(tmp_path / "report", rows, seed=3)
    text = page.read_text(encoding="utf-8")
    references = References()
    references.feed(text)
    assert len(references.found) == 1
    assert references.found[0].startswith("data:image/png;base64,")
    assert not re.search(r"https?:|@import|url\(", text)
    assert "Statement &lt;drawn&gt;." in text
    assert "&lt;rounding&gt; &amp; more" in text
    assert "polysem check --seed 3" in text
    assert text.count("disagrees</span>") == 2
    assert text.count('class="unexpected"') == 1


def test_pictures_lie_beside_the_page(rows, tmp_path):
    report.write(tmp_path / "report", rows)
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names == {"report.html", "drawn.png", "drawn.svg"}
    assert (tmp_path / "report" / "drawn.png").read_bytes().startswith(b"\x89PNG")


def test_writes_nothing_when_a_picture_fails(rows, tmp_path, monkeypatch):
    def broken(seed, full):
        raise RuntimeError("no picture")

    monkeypatch.setattr(
        checking, "claims", (claim("drawn", "agrees", figure), claim("plain", "rough", broken))
    )
    with pytest.raises(RuntimeError):
        report.write(tmp_path / "report", rows)
    assert not list(tmp_path.iterdir())


def test_folder_is_checked_before(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"^report must be a folder .*not a directory"):
        report.write(tmp_path / "file", [])
