"""The law of the ratio: its limits, its fit, and what is held out."""

import numpy as np
import pytest

from validation.experiments.collisions.ratio_law import FLOOR, FOUND, Fit, band, law

TRUE = (0.2, 0.15, 0.02)
N, M = (sizes.ravel() for sizes in np.meshgrid([2.0, 3, 4, 8, 12, 16, 24, 32], [4.0, 16, 64, 256]))


def fitted(noise, seed=0):
    ratio = law(N, M, *TRUE) + noise * np.random.default_rng(seed).normal(size=N.size)
    return Fit(N, M, ratio, np.full(N.size, noise))


def test_law_is_exact_where_no_slot_is_free():
    assert law(8, 4, 0.3, 0.2, 0.1) == 1


def test_law_tends_to_a_constant_for_many_neurons():
    assert law(2, 1e12, *TRUE) == pytest.approx(1.2, abs=1e-5)


def test_fit_recovers_its_constants():
    fit = fitted(0.01)
    assert (np.abs(fit.constants - TRUE) < 5 * fit.errors).all()


def test_what_is_held_out_has_no_part_in_the_fit():
    ratio = law(N, M, *TRUE) + np.where(np.isin(N, [3, 12, 24]), 0.5, 0)
    fit = Fit(N, M, ratio, np.full(N.size, 0.01))
    np.testing.assert_allclose(fit.constants, TRUE, rtol=1e-5)
    assert fit.beyond(fit.law, ~fit.fitted, 0.95).value == pytest.approx(0.5, rel=0.01)


def test_nothing_is_off_beyond_the_error_of_measurement():
    fit = fitted(0.01)
    for members in (fit.fitted, ~fit.fitted):
        assert fit.beyond(law(fit.n, fit.m, *TRUE), members, 0.999).low == 0


def test_few_neurons_are_left_out_and_errors_have_a_floor():
    fit = fitted(1e-6)
    assert fit.m.min() == 16
    assert (fit.error == FLOOR).all()


def test_too_few_settings_are_no_fit():
    few = np.array([2.0, 4.0])
    assert not Fit(few, 8 * few, few, few).enough


def test_band_of_few_neurons_reaches_from_what_is_proved_to_the_exclusion_law():
    assert (band(2, 2).low, band(2, 2).high) == (pytest.approx(0.75), 1)


def test_band_of_many_neurons_is_about_the_law():
    assert (band(16, 64).low + band(16, 64).high) / 2 == pytest.approx(float(law(16, 64, *FOUND)))
