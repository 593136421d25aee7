import dataclasses
import json

import pytest
from rich.console import Console

from tests.validation.experiments.made_up import experiment
from validation import check
from validation.experiments import catalogue, checking

RIGHT = experiment(1.0, name="right", settings=lambda full: SETTINGS[:1])
WRONG = dataclasses.replace(experiment(1.5, name="wrong"), settings=RIGHT.settings)
NEAR = dataclasses.replace(experiment(0.5, (1.5, 2.5), name="near"), settings=RIGHT.settings)
FAR = dataclasses.replace(experiment(0.5, (3, 3.5), name="far"), settings=RIGHT.settings)
SETTINGS = [{"source": "training", "n": 2, "m": 2, "replicates": 5}]


@pytest.fixture(autouse=True)
def four(monkeypatch):
    monkeypatch.setattr(checking, "CLAIMS", (RIGHT, WRONG, NEAR, FAR))


def test_rows_have_what_json_promises():
    (row,) = check(["near"])
    assert row | {"interval": ""} == {
        "claim": "near",
        "source": "training",
        "quantity": "value, n = 2, m = 2",
        "predicted": 0.5,
        "measured": 1.0,
        "low": pytest.approx(0.6956, abs=1e-3),
        "high": pytest.approx(1.3044, abs=1e-3),
        "interval": "",
        "verdict": "disagrees",
        "expected": "rough",
        "band": [1.5, 2.5],
        "reason": "so",
        "as_expected": True,
        "origin": "a test",
    }
    assert check(["right"])[0]["band"] is None


def test_verdicts_and_what_counts_as_failure():
    rows = check()
    assert [row["verdict"] for row in rows] == ["agrees", "disagrees", "disagrees", "disagrees"]
    assert [row["claim"] for row in checking.unexpected(rows)] == ["wrong", "far"]
    assert checking.summary(rows).startswith(
        "Of 4 numbers 2 are as expected. Of 2 that the project predicts, 1 agree. Of 2 that are stated only "
        "roughly, 1 are off by no more than"
    )


def test_seed_reaches_the_measurement():
    assert check(["right"], seed=1)[0]["verdict"] == "disagrees"
    with pytest.raises(ValueError, match="seed must be a whole number"):
        check(seed=-1)


def test_unknown_claim_names_the_near_ones():
    with pytest.raises(ValueError, match=r"^claim must be one of .*'wrnog'; did you mean wrong\?"):
        check(["wrnog"])
    with pytest.raises(ValueError, match="--list shows all"):
        check(["zzz"])


def test_saves_whole_json_or_none(tmp_path):
    rows = check()
    path = checking.save(rows, tmp_path / "rows.json")
    assert json.loads(path.read_text()) == rows
    with pytest.raises(TypeError):
        checking.save([{"claim": object()}], path)
    assert json.loads(path.read_text()) == rows
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("width", [80, 160])
def test_table_says_which_kind_each_row_is(width):
    console = Console(width=width, no_color=True)
    with console.capture() as captured:
        console.print(checking.table(check()))
    text = captured.get()
    words = " ".join(text.split())
    assert text.count("DISAGREES") == 1
    assert "NOT" in words
    assert words.count("as expected") == 1
    assert "×" in text
    assert max(map(len, text.splitlines())) <= width


def test_claims_with_a_page_wait_for_a_full_check_unless_they_are_asked_for(monkeypatch):
    slow = dataclasses.replace(RIGHT, name="slow", answer=lambda found: "So.")
    monkeypatch.setattr(checking, "CLAIMS", (RIGHT, slow))
    assert [row["claim"] for row in check()] == ["right"]
    assert [row["claim"] for row in check(full=True)] == ["right", "slow"]
    assert [row["claim"] for row in check(name for name in ("slow",))] == ["slow"]
    console = Console(width=120)
    with console.capture() as captured:
        console.print(catalogue.listing((RIGHT, slow, NEAR)))
    assert captured.get().count("agrees, --full") == 1
    assert captured.get().count("rough") == 1
