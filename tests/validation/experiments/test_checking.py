import json

import pytest
from rich.console import Console
from validation.experiments.claim import Claim, Finding

from validation import check
from validation.experiments import checking
from validation.report.statistics import Estimate


def claim(name, expected, predicted):
    def measure(seed, full):
        return [
            Finding(
                "simulation", f"a number of {name}", predicted, Estimate(1.0, 0.9, 1.1 + seed, "tolerance")
            )
        ]

    return Claim(name, f"Statement of {name}.", "own", expected, measure)


@pytest.fixture
def three(monkeypatch):
    found = (claim("right", "agrees", 1.05), claim("wrong", "agrees", 1.5), claim("roughly", "rough", 0.5))
    monkeypatch.setattr(checking, "claims", found)


@pytest.mark.usefixtures("three")
def test_rows_have_what_json_promises():
    row = check(["right"])[0]
    assert {"claim", "source", "quantity", "predicted", "measured", "low", "high", "verdict"} < set(row)
    assert (row["claim"], row["verdict"], row["expected"], row["origin"]) == (
        "right",
        "agrees",
        "agrees",
        "own",
    )


@pytest.mark.usefixtures("three")
def test_verdicts_and_what_counts_as_failure():
    rows = check()
    assert [row["verdict"] for row in rows] == ["agrees", "disagrees", "disagrees"]
    assert [row["claim"] for row in checking.unexpected(rows)] == ["wrong"]
    assert "Of 2 numbers that the project predicts, 1 agree" in checking.summary(rows)
    assert "Of 1 that are stated only roughly, 1 disagree" in checking.summary(rows)


@pytest.mark.usefixtures("three")
def test_seed_reaches_the_measurement():
    assert check(["wrong"], seed=1)[0]["verdict"] == "agrees"
    with pytest.raises(ValueError, match="seed must be a whole number"):
        check(seed=-1)


@pytest.mark.usefixtures("three")
def test_unknown_claim_names_the_near_ones():
    with pytest.raises(ValueError, match=r"'wrnog'; did you mean wrong\?"):
        check(["wrnog"])
    with pytest.raises(ValueError, match="--list shows all"):
        check(["zzz"])


@pytest.mark.usefixtures("three")
def test_saves_whole_json_or_none(tmp_path, monkeypatch):
    rows = check()
    path = checking.save(rows, tmp_path / "rows.json")
    assert json.loads(path.read_text()) == rows
    with pytest.raises(TypeError):
        checking.save([{"claim": object()}], path)
    assert json.loads(path.read_text()) == rows
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("width", [80, 160])
def test_table_says_which_kind_each_row_is(width):
    console = Console(width=width, no_color=True)
    with console.capture() as captured:
        console.print(checking.table(check()))
    text = captured.get()
    assert "DISAGREES" in text
    assert "rough" in text
    assert "×" in text
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (1.23456, "1.235"), (1e-7, "1.00e-07"), (14588.3, "14588"), (-2.5e7, "-2.50e+07")],
)
def test_number(value, shown):
    assert checking.number(value) == shown


def test_claims_of_minutes_wait_for_a_full_check_unless_they_are_asked_for(monkeypatch):
    quick = claim("quick", "agrees", 1.0)
    slow = Claim(**(vars(claim("slow", "agrees", 1.0)) | {"only_full": True}))
    monkeypatch.setattr(checking, "claims", (quick, slow))
    assert [row["claim"] for row in check()] == ["quick"]
    assert [row["claim"] for row in check(full=True)] == ["quick", "slow"]
    assert [row["claim"] for row in check(name for name in ("slow",))] == ["slow"]
    console = Console(width=120)
    with console.capture() as captured:
        console.print(checking.listing())
    assert captured.get().count("agrees, --full") == 1
