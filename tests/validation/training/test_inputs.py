import numpy as np
import pytest

from validation.training import options
from validation.training.inputs import INPUTS, Contexts, Orthogonal

BATCH = 200_000


def draw(text, n_features=4):
    inputs = options.typed("inputs", text, INPUTS)
    return inputs.draw(np.random.default_rng(11), n_features)


def test_basis():
    np.testing.assert_array_equal(draw("basis"), np.eye(4))


@pytest.mark.parametrize(
    ("kind", "probability"),
    [
        ("independent:p=0.2", [0.2] * 4),
        ("correlated:p=0.2", [0.2] * 4),
        ("anticorrelated:p=0.2", [0.2] * 4),
        ("power_law:p=0.2,exponent=1", [0.2, 0.1, 0.2 / 3, 0.05]),
    ],
)
@pytest.mark.parametrize("values", ["one", "uniform"])
def test_frequencies_and_values(kind, probability, values):
    samples = draw(f"{kind},values={values},batch={BATCH}")
    on = samples > 0
    assert samples.shape == (BATCH, 4)
    np.testing.assert_allclose(on.mean(axis=0), probability, atol=4 * np.sqrt(0.25 / BATCH))
    if values == "one":
        assert set(np.unique(samples)) == {0, 1}
    else:
        assert abs(samples[on].mean() - 0.5) < 4 * np.sqrt(1 / 12 / on.sum())
        assert samples.max() <= 1


def test_single_features_are_drawn_alike():
    samples = draw(f"single:batch={BATCH}")
    assert (samples.sum(axis=1) == 1).all()
    np.testing.assert_allclose(samples.mean(axis=0), 0.25, atol=4 * np.sqrt(0.25 / BATCH))


def test_pairs():
    together = draw(f"correlated:p=0.3,batch={BATCH}") > 0
    assert (together[:, 0] == together[:, 1]).all()
    assert abs((together[:, 0] & together[:, 2]).mean() - 0.09) < 4 * np.sqrt(0.09 / BATCH)
    apart = draw(f"anticorrelated:p=0.5,batch={BATCH}") > 0
    assert (apart[:, 0] ^ apart[:, 1]).all()
    assert abs((apart[:, 0] & apart[:, 2]).mean() - 0.25) < 4 * np.sqrt(0.25 / BATCH)


def test_independent_features():
    on = draw(f"independent:p=0.3,batch={BATCH}") > 0
    assert abs((on[:, 0] & on[:, 1]).mean() - 0.09) < 4 * np.sqrt(0.09 / BATCH)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "words",
            "inputs must be one of basis, single, orthogonal, contexts, independent, correlated, "
            "anticorrelated, power_law, got 'words'",
        ),
        ("independent", "inputs must say p: independent:p=..."),
        ("independent:p", "inputs must be written independent:setting=value,..., got 'independent:p'"),
        ("independent:p=often", "inputs p must be a number, got 'often'"),
        ("independent:p=0", "inputs p must be a finite number greater than 0"),
        ("independent:p=1.5", "inputs p must be a finite number greater than 0 and at most 1"),
        ("independent:q=1", "inputs setting must be one of p, values, batch, got 'q'"),
        ("independent:p=1,batch=0", "inputs batch must be a whole number of at least 1"),
        ("independent:p=1,batch=1.5", "inputs batch must be a whole number"),
        ("independent:p=1,values=two", "inputs values must be one of one, uniform"),
        ("single:batch=0", "inputs batch must be a whole number of at least 1"),
        ("anticorrelated:p=0.6", "inputs p must be at most 0.5"),
    ],
)
def test_bad_settings_name_themselves(text, message):
    with pytest.raises(ValueError, match=message.replace("...", ".*")):
        options.typed("inputs", text, INPUTS)


def test_pairs_need_an_even_number_of_features():
    with pytest.raises(ValueError, match="n_features must be even for inputs in pairs, got 3"):
        draw("correlated:p=0.2", n_features=3)


def test_orthogonal_inputs_are_rotated_basis_vectors():
    given = Orthogonal(rotation=3)
    features = given.draw(np.random.default_rng(0), 5)
    shown = given.seen(features)
    np.testing.assert_array_equal(features, np.eye(5))
    np.testing.assert_allclose(shown @ shown.T, np.eye(5), atol=1e-12)
    assert not np.allclose(shown, Orthogonal(rotation=4).seen(features))


def test_outputs_of_other_contexts_do_not_count():
    given = Contexts(contexts=2)
    counted = given.counted(np.eye(5))
    assert counted.tolist() == [[float((i - j) % 2 == 0) for j in range(5)] for i in range(5)]
    np.testing.assert_array_equal(Contexts(contexts=1).counted(np.eye(3)), np.ones((3, 3)))
