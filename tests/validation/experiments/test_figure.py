import numpy as np
import pytest

from tests.validation.experiments.made_up import experiment, measure
from validation.experiments import running
from validation.experiments.experiment import Panel, Quantity, grid, mean_of
from validation.experiments.figure import draw
from validation.experiments.findings import Findings
from validation.report import plots


def drawn(**changed):
    made = experiment(**changed)
    return draw(Findings(made, running.run(made))).axes


def points(ax):
    """Return label, colour, abscissas and values of the series on an axis."""
    return [
        (c.get_label(), c.lines[0].get_color(), c.lines[0].get_xdata(), c.lines[0].get_ydata())
        for c in ax.containers
    ]


def test_a_series_over_numbers_with_theory_in_black():
    (ax,) = drawn(predicted=lambda part: float(part.n) / 2)
    ((_, colour, x, y),) = points(ax)
    assert colour == plots.COLOUR["simulation"]
    np.testing.assert_allclose(x, [2, 3])
    np.testing.assert_allclose(y, [1.0, 1.5])
    (theory,) = (line for line in ax.lines if line.get_label() == "theory")
    assert theory.get_color() == plots.COLOUR["theory"]
    np.testing.assert_allclose(theory.get_ydata(), [1.0, 1.5])
    assert ax.get_xlabel() == "features n"
    assert ax.get_ylabel() == "value"
    assert "m = 2" in ax.figure.get_suptitle()


def test_ratios_are_of_measured_over_predicted():
    (ax,) = drawn(predicted=2.0, panels=(Panel("value", "n", ratio=True),))
    np.testing.assert_allclose(points(ax)[0][3], [0.5, 0.75])
    assert ax.get_ylabel() == "value, over theory"


def test_where_nothing_is_predicted_there_is_no_ratio():
    panels = (Panel("value", "n", ratio=True),)
    (ax,) = drawn(predicted=lambda part: 2.0 if part.n == 2 else None, panels=panels)
    np.testing.assert_allclose(points(ax)[0][2:], [[2], [0.5]])


TWO_SOURCES = {
    "settings": lambda full: grid(
        {"source": ("training", "simulation"), "n": (2, 3), "m": (2, 4), "replicates": 5}
    ),
    "panels": (
        Panel("value", "n", ("source", "m"), log="x"),
        Panel("value", "load", ("m",)),
        Panel("value", ("n", "m"), ("source",)),
    ),
}


def test_series_have_colours_by_one_setting_and_markers_by_another():
    first, second, third, empty = drawn(**TWO_SOURCES)
    assert {label: colour for label, colour, *_ in points(first)} == {
        f"{plots.LABEL[source]}, m = {m}": plots.COLOUR[source]
        for source in ("training", "simulation")
        for m in (2, 4)
    }
    assert first.get_xscale() == "log"
    positions = np.array([x for *_, x, _ in points(first)])
    assert len({tuple(p) for p in positions}) == 4  # none hides another
    np.testing.assert_allclose(positions, np.tile([2, 3], (4, 1)), rtol=0.05)
    assert [label for label, *_ in points(second)] == ["m = 2", "m = 4"]  # in order of size
    np.testing.assert_allclose(sorted(set(points(second)[1][2])), [0.5, 0.75])
    assert [tick.get_text() for tick in third.get_xticklabels()] == [
        f"n = {n}\nm = {m}" for n in (2, 3) for m in (2, 4)
    ]
    assert not empty.axison


def test_a_legend_is_not_said_twice():
    panels = (Panel("value", "n", ("source",)),) * 2
    first, second = drawn(**TWO_SOURCES | {"panels": panels})
    assert first.get_legend()
    assert second.get_legend() is None


def test_several_quantities_have_a_series_each_and_what_is_drawn_by_hand_is_added():
    quantities = {"one": Quantity("one", mean_of("value")), "two": Quantity("the other", mean_of("value"))}
    panel = Panel(
        ("one", "two"), "n", draw=lambda ax, found: ax.axhline(found.level), options={"ylim": (0, 9)}
    )
    (ax,) = drawn(quantities=quantities, panels=(panel,))
    assert [label for label, *_ in points(ax)] == ["one", "the other"]
    assert ax.lines[-1].get_ydata()[0] == 0.95
    assert ax.get_ylim() == (0, 9)


def test_bars_are_intervals():
    (ax,) = drawn(predicted=None)
    low, high = ax.containers[0].lines[2][0].get_segments()[0][:, 1]
    expected = mean_of("value")(measure("simulation", 2, 2, 5, 0), 0.95)
    assert (low, high) == (pytest.approx(expected.low), pytest.approx(expected.high))
