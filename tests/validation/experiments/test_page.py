import re
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from tests.validation.experiments.made_up import experiment
from theory.common import schema
from validation.experiments import catalogue, figure, page, running
from validation.experiments.experiment import Quantity, grid, mean_of
from validation.experiments.findings import Findings

RESULTS = Path(__file__).parents[3] / "docs" / "experiments"
PAGES = {made.name: made for made in catalogue.EXPERIMENTS if made.answer}


def of(made):
    return page.page(Findings(made, running.run(made)))


def test_answer_comes_first_and_then_picture_measurement_meaning_limits():
    made = experiment(
        answer=lambda found: f"It is {found('value')[0]}.",
        meaning=lambda found: "So there.",
        limits="Small.",
    )
    text = of(made)
    assert text.startswith(
        "# Is it <n/m>?\n\n**It is 1.00 [0.90, 1.10].**\n\n![Is it <n/m>?](made_up.png)\n\n"
        "## How it was measured\n\nCount to three. Then stop. 2 settings of 5 runs each, m = 2 throughout. "
        "Intervals are 95 %.\n\n## What it means\n\nSo there.\n\n## Limits\n\nSmall.\n\n## Numbers\n\n"
    )
    assert "| n | value | theory | measured is |\n" in text
    assert "| 2 | 1.00 [0.90, 1.10] | 1 | not decided |\n| 3 | 1.50 [1.40, 1.60] | 1 | above |" in text
    assert re.search(r"Written from \[its data\]\(made_up\.nc\); the runs took \d+ s\.", text)
    assert "*Source: a test.*" in text


def test_long_tables_are_folded():
    long = experiment(
        settings=lambda full: grid({"n": range(1, 14), "m": 2, "replicates": 5, "source": "training"})
    )
    assert '<details markdown="1"><summary>Table of 13 rows</summary>' in of(long)
    quantities = {
        "value": Quantity("value (m)", mean_of("value"), 1.0),
        "again": Quantity("again", mean_of("value")),
    }
    one = experiment(settings=lambda full: long.settings(full)[:1], quantities=quantities)
    assert "| value (m) | theory | measured is | again |\n" in of(one)
    assert "| 0.50 [0.40, 0.60] | 1 | below | 0.50 [0.40, 0.60] |\n" in of(one)
    assert "<details" not in of(one)


def test_every_experiment_with_an_answer_has_its_page_in_the_documentation():
    assert {path.stem for path in RESULTS.glob("*.nc")} == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_its_data_say(name):
    found = Findings(PAGES[name], schema.load(RESULTS / f"{name}.nc"))
    assert (RESULTS / f"{name}.md").read_text(encoding="utf-8") == page.page(found)


@pytest.mark.parametrize("name", PAGES)
def test_page_and_figure_hold_for_a_part_of_the_settings(name):
    result = schema.load(RESULTS / f"{name}.nc")
    for kept in ([0], [-1]):
        found = Findings(PAGES[name], result.isel(setting=kept))
        assert page.page(found)
        assert isinstance(figure.draw(found), Figure)


@pytest.mark.slow
def test_a_cheap_page_is_not_stale():
    """Its data are measured again; on other processors a few runs may take another turn."""
    saved = schema.load(RESULTS / "collision_course.nc")
    found = running.run(PAGES["collision_course"], int(saved.seed), bool(saved.full))
    for name in ("mover", "sitter", "both"):
        assert float((found[name] != saved[name]).where(saved[name].notnull()).mean()) < 0.005
