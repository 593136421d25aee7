import numpy as np
import pytest

from theory import co_occurrence
from theory.co_occurrence import pair_escape


def test_slow_energy_is_the_expected_loss():
    angles, p = (0.3, 0.5), 1e-3
    encodings = np.array(
        [[np.cos(angles[0]), np.sin(angles[0]), 0], [-np.cos(angles[1]), 0, np.sin(angles[1])]]
    )
    expected = np.prod(np.cos(angles)) ** 2 * p / 2
    np.testing.assert_allclose(co_occurrence.expected_loss(encodings, p) / (4 * p), expected, rtol=1e-9)


def test_limits():
    assert pair_escape.escape_threshold(0.01, 0.0) == pytest.approx(np.sqrt(0.5))
    assert pair_escape.escape_threshold(1e-5, 0.1) == pytest.approx(1e-4, rel=1e-3)
    with pytest.raises(ValueError, match="l1"):
        pair_escape.escape_threshold(0.0, 0.1)
    with pytest.raises(ValueError, match="probability"):
        pair_escape.escape_threshold(0.1, 1.0)
