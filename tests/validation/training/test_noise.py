import numpy as np
import pytest

from validation.training import options
from validation.training.noise import NOISES

SIZE = 400_000


def draw(text):
    return options.typed("noise", text, NOISES).draw(np.random.default_rng(12), (SIZE,))


@pytest.mark.parametrize(("name", "kurtosis"), [("gaussian", 0.0), ("signs", -2.0), ("uniform", -1.2)])
def test_mean_deviation_and_excess_kurtosis(name, kurtosis):
    noise = draw(f"{name}:std=0.3") / 0.3
    assert abs(noise.mean()) < 4 / np.sqrt(SIZE)
    for power, expected in ((2, 1.0), (4, 3 + kurtosis)):
        powers = noise**power
        assert abs(powers.mean() - expected) < 4 * powers.std() / np.sqrt(SIZE) + 1e-12


def test_dropout_keeps_the_mean():
    factors = draw("dropout:p=0.25")
    assert set(np.unique(factors)) == {0, 1 / 0.75}
    assert abs(factors.mean() - 1) < 4 * factors.std() / np.sqrt(SIZE)


def test_no_noise():
    assert not draw("none").any()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pink", "noise must be one of none, gaussian, signs, uniform, dropout, got 'pink'"),
        ("signs", "noise must say std"),
        ("signs:std=-1", "noise std must be a finite number of at least 0"),
        ("dropout:p=1", "noise p must be a finite number of at least 0 and less than 1"),
        ("none:std=1", "noise must be none without settings"),
    ],
)
def test_bad_settings_name_themselves(text, message):
    with pytest.raises(ValueError, match=message):
        options.typed("noise", text, NOISES)
