"""The page is one file that needs nothing else."""

import re

import pytest

from validation.explorer import page, scenes


def test_it_asks_nothing_of_a_network():
    text = page.page([scenes.arrows(3, 0.0, 0)])
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!data:)""", text)
    assert re.findall(r"https?://[^\s\"'`]+", text) == ["http://www.w3.org/2000/svg"]  # a name, not a place
    assert "connect-src 'none'" in text
    assert "connect-src 'self'" in page.page([], served=True)


def test_what_is_in_a_scene_cannot_end_its_script():
    text = page.page([{"kind": "arrows", "label": "</script><b>"}])
    assert "</script><b>" not in text


def test_the_command_writes_it(polysem, tmp_path):
    done = polysem("explore", "--n", "4", "--m", "8", "--l1", "0.05", "--out", "page.html")
    assert (done.returncode, done.stdout, done.stderr) == (0, "wrote page.html\n", "")
    assert (tmp_path / "page.html").stat().st_size < 6e6


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("--out page.pdf", "--out must end in .html, got page.pdf"),
        ("--out missing/page.html", "--out must be a file in a writable folder"),
        ("--n 1000 --m 1000", "--n must be such that n² m is at most"),
        ("--port 99999", "--port must be a whole number of at least 0 and at most 65535"),
        ("--l1 0", "--l1 must be a finite number of at least 0.0001"),
    ],
)
def test_bad_input_is_one_line(polysem, tmp_path, typed, line):
    done = polysem("explore", *typed.split())
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert line in done.stderr
    assert not list(tmp_path.iterdir())
