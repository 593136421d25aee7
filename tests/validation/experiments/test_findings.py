import numpy as np
import pytest
import xarray as xr

from tests.validation.experiments.made_up import experiment
from validation.experiments import running
from validation.experiments.experiment import Band, Quantity, mean_of
from validation.experiments.findings import Findings, groups, parts
from validation.experiments.rows import Row
from validation.report.statistics import Estimate

ANY = Quantity("any", mean_of("x"))


def row(predicted, band=None, low=0.9, high=1.1):
    return Row("any", ANY, {"n": 2}, Estimate((low + high) / 2, low, high, ""), predicted, band, "n = 2")


@pytest.mark.parametrize(
    ("predicted", "side"), [(0.8, "above"), (1.0, "not decided"), (1.2, "below"), (None, "")]
)
def test_side_of_the_prediction(predicted, side):
    found = row(predicted)
    assert found.side == side
    assert found.agrees == (side in ("", "not decided"))
    assert found.as_expected == found.agrees


@pytest.mark.parametrize(
    ("predicted", "band", "expected"),
    [
        (0.5, (1.9, 2.1), True),  # the ratio is 1.8 to 2.2
        (0.5, (2.25, 3), False),
        (0.5, (1, 1.75), False),
        (0.0, (0, 0.5), False),  # nothing is predicted: the number itself, 0.9 to 1.1
        (0.0, (0, 0.95), True),
        (-0.5, (-2.1, -1.9), True),
    ],
)
def test_a_rough_prediction_is_held_to_its_band(predicted, band, expected):
    assert row(predicted, Band(*band, "why")).as_expected is expected


def test_every_quantity_in_every_setting_with_the_level_that_is_asked_for():
    result = running.run(experiment(predicted=1.0))
    found = Findings(experiment(predicted=1.0), result, 0.9)
    assert [r.setting["n"] for r in found("value")] == [2, 3]
    assert [r.estimate.value for r in found("value", n=3)] == [1.5]
    assert [r.side for r in found.rows] == ["not decided", "above"]
    assert found.rows[0].where == "n = 2, m = 2"
    assert found.rows[0].source == "simulation"
    assert found.constant == {"source": "simulation", "m": 2, "replicates": 5}
    wider = Findings(experiment(predicted=1.0), result, 0.99)
    assert wider.rows[0].estimate.high > found.rows[0].estimate.high


def test_numbers_over_groups_and_beside_a_base():
    quantities = {
        "sum": Quantity(
            "sum", lambda group, level: Estimate(*[float(group.value.sum())] * 3, ""), over=("m",)
        ),
        "more": Quantity(
            "more",
            lambda part, base, level: Estimate(*[float((part.value - base.value).mean())] * 3, ""),
            beside={"n": 2},
        ),
        "none": Quantity("none", lambda part, level: None),
    }
    made = experiment(quantities=quantities)
    found = Findings(made, running.run(made, full=True))
    assert [(r.name, r.setting.get("n"), r.estimate.value) for r in found.rows] == [
        ("sum", None, pytest.approx(5 * (1 + 1.5 + 2))),
        ("more", 3, pytest.approx(0.5)),
        ("more", 4, pytest.approx(1.0)),
    ]


def test_parts_have_no_fill_and_groups_hold_all_that_is_equal():
    result = xr.concat(
        [
            xr.Dataset({"x": ("replicate", np.arange(size, dtype=float))}, {"replicate": range(size)})
            for size in (2, 3, 2)
        ],
        "setting",
        join="outer",
    ).assign_coords(n=("setting", [1, 1, 2]), m=("setting", [5, 6, 5]))
    assert [part.sizes["replicate"] for part in parts(result)] == [2, 3, 2]
    assert [(s, g.sizes["setting"]) for s, g in groups(result, "m")] == [({"m": 5}, 2), ({"m": 6}, 1)]
    assert [s for s, _ in groups(result, "n", "m")] == [{"n": 1, "m": 5}, {"n": 1, "m": 6}, {"n": 2, "m": 5}]
    assert [g.sizes["setting"] for _, g in groups(result)] == [3]


def test_texts_name_numbers():
    made = experiment(predicted=1.0)
    found = Findings(made, running.run(made, full=True))
    assert found.said("{value.first} at n = {value.first[n]}") == "1.00 [0.90, 1.10] at n = 2"
    assert found.said("{value[n=3].first:%}") == "150 [140, 160] %"
    assert found.said("{value.last[load]:.1f}, {value.most[n]}, {value.least[n]}") == "2.0, 4, 2"
    assert found.said("{value.agreeing}; {value.above}; {value.below}") == "1 of 3; 2 of 3; 0 of 3"
    assert found.said("{value.flow.first.side}, {value.first.more}") == "not decided, more"
    assert found.said(lambda findings: f"{len(findings('value'))} rows") == "3 rows"


@pytest.mark.parametrize("text", ["{value.trained.first}", "{value[n=9].last}", "{nothing.first}"])
def test_what_has_not_been_run_cannot_be_said(text):
    made = experiment()
    assert Findings(made, running.run(made)).said(text) == "Not enough of it has been run to say."
