"""What the documentation shows is what the command prints."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "analyze.md"


def test_output_is_current(polysem):
    text = PAGE.read_text(encoding="utf-8")
    simulate, analyze = re.findall(r"`polysem ((?:simulate|analyze) [^`]*flow\.nc)`", text)
    assert polysem(*simulate.split()).returncode == 0
    out = polysem(*analyze.split()).stdout
    shown = "\n".join(line.rstrip() for line in out.splitlines()).strip()
    assert re.search(r"<!-- output -->\n```text\n(.*?)\n```", text, re.DOTALL)[1] == shown
