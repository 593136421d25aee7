import numpy as np
import pytest

from theory import TwoLayer, two_layer

SMALL, LARGE = (128, 64, 1, 1 / 32), (512, 64, 1, 1 / 64)


def drawn(model, bias, threshold, projections=40):
    """Share of features whose own neuron is monosemantic in drawn projections."""
    found = []
    for seed in range(projections):
        rows = model.project(np.random.default_rng(seed))
        activations = np.maximum(rows @ rows.T + bias, 0)
        found.append(activations.diagonal() > threshold * activations.sum(axis=0))
    return np.mean(found)


# an orthogonal projection's cosines are not independent, and not quite those of random directions
@pytest.mark.parametrize(("projection", "off"), [("independent", 0.04), ("orthogonal", 0.08)])
@pytest.mark.parametrize("bias", [-0.2, -0.25, -0.3])
def test_share_is_that_of_drawn_projections(projection, off, bias):
    model = TwoLayer(*SMALL, projection=projection)
    expected = two_layer.monosemantic_share(model, bias)
    assert drawn(model, bias, 0.999) == pytest.approx(expected, abs=off)


def test_size_of_the_authors_can_be_monosemantic_and_small_ones_hardly():
    large, small, smaller = (
        two_layer.monosemantic_share(TwoLayer(*size)) for size in (LARGE, SMALL, (64, 16, 1, 1 / 16))
    )
    assert large > 0.85
    assert small < 0.6
    assert smaller < 0.2


def test_more_negative_biases_and_lower_thresholds_leave_more():
    model = TwoLayer(*SMALL)
    shares = [two_layer.monosemantic_share(model, bias) for bias in (-0.1, -0.2, -0.4, -0.9)]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert two_layer.monosemantic_share(model, -0.2, 0.9) > two_layer.monosemantic_share(model, -0.2)


@pytest.mark.parametrize(
    ("given", "named"), [((0.1,), "bias"), ((-1.0,), "bias"), ((-0.2, 0.0), "threshold")]
)
def test_bad_arguments_are_named(given, named):
    with pytest.raises(ValueError, match=f"^{named} must"):
        two_layer.monosemantic_share(TwoLayer(*SMALL), *given)
