"""The law of the ratio: its limits, its fit, and what is held out."""

import numpy as np
import pytest
from validation.experiments.ratio_law import FLOOR, Fit, law

TRUE = (0.2, 0.15, 0.02)
N, M = (sizes.ravel() for sizes in np.meshgrid([2.0, 3, 4, 8, 12, 16, 24, 32], [4.0, 16, 64, 256]))


def fitted(noise, seed=0):
    ratio = law(N, M, *TRUE) + noise * np.random.default_rng(seed).normal(size=N.size)
    return Fit(N, M, ratio, np.full(N.size, noise))


def test_law_is_exact_where_no_slot_is_free():
    assert law(8, 4, 0.3, 0.2, 0.1) == 1


def test_law_tends_to_a_constant_for_many_neurons():
    assert law(2, 1e12, *TRUE) == pytest.approx(1.2, abs=1e-5)


def test_fit_recovers_its_constants_and_predicts_what_was_held_out():
    fit = fitted(0.01)
    assert (np.abs(fit.constants - TRUE) < 5 * fit.errors).all()
    off = (law(fit.n, fit.m, *fit.constants) - fit.ratio) / fit.error
    assert 0.2 < (off[~fit.trained] ** 2).mean() < 3


def test_what_is_held_out_has_no_part_in_the_fit():
    fit = fitted(0.01)
    assert set(fit.n[~fit.trained]) == {3, 12, 24}
    ratio = law(N, M, *TRUE) + np.where(np.isin(N, [3, 12, 24]), 0.5, 0)
    np.testing.assert_allclose(Fit(N, M, ratio, np.full(N.size, 0.01)).constants, TRUE, rtol=1e-5)
    assert "p = 0)" not in fit.told(1e-3)


def test_few_neurons_are_left_out_and_errors_have_a_floor():
    fit = fitted(1e-6)
    assert fit.m.min() == 16
    assert (fit.error == FLOOR).all()


def test_too_few_settings_are_said():
    few = np.array([2.0, 4.0])
    assert "too few" in Fit(few, 8 * few, few, few).told(1e-3)
