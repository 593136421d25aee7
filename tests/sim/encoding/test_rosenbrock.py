import math

import pytest

from sim.encoding.rosenbrock import ALPHA2, ALPHA3, ALPHA4, step


def solve(steps, l1):
    """Integrate where ``C = exp(−s)`` is exact, from s = 0 to 1; return relative errors of C and t.

    Then ``q = C²(1 + λ dC/ds) = C² − λC³``, ``p = −q'/2 = C² − 3λC³/2`` and ``t = (1/C − 1)/λ``.
    """
    c, t, h = 1.0, 0.0, 1 / steps
    for i in range(steps):
        c, dt, _, _ = advance(c, i * h, h, l1)
        t += dt
    return abs(c * math.e - 1), abs(t * l1 / (math.e - 1) - 1)


def advance(c, s, h, l1):
    shares = (0.0, ALPHA2, ALPHA3, ALPHA4, 1.0)
    exact = [math.exp(-s - share * h) for share in shares]
    q = tuple(x * x - l1 * x**3 for x in exact)
    return step(c, h, exact[0] ** 2 - 1.5 * l1 * exact[0] ** 3, q, l1)


def test_order_four():
    for coarse, fine in zip(solve(64, 0.5), solve(128, 0.5), strict=True):
        assert math.log2(coarse / fine) == pytest.approx(4, abs=0.4)


def test_stiff_limit_stays_on_the_slow_manifold():
    assert max(solve(64, 1e-9)) < 1e-8


def test_error_estimate_keeps_its_order_in_the_stiff_limit():
    """It is of order 3 for a step that starts on the slow manifold; that of RODAS falls to 1.5."""
    coarse, fine = (advance(1.0, 0.0, h, 1e-3)[2] for h in (1 / 32, 1 / 256))
    assert math.log2(coarse / fine) / 3 > 2.7
