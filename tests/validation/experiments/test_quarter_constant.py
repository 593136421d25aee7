"""Count over exclusion law: the ratio, its law, and what is said of them."""

import numpy as np
import pytest
import xarray as xr
from validation.experiments.quarter_constant import BATCHES, experiment, ratio
from validation.experiments.ratio_law import law

from sim import ensemble
from theory import Autoencoder, collisions
from validation.experiments import quarter_constant


def collected(cells):
    names = ("initial", "fast", "final", "kept", "met", "stayed")
    parts = []
    for setting, values in cells:
        data = {name: ("batch", np.asarray(values[name], np.float32)) for name in names}
        parts.append(xr.Dataset(data).assign_coords(setting))
    return xr.concat(parts, "setting", join="outer", coords=list(cells[0][0]), data_vars="all")


def made(constants=(0.18, 0.15, 0.02), noise=0.01, seed=0, strengths=(1e-3,)):
    """Return a result whose ratios follow the law with these constants, but for noise."""
    rng, cells = np.random.default_rng(seed), []
    for l1 in strengths:
        for n in (2, 3, 4, 8, 12, 16, 24, 32):
            for m in (n, 2 * n, 4 * n, 8 * n):
                mean = collisions.polysemantic_neurons(n, m).mean()
                true = law(n, m, *constants) * mean
                first = collisions.independent_slots(n, m) * rng.normal(1, 0.05, BATCHES)
                final = true * rng.normal(1, noise * BATCHES**0.5, BATCHES)
                values = {
                    "initial": first,
                    "fast": final,
                    "final": final,
                    "kept": final / 2,
                    "met": final / 8,
                }
                cells.append(({"n": n, "m": m, "l1": l1, "runs": 400}, values | {"stayed": first * 0 + 0.5}))
    return collected(cells)


@pytest.fixture(scope="module")
def result():
    settings = [{"n": n, "m": m, "l1": 0.01, "runs": 40} for n, m in ((2, 2), (4, 8), (8, 8))]
    measured = [experiment.measure(seed=1, **setting).assign_coords(setting) for setting in settings]
    return xr.concat(measured, "setting", join="outer", coords=list(settings[0]), data_vars="all")


def test_counts_are_those_of_the_flow(result):
    flow = ensemble(Autoencoder(8, 8, 0.01), 40, seed=1)
    assert result.final[2].mean() == pytest.approx(float(flow.polysemantic_neurons.mean()))
    assert result.stayed[2].mean() <= float(flow.winner_kept.mean()) + 1e-6


def test_shares_add_up_and_features_that_never_move_meet_as_expected(result):
    whole = quarter_constant.shares(result.isel(setting=2))
    law_mean = collisions.polysemantic_neurons(8, 8).mean()
    np.testing.assert_allclose(whole.sum(axis=0), (float(result.final[2].mean()) / law_mean, 1))
    still = result.isel(setting=2).copy(deep=True)
    still["stayed"][:], still["kept"][:], still["met"][:] = 1, still.final, 0
    np.testing.assert_allclose(quarter_constant.shares(still)[1:], 0, atol=1e-6)


def test_initial_collisions_are_independent_slots():
    measured = experiment.measure(n=4, m=4, l1=0.1, runs=1000, seed=0).initial
    error = float(measured.std()) / BATCHES**0.5
    assert abs(float(measured.mean()) - collisions.independent_slots(4, 4)) < 5 * error


def test_regression_recovers_the_mean_and_shrinks_the_error():
    rng = np.random.default_rng(0)
    known, mean = collisions.independent_slots(8, 32), collisions.polysemantic_neurons(8, 32).mean()
    first = known + rng.normal(0.03, 0.1, BATCHES)  # a lucky draw of initial collisions
    final = 0.9 * mean + 0.8 * (first - known) + rng.normal(0, 1e-3, BATCHES)
    setting = {"n": 8, "m": 32, "l1": 1e-3, "runs": 400}
    values = dict.fromkeys(("fast", "kept", "met", "stayed"), final) | {"initial": first, "final": final}
    value, error = ratio(collected([(setting, values)]).isel(setting=0))
    assert value == pytest.approx(0.9, abs=5e-3)
    assert error < final.std() / BATCHES**0.5 / mean / 10


def test_findings_follow_the_data():
    told = [experiment.findings(made(constants)) for constants in ((0.18, 0.15, 0.02), (-0.1, 0.0, 0.02))]
    assert told[0] != told[1]
    assert experiment.figure(made()).axes


def test_change_with_l1_is_told():
    assert "Change of the ratio from λ = 0.001" in experiment.findings(made(strengths=(1e-3, 1e-5)))


@pytest.mark.parametrize("kept", [[0], [1], [0, 2]])
def test_findings_take_any_settings(result, kept):
    part = result.isel(setting=kept)
    assert "too few settings" in experiment.findings(part)
    assert experiment.figure(part).axes


def test_no_collisions_are_no_error(result):
    none = result.copy(deep=True)
    for name in none:
        none[name][:] = 0
    assert "fewer in 3" in experiment.findings(none)


def test_settings_fit_their_time():
    for full in (False, True):
        settings = experiment.settings(full)
        assert all(setting["runs"] % BATCHES == 0 for setting in settings)
        assert len({tuple(setting.values()) for setting in settings}) == len(settings)
    assert quarter_constant._runs(2, 2, 1e9) > quarter_constant._runs(2, 2, 1.0)
