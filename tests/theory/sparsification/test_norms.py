import numpy as np
import pytest
from scipy.integrate import solve_ivp

from theory import sparsification
from theory.derivation import function
from theory.model import Autoencoder
from theory.notation import below, q_0, q_of
from theory.sparsification.initial import excesses
from theory.sparsification.norms import TIME_LAG

WEIGHTS = np.random.default_rng(5).normal(0, 0.3, 20)
LEVEL = 0.1


def at_level(l1, level=LEVEL):
    """Integrate the two variables up to a waterline: t, L1 norm, L2 norm and active weights there."""
    sums = excesses(Autoencoder(1, len(WEIGHTS), l1), WEIGHTS)

    def flow(s, state):  # the waterline tells the time
        clock = state[0]
        return 2 * (sums.second(s) - clock) / (l1 * np.sqrt(clock)), 1 / (l1 * np.sqrt(clock))

    solved = solve_ivp(flow, (0, level), (1.0, 0.0), "Radau", rtol=1e-11, atol=1e-13)
    clock, time = solved.y[:, -1]
    root = np.sqrt(clock)
    return time, sums.first(level) / root, np.sqrt(sums.second(level)) / root, sums.active(level)


@pytest.mark.parametrize(("active", "power"), [(False, 2), (True, 3)])
def test_order_in_l1(active, power):
    errors = []
    for l1 in (4e-4, 2e-4):
        _, first, norm, number = at_level(l1)
        errors.append(abs(sparsification.slow_manifold(l1, first, number if active else None) - norm))
    assert np.log2(errors[0] / errors[1]) == pytest.approx(power, abs=0.1)


def test_order_of_the_time():
    sums = excesses(Autoencoder(1, len(WEIGHTS), 0.0), WEIGHTS)
    s = np.linspace(0, LEVEL, 200_001)
    middle = (s[1:] + s[:-1]) / 2
    leading = (1 / np.sqrt(sums.second(middle))).sum() * (s[1] - s[0])
    lag = function(TIME_LAG, q_of(below), q_0)(sums.second(LEVEL), sums.second(0.0))
    with_lag = [abs(leading / l1 + lag - at_level(l1)[0]) for l1 in (1e-3, 5e-4)]
    without = [abs(leading / l1 - at_level(l1)[0]) for l1 in (1e-3, 5e-4)]
    assert np.log2(with_lag[0] / with_lag[1]) == pytest.approx(1, abs=0.1)
    assert np.log2(without[0] / without[1]) == pytest.approx(0, abs=0.1)


def test_slow_manifold_ends_where_l1_is_too_strong():
    assert np.isnan(sparsification.slow_manifold(0.01, [26.0])).all()
    assert sparsification.slow_manifold(0.01, [25.0])[0] == pytest.approx(np.sqrt(0.5))
