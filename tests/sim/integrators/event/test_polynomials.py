import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from sim.integrators.event.polynomials import first_negative


def first(roots, end=1.0, scale=1.0):
    coefficients = np.polynomial.polynomial.polyfromroots(roots)
    coefficients *= scale * math.copysign(1, coefficients[0])
    return first_negative(np.ascontiguousarray(coefficients), end, np.empty_like(coefficients))


@settings(deadline=None)
@given(
    st.lists(st.floats(0.01, 3).map(lambda x: round(x, 3)), min_size=1, max_size=5, unique=True),
    st.floats(0.1, 2),
)
def test_finds_the_first_crossing(roots, end):
    expected = min(roots)
    found = first(roots, end)
    if abs(expected - end) > 1e-6:
        assert found == (pytest.approx(expected, abs=1e-9) if expected < end else math.inf)


def test_two_roots_between_which_it_dips_below():
    assert first([0.5, 0.5001]) == pytest.approx(0.5, abs=1e-9)


def test_touching_from_above_is_no_crossing_beyond_rounding():
    found = first_negative(np.array([0.25 + 1e-9, -1.0, 1.0]), 1.0, np.empty(3))
    assert found == math.inf


def test_constant():
    assert first_negative(np.array([1.0, 0.0]), 1.0, np.empty(2)) == math.inf
