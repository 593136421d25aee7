import math

import pytest

from sim.rosenbrock import ALPHA2, ALPHA3, ALPHA4, step


def solve(steps, x=0.5, c=1.0, p=0.3, q=0.2, k=3.0, l1=0.05):
    """Integrate from distance `x` before a death up to it, where p and q have the given values."""

    def q_at(distance):
        return q + distance * (2 * p + k * distance)

    t = 0.0
    h = x / steps
    for i in range(steps):
        left = x - i * h
        stages = tuple(q_at(left - share * h) for share in (0.0, ALPHA2, ALPHA3, ALPHA4, 1.0))
        c, dt, _, _ = step(c, h, p + k * left, stages, l1)
        t += dt
    return c, t


def test_order_four():
    exact_c, exact_t = solve(4096)
    for which, exact in ((0, exact_c), (1, exact_t)):
        coarse, fine = (abs(solve(n)[which] - exact) for n in (64, 128))
        assert math.log2(coarse / fine) == pytest.approx(4, abs=0.4)


def test_stiff_limit_stays_on_the_slow_manifold():
    """For tiny λ the fast variable is slaved: C² = q up to λ p / √q."""
    x, p, q, k, l1 = 0.5, 0.3, 0.2, 3.0, 1e-9
    start = math.sqrt(q + x * (2 * p + x * k))
    c, _ = solve(50, x, start, p, q, k, l1)
    assert c**2 == pytest.approx(q + l1 * p * c, rel=1e-7)
