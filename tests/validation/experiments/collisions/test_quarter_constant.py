"""Count over exclusion law: the ratio, its law, and what is said of them."""

import numpy as np
import pytest
import xarray as xr

from sim import ensemble
from theory import Autoencoder, collisions
from validation.experiments.collisions import ratio_law
from validation.experiments.collisions.quarter_constant import (
    BATCHES,
    EXPERIMENTS,
    _excess,
    _runs,
    measure,
    settings,
)
from validation.experiments.collisions.ratio_law import law
from validation.experiments.findings import Findings

NAMES = ("initial", "fast", "final", "kept", "met", "stayed", "weight")
TRUE = (0.18, 0.15, 0.02)


def collected(cells):
    parts = [
        xr.Dataset({name: ("batch", np.asarray(values[name], np.float32)) for name in NAMES})
        .assign_coords(setting)
        .assign(seconds=0.0)
        for setting, values in cells
    ]
    return xr.concat(parts, "setting", join="outer", coords=list(cells[0][0]), data_vars="all")


def cell(n, m, l1, ratio, rng, noise=0.01):
    """Return a setting with this ratio but for noise."""
    mean = collisions.polysemantic_neurons(n, m).mean()
    first = collisions.independent_slots(n, m) * rng.normal(1, 0.05, BATCHES)
    final = ratio * mean * rng.normal(1, noise * BATCHES**0.5, BATCHES)
    values = {"initial": first, "fast": final, "final": final, "kept": final / 2, "met": final / 8}
    return {"n": n, "m": m, "l1": l1, "runs": 400}, values | {
        "stayed": first * 0 + 0.5,
        "weight": first * 0 + 1,
    }


def found(shift=0.0, held_out=0.0):
    """Return findings where the ratio follows the law, with a shift at another λ and where it is held out."""
    rng = np.random.default_rng(0)
    sizes = [(n, n * per) for n in (2, 3, 4, 8, 12, 16, 24, 32) for per in (1, 2, 4, 8)]
    true = {(n, m): law(n, m, *TRUE) + held_out * (n % 3 == 0) for n, m in sizes}
    cells = [cell(n, m, 1e-3, true[n, m], rng) for n, m in sizes]
    cells += [cell(n, m, 1e-2, true[n, m] + shift, rng) for n, m in sizes]
    return Findings(EXPERIMENTS[0], collected(cells))


def test_counts_are_those_of_the_flow():
    flow = ensemble(Autoencoder(8, 8, 0.01), 40, seed=1)
    assert measure(8, 8, 0.01, 40, seed=1).final.mean() == pytest.approx(
        float(flow.polysemantic_neurons.mean())
    )


def test_initial_collisions_are_independent_slots():
    measured = measure(4, 4, 0.1, 1000, seed=0).initial
    error = float(measured.std()) / BATCHES**0.5
    assert abs(float(measured.mean()) - collisions.independent_slots(4, 4)) < 5 * error


def test_regression_recovers_the_mean_and_shrinks_the_error():
    rng = np.random.default_rng(0)
    known, mean = collisions.independent_slots(8, 32), collisions.polysemantic_neurons(8, 32).mean()
    first = known + rng.normal(0.03, 0.1, BATCHES)  # a lucky draw of initial collisions
    final = 0.9 * mean + 0.8 * (first - known) + rng.normal(0, 1e-3, BATCHES)
    values = dict.fromkeys(NAMES, final) | {"initial": first, "weight": np.ones(BATCHES)}
    part = collected([({"n": 8, "m": 32, "l1": 1e-3, "runs": 400}, values)]).isel(setting=0)
    estimate = ratio_law.ratio(part, 0.95)
    assert estimate.low < 0.9 < estimate.high
    assert estimate.high - estimate.low < 4 * final.std() / BATCHES**0.5 / mean / 10


def test_features_that_never_move_meet_as_expected():
    _, values = cell(8, 16, 1e-3, 1.0, np.random.default_rng(0))
    still = values | {"stayed": np.ones(BATCHES), "kept": values["final"], "met": np.zeros(BATCHES)}
    part = collected([({"n": 8, "m": 16, "l1": 1e-3, "runs": 400}, still)]).isel(setting=0)
    kept, one, met = (_excess(part, kind).mean() for kind in ("both", "one", "met"))
    assert (one, met) == (pytest.approx(0, abs=1e-6), pytest.approx(0, abs=1e-6))
    assert kept == pytest.approx(ratio_law.over_law(part, "final").mean() - 1, abs=1e-6)


def test_a_planted_law_is_found_and_told():
    findings = found()
    for name, true in zip("abc", TRUE, strict=True):
        (row,) = findings(name, l1=1e-3)
        error = (row.estimate.high - row.estimate.low) / 4
        assert abs(row.estimate.value - true) < 5 * error
    assert f"a = {findings('a', l1=1e-3)[0]}" in findings.said(EXPERIMENTS[0].meaning)


def test_what_held_out_ratios_are_off_is_found_beyond_the_error_of_measurement():
    (row,) = found(held_out=0.5)("off", l1=1e-3)
    assert row.estimate.value == pytest.approx(0.5, abs=0.03)
    (row,) = found()("off", l1=1e-3)
    assert row.estimate.low == 0


@pytest.mark.parametrize(("ratio", "more", "fewer"), [(1.3, 2, 0), (0.7, 0, 2)])
def test_answer_counts_settings_on_either_side(ratio, more, fewer):
    rng = np.random.default_rng(0)
    findings = Findings(EXPERIMENTS[0], collected([cell(4, m, 1e-3, ratio, rng) for m in (8, 16)]))
    assert f"more in {more} of 2 settings, fewer in {fewer} of 2" in findings.said(EXPERIMENTS[0].answer)


def test_change_with_l1_is_what_was_planted():
    rows = found(shift=0.5)("change")
    assert len(rows) == 32
    assert {row["l1"] for row in rows} == {1e-2}
    assert np.mean([row.estimate.value for row in rows]) == pytest.approx(0.5, abs=0.02)
    assert rows.positive == "32 of 32"


def test_one_setting_is_enough():
    one = collected([cell(4, 8, 1e-3, 1.0, np.random.default_rng(0))])
    findings = Findings(EXPERIMENTS[0], one)
    assert "of 1 settings" in findings.said(EXPERIMENTS[0].answer)
    assert findings.said(EXPERIMENTS[0].meaning) == "Not enough of it has been run to say."
    assert not findings("a")


def test_settings_fit_their_time():
    for full in (False, True):
        every = settings(full)
        assert all(setting["runs"] % BATCHES == 0 for setting in every)
        assert len({tuple(setting.values()) for setting in every}) == len(every)
    assert _runs(2, 2, 1e9) > _runs(2, 2, 1.0)
