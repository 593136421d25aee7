"""The law of the ratio: its limits, its fit, and what is held out."""

import numpy as np
import pytest
import xarray as xr

from theory import collisions
from validation.experiments.collisions.ratio_law import FOUND, band, fit, law

TRUE = (0.2, 0.15, 0.02)
N, M = (sizes.ravel() for sizes in np.meshgrid([2.0, 3, 4, 8, 12, 16, 24, 32], [16.0, 64, 256]))


def rows(shift=0.0, noise=0.01):
    """Return sizes, ratios that follow the law but for noise and, held out, a shift, and their errors."""
    ratio = law(N, M, *TRUE) + noise * np.random.default_rng(0).normal(size=N.size)
    ratio += np.where(np.isin(N, [3, 12, 24]), shift, 0)
    return np.stack([N, M, ratio, np.full(N.size, noise)], axis=1)


def test_law_is_exact_where_no_slot_is_free():
    assert law(8, 4, 0.3, 0.2, 0.1) == 1


def test_law_tends_to_a_constant_for_many_neurons():
    assert law(2, 1e12, *TRUE) == pytest.approx(1.2, abs=1e-5)


def test_fit_recovers_its_constants_and_what_is_held_out_has_no_part_in_it():
    constants, errors = fit(rows())
    assert (np.abs(constants - TRUE) < 5 * errors).all()
    np.testing.assert_array_equal(fit(rows(shift=0.5))[0], constants)


def test_too_few_settings_are_no_fit():
    assert fit(rows()[:2]) is None


def at(n, m):
    return band(xr.Dataset(coords={"n": n, "m": m}))


def test_band_of_few_neurons_reaches_from_what_is_proved_to_the_exclusion_law():
    assert (at(2, 2).low, at(2, 2).high) == (pytest.approx(0.75), 1)
    exact = collisions.independent_slots(3, 4) / collisions.polysemantic_neurons(3, 4).mean()
    assert at(3, 4).low == exact


def test_band_of_many_neurons_is_about_the_law():
    assert (at(16, 64).low + at(16, 64).high) / 2 == pytest.approx(float(law(16, 64, *FOUND)))
